using System.Collections.Immutable;

namespace Sim.Foundation.Diagnostics;

/// <summary>The user's input is wrong, as told by located diagnostics. The command line prints them and ends with exit code 2; nothing was
/// written.</summary>
public sealed class InvalidInputException : Exception
{
    public InvalidInputException(ImmutableArray<Diagnostic> diagnostics) : base(string.Join('\n', diagnostics)) =>
        Diagnostics = diagnostics;

    /// <summary>A single finding, for readers of files that have no bag at hand.</summary>
    public InvalidInputException(Location location, string code, string message)
        : this([new Diagnostic(Severity.Error, location, code, message)]) { }

    public InvalidInputException() : this([]) { }

    public InvalidInputException(string message) : base(message) { }

    public InvalidInputException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>What is wrong, by place.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; } = [];
}
