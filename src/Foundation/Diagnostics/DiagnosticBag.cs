using System.Collections.Immutable;

namespace Sim.Foundation.Diagnostics;

/// <summary>Collects findings so that one pass shows them all. A repeated finding is kept once. Not safe for concurrent writers.</summary>
public sealed class DiagnosticBag
{
    private readonly List<Diagnostic> _items = [];
    private readonly HashSet<Diagnostic> _seen = [];

    /// <summary>Whether an error was recorded.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>Number of errors; `bag.ErrorCount == before` tells whether a step added none.</summary>
    public int ErrorCount { get; private set; }

    /// <summary>Every finding by place; findings at one place stay in the order in which they were recorded.</summary>
    public ImmutableArray<Diagnostic> Sorted => [.. _items.OrderBy(d => d.Location)];

    /// <summary>Records an error.</summary>
    public void Error(Location location, string code, string message) => Add(new Diagnostic(Severity.Error, location, code, message));

    /// <summary>Records a warning.</summary>
    public void Warning(Location location, string code, string message) => Add(new Diagnostic(Severity.Warning, location, code, message));

    /// <summary>Records a finding.</summary>
    public void Add(Diagnostic diagnostic)
    {
        if (!_seen.Add(diagnostic)) return;
        _items.Add(diagnostic);
        if (diagnostic.Severity != Severity.Error) return;
        HasErrors = true;
        ErrorCount++;
    }

    /// <summary>Records every finding of another bag.</summary>
    public void AddRange(IEnumerable<Diagnostic> diagnostics)
    {
        ArgumentNullException.ThrowIfNull(diagnostics);
        foreach (Diagnostic diagnostic in diagnostics) Add(diagnostic);
    }

    /// <summary>Throws <see cref="InvalidInputException"/> with everything found so far when an error is among it: the "stop" after the
    /// passes.</summary>
    public void ThrowIfErrors()
    {
        if (HasErrors) throw new InvalidInputException(Sorted);
    }

    /// <summary>One line a finding, by place.</summary>
    public override string ToString() => string.Join('\n', Sorted);
}
