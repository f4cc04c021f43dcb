using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Timing;

/// <summary>
/// The timing rules of docs/timing.md walked step by step with real sets of words, one set for each child of instance 0 of a parent. Shares
/// nothing with the closed form but the records.
/// </summary>
internal sealed partial class WalkedTiming
{
    private sealed class Edge
    {
        public required Operand X { get; init; }
        public required int Level { get; init; }
        public required int ParentLevel { get; init; }
        public required int At { get; init; }
        public required int ParentAt { get; init; }
        public Edge? Parent { get; init; }
        public Edge? Child { get; set; }
        public bool Double { get; init; }
        public required int[][] Kids { get; init; }
        public Dictionary<string, HashSet<string>> Held { get; } = [];
        public HashSet<string> Visited { get; } = [];
        public Dictionary<string, long> Done { get; } = [];
        public Dictionary<string, long> Needed { get; } = [];
        public long DownEnd, UpEnd, Older, Now;
        public string? Wait;
        public Dictionary<string, long> Marks { get; } = [];
    }

    private readonly LoopNest _nest;
    private readonly Hierarchy _h;
    private readonly NestWidths _w;
    private readonly List<Edge> _edges = [];
    private readonly int[] _spatial;
    private readonly Edge?[] _inner = new Edge?[3];
    private readonly int[] _innerAt = new int[3], _innerLevel = new int[3];
    private readonly Dictionary<string, long> _free = [], _idle = [];
    private long _array, _arrayEnd;

    public Dictionary<string, long> Stalls { get; } = [];
    public Dictionary<string, long> Busy { get; } = [];
    public long Compute { get; private set; }
    public long Total { get; }

    public WalkedTiming(LoopNest nest, Hierarchy h, NestWidths w, ComputeRate rate)
    {
        (_nest, _h, _w) = (nest, h, w);
        _spatial = [.. Enumerable.Range(0, nest.Nodes.Length).Where(i => nest.Nodes[i] is SpatialNode)];
        var last = new (int Level, int At)?[3];
        for (int i = 0; i < nest.Nodes.Length; i++)
        {
            if (nest.Nodes[i] is not StoreNode s) continue;
            int x = (int)s.Operand;
            if (last[x] is { } p)
            {
                var e = new Edge
                {
                    X = s.Operand, Level = s.Level, ParentLevel = p.Level, At = i, ParentAt = p.At, Parent = _inner[x],
                    Double = h.Memory(s.Level).DoubleBuffered[s.Operand], Kids = Places(p.At, i),
                };
                if (_inner[x] is { } outer) outer.Child = e;
                _inner[x] = e;
                _edges.Add(e);
            }
            last[x] = (s.Level, i);
            (_innerAt[x], _innerLevel[x]) = (i, s.Level);
        }
        int depth = _innerAt.Max() + 1;
        int[] loops = [.. Enumerable.Range(0, depth).Where(i => nest.Nodes[i] is LoopNode)];
        int[] inner = [.. Enumerable.Range(depth, nest.Nodes.Length - depth).Where(i => nest.Nodes[i] is LoopNode)];
        Indices(loops, new long[nest.Nodes.Length], index =>
        {
            foreach (Edge e in _edges.Where(e => e.X == Operand.Outputs)) Accumulate(e, e.Needed, Words(e.X, e.At, index, []), index);
        });
        Indices(loops, new long[nest.Nodes.Length], index =>
        {
            Step(index, false);
            Chunk(index, inner, rate);
        });
        long products = _array;
        Step(null, true);
        Total = new[] { _array, _arrayEnd }.Concat(_edges.SelectMany(e => new[] { e.DownEnd, e.UpEnd })).Max();
        Drain = Total - products;
    }

    public long Drain { get; }

    private void Step(long[]? index, bool end)
    {
        var changes = new List<(Edge E, Move? Down, Move? Up, bool Early)>();
        foreach (Edge e in _edges)
        {
            (long childIn, long parentIn, long childOut, long parentOut, bool back, long finals, long rowsIn, long rowsOut) =
                Change(e, index, end);
            if (childIn == 0 && childOut == 0) continue;
            bool o = e.X == Operand.Outputs;
            if (end && !o) continue;
            Move? down = childIn > 0 && (!o || back) ? new Move(this, _h.Memory(e.ParentLevel).LatencyCycles + Hops(e),
                (e.ParentLevel, parentIn, false, 0, rowsIn), (e.Level, childIn, true, 0, 0), e.X) : null;
            Move? up = o && childOut > 0 ? new Move(this, Hops(e), (e.Level, childOut, false, 0, 0),
                (e.ParentLevel, parentOut, true, e.ParentLevel == 0 ? finals : 0, rowsOut), e.X) : null;
            changes.Add((e, down, up, false));
        }
        for (int i = 0; i < changes.Count; i++)
            if (changes[i].E.X == Operand.Outputs && changes.Take(i + 1).Any(c => c.E is { X: Operand.Outputs, Double: false }))
                changes[i] = changes[i] with { Early = true };
        foreach (var c in changes)
            c.E.Now = c.E.Child is { } kid ? Math.Max(kid.DownEnd, kid.UpEnd) : Math.Max(_arrayEnd, c.E.DownEnd);
        foreach (var c in Enumerable.Reverse(changes)) if (c is { Early: true, Up: { } up }) WriteBack(c.E, up);
        if (!end) foreach (var c in changes) Fetch(c.E, c.Down);
        foreach (var c in Enumerable.Reverse(changes)) if (c is { Early: false, Up: { } up }) WriteBack(c.E, up);
        foreach (var c in changes) c.E.Older = c.E.Now;

        void WriteBack(Edge e, Move up)
        {
            long from = Math.Max(e.UpEnd, e.Now), done = from + up.Longest;
            foreach ((string r, long busy) in up.Busy) done = Math.Max(done, Work(r, from, busy));
            e.UpEnd = e.Now = done + up.Delay;
            if (e.Parent is { } p && changes.Any(c => c.E == p)) p.Now = Math.Max(p.Now, e.Now);
        }

        void Fetch(Edge e, Move? down)
        {
            long ready = e.Double ? e.Older : e.Now;
            string cause = Space(e);
            if (down is not null)
            {
                long from = Math.Max(e.DownEnd, ready);
                if (e.X == Operand.Outputs) from = Math.Max(from, e.UpEnd);
                cause = e.DownEnd >= from && e.Wait is { } w ? w : down.Limit ?? Space(e);
                long done = from + down.Longest;
                foreach ((string r, long busy) in down.Busy)
                {
                    long rest = busy;
                    if (e.Double)
                    {
                        long used = Math.Min(busy, Math.Max(0, _idle.GetValueOrDefault(r) - e.Marks.GetValueOrDefault(r)));
                        _idle[r] = _idle.GetValueOrDefault(r) - used;
                        rest -= used;
                        Busy[r] = Busy.GetValueOrDefault(r) + used;
                    }
                    done = Math.Max(done, Work(r, from, rest));
                    e.Marks[r] = _idle.GetValueOrDefault(r);
                }
                (e.DownEnd, e.Wait) = (done, null);
                ready = done + down.Delay;
            }
            else e.DownEnd = Math.Max(e.DownEnd, ready);
            if (e.Child is { } kid)
            {
                if (ready > kid.DownEnd) (kid.DownEnd, kid.Wait) = (ready, cause);
            }
            else if (ready > _array)
            {
                Stalls[cause] = Stalls.GetValueOrDefault(cause) + ready - _array;
                _array = ready;
            }
        }
    }

    private void Chunk(long[] index, int[] inner, ComputeRate rate)
    {
        long steps = 0;
        var words = new long[3];
        Indices(inner, (long[])index.Clone(), at =>
        {
            steps++;
            foreach (Operand x in Enum.GetValues<Operand>())
            {
                int[][] kids = Places(_innerAt[(int)x], _nest.Nodes.Length);
                var groups = new Dictionary<string, HashSet<string>>();
                foreach (int[] kid in kids)
                    if (Words(x, _nest.Nodes.Length, at, kid) is { Count: > 0 } w) Group(groups, x, _innerAt[(int)x], _nest.Nodes.Length,
                        kid, w);
                words[(int)x] += groups.Sum(g => g.Value.Count);
            }
        });
        long cycles = (steps * rate.Cycles + rate.Products - 1) / rate.Products;
        Compute += cycles;
        var busy = new SortedDictionary<int, (string Name, long Cycles)>();
        foreach (Operand x in Enum.GetValues<Operand>())
        {
            Access(busy, _innerLevel[(int)x], x, words[(int)x], false, 0);
            if (x == Operand.Outputs) Access(busy, _innerLevel[(int)x], x, words[(int)x], true, 0);
        }
        (long from, string? waits, long longest, string? limit) = (_array, null, cycles, null);
        foreach ((string r, long c) in busy.Values)
        {
            if (_free.GetValueOrDefault(r) > from) (from, waits) = (_free[r], r);
            if (c > longest) (longest, limit) = (c, r);
        }
        if (waits is not null) Stalls[waits] = Stalls.GetValueOrDefault(waits) + from - _array;
        if (limit is not null) Stalls[limit] = Stalls.GetValueOrDefault(limit) + longest - cycles;
        foreach ((string r, long c) in busy.Values) Work(r, from, c);
        _array = from + longest;
        long skew = 0;
        foreach (int n in _spatial)
        {
            var s = (SpatialNode)_nest.Nodes[n];
            FabricAxis axis = _h.Fabric(s.Level).Axes[s.Axis];
            if ((n > _innerAt[0] && axis.Activations == Sharing.Systolic) || (n > _innerAt[1] && axis.Weights == Sharing.Systolic)
                || (n > _innerAt[2] && axis.Outputs == Reduction.Chain)) skew += (s.Count - 1) * _h.Fabric(s.Level).HopCycles;
        }
        _arrayEnd = _array + skew;
    }

    // What a step changes at an edge: real sets, child by child; idle children keep what they hold.
    private (long In, long Read, long Out, long Written, bool Back, long Finals, long RowsIn, long RowsOut) Change(
        Edge e, long[]? index, bool end)
    {
        var arrive = new Dictionary<string, HashSet<string>>();
        var leave = new Dictionary<string, HashSet<string>>();
        (long in0, long out0) = (0, 0);
        (bool back, bool final) = (false, true);
        var goneOf = new Dictionary<string, HashSet<string>>();
        string First(int[] kid) => string.Join(',', kid.Select((k, n) => _nest.Nodes[n] is SpatialNode
        {
            Dim: LoopDim.C or LoopDim.R or LoopDim.S,
        } ? 0 : k));
        foreach (int[] kid in e.Kids)
        {
            string name = string.Join(',', kid);
            HashSet<string> now = end ? [] : Words(e.X, e.At, index!, kid);
            HashSet<string> held = e.Held.GetValueOrDefault(name) ?? [];
            goneOf[name] = [];
            if (!end && now.Count == 0 && (e.X != Operand.Outputs || First(kid) == name || goneOf[First(kid)].Count == 0)) continue;
            HashSet<string> fresh = [.. now.Except(held)], gone = [.. held.Except(now)];
            if (e.X == Operand.Outputs && First(kid) is { } first && first != name)
            {
                // A further member of a reducing group: it sends what it added when the group's tile goes.
                gone = [.. held.Intersect(goneOf[first])];
                fresh = [];
                now = [.. held.Except(gone).Concat(now)];
            }
            goneOf[name] = gone;
            if (fresh.Count > 0) Group(arrive, e.X, e.ParentAt, e.At, kid, fresh);
            if (gone.Count > 0) Group(leave, e.X, e.ParentAt, e.At, kid, gone);
            e.Held[name] = now;
            if (kid.Any(k => k != 0)) continue;
            (in0, out0) = (fresh.Count, gone.Count);
            if (e.X != Operand.Outputs) continue;
            back = fresh.Count > 0 && fresh.All(e.Visited.Contains);
            if (!back && fresh.Any(e.Visited.Contains)) throw new InvalidOperationException("a tile is half new");
            e.Visited.UnionWith(fresh);
            final = gone.All(w => e.Done[w] == e.Needed[w]);
            if (!end) Accumulate(e, e.Done, now, index!);
        }
        // One copy of a partial sum comes back for all that add to it, wherever they are.
        long read = e.X == Operand.Outputs ? arrive.Values.SelectMany(v => v).ToHashSet().Count : arrive.Sum(a => a.Value.Count);
        long written = leave.Sum(a => a.Value.Count), rowsIn = 0, rowsOut = 0;
        if (e.ParentLevel == 0 && _h.Memory(0) is { Timing: not null } dram)
        {
            long width = e.X switch { Operand.Activations => _w.Activation, Operand.Weights => _w.Weight, _ => _w.Sum };
            if (in0 > 0 && (e.X != Operand.Outputs || back))
                rowsIn = WalkedDram.Cycles(dram, _nest.Layer, e.X, [.. arrive.Values.SelectMany(v => v).Distinct()], width, read);
            if (out0 > 0)
                rowsOut = WalkedDram.Cycles(dram, _nest.Layer, e.X, [.. leave.Values.SelectMany(v => v).Distinct()],
                    final ? _w.Result : width, written);
        }
        // Copies of a sum are added where they arrive: the last one makes the result.
        long finals = final ? leave.Values.SelectMany(v => v).Distinct().Count() : 0;
        return (in0, read, out0, written, back, finals, rowsIn, rowsOut);
    }

    // Sums that instance 0 adds to each word of its tile, once for each choice of the loops above the store.
    private void Accumulate(Edge e, Dictionary<string, long> into, HashSet<string> now, long[] index)
    {
        string prefix = string.Join(',', index.Take(e.At));
        if (into.TryGetValue("at " + prefix, out _)) return;
        into["at " + prefix] = 1;
        (long Start, long Size)[] r = Ranges(e.At, index, []);
        long points = r[(int)LoopDim.C].Size * r[(int)LoopDim.R].Size * r[(int)LoopDim.S].Size;
        foreach (string w in now) into[w] = into.GetValueOrDefault(w) + points;
    }

    private long Work(string resource, long from, long busy)
    {
        long free = _free.GetValueOrDefault(resource);
        if (from > free) _idle[resource] = _idle.GetValueOrDefault(resource) + from - free;
        Busy[resource] = Busy.GetValueOrDefault(resource) + busy;
        return _free[resource] = Math.Max(free, from) + busy;
    }

    private string Space(Edge e) => $"{_h.Levels[e.Level].Name} {e.X.ToString().ToLowerInvariant()} space";
}
