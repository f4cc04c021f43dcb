using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Orders;

/// <summary>
/// When a sum leaves a store: at a step of a summed loop, if a loop inside it and outside the store brings other outputs in between, or
/// brings them to a store further out. An instance that idles through all those others keeps what it holds.
/// </summary>
internal sealed class SumStays
{
    private readonly LoopNest _nest;

    public SumStays(LoopNest nest)
    {
        _nest = nest;
        Stores = [.. Enumerable.Range(0, nest.Nodes.Length).Where(n => nest.Nodes[n] is StoreNode { Operand: Operand.Outputs })];
        Loops = [.. Enumerable.Range(0, nest.Nodes.Length).Where(n => nest.Nodes[n] is LoopNode l && SumAxes.Sums(l.Dim))];
        if (Stores.Length * Loops.Length > 128)
            throw new NotSupportedException($"{Stores.Length} stores of outputs below {Loops.Length} summed loops: at most 128 pairs");
    }

    /// <summary>Stores of the outputs, outermost first.</summary>
    public ImmutableArray<int> Stores { get; }

    /// <summary>Summed loops in time, outermost first.</summary>
    public ImmutableArray<int> Loops { get; }

    /// <summary>The bit of a store and a loop.</summary>
    public UInt128 Bit(int store, int loop) => UInt128.One << store * Loops.Length + loop;

    /// <summary>For an index of an output dimension: the stores that its sums leave at the step of each loop, because of loops over that
    /// dimension.</summary>
    public UInt128 Ends(LoopDim dim, long x)
    {
        UInt128 ends = 0;
        for (int store = 0; store < Stores.Length; store++)
        {
            for (int n = 0; n < Stores[store]; n++)
            {
                if (_nest.Nodes[n] is not LoopNode loop || loop.Dim != dim || !Others(dim, x, n, Stores[store])) continue;
                for (int inner = store; inner < Stores.Length; inner++)
                    for (int j = 0; j < Loops.Length && Loops[j] < n; j++)
                        ends |= Bit(inner, j);
            }
        }
        return ends;
    }

    // Whether the instance of a store that holds x is active in another iteration of a loop than x's own.
    private bool Others(LoopDim dim, long x, int loop, int store)
    {
        (long offset, long size) = (x, _nest.Layer.Size(dim));
        for (int n = 0; n < loop; n++) (offset, size) = Inner(n, dim, offset, size, out _);
        long tile = ((LoopNode)_nest.Nodes[loop]).Tile;
        if (offset / tile != 0) return true;
        long next = Math.Min(tile, size - tile);
        offset %= tile;
        for (int n = loop + 1; n < store && next > 0; n++)
        {
            if (_nest.Nodes[n] is LoopNode l && l.Dim == dim) next = Math.Min(next, l.Tile);
            if (_nest.Nodes[n] is SpatialNode s && s.Dim == dim) next = Math.Min(next - offset / s.Tile * s.Tile, s.Tile);
            (offset, _) = Inner(n, dim, offset, 0, out _);
        }
        return next > 0;
    }

    private (long Offset, long Size) Inner(int node, LoopDim dim, long offset, long size, out long index)
    {
        long tile = _nest.Nodes[node] switch
        {
            LoopNode l when l.Dim == dim => l.Tile,
            SpatialNode s when s.Dim == dim => s.Tile,
            _ => 0,
        };
        index = tile == 0 ? 0 : offset / tile;
        return tile == 0 ? (offset, size) : (offset - index * tile, Math.Min(tile, size - index * tile));
    }
}
