using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Nests;

/// <summary>
/// Counts a nest by walking every multiplication with real sets: the rules of `../shared/reference/nests/README.md` written down once more,
/// sharing nothing with the closed form.
/// </summary>
internal sealed class NestWalk
{
    private sealed record Point(int[] Index, long[] Coordinate);

    private readonly LoopNest _nest;
    private readonly Hierarchy _hierarchy;
    private readonly List<Point> _points = [];

    public Dictionary<(Operand, int), Dictionary<string, long>> Counts { get; } = [];

    public long Macs => _points.Count;

    public long Steps { get; }

    public NestWalk(LoopNest nest, Hierarchy hierarchy)
    {
        (_nest, _hierarchy) = (nest, hierarchy);
        Enumerate(0, new int[nest.Nodes.Length], [.. nest.Layer.Sizes.Select(s => (0L, s))]);
        Steps = _points.Select(p => Key(p, nest.Nodes.Length, IsTime)).Distinct().Count();
        foreach (Operand operand in new[] { Operand.Activations, Operand.Weights }) Inputs(operand);
        new SumWalk(this).Run();
    }

    // Ranges are (start, length) of each dimension.
    private void Enumerate(int node, int[] index, (long Start, long Length)[] ranges)
    {
        if (node == index.Length)
        {
            if (ranges.Any(r => r.Length != 1)) throw new InvalidOperationException("a dimension does not end in 1");
            _points.Add(new([.. index], [.. ranges.Select(r => r.Start)]));
            return;
        }
        (LoopDim Dim, long Count, long Tile)? loop = Loop(node);
        if (loop is not { } l)
        {
            Enumerate(node + 1, index, ranges);
            return;
        }
        (long start, long length) = ranges[(int)l.Dim];
        for (int i = 0; i < l.Count && i * l.Tile < length; i++)
        {
            index[node] = i;
            var inner = ((long, long)[])ranges.Clone();
            inner[(int)l.Dim] = (start + i * l.Tile, Math.Min(l.Tile, length - i * l.Tile));
            Enumerate(node + 1, index, inner);
        }
        index[node] = 0;
    }

    private (LoopDim Dim, long Count, long Tile)? Loop(int node) => _nest.Nodes[node] switch
    {
        LoopNode l => (l.Dim, l.Count, l.Tile),
        SpatialNode s => (s.Dim, s.Count, s.Tile),
        _ => null,
    };

    private bool IsTime(int node) => _nest.Nodes[node] is LoopNode;

    private bool IsSpace(int node) => _nest.Nodes[node] is SpatialNode;

    private string Key(Point point, int above, Func<int, bool> which) =>
        string.Join(',', Enumerable.Range(0, above).Where(which).Select(i => point.Index[i]));

    private string Word(Operand operand, Point point)
    {
        long[] c = point.Coordinate;
        LoopLayer layer = _nest.Layer;
        (long n, long g, long m, long ch, long p, long q, long r, long s) = (c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]);
        return operand switch
        {
            Operand.Activations => $"{n} {g} {ch} {p * layer.StrideHeight + r * layer.DilationHeight} "
                + (q * layer.StrideWidth + s * layer.DilationWidth),
            Operand.Weights => $"{g} {m} {ch} {r} {s}",
            _ => $"{n} {g} {m} {p} {q}",
        };
    }

    private int[] Stores(Operand operand) =>
        [.. Enumerable.Range(0, _nest.Nodes.Length).Where(i => _nest.Nodes[i] is StoreNode s && s.Operand == operand)];

    private FabricAxis Axis(int node) => _nest.Nodes[node] is SpatialNode s
        ? ((FabricLevel)_hierarchy.Levels[s.Level]).Axes[s.Axis] : throw new InvalidOperationException();

    private Dictionary<string, long> Entry(Operand operand, int node)
    {
        int level = ((StoreNode)_nest.Nodes[node]).Level;
        if (!Counts.TryGetValue((operand, level), out Dictionary<string, long>? entry)) Counts[(operand, level)] = entry = [];
        return entry;
    }

    // Tiles in the order of time: for each step above the store, the words of each active instance.
    private List<Dictionary<string, (Point First, HashSet<string> Words)>> Tiles(Operand operand, int node)
    {
        var steps = new Dictionary<string, Dictionary<string, (Point, HashSet<string>)>>();
        var order = new List<(int[] Time, Dictionary<string, (Point, HashSet<string>)> Tiles)>();
        foreach (Point point in _points)
        {
            string step = Key(point, node, IsTime);
            if (!steps.TryGetValue(step, out Dictionary<string, (Point, HashSet<string> Words)>? tiles))
            {
                steps[step] = tiles = [];
                order.Add(([.. Enumerable.Range(0, node).Where(IsTime).Select(i => point.Index[i])], tiles));
            }
            string instance = Key(point, node, IsSpace);
            if (!tiles.TryGetValue(instance, out (Point, HashSet<string> Words) tile)) tiles[instance] = tile = (point, []);
            tile.Words.Add(Word(operand, point));
        }
        order.Sort((a, b) => a.Time.AsSpan().SequenceCompareTo(b.Time));
        return [.. order.Select(o => o.Tiles)];
    }

    private void Holdings(Operand operand, int node, List<Dictionary<string, (Point First, HashSet<string> Words)>> tiles)
    {
        var ever = new Dictionary<string, HashSet<string>>();
        long peak = 0;
        foreach (Dictionary<string, (Point First, HashSet<string> Words)> step in tiles)
            foreach ((string instance, (Point _, HashSet<string> words)) in step)
            {
                if (!ever.TryGetValue(instance, out HashSet<string>? all)) ever[instance] = all = [];
                all.UnionWith(words);
                peak = Math.Max(peak, words.Count);
            }
        Dictionary<string, long> entry = Entry(operand, node);
        (entry["inst"], entry["dist"], entry["peak"]) = (ever.Count, ever.Values.Sum(w => (long)w.Count), peak);
    }

    private void Inputs(Operand operand)
    {
        int[] stores = Stores(operand);
        for (int i = 0; i < stores.Length; i++)
        {
            List<Dictionary<string, (Point First, HashSet<string> Words)>> tiles = Tiles(operand, stores[i]);
            Holdings(operand, stores[i], tiles);
            Entry(operand, stores[i])["f"] = 0;
            if (i == 0) continue;
            int parent = stores[i - 1];
            bool Apart(int n) => IsSpace(n) && (n < parent || Axis(n).Of(operand) == Sharing.None);
            var held = new Dictionary<string, HashSet<string>>();
            long fills = 0, reads = 0;
            foreach (Dictionary<string, (Point First, HashSet<string> Words)> step in tiles)
            {
                var read = new HashSet<string>();
                foreach ((string instance, (Point first, HashSet<string> words)) in step)
                {
                    foreach (string word in words.Where(w => !held.GetValueOrDefault(instance, []).Contains(w)))
                    {
                        fills++;
                        read.Add(Key(first, stores[i], Apart) + ":" + word);
                    }
                    held[instance] = words;
                }
                reads += read.Count;
            }
            Entry(operand, stores[i])["f"] = fills;
            Entry(operand, parent)["r"] = reads;
        }
        int last = stores[^1], end = _nest.Nodes.Length;
        bool ApartAtCompute(int n) => IsSpace(n) && (n < last || Axis(n).Of(operand) == Sharing.None);
        Entry(operand, last)["r"] = _points
            .Select(p => Key(p, end, IsTime) + ":" + Key(p, end, ApartAtCompute) + ":" + Word(operand, p)).Distinct().Count();
    }

    // Outputs: all stores walk together, outer ones first, so that a word that leaves a parent leaves the idle children too.
    private sealed class SumWalk(NestWalk walk)
    {
        private sealed class Stay
        {
            public Dictionary<string, string> Members { get; } = [];

            public bool Later { get; init; }
        }

        private sealed class Team
        {
            public required string ParentTeam { get; init; }

            public Dictionary<string, Stay> Held { get; } = [];

            public HashSet<string> Seen { get; } = [];
        }

        private readonly int[] _stores = walk.Stores(Operand.Outputs);
        private readonly List<Dictionary<string, Team>> _teams = [];
        private readonly long[] _up = new long[64], _writes = new long[64], _back = new long[64], _backMembers = new long[64];

        private static readonly LoopDim[] Reducing = [LoopDim.C, LoopDim.R, LoopDim.S];

        public void Run()
        {
            for (int i = 0; i < _stores.Length; i++)
            {
                _teams.Add([]);
                walk.Holdings(Operand.Outputs, _stores[i], walk.Tiles(Operand.Outputs, _stores[i]));
            }
            // Points by full step; the walk of a store sees the steps of all loops above it when its prefix changes.
            var steps = walk._points.GroupBy(p => walk.Key(p, walk._nest.Nodes.Length, walk.IsTime))
                .Select(g => g.ToArray()).ToList();
            int[] time = [.. Enumerable.Range(0, walk._nest.Nodes.Length).Where(walk.IsTime)];
            steps.Sort((a, b) => time.Select(t => a[0].Index[t]).ToArray().AsSpan()
                .SequenceCompareTo(time.Select(t => b[0].Index[t]).ToArray()));
            for (int i = 1; i < _stores.Length; i++) _byPrefix[i] = walk._points.ToLookup(p => walk.Key(p, _stores[i], walk.IsTime));
            var last = new string[_stores.Length];
            foreach (Point[] step in steps)
                for (int i = 1; i < _stores.Length; i++)
                {
                    string prefix = walk.Key(step[0], _stores[i], walk.IsTime);
                    if (last[i] == prefix) continue;
                    last[i] = prefix;
                    Visit(i, _byPrefix[i][prefix]);
                }
            for (int i = 1; i < _stores.Length; i++)
                foreach (Team team in _teams[i].Values)
                    foreach (string word in team.Held.Keys.ToArray()) Leave(i, team, word);
            int innermost = _stores[^1], end = walk._nest.Nodes.Length;
            bool Apart(int n) => walk.IsSpace(n) && (n < innermost || Relevant(n) || walk.Axis(n).Outputs == Reduction.None);
            _up[_stores.Length - 1] = walk._points.Select(p => walk.Key(p, end, walk.IsTime) + ":" + walk.Key(p, end, Apart) + ":"
                + walk.Word(Operand.Outputs, p)).Distinct().Count();
            for (int i = 0; i < _stores.Length; i++)
            {
                Dictionary<string, long> entry = walk.Entry(Operand.Outputs, _stores[i]);
                (entry["u"], entry["w"], entry["rb"], entry["rbi"]) = (_up[i], _writes[i], _back[i], _backMembers[i]);
                entry["r"] = i + 1 < _stores.Length ? _back[i + 1] : 0;
            }
        }

        private readonly ILookup<string, Point>[] _byPrefix = new ILookup<string, Point>[64];

        private bool Relevant(int node) => walk.Loop(node) is { } loop && !Reducing.Contains(loop.Dim);

        private string TeamOf(int i, Point point)
        {
            int parent = i > 0 ? _stores[i - 1] : -1;
            return walk.Key(point, _stores[i], n => walk.IsSpace(n) && (n < parent || Relevant(n)));
        }

        private void Visit(int i, IEnumerable<Point> points)
        {
            int parent = _stores[i - 1], store = _stores[i];
            foreach (IGrouping<string, Point> active in points.GroupBy(p => TeamOf(i, p)))
            {
                if (!_teams[i].TryGetValue(active.Key, out Team? team))
                    _teams[i][active.Key] = team = new Team { ParentTeam = TeamOf(i - 1, active.First()) };
                HashSet<string> tile = [.. active.Select(p => walk.Word(Operand.Outputs, p))];
                foreach (string word in team.Held.Keys.Where(w => !tile.Contains(w)).ToArray()) Leave(i, team, word);
                foreach (string word in tile.Where(w => !team.Held.ContainsKey(w)))
                    team.Held[word] = new Stay { Later = !team.Seen.Add(word) };
                foreach (Point point in active)
                    team.Held[walk.Word(Operand.Outputs, point)].Members[walk.Key(point, store, walk.IsSpace)] =
                        walk.Key(point, store, n => n > parent && walk.IsSpace(n) && !Relevant(n)
                            && walk.Axis(n).Outputs == Reduction.None);
            }
        }

        private void Leave(int i, Team team, string word)
        {
            team.Held.Remove(word, out Stay? stay);
            _writes[i] += stay!.Members.Count;
            _up[i - 1] += stay.Members.Values.Distinct().Count();
            if (stay.Later)
            {
                _back[i]++;
                _backMembers[i] += stay.Members.Count;
            }
            if (i + 1 == _stores.Length) return;
            string key = _teams[i].First(t => t.Value == team).Key;
            foreach (Team child in _teams[i + 1].Values)
                if (child.ParentTeam == key && child.Held.ContainsKey(word)) Leave(i + 1, child, word);
        }
    }
}
