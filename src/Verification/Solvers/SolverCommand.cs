using System.Collections.Immutable;
using System.Globalization;

namespace Sim.Verification.Solvers;

/// <summary>
/// A solver that reads SMT-LIB 2 from its standard input. A process and not a library, because a solver that exhausts its memory takes its
/// process down.
/// z3 (<see cref="Z3"/>) is what is measured and tested; any other that can `push`, `pop`, `echo` and `get-value` will do.
/// </summary>
/// <param name="path">Program, found on PATH when it has no folder.</param>
/// <param name="arguments">What makes it read commands from standard input.</param>
/// <param name="hasObjectives">Whether it has `maximize`.</param>
public sealed class SolverCommand(string path, ImmutableArray<string> arguments, bool hasObjectives) : ISmtSolver
{
    private readonly Lock _asking = new();
    private string? _name;

    /// <summary>z3 with at most so many MiB of memory.</summary>
    public static SolverCommand Z3(string path = "z3", int memoryMiB = 2048) =>
        new(path, ["-in", string.Create(CultureInfo.InvariantCulture, $"-memory:{memoryMiB}")], true);

    /// <summary>cvc5.</summary>
    public static SolverCommand Cvc5(string path = "cvc5") =>
        new(path, ["--lang", "smt2", "--incremental", "--produce-models", "--quiet"], false);

    /// <summary>A name for a solver that is not to be asked for its own.</summary>
    public string? FixedName { get; init; }

    /// <inheritdoc/>
    public string Name
    {
        get
        {
            if (FixedName is not null) return FixedName;
            lock (_asking)
            {
                if (_name is not null) return _name;
                using ISmtSession session = Open();
                // (:name "Z3") and (:version "4.8.12"): the texts between the quotes.
                string[] said = session.Send("(get-info :name)\n(get-info :version)\n", TimeSpan.FromSeconds(10)).Split('"');
                return _name = said.Length == 5 ? $"{said[1]} {said[3]}"
                    : throw new SolverException($"'{path}' does not say which solver it is");
            }
        }
    }

    // z3's option; others refuse options that they do not know.
    /// <inheritdoc/>
    public string Limit(TimeSpan time) => hasObjectives
        ? string.Create(CultureInfo.InvariantCulture, $"(set-option :timeout {Math.Max(1, (long)time.TotalMilliseconds)})\n") : "";

    /// <inheritdoc/>
    public bool HasObjectives => hasObjectives;

    /// <inheritdoc/>
    public ISmtSession Open(CancellationToken cancellation = default) => new SolverProcess(path, arguments, cancellation);
}
