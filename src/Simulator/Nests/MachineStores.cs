using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>All stores of a nest in its order, the multiply-adders below them, and the registers.</summary>
internal sealed class MachineStores
{
    private sealed record Store(Operand Operand, int Level, int Position, int Parent, AxisLists Lists, long[] Extents)
    {
        public InputStore? Inputs { get; set; }

        public SumStore? Sums { get; set; }
    }

    private readonly LoopNest _nest;
    private readonly Hierarchy _hierarchy;
    private readonly List<Store> _stores = [];
    private readonly int[] _edges;
    private readonly WordSpace[] _spaces;
    private readonly SumRegisters _registers;
    private readonly Moved[] _moved;

    public MachineStores(LoopNest nest, Hierarchy hierarchy, DatapathSpec spec, NestOperands operands, NestDepth depth, NestWidths widths,
        INestRegisters? watch = null)
    {
        (_nest, _hierarchy) = (nest, hierarchy);
        _spaces = [.. Enum.GetValues<Operand>().Select(o => new WordSpace(nest.Layer, o))];
        int[] last = [-1, -1, -1];
        for (int n = 0; n < nest.Nodes.Length; n++)
        {
            if (nest.Nodes[n] is not StoreNode node) continue;
            int x = (int)node.Operand, parent = last[x];
            long[] extents = parent < 0 ? _spaces[x].Sizes : _spaces[x].Extents(nest.Layer, d => Tile(d, n));
            _stores.Add(new Store(node.Operand, node.Level, n, parent, Lists(x, n, extents, parent < 0 ? extents : _stores[parent].Extents),
                extents));
            last[x] = _stores.Count - 1;
        }
        _edges = [.. Enumerable.Range(0, _stores.Count).Where(s => _stores[s].Parent >= 0)];
        _moved = new Moved[_edges.Length];
        InnermostLevels = [.. last.Select(s => _stores[s].Level)];
        Innermost = last;
        int end = nest.Nodes.Length;
        long sums = Outputs;
        foreach (int s in _edges.Where(s => _stores[s].Operand == Operand.Outputs))
            sums = checked(sums + SumStore.Registers(_stores[s].Lists));
        int scratch = checked((int)sums), first = (int)Outputs;
        // The scratch registers are shared: a delivery ends before the next begins.
        int most = 0;
        foreach ((int from, int to) in Sections(end)) most = Math.Max(most, new Deliveries(nest, hierarchy, from, to, null!).Scratch);
        _registers = depth == NestDepth.Tiles ? new IdleRegisters(scratch + most) : SumRegisters.For(spec, checked(scratch + most));
        for (int s = 0; s < _stores.Count; s++)
        {
            Store store = _stores[s];
            Store? parent = store.Parent < 0 ? null : _stores[store.Parent];
            if (store.Operand != Operand.Outputs)
            {
                if (parent is null)
                {
                    store.Lists.Places.Move(new long[nest.Nodes.Length]);
                    store.Lists.Move();
                }
                store.Inputs = parent is null ? new InputStore(store.Operand == Operand.Activations ? operands.Activations
                    : operands.Weights, store.Lists) : new InputStore(parent.Inputs!, Instances(parent.Position), store.Lists,
                    Reads(store.Operand, parent, store.Position), Dram(store.Operand));
                continue;
            }
            if (parent is null)
            {
                store.Sums = new SumStore(_registers, 0, Outputs);
                continue;
            }
            store.Sums = new SumStore(parent.Sums!, store.Lists, new SumSection(nest, hierarchy, parent.Position, store.Position),
                new Deliveries(nest, hierarchy, parent.Position, store.Position, _registers), _registers, first, scratch, Outputs,
                Dram(Operand.Outputs));
            first += SumStore.Registers(store.Lists);
        }
        MachineDram? Dram(Operand operand) => MachineDram.Of(nest.Layer, _spaces[(int)operand], hierarchy, widths);
        Store[] inner = [.. last.Select(s => _stores[s])];
        int chunk = _stores.Max(s => s.Position) + 1;
        if (depth == NestDepth.Tiles)
        {
            var outputs = new AxisLists(nest.Layer, _spaces[2], new PlaceTable(nest, chunk), _spaces[2].Extents(nest.Layer,
                d => Tile(d, chunk)), _spaces[2].Sizes);
            Products = new TileProducts(nest, hierarchy, chunk, [.. inner.Select(i => i.Position)], [inner[0].Inputs!, inner[1].Inputs!],
                inner[2].Sums!, outputs);
            return;
        }
        var places = new PlaceTable(nest, end);
        AxisLists[] lists = [.. Enumerable.Range(0, 3).Select(x => new AxisLists(nest.Layer, _spaces[x], places, [1, 1, 1, 1, 1],
            inner[x].Extents))];
        Products = new ProductArray(nest, chunk, lists, [inner[0].Inputs!, inner[1].Inputs!], [Reads(Operand.Activations, inner[0], end),
            Reads(Operand.Weights, inner[1], end)], inner[2].Sums!, [.. inner.Select(i => places.Instances / Instances(i.Position))],
            new SumSection(nest, hierarchy, inner[2].Position, end), new Deliveries(nest, hierarchy, inner[2].Position, end, _registers),
            _registers, scratch, operands) { Watch = watch };
    }

    /// <summary>Outputs of the layer.</summary>
    public long Outputs => _spaces[2].Words;

    /// <summary>The multiply-adders.</summary>
    public IProducts Products { get; }

    /// <summary>By operand: the memory that they use.</summary>
    public int[] InnermostLevels { get; }

    private int[] Innermost { get; }

    /// <summary>Cycles from the first multiply-adder to the last: hops along axes that pass operands or sums on.</summary>
    public long Skew
    {
        get
        {
            long skew = 0;
            for (int n = 0; n < _nest.Nodes.Length; n++)
            {
                if (_nest.Nodes[n] is not SpatialNode space) continue;
                FabricLevel fabric = _hierarchy.Fabric(space.Level);
                FabricAxis axis = fabric.Axes[space.Axis];
                bool Below(int x) => n > _stores[Innermost[x]].Position;
                if ((axis.Activations == Sharing.Systolic && Below(0)) || (axis.Weights == Sharing.Systolic && Below(1))
                    || (axis.Outputs == Reduction.Chain && Below(2)))
                    skew += (space.Count - 1) * fabric.HopCycles;
            }
            return skew;
        }
    }

    /// <summary>The stores below outermost ones, for a clock.</summary>
    public ClockEdge[] ClockEdges(int resources)
    {
        var edges = new ClockEdge?[_stores.Count];
        foreach (int s in _edges)
        {
            Store store = _stores[s];
            long hops = 0;
            for (int n = _stores[store.Parent].Position + 1; n < store.Position; n++)
            {
                if (_nest.Nodes[n] is not SpatialNode space) continue;
                FabricLevel fabric = _hierarchy.Fabric(space.Level);
                FabricAxis axis = fabric.Axes[space.Axis];
                if (store.Operand == Operand.Outputs ? axis.Outputs == Reduction.Chain : axis.Of(store.Operand) == Sharing.Systolic)
                    hops += (space.Count - 1) * fabric.HopCycles;
            }
            edges[s] = new ClockEdge(store.Operand, store.Level, _stores[store.Parent].Level,
                _hierarchy.Memory(store.Level).DoubleBuffered[store.Operand], hops, resources) { Parent = edges[store.Parent] };
            if (edges[store.Parent] is { } parent) parent.Child = edges[s];
        }
        return [.. edges.OfType<ClockEdge>()];
    }

    /// <summary>A step: tiles of the stores below the loop that advanced change. Sums leave the innermost stores first.</summary>
    public ReadOnlySpan<Moved> Move(int advanced, ReadOnlySpan<long> index, bool end, Func<long, bool> isDone)
    {
        for (int e = 0; e < _edges.Length; e++)
        {
            Store store = _stores[_edges[e]];
            _moved[e] = default;
            if (store.Position < advanced || (end && store.Inputs is not null)) continue;
            if (!end) store.Lists.Places.Move(index);
            _moved[e] = store.Sums?.Plan(end, isDone) ?? store.Inputs!.Move();
        }
        for (int e = _edges.Length - 1; e >= 0; e--)
            if (_stores[_edges[e]] is { Sums: { } sums } store && store.Position > advanced) sums.Send();
        for (int e = 0; e < _edges.Length && !end; e++)
            if (_stores[_edges[e]] is { Sums: { } sums } store && store.Position > advanced) sums.Begin();
        return _moved;
    }

    /// <summary>A row for each store.</summary>
    public ImmutableArray<StoreCounts> Counts() => [.. _stores.Select((store, s) => store.Inputs?.Counts(store.Operand, store.Level)
        ?? store.Sums!.Counts(store.Level, _stores.FirstOrDefault(c => c.Parent == s)?.Sums!.ReadBacks ?? 0))];

    /// <summary>The results.</summary>
    public ImmutableArray<long> Finish(ref GemmEvents events)
    {
        var results = new long[Outputs];
        for (int word = 0; word < results.Length; word++) results[word] = _registers.Finish(word, ref events);
        return System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(results);
    }

    private IEnumerable<(int From, int To)> Sections(int end)
    {
        int[] positions = [.. _stores.Where(s => s.Operand == Operand.Outputs).Select(s => s.Position), end];
        for (int i = 0; i + 1 < positions.Length; i++) yield return (positions[i], positions[i + 1]);
    }

    private AxisLists Lists(int operand, int position, long[] extents, long[] parentExtents) =>
        new(_nest.Layer, _spaces[operand], new PlaceTable(_nest, position), extents, parentExtents);

    private ReadGroups Reads(Operand operand, Store parent, int position) => new(_nest, _hierarchy, operand, parent.Position, position,
        Instances(position), parent.Inputs!.Slots);

    // Iterations of a dimension in a full tile at a node.
    private long Tile(LoopDim dim, int position)
    {
        long tile = _nest.Layer.Size(dim);
        for (int n = 0; n < position; n++)
        {
            if (_nest.Nodes[n] is LoopNode l && l.Dim == dim) tile = l.Tile;
            if (_nest.Nodes[n] is SpatialNode s && s.Dim == dim) tile = s.Tile;
        }
        return tile;
    }

    private int Instances(int position)
    {
        int instances = 1;
        for (int n = 0; n < position; n++)
            if (_nest.Nodes[n] is SpatialNode s) instances = checked(instances * (int)s.Count);
        return instances;
    }
}
