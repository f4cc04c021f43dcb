namespace Sim.Foundation.Diagnostics;

/// <summary>How bad a finding is. An error stops the run before any simulation; a warning is printed and recorded.</summary>
public enum Severity : byte { Warning, Error }

/// <summary>One finding about the user's input: what is wrong and what is allowed. Codes are listed in docs/guide/errors.md.</summary>
public readonly record struct Diagnostic(Severity Severity, Location Location, string Code, string Message)
{
    /// <summary>`file:line:col: error CFG002: message`.</summary>
    public override string ToString() => $"{Location}: {(Severity == Severity.Error ? "error" : "warning")} {Code}: {Message}";
}
