using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Sim.Simulator;

/// <summary>Results computed once per key, whoever asks first; others wait for the same computation. A computation that failed fails for
/// all who ask; a cancelled one is none.</summary>
internal sealed class Shared<TKey, TValue> where TKey : notnull
{
    private sealed record Outcome(TValue Value, ExceptionDispatchInfo? Fault);

    private readonly ConcurrentDictionary<TKey, Lazy<Outcome>> _outcomes = new();

    /// <summary>The value of a key, computed at most once.</summary>
    public TValue Get(TKey key, Func<TKey, TValue> compute)
    {
        Outcome outcome = Settled(key, compute);
        outcome.Fault?.Throw();
        return outcome.Value;
    }

    /// <summary>Computes the value of a key unless it is there. A fault is kept for those who ask with <see cref="Get"/>; false: there is
    /// one.</summary>
    public bool Settle(TKey key, Func<TKey, TValue> compute) => Settled(key, compute).Fault is null;

    private Outcome Settled(TKey key, Func<TKey, TValue> compute)
    {
        try
        {
            return _outcomes.GetOrAdd(key, k => new Lazy<Outcome>(() => Run(k, compute))).Value;
        }
        catch (OperationCanceledException)
        {
            _outcomes.TryRemove(key, out _);
            throw;
        }
    }

    private static Outcome Run(TKey key, Func<TKey, TValue> compute)
    {
        try
        {
            return new Outcome(compute(key), null);
        }
#pragma warning disable CA1031 // Kept, and thrown to each who asks.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new Outcome(default!, ExceptionDispatchInfo.Capture(e));
        }
    }
}
