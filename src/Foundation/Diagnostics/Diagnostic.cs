using Sim.Foundation.Text;

namespace Sim.Foundation.Diagnostics;

/// <summary>How bad a finding is. An error stops the run before any simulation; a warning is printed and recorded.</summary>
public enum Severity : byte { Warning, Error }

/// <summary>One finding about the user's input: what is wrong and what is allowed. Codes are listed in docs/guide/errors.md.</summary>
public readonly record struct Diagnostic(Severity Severity, Location Location, string Code, string Message)
{
    private const int LongestMessage = 1500;

    /// <summary>The message as it is printed: one line without control characters, and no longer than a reader can use, whatever the file
    /// held.</summary>
    public string OneLine => Printable.OneLine(Printable.Shortened(Message, LongestMessage));

    /// <summary>`file:line:col: error CFG002: message`, always one line.</summary>
    public override string ToString() =>
        $"{Printable.OneLine(Location.ToString())}: {(Severity == Severity.Error ? "error" : "warning")} {Code}: {OneLine}";
}
