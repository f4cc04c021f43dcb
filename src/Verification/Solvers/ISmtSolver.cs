namespace Sim.Verification.Solvers;

/// <summary>A solver of SMT-LIB 2 scripts over linear integer arithmetic (QF_LIA). To use another one: implement this, or describe its
/// process by <see cref="SolverCommand"/>.</summary>
public interface ISmtSolver
{
    /// <summary>Name and version as the solver gives them, for certificates and messages.</summary>
    string Name { get; }

    /// <summary>Whether `(maximize …)` and `(minimize …)` are understood; without them extremes are found by bisection.</summary>
    bool HasObjectives { get; }

    /// <summary>The command that makes later checks answer `unknown` after so long; empty when there is none and only ending the process
    /// stops it.</summary>
    string Limit(TimeSpan time);

    /// <summary>A fresh session, for one thread at a time; its waits end when they are cancelled.</summary>
    /// <exception cref="SolverException">There is no such solver, or it does not start.</exception>
    ISmtSession Open(CancellationToken cancellation = default);
}

/// <summary>A conversation with a solver; its assertions live until `(reset)`.</summary>
public interface ISmtSession : IDisposable
{
    /// <summary>The solver's reply to commands, white space at its ends removed.</summary>
    /// <param name="limit">After that long the solver is ended and the session is over.</param>
    /// <exception cref="SolverException">The solver died, complained or did not answer in time; the session is over.</exception>
    string Send(string commands, TimeSpan limit);
}

/// <summary>A solver that is missing, died or answered what cannot be understood: the question stays open.</summary>
public sealed class SolverException : Exception
{
    /// <summary>Without a reason.</summary>
    public SolverException() { }

    /// <summary>With the reason.</summary>
    public SolverException(string message) : base(message) { }

    /// <summary>With the reason and its cause.</summary>
    public SolverException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Whether the time ran out: asking again would take as long again.</summary>
    public bool IsTimeout { get; init; }

    /// <summary>Whether the solver was caught giving a wrong answer: it is not asked again.</summary>
    public bool IsLie { get; init; }
}
