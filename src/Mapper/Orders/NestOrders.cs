using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Specs;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Orders;

/// <summary>
/// The order of additions of every output of a nest: loops in time give the sequence, places in space chains and trees by position, a store
/// of partial sums ends the registers below it whenever its sum goes up. Outputs in shorter last tiles may be added otherwise than those in
/// full ones; most nests have one order for all.
/// k of a product is (c · R + r) · S + s.
/// </summary>
public sealed class NestOrders
{
    private readonly ImmutableArray<ImmutableArray<byte>> _classes;
    private readonly ImmutableArray<int> _strides, _index;

    private NestOrders(ImmutableArray<ReductionOrder> orders, ImmutableArray<ImmutableArray<byte>> classes, ImmutableArray<int> strides,
        ImmutableArray<int> index) => (Orders, _classes, _strides, _index) = (orders, classes, strides, index);

    /// <summary>The different orders.</summary>
    public ImmutableArray<ReductionOrder> Orders { get; }

    /// <summary>The order of all outputs when they share one; else null.</summary>
    public ReductionOrder? Single => Orders.Length == 1 ? Orders[0] : null;

    /// <summary>Index of the order of an output.</summary>
    public int IndexOf(long n, long g, long m, long p, long q) => _index[Class(0, n) + Class(1, g) + Class(2, m) + Class(3, p) + Class(4, q)];

    /// <summary>Equal where rows of outputs have the same order in every column.</summary>
    public int RowClass(long n, long g, long p, long q) => Class(0, n) + Class(1, g) + Class(3, p) + Class(4, q);

    /// <summary>Equal where output channels have the same order in every row.</summary>
    public int ColumnClass(long m) => Class(2, m);

    private int Class(int dim, long index) => _classes[dim][(int)index] * _strides[dim];

    /// <summary>The orders of a legal nest on units with so many lanes (<see cref="DatapathSpec.Lanes"/>).</summary>
    public static NestOrders Of(LoopNest nest, Hierarchy hierarchy, int lanes = 1)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        var stays = new SumStays(nest);
        LoopDim[] dims = [LoopDim.N, LoopDim.G, LoopDim.M, LoopDim.P, LoopDim.Q];
        var classes = ImmutableArray.CreateBuilder<ImmutableArray<byte>>();
        var kinds = new List<List<UInt128>>();
        foreach (LoopDim dim in dims)
        {
            var known = new List<UInt128>();
            var of = new byte[checked((int)nest.Layer.Size(dim))];
            for (int x = 0; x < of.Length; x++)
            {
                UInt128 ends = stays.Ends(dim, x);
                int at = known.IndexOf(ends);
                if (at < 0)
                {
                    at = known.Count;
                    known.Add(ends);
                }
                of[x] = checked((byte)at);
            }
            classes.Add(System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(of));
            kinds.Add(known);
        }
        var strides = new int[dims.Length];
        int combinations = 1;
        for (int d = dims.Length - 1; d >= 0; d--) (strides[d], combinations) = (combinations, combinations * kinds[d].Count);
        var byEnds = new Dictionary<UInt128, int>();
        var orders = new List<ReductionOrder>();
        var index = new int[combinations];
        for (int c = 0; c < combinations; c++)
        {
            UInt128 ends = 0;
            for (int d = 0; d < dims.Length; d++) ends |= kinds[d][c / strides[d] % kinds[d].Count];
            if (!byEnds.TryGetValue(ends, out int at))
            {
                ReductionOrder order = new NestedOrder(new SumWalk(nest, hierarchy, stays, ends).Run(), lanes).Named();
                at = orders.IndexOf(order);
                if (at < 0)
                {
                    at = orders.Count;
                    orders.Add(order);
                }
                byEnds[ends] = at;
            }
            index[c] = at;
        }
        return new([.. orders], classes.ToImmutable(), [.. strides], [.. index]);
    }
}
