using System.Text.RegularExpressions;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>
/// Every `./sim ...` line in an `sh` block of README.md and docs/ is run from the repository root. Conventions of those blocks: one command
/// a line;
/// `printf '...' | ./sim ...` feeds standard input; a trailing `# exit N` states an exit code other than 0. Outputs go below `reports/`.
/// </summary>
[TestFixture]
[NonParallelizable]
public sealed partial class DocumentedCommandsTest
{
    private static readonly Lazy<IReadOnlyList<string>> s_commands = new(() => [.. Pages().SelectMany(Commands).Distinct()]);

    private static IEnumerable<string> Pages() =>
        [Path.Combine(ReferenceData.RepositoryRoot, "README.md"),
            .. Directory.EnumerateFiles(Path.Combine(ReferenceData.RepositoryRoot, "docs"), "*.md", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Commands(string page)
    {
        bool inside = false;
        foreach (string line in File.ReadLines(page).Select(l => l.Trim()))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) inside = !inside && line is "```sh";
            else if (inside && CommandLine().IsMatch(line)) yield return line;
        }
    }

    [Test]
    public void The_documentation_shows_commands() => Assert.That(s_commands.Value, Has.Count.GreaterThanOrEqualTo(8));

    [TestCaseSource(nameof(All))]
    public void A_documented_command_runs(string command)
    {
        Match match = CommandLine().Match(command);
        string arguments = match.Groups["arguments"].Value;
        if (arguments.Contains("../shared", StringComparison.Ordinal)) ReferenceData.Shared("nets");
        int expected = match.Groups["exit"].Success ? int.Parse(match.Groups["exit"].Value) : 0;
        string input = match.Groups["input"].Success ? Regex.Unescape(match.Groups["input"].Value) : "";
        SimHost.Result result = SimHost.Run(Split(arguments), input);
        Assert.That(result.ExitCode, Is.EqualTo(expected), $"{command}\n{result.Output}\n{result.Error}");
        Assert.That(result.Output.Length + result.Error.Length, Is.GreaterThan(0), "a command answers something");
    }

    private static IEnumerable<TestCaseData> All() => s_commands.Value.Select(c => new TestCaseData(c).SetArgDisplayNames(c));

    private static IEnumerable<string> Split(string arguments) =>
        Word().Matches(arguments).Select(m => m.Value.Trim('\'', '"'));

    [GeneratedRegex(@"^(printf '(?<input>[^']*)' \| )?\./sim(?<arguments>( [^#>|]+)?)( > (?<file>\S+))?\s*(# exit (?<exit>\d+))?$")]
    private static partial Regex CommandLine();

    [GeneratedRegex(@"'[^']*'|""[^""]*""|\S+")]
    private static partial Regex Word();
}
