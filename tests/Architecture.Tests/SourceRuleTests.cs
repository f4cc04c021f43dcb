using System.Text.RegularExpressions;
using Sim.Tests;

namespace Sim.Architecture.Tests;

/// <summary>Rules of the house that a compiler does not check.</summary>
public partial class SourceRuleTests
{
    private const int LongestFile = 320, WidestLine = 140;

    // Lines that no break makes narrower yet (texts of messages, tables of tests). It only falls.
    private const int MostWideLines = 440;

    private static readonly string Root = ReferenceData.RepositoryRoot;

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories).Where(f => !BuildOutput().IsMatch(f));

    [Test]
    public void FilesAreShort()
    {
        string[] files = [.. Sources("src").Concat(Sources("tests"))];
        Assert.That(files, Has.Length.GreaterThan(60));
        IEnumerable<string> tooLong = files.Select(f => (File: Path.GetRelativePath(Root, f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > LongestFile).Select(f => $"{f.File}: {f.Lines} lines");
        Assert.That(tooLong, Is.Empty);
    }

    [Test]
    public void LinesAreNarrow()
    {
        int wide = Sources("src").Concat(Sources("tests")).Sum(f => File.ReadLines(f).Count(l => l.Length > WidestLine));
        Assert.That(wide, Is.LessThanOrEqualTo(MostWideLines), $"lines of more than {WidestLine} columns");
        Assert.That(wide, Is.GreaterThan(MostWideLines - 60), "lower the limit");
    }

    [Test]
    public void OnlyTheCommandLineTouchesTheConsole()
    {
        string[] files = [.. Sources("src").Where(f => !f.StartsWith(Path.Combine(Root, "src", "Cli"), StringComparison.Ordinal))];
        Assert.That(files, Has.Length.GreaterThan(40));
        Assert.That(Lines(files, ConsoleUse()), Is.Empty);
    }

    [Test]
    public void NoClassIsNamedAfterNothing() =>
        Assert.That(Lines(Sources("src").Concat(Sources("tests")), EmptyName()), Is.Empty);

    [Test]
    public void RandomNumbersComeFromTheCounterBasedGenerator() =>
        Assert.That(Lines(Sources("src"), SystemRandom()), Is.Empty);

    [Test]
    public void WarningsAreNotSwitchedOffWithoutAReason()
    {
        foreach (string file in Sources("src"))
        {
            string[] lines = File.ReadAllLines(file);
            for (int i = 0; i < lines.Length; i++)
                if (lines[i].Contains("#pragma warning disable", StringComparison.Ordinal))
                    Assert.That(lines[i], Does.Contain("//"), $"{Path.GetRelativePath(Root, file)}:{i + 1} says no reason");
        }
    }

    // Datapath and Checker refer to nothing; their grammars match digits before they convert. NumberStyles.None takes digits alone;
    // hexadecimal codes are patterns.
    [Test]
    public void NumbersOfUsersAreReadByTheStrictParser()
    {
        string[] files = [.. Sources("src").Where(f => !Exempt().IsMatch(Path.GetRelativePath(Root, f)))];
        Assert.That(files, Has.Length.GreaterThan(200));
        Assert.That(Lines(files, NumberParse()).Where(l => !StrictStyle().IsMatch(l)), Is.Empty);
    }

    private static IEnumerable<string> Lines(IEnumerable<string> files, Regex pattern) =>
        from file in files
        from line in File.ReadLines(file).Select((text, index) => (Text: text, Number: index + 1))
        where pattern.IsMatch(line.Text) && !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal)
        select $"{Path.GetRelativePath(Root, file)}:{line.Number}: {line.Text.Trim()}";

    [GeneratedRegex(@"^src[/\\](Datapath|Checker|Verification[/\\]Checking)[/\\]|StrictNumber\.cs$")]
    private static partial Regex Exempt();

    [GeneratedRegex(@"NumberStyles\.None|HexSpecifier|HexNumber|ToString\(""G6")]
    private static partial Regex StrictStyle();

    [GeneratedRegex(@"\b(s?byte|u?short|u?int|u?long|float|double|decimal|Half|U?Int(16|32|64|128)|Single|Double|BigInteger)\.(Try)?Parse\(|\bConvert\.To(Double|Single|U?Int)")]
    private static partial Regex NumberParse();

    [GeneratedRegex(@"[/\\](bin|obj|node_modules)[/\\]")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"\b(Console\.(Write|Read|Out|Error|In\b|Open|Is)|Environment\.(Exit|GetEnvironmentVariable|SetEnvironmentVariable|GetCommandLineArgs|CurrentDirectory))")]
    private static partial Regex ConsoleUse();

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\s+\w*(Manager|Helper|Helpers|Utils|Util|Utilities)\b")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"\bnew (System\.)?Random\(|\bRandom\.Shared\b|\bGuid\.NewGuid\b")]
    private static partial Regex SystemRandom();
}
