using System.Collections.Immutable;

namespace Sim.Simulator;

/// <summary>A counted action: component (`pe`, a buffer's name, `dram`, `vector`) and what it did (`mac`, `read`, `write`, ...). Units: one
/// action; memories count elements.</summary>
public readonly record struct LedgerKey(string Component, string Action);

/// <summary>What a machine did, as counts only. Equality is by content; enumeration is in ordinal key order.</summary>
public sealed class Ledger : IEquatable<Ledger>
{
    private readonly SortedDictionary<LedgerKey, long> _counts = new(Comparer<LedgerKey>.Create((a, b) =>
        string.CompareOrdinal(a.Component, b.Component) is var c and not 0 ? c : string.CompareOrdinal(a.Action, b.Action)));

    /// <summary>Adds <paramref name="count"/> ≥ 0 actions.</summary>
    public void Add(string component, string action, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var key = new LedgerKey(component, action);
        _counts[key] = _counts.GetValueOrDefault(key) + count;
    }

    /// <summary>Adds every count of another ledger.</summary>
    public void Add(Ledger other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach ((LedgerKey key, long count) in other._counts) Add(key.Component, key.Action, count);
    }

    /// <summary>The count of an action; 0 when it never happened.</summary>
    public long this[string component, string action] => _counts.GetValueOrDefault(new LedgerKey(component, action));

    /// <summary>All counts in ordinal order of component, then action.</summary>
    public ImmutableArray<KeyValuePair<LedgerKey, long>> Entries => [.. _counts];

    public bool Equals(Ledger? other) =>
        other is not null && _counts.Where(p => p.Value != 0).SequenceEqual(other._counts.Where(p => p.Value != 0));

    public override bool Equals(object? obj) => Equals(obj as Ledger);

    public override int GetHashCode() => _counts.Where(p => p.Value != 0).Aggregate(0, (h, p) => HashCode.Combine(h, p.Key, p.Value));
}
