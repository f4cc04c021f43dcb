using Sim.Foundation.Diagnostics;
using Sim.Foundation.Text;

namespace Sim.Foundation.Tests;

/// <summary>Texts of other people in tables and on terminals.</summary>
public class TextTests
{
    // RFC 4180 for quotes; OWASP "CSV Injection" for the characters that a spreadsheet takes as the start of a formula.
    [TestCase("conv1", "conv1")]
    [TestCase("", "")]
    [TestCase("a,b", "\"a,b\"")]
    [TestCase("say \"x\"", "\"say \"\"x\"\"\"")]
    [TestCase("two\nlines", "\"two\nlines\"")]
    [TestCase("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"")]
    [TestCase("+SUM(A1)", "'+SUM(A1)")]
    [TestCase("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0")]
    [TestCase("@SUM(A1)", "'@SUM(A1)")]
    [TestCase("\t=1", "'\t=1")]
    [TestCase("\r=1", "\"'\r=1\"")]
    [TestCase("-3.5e-2", "-3.5e-2")]
    [TestCase("+7", "+7")]
    [TestCase("-1\t", "'-1\t")]
    [TestCase("-", "'-")]
    public void CellsAreNoFormulas(string text, string cell) => Assert.That(CsvText.Cell(text), Is.EqualTo(cell));

    [TestCase("plain ×µ…", "plain ×µ…")]
    [TestCase("a\x1b[2Kb", "a\\x1b[2Kb")]
    [TestCase("a\nb\tc\r", "a\\nb\\tc\\r")]
    [TestCase("\u009b31m", "\\x9b31m")]
    [TestCase("x\u202ey\u2028", "x\\u202ey\\u2028")]
    [TestCase("\0\x7f", "\\x00\\x7f")]
    public void OneLineShowsWhatWouldMoveTheCursor(string text, string shown) => Assert.That(Printable.OneLine(text), Is.EqualTo(shown));

    [Test]
    public void NoControlCharacterPasses()
    {
        int control = 0;
        for (int c = 0; c <= char.MaxValue; c++)
        {
            if (!char.IsControl((char)c)) continue;
            control++;
            string one = Printable.OneLine($"a{(char)c}b"), lines = Printable.Lines($"a{(char)c}b");
            Assert.That(one.Any(char.IsControl), Is.False);
            Assert.That(lines.Any(char.IsControl), Is.EqualTo(c is '\n' or '\t'));
        }
        Assert.That(control, Is.EqualTo(65), "C0, DEL, C1");
    }

    [Test]
    public void ADiagnosticIsOneShortLine()
    {
        var forged = new Diagnostic(Severity.Error, new Location("a\nb.yaml", 3, 4), "CFG001",
            "no key 'x\nother.yaml:1:1: error CFG002: y\x1b[2J'");
        Assert.That(forged.ToString(), Is.EqualTo("a\\nb.yaml:3:4: error CFG001: no key 'x\\nother.yaml:1:1: error CFG002: y\\x1b[2J'"));
        string echo = new Diagnostic(Severity.Error, new Location("a.yaml"), "CFG001", new string('x', 1_000_000)).ToString();
        Assert.That(echo, Has.Length.LessThan(1700).And.Contains("998500 characters left out"));
    }
}
