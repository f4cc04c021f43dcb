using System.Globalization;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests.Orders;

/// <summary>Builds the tree of additions of one output from the loops over summed dimensions and the stores of outputs between them.
/// </summary>
internal sealed class OrderBuilder
{
    private readonly LoopNest _nest;
    private readonly Hierarchy _hierarchy;
    private readonly int[] _stores;

    // The output's index in each loop over a dimension that indexes it, and the range that the loop splits there.
    private readonly long[] _index, _left;

    public OrderBuilder(LoopNest nest, Hierarchy hierarchy, long[] coordinate)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        (_nest, _hierarchy) = (nest, hierarchy);
        _stores = [.. Enumerable.Range(0, nest.Nodes.Length).Where(i => nest.Nodes[i] is StoreNode { Operand: Operand.Outputs })];
        (_index, _left) = (new long[nest.Nodes.Length], new long[nest.Nodes.Length]);
        long[] at = [.. coordinate], left = [.. nest.Layer.Sizes];
        for (int i = 0; i < nest.Nodes.Length; i++)
        {
            if (Loop(i) is not var (dim, tile) || !NestEdge.Indexes(Operand.Outputs, dim)) continue;
            (_index[i], at[(int)dim]) = Math.DivRem(at[(int)dim], tile);
            _left[i] = left[(int)dim];
            left[(int)dim] = Math.Min(tile, left[(int)dim] - _index[i] * tile);
        }
    }

    private (LoopDim Dim, long Tile)? Loop(int node) => _nest.Nodes[node] switch
    {
        LoopNode l => (l.Dim, l.Tile),
        SpatialNode s => (s.Dim, s.Tile),
        _ => null,
    };

    private sealed class Register
    {
        public List<SumTree> Items { get; set; } = [];

        /// <summary>A child reads what is here and goes on adding to it; what it writes up replaces this.</summary>
        public bool IsLent { get; set; }
    }

    // By store and place: indices of the summed spatial loops above it.
    private readonly Dictionary<(int Store, string Place), Register> _registers = [];

    /// <summary>The sum in the outermost memory.</summary>
    public SumTree Build()
    {
        int[] loops = [.. Enumerable.Range(0, _nest.Nodes.Length)
            .Where(i => Loop(i) is var (dim, _) && !NestEdge.Indexes(Operand.Outputs, dim))];
        int[] times = [.. loops.Where(i => _nest.Nodes[i] is LoopNode)];
        long[]? before = null;
        foreach (IGrouping<string, SumPoint> step in SumPoint.All(_nest, loops).GroupBy(p => p.Key(times)))
        {
            long[] now = step.First().Index;
            if (before is not null) Leave(times.First(t => now[t] != before[t]));
            before = now;
            Add(step, loops);
        }
        for (int i = _stores.Length - 1; i > 0; i--) Drain(i);
        return Sum(0, "");
    }

    // Products of a step: lanes below the innermost store come together first.
    private void Add(IEnumerable<SumPoint> step, int[] loops)
    {
        int innermost = _stores.Length - 1;
        int[] lanes = [.. loops.Where(l => l > _stores[innermost] && _nest.Nodes[l] is SpatialNode)];
        foreach (IGrouping<string, SumPoint> place in step.GroupBy(p => p.Key(SpacesAbove(innermost))))
        {
            Register register = Opened(innermost, place.Key);
            register.Items.AddRange(PlaceSums.Of(_nest, _hierarchy, lanes,
                [.. place.Select(p => (p.Index, (SumTree)new ProductLeaf(p.K)))]));
        }
    }

    private int[] SpacesAbove(int store) => [.. Enumerable.Range(0, _stores[store]).Where(i => _nest.Nodes[i] is SpatialNode s
        && !NestEdge.Indexes(Operand.Outputs, s.Dim))];

    // The register of a place; the first place of those that add to the same parent begins with what the parent holds.
    private Register Opened(int store, string place)
    {
        if (_registers.TryGetValue((store, place), out Register? register)) return register;
        _registers[(store, place)] = register = new Register();
        if (store == 0) return register;
        (string parent, string inside) = Split(store, place);
        if (inside.Any(c => c is not ('0' or ','))) return register;
        Register holder = Opened(store - 1, parent);
        if (holder.Items.Count == 0) return register;
        register.Items.Add(Sum(store - 1, parent));
        holder.IsLent = true;
        return register;
    }

    private (string Parent, string Inside) Split(int store, string place)
    {
        int above = SpacesAbove(store - 1).Length;
        string[] indices = place.Length == 0 ? [] : place.Split(',');
        return (string.Join(',', indices.Take(above)), string.Join(',', indices.Skip(above)));
    }

    private SumTree Sum(int store, string place) =>
        new RegisterSum(((StoreNode)_nest.Nodes[_stores[store]]).Level, [.. _registers[(store, place)].Items]);

    private void Leave(int advancing)
    {
        for (int i = _stores.Length - 1; i > 0; i--)
            if (Enumerable.Range(1, i).Any(a => Loses(a, advancing))) Drain(i);
    }

    // Whether a loop that indexes outputs, inside the advancing one and above the store, has more than one iteration that is not empty.
    private bool Loses(int store, int advancing)
    {
        for (int l = advancing + 1; l < _stores[store]; l++)
        {
            if (_nest.Nodes[l] is not LoopNode loop || !NestEdge.Indexes(Operand.Outputs, loop.Dim)) continue;
            long start = 0;
            for (int s = l + 1; s < _stores[store]; s++)
                if (_nest.Nodes[s] is SpatialNode spatial && spatial.Dim == loop.Dim) start += _index[s] * spatial.Tile;
            if (_index[l] > 0 || _left[l] - loop.Tile > start) return true;
        }
        return false;
    }

    private void Drain(int store)
    {
        int above = SpacesAbove(store - 1).Length;
        int[] between = SpacesAbove(store)[above..];
        var places = _registers.Keys.Where(k => k.Store == store).Select(k => (k.Place, Parent: Split(store, k.Place).Parent)).ToList();
        foreach (IGrouping<string, (string Place, string Parent)> team in places.GroupBy(p => p.Parent))
        {
            Register parent = Opened(store - 1, team.Key);
            if (parent.IsLent) parent.Items = [];
            parent.IsLent = false;
            var members = team.Select(t => (Index: Indices(t.Place, between, above), Sum(store, t.Place))).ToList();
            parent.Items.AddRange(PlaceSums.Of(_nest, _hierarchy, between, members));
            foreach ((string place, string _) in team) _registers.Remove((store, place));
        }
    }

    private long[] Indices(string place, int[] between, int above)
    {
        var index = new long[_nest.Nodes.Length];
        string[] words = place.Length == 0 ? [] : place.Split(',');
        for (int b = 0; b < between.Length; b++)
            index[between[b]] = long.Parse(words[above + b], NumberStyles.None, CultureInfo.InvariantCulture);
        return index;
    }
}
