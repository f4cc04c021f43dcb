using System.Collections.Concurrent;

namespace Sim.Verification.Solvers;

/// <summary>Sessions that are kept between questions, as many as questions are asked at once. Safe for concurrent use.</summary>
public sealed class SolverPool(ISmtSolver solver, CancellationToken cancellation = default) : IDisposable
{
    private readonly ConcurrentStack<ISmtSession> _idle = [];

    /// <summary>The solver.</summary>
    public ISmtSolver Solver => solver;

    /// <summary>A solver beside it that is asked to confirm what it proves; null: none.</summary>
    public SolverPool? Second { get; init; }

    /// <summary>
    /// Asks in a session that remembers nothing. When the solver dies, the question is asked once more of a fresh process; when it does so
    /// again or the time runs out, the exception is the caller's.
    /// </summary>
    /// <exception cref="SolverException">The solver is missing, dies or takes too long.</exception>
    public T Ask<T>(Func<ISmtSession, T> question)
    {
        ArgumentNullException.ThrowIfNull(question);
        try
        {
            return Once(question);
        }
        catch (SolverException e) when (!e.IsTimeout && !e.IsLie && !cancellation.IsCancellationRequested)
        {
            return Once(question);
        }
    }

    /// <summary>Ends every idle session.</summary>
    public void Dispose()
    {
        while (_idle.TryPop(out ISmtSession? session)) session.Dispose();
        Second?.Dispose();
    }

    private T Once<T>(Func<ISmtSession, T> question)
    {
        ISmtSession session = Rent();
        bool done = false;
        try
        {
            T answer = question(session);
            done = true;
            _idle.Push(session);
            return answer;
        }
        finally
        {
            if (!done) session.Dispose();
        }
    }

    // What died while nobody asked is passed over.
    private ISmtSession Rent()
    {
        while (_idle.TryPop(out ISmtSession? session))
        {
            try
            {
                session.Send("(reset)\n", TimeSpan.FromSeconds(10));
                return session;
            }
            catch (SolverException)
            {
                session.Dispose();
            }
        }
        return solver.Open(cancellation);
    }
}
