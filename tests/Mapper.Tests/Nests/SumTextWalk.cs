using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Nests;

/// <summary>
/// Walks all multiplications of a nest with the sums of all outputs as text in every memory: what each memory holds, hands up and reads
/// back. Shares nothing with the orders that are derived from loops.
/// </summary>
internal sealed class SumTextWalk
{
    private sealed record Point(int[] Index, long[] At, string Word, long K);

    private sealed class Team
    {
        public Dictionary<string, Dictionary<string, (int[] Index, List<string> Items, bool Lent)>> Held { get; } = [];

        public HashSet<string> Seen { get; } = [];

        public required string ParentTeam { get; init; }

        public required string ParentInstance { get; init; }
    }

    private readonly LoopNest _nest;
    private readonly Hierarchy _hierarchy;
    private readonly List<Point> _points = [];
    private readonly int[] _stores;
    private readonly Dictionary<string, Team>[] _teams;

    /// <summary>The finished sum of each output "n g m p q".</summary>
    public Dictionary<string, string> Sums { get; } = [];

    public SumTextWalk(LoopNest nest, Hierarchy hierarchy)
    {
        (_nest, _hierarchy) = (nest, hierarchy);
        _stores = [.. Enumerable.Range(0, nest.Nodes.Length).Where(i => nest.Nodes[i] is StoreNode { Operand: Operand.Outputs })];
        _teams = [.. _stores.Select(_ => new Dictionary<string, Team>())];
        Enumerate(0, new int[nest.Nodes.Length], new long[8], [.. nest.Layer.Sizes]);
        int[] time = [.. Enumerable.Range(0, nest.Nodes.Length).Where(i => nest.Nodes[i] is LoopNode)];
        var steps = _points.GroupBy(p => Key(p.Index, time)).Select(g => g.ToArray()).ToList();
        steps.Sort((a, b) => time.Select(t => a[0].Index[t]).ToArray().AsSpan()
            .SequenceCompareTo(time.Select(t => b[0].Index[t]).ToArray()));
        var last = new string[_stores.Length];
        foreach (Point[] step in steps)
        {
            for (int i = 0; i < _stores.Length; i++)
            {
                int[] above = [.. time.Where(t => t < _stores[i])];
                string prefix = Key(step[0].Index, above);
                if (last[i] != prefix) Visit(i, _points.Where(p => Key(p.Index, above) == prefix));
                last[i] = prefix;
            }
            Add(step);
        }
        foreach (Team team in _teams[0].Values)
            foreach (string word in team.Held.Keys.ToArray()) Leave(0, team, word);
    }

    private void Enumerate(int node, int[] index, long[] start, long[] length)
    {
        if (node == index.Length)
        {
            long k = (start[3] * _nest.Layer.Sizes[6] + start[6]) * _nest.Layer.Sizes[7] + start[7];
            _points.Add(new([.. index], [.. start], $"{start[0]} {start[1]} {start[2]} {start[4]} {start[5]}", k));
            return;
        }
        (int Dim, long Count, long Tile)? loop = _nest.Nodes[node] switch
        {
            LoopNode l => ((int)l.Dim, l.Count, l.Tile),
            SpatialNode s => ((int)s.Dim, s.Count, s.Tile),
            _ => null,
        };
        if (loop is not var (dim, count, tile))
        {
            Enumerate(node + 1, index, start, length);
            return;
        }
        for (int i = 0; i < count && i * tile < length[dim]; i++)
        {
            index[node] = i;
            (long[] inner, long[] rest) = ([.. start], [.. length]);
            inner[dim] += i * tile;
            rest[dim] = Math.Min(tile, rest[dim] - i * tile);
            Enumerate(node + 1, index, inner, rest);
        }
        index[node] = 0;
    }

    private static string Key(int[] index, IEnumerable<int> nodes) => string.Join(',', nodes.Select(n => index[n]));

    private int[] Spaces(int from, int to) => [.. Enumerable.Range(from, to - from).Where(i => _nest.Nodes[i] is SpatialNode)];

    private bool Reduces(int node) => ((SpatialNode)_nest.Nodes[node]).Dim is LoopDim.C or LoopDim.R or LoopDim.S;

    private int Parent(int i) => i > 0 ? _stores[i - 1] : 0;

    private string TeamOf(int i, int[] index) => Key(index, Spaces(0, _stores[i]).Where(n => n < Parent(i) || !Reduces(n)));

    private string Instance(int i, int[] index) => Key(index, Spaces(0, _stores[i]));

    private void Visit(int i, IEnumerable<Point> points)
    {
        foreach (IGrouping<string, Point> active in points.GroupBy(p => TeamOf(i, p.Index)))
        {
            Point first = active.First();
            if (!_teams[i].TryGetValue(active.Key, out Team? team))
                _teams[i][active.Key] = team = new Team
                {
                    ParentTeam = i > 0 ? TeamOf(i - 1, first.Index) : "",
                    ParentInstance = i > 0 ? Instance(i - 1, first.Index) : "",
                };
            HashSet<string> tile = [.. active.Select(p => p.Word)];
            foreach (string word in team.Held.Keys.Where(w => !tile.Contains(w)).ToArray()) Leave(i, team, word);
            foreach (IGrouping<string, Point> word in active.Where(p => !team.Held.ContainsKey(p.Word)).ToArray().GroupBy(p => p.Word))
            {
                var members = new Dictionary<string, (int[], List<string>, bool)>();
                team.Held[word.Key] = members;
                if (team.Seen.Add(word.Key) || i == 0) continue;
                Point zero = word.Single(p => p == word.First());
                var held = _teams[i - 1][team.ParentTeam].Held[word.Key];
                if (!held.TryGetValue(team.ParentInstance, out (int[] Index, List<string> Items, bool Lent) parent)
                    || parent.Items.Count == 0) continue;
                held[team.ParentInstance] = parent with { Lent = true };
                members[Instance(i, zero.Index)] = (zero.Index, [Text(i - 1, parent.Items)], false);
            }
        }
    }

    private string Text(int i, List<string> items) => $"({string.Join(" + ", items)})@{((StoreNode)_nest.Nodes[_stores[i]]).Level}";

    private void Leave(int i, Team team, string word)
    {
        if (i + 1 < _stores.Length)
        {
            string self = _teams[i].First(t => t.Value == team).Key;
            foreach (Team child in _teams[i + 1].Values)
                if (child.ParentTeam == self && child.Held.ContainsKey(word)) Leave(i + 1, child, word);
        }
        team.Held.Remove(word, out Dictionary<string, (int[] Index, List<string> Items, bool Lent)>? members);
        if (i == 0)
        {
            Sums[word] = Text(0, members!.Values.Single().Items);
            return;
        }
        var sums = members!.Values.Where(m => m.Items.Count > 0).Select(m => (m.Index, Text(i, m.Items))).ToList();
        Arrive(i - 1, team.ParentTeam, team.ParentInstance, word, members.Values.First().Index,
            Merge([.. Spaces(Parent(i), _stores[i]).Where(Reduces)], sums));
    }

    private void Arrive(int i, string team, string instance, string word, int[] index, IEnumerable<string> sums)
    {
        var held = _teams[i][team].Held[word];
        List<string> items = held.TryGetValue(instance, out (int[] Index, List<string> Items, bool Lent) old) && !old.Lent ? old.Items : [];
        items.AddRange(sums);
        held[instance] = (index, items, false);
    }

    private void Add(Point[] step)
    {
        int i = _stores.Length - 1;
        int[] lanes = [.. Spaces(_stores[i], _nest.Nodes.Length).Where(Reduces)];
        foreach (var group in step.GroupBy(p => (p.Word, Instance: Instance(i, p.Index))))
            Arrive(i, TeamOf(i, group.First().Index), group.Key.Instance, group.Key.Word, group.First().Index,
                Merge(lanes, [.. group.Select(p => (p.Index, $"{p.K}"))]));
    }

    // Lines of places from the innermost axis outwards; axes that do not add keep their places apart.
    private List<string> Merge(int[] loops, List<(int[] Index, string Text)> members)
    {
        var axes = loops.GroupBy(l => ((SpatialNode)_nest.Nodes[l]).Level * 100 + ((SpatialNode)_nest.Nodes[l]).Axis).ToList();
        Reduction Kind(int loop) => _nest.Nodes[loop] is SpatialNode s
            ? ((FabricLevel)_hierarchy.Levels[s.Level]).Axes[s.Axis].Outputs : Reduction.None;
        int[] apart = [.. loops.Where(l => Kind(l) == Reduction.None)];
        members.Sort((a, b) => axes.SelectMany(g => g).Select(l => a.Index[l]).ToArray().AsSpan()
            .SequenceCompareTo(axes.SelectMany(g => g).Select(l => b.Index[l]).ToArray()));
        for (int k = axes.Count - 1; k >= 0; k--)
        {
            if (Kind(axes[k].First()) is var kind && kind == Reduction.None) continue;
            int[] others = [.. axes.Take(k).SelectMany(g => g).Union(apart)];
            members = [.. members.GroupBy(m => Key(m.Index, others)).Select(g => (g.First().Index, g.Count() == 1 ? g.First().Text
                : $"{(kind == Reduction.Tree ? "tree" : "chain")}({string.Join(", ", g.Select(m => m.Text))})"))];
        }
        members.Sort((a, b) => apart.Select(l => a.Index[l]).ToArray().AsSpan().SequenceCompareTo(apart.Select(l => b.Index[l]).ToArray()));
        return [.. members.Select(m => m.Text)];
    }
}
