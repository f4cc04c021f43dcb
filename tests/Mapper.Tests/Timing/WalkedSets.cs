using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Timing;

/// <summary>The index arithmetic of the walk: sets of words, places of children, steps.</summary>
internal sealed partial class WalkedTiming
{
    private HashSet<string> Words(Operand x, int at, long[] index, int[] kid)
    {
        (long Start, long Size)[] r = Ranges(at, index, kid);
        var words = new HashSet<string>();
        if (r.Any(d => d.Size <= 0)) return words;
        LoopLayer l = _nest.Layer;
        IEnumerable<long> D(LoopDim d) => Enumerable.Range(0, (int)r[(int)d].Size).Select(i => r[(int)d].Start + i);
        IEnumerable<long> Rows(LoopDim p, LoopDim t, int stride, int dilation) =>
            D(p).SelectMany(a => D(t).Select(b => a * stride + b * dilation)).Distinct();
        IEnumerable<long>[] axes = x switch
        {
            Operand.Activations => [D(LoopDim.N), D(LoopDim.G), D(LoopDim.C), Rows(LoopDim.P, LoopDim.R, l.StrideHeight, l.DilationHeight),
                Rows(LoopDim.Q, LoopDim.S, l.StrideWidth, l.DilationWidth)],
            Operand.Weights => [D(LoopDim.G), D(LoopDim.M), D(LoopDim.C), D(LoopDim.R), D(LoopDim.S)],
            _ => [D(LoopDim.N), D(LoopDim.G), D(LoopDim.M), D(LoopDim.P), D(LoopDim.Q)],
        };
        IEnumerable<string> all = [""];
        foreach (IEnumerable<long> axis in axes) all = all.SelectMany(w => axis.Select(i => w + i + ',')).ToArray();
        words.UnionWith(all);
        return words;
    }

    private (long Start, long Size)[] Ranges(int at, long[] index, int[] kid)
    {
        (long Start, long Size)[] r = [.. _nest.Layer.Sizes.Select(s => (0L, s))];
        for (int n = 0; n < at; n++)
        {
            (int dim, long i, long tile) = _nest.Nodes[n] switch
            {
                LoopNode l => ((int)l.Dim, index[n], l.Tile),
                SpatialNode s => ((int)s.Dim, n < kid.Length ? kid[n] : 0, s.Tile),
                _ => (-1, 0L, 0L),
            };
            if (dim >= 0) r[dim] = (r[dim].Start + i * tile, Math.Min(tile, r[dim].Size - i * tile));
        }
        return r;
    }

    // Spatial indices, by node, of everything between two places; those above are 0.
    private int[][] Places(int from, int to)
    {
        List<int[]> places = [new int[to]];
        for (int n = from + 1; n < to; n++)
            if (_nest.Nodes[n] is SpatialNode s)
                places = [.. places.SelectMany(p => Enumerable.Range(0, (int)s.Count)
                    .Select(k => p.Select((v, i) => i == n ? k : v).ToArray()))];
        return [.. places];
    }

    // Children that share an access are one group: they differ only along axes that share the operand.
    private void Group(Dictionary<string, HashSet<string>> groups, Operand x, int from, int to, int[] kid, HashSet<string> words)
    {
        string key = "";
        for (int n = from + 1; n < to; n++)
        {
            if (_nest.Nodes[n] is not SpatialNode s) continue;
            FabricAxis axis = _h.Fabric(s.Level).Axes[s.Axis];
            bool apart = x == Operand.Outputs ? axis.Outputs == Reduction.None : axis.Of(x) == Sharing.None;
            if (apart) key += $"{n}:{kid[n]},";
        }
        if (!groups.TryGetValue(key, out HashSet<string>? set)) groups[key] = set = [];
        set.UnionWith(words);
    }

    // All steps of some loops in order, those that fall outside the layer left out.
    private void Indices(int[] loops, long[] index, Action<long[]> visit, int from = 0)
    {
        if (from == loops.Length)
        {
            visit(index);
            return;
        }
        var loop = (LoopNode)_nest.Nodes[loops[from]];
        for (long i = 0; i < loop.Count; i++)
        {
            index[loops[from]] = i;
            if (Ranges(loops[from] + 1, index, [])[(int)loop.Dim].Size > 0) Indices(loops, index, visit, from + 1);
        }
        index[loops[from]] = 0;
    }

    private long Hops(Edge e)
    {
        long hops = 0;
        foreach (int n in _spatial.Where(n => n > e.ParentAt && n < e.At))
        {
            var s = (SpatialNode)_nest.Nodes[n];
            FabricAxis axis = _h.Fabric(s.Level).Axes[s.Axis];
            if (e.X == Operand.Outputs ? axis.Outputs == Reduction.Chain : axis.Of(e.X) == Sharing.Systolic) hops += (s.Count - 1)
                * _h.Fabric(s.Level).HopCycles;
        }
        return hops;
    }
}
