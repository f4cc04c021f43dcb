using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Specs;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Orders;

/// <summary>Walks the summed loops of a nest for one output, with expressions in place of registers.</summary>
internal sealed class SumWalk
{
    private readonly record struct Range(long Start, long Size);

    private readonly LoopNest _nest;
    private readonly SumStays _stays;
    private readonly UInt128 _ends;
    private readonly SumAxes[] _axes;

    // By store: instances (indices of the summed spatial loops above, as one number) and what they hold.
    private readonly SortedDictionary<long, (long[] Indices, long Parent, SumExpression Sum)>[] _held;
    private readonly HashSet<long>[] _stay;
    private readonly long[] _index;

    public SumWalk(LoopNest nest, Hierarchy hierarchy, SumStays stays, UInt128 ends)
    {
        (_nest, _stays, _ends) = (nest, stays, ends);
        _axes = [.. stays.Stores.Select((store, i) => new SumAxes(nest, hierarchy, store, i + 1 < stays.Stores.Length
            ? stays.Stores[i + 1] : nest.Nodes.Length))];
        _held = [.. stays.Stores.Select(_ => new SortedDictionary<long, (long[], long, SumExpression)>())];
        _stay = [.. stays.Stores.Select(_ => new HashSet<long>())];
        _index = new long[nest.Nodes.Length];
    }

    /// <summary>The expression of the output.</summary>
    public SumExpression Run()
    {
        int advanced;
        do
        {
            Visit(0, -1, 0, [], [.. _nest.Layer.Sizes.Select(s => new Range(0, s))], null);
            advanced = Advance();
            for (int store = _stays.Stores.Length - 1; store > 0; store--)
                if (advanced < 0 || (_stays.Stores[store] > _stays.Loops[advanced] && (_ends & _stays.Bit(store, advanced)) != 0))
                    Leave(store);
        }
        while (advanced >= 0);
        return _held[0][0].Sum;
    }

    // Everything below a node for one choice of the spatial indices so far.
    private void Visit(int node, int store, long instance, long[] section, Range[] ranges, List<SumArm>? products)
    {
        for (; node < _nest.Nodes.Length; node++)
        {
            switch (_nest.Nodes[node])
            {
                case StoreNode { Operand: Operand.Outputs }:
                    Begin(++store, instance, section);
                    long own = instance;
                    section = [];
                    if (store + 1 < _stays.Stores.Length) break;
                    products = [];
                    Visit(node + 1, store, own, section, ranges, products);
                    _axes[store].Deliver(products, _held[store][own].Sum);
                    return;
                case LoopNode loop when SumAxes.Sums(loop.Dim):
                    ranges = Inner(ranges, loop.Dim, _index[node], loop.Tile);
                    if (ranges[(int)loop.Dim].Size <= 0) return;
                    break;
                case SpatialNode space when SumAxes.Sums(space.Dim):
                    for (long i = 0; i < space.Count; i++)
                    {
                        Range[] inner = Inner(ranges, space.Dim, i, space.Tile);
                        if (inner[(int)space.Dim].Size > 0)
                            Visit(node + 1, store, checked(instance * space.Count + i), [.. section, i], inner, products);
                    }
                    return;
            }
        }
        (long c, long r, long s) = (ranges[(int)LoopDim.C].Start, ranges[(int)LoopDim.R].Start, ranges[(int)LoopDim.S].Start);
        products!.Add(new SumArm(section, null, checked((int)((c * _nest.Layer.Size(LoopDim.R) + r) * _nest.Layer.Size(LoopDim.S) + s))));
    }

    // The first member of a stay goes on with the sum of the store above.
    private void Begin(int store, long instance, long[] section)
    {
        long parent = instance;
        for (int n = _stays.Stores[store] - 1; store > 0 && n > _stays.Stores[store - 1]; n--)
            if (_nest.Nodes[n] is SpatialNode s && SumAxes.Sums(s.Dim)) parent /= s.Count;
        if (!_held[store].TryGetValue(instance, out (long[], long, SumExpression Sum) held))
            _held[store][instance] = held = (section, parent, new SumExpression());
        if (store > 0 && _stay[store].Add(parent)) held.Sum.Add(_held[store - 1][parent].Sum);
    }

    private void Leave(int store)
    {
        foreach (long parent in _stay[store].Order())
            _axes[store - 1].Deliver(_held[store].Values.Where(h => h.Parent == parent && !h.Sum.IsEmpty)
                .Select(h => new SumArm(h.Indices, h.Sum, -1)), _held[store - 1][parent].Sum);
        _stay[store].Clear();
    }

    // The next step of the summed loops in time; the loop that advances, or -1 at the end.
    private int Advance()
    {
        for (int j = _stays.Loops.Length - 1; j >= 0; j--)
        {
            int node = _stays.Loops[j];
            _index[node]++;
            if (Reached(node)) return j;
            _index[node] = 0;
        }
        return -1;
    }

    // Whether the first instance has this iteration of a loop.
    private bool Reached(int last)
    {
        LoopDim dim = ((LoopNode)_nest.Nodes[last]).Dim;
        long size = _nest.Layer.Size(dim);
        for (int n = 0; n <= last && size > 0; n++)
        {
            if (_nest.Nodes[n] is LoopNode l && l.Dim == dim) size = Math.Min(l.Tile, size - _index[n] * l.Tile);
            if (_nest.Nodes[n] is SpatialNode s && s.Dim == dim) size = Math.Min(s.Tile, size);
        }
        return size > 0;
    }

    private static Range[] Inner(Range[] ranges, LoopDim dim, long index, long tile)
    {
        var inner = (Range[])ranges.Clone();
        Range outer = ranges[(int)dim];
        inner[(int)dim] = new Range(outer.Start + index * tile, Math.Min(tile, outer.Size - index * tile));
        return inner;
    }
}
