using System.Collections.Concurrent;
using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Verification.Relations;

/// <summary>
/// The network that claims are about: their inputs are then what the layers before make of the network's inputs, not only what lies in
/// boxes. Keeps what the channels of a layer share. Safe for several threads.
/// </summary>
public sealed class NetworkRelations
{
    internal const int MostLevels = 6;

    private readonly ConcurrentDictionary<object, Lazy<object?>> _kept = new();
    private readonly Dictionary<IntegerLayer, int> _index;

    /// <param name="network">With the boxes that its layers shall have; propagated ones give the tightest bounds.</param>
    public NetworkRelations(IntegerNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        Network = network;
        _index = network.Layers.Select((l, i) => (l, i)).ToDictionary(p => p.l, p => p.i);
    }

    /// <summary>The network.</summary>
    public IntegerNetwork Network { get; }

    /// <summary>The index of a layer; −1: it is of another network.</summary>
    internal int IndexOf(IntegerLayer layer) => _index.GetValueOrDefault(layer, -1);

    /// <summary>The chain behind a row; null when no earlier layer makes its operands.</summary>
    internal Chain? Chain(IntegerLayer layer, int row, ZeroPoints zeros)
    {
        // Rows of one group take the same operands.
        int index = IndexOf(layer), group = row / layer.Shape.N;
        if (index < 0 || layer.Source is null) return null;
        return Once(("chain", index, group, zeros), () => Relations.Chain.Of(Network, index, row, zeros, MostLevels) is
            { Levels.Count: > 1 } chain ? chain : null);
    }

    /// <summary>The products that some output places take from padding: for each different kind of place, which products are there. Every
    /// place is of one kind.</summary>
    internal ImmutableArray<ImmutableArray<bool>> Places(IntegerLayer layer) => Once(("places", layer), () => PlaceKinds.Of(layer));

    /// <summary>Computes once what claims that differ in register widths alone share.</summary>
    internal T Once<T>(object key, Func<T> make) => (T)_kept.GetOrAdd(key, _ => new Lazy<object?>(() => make())).Value!;
}
