using System.Collections.Concurrent;

namespace Sim.Exploration.Sweeps;

/// <summary>Results computed once per key, whoever asks first; others wait for the same computation. A failed computation fails for all who ask.</summary>
public sealed class Shared<TKey, TValue> where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<TValue>> _values = new();

    /// <summary>Number of distinct keys asked for.</summary>
    public int Count => _values.Count;

    /// <summary>The value of a key, computed at most once.</summary>
    public TValue Get(TKey key, Func<TKey, TValue> compute) => _values.GetOrAdd(key, k => new Lazy<TValue>(() => compute(k))).Value;
}
