using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>
/// Elements of one transfer. Down (activations, weights, partial sums read back): Child arrive at instance 0 of the child, Parent are read
/// by instance 0 of the parent for all its children. Up (outputs): Child leave instance 0 of the child, Parent are written by instance 0 of
/// the parent.
/// </summary>
internal readonly record struct TransferElements(long Child, long Parent);

/// <summary>
/// When output tiles came. Moved: by dimension and chunk, the position of the innermost loop that moved the chunk, or -1; the last of these
/// over all dimensions brought a tile. At: the chunks when tiles came that the loop at a position brought.
/// </summary>
internal sealed record OutputMembers(int[][] Moved, Func<int, DimChunks[]> At);

/// <summary>
/// What moves over an edge when a temporal loop steps, for instance 0 of the parent. Tiles are exact sets: what arrives is what was not
/// held, a word that several children fetch is read once on axes that share it. An instance that idles keeps its tile until its next active
/// step, or until the end.
/// </summary>
internal sealed class TransferWords(NestProgram program)
{
    private readonly LoopLayer _layer = program.Nest.Layer;
    private readonly Dictionary<(int Edge, int Dim), (int[] Separate, int Separates)> _children = [];

    /// <summary>Down and up over an edge at a step: chunks before and after, each at the child's position, by dimension; members: when the
    /// output tile before came. After null: the end; before null: the start.</summary>
    public (TransferElements Down, TransferElements Up) Of(NestEdge edge, DimChunks[]? before, OutputMembers? members,
        DimChunks[]? after) =>
        edge.Operand == Operand.Outputs ? OfOutputs(edge, before, members, after) : (OfInputs(edge, before, after!), default);

    private TransferElements OfInputs(NestEdge edge, DimChunks[]? before, DimChunks[] after)
    {
        (long held, long kept, long read, long old) = (1, 1, 1, 1);
        foreach ((LoopDim first, LoopDim? second, bool relevant) in NestProgram.Groups(edge.Operand))
        {
            (long h, long k, long r, long o) = relevant ? second is { } taps ? Window(edge, first, taps, before, after)
                : Plain(edge, first, before, after) : Irrelevant(edge, first, before, after);
            checked { (held, kept, read, old) = (held * h, kept * k, read * r, old * o); }
        }
        return before is null ? new TransferElements(held, read) : new TransferElements(held - kept, read - old);
    }

    private (TransferElements Down, TransferElements Up) OfOutputs(NestEdge edge, DimChunks[]? before, OutputMembers? members,
        DimChunks[]? after)
    {
        (long new0, long old0, long kept0, long all, long allKept) = (1, 1, 1, 1, 1);
        foreach ((LoopDim dim, _, bool relevant) in NestProgram.Groups(Operand.Outputs))
        {
            (DimChunks? b, DimChunks? a) = (before?[(int)dim], after?[(int)dim]);
            if (!relevant) continue;
            (long sumNew, long sumKept) = (0, 0);
            for (int i = 0; i < Children(edge, dim).Separate.Length; i++)
            {
                sumNew += a?.Sizes[i] ?? 0;
                if (Same(b, a, i)) sumKept += a!.Sizes[i];
            }
            checked
            {
                (all, allKept) = (all * sumNew, allKept * sumKept);
                (new0, old0, kept0) = (new0 * (a?.Sizes[0] ?? 0), old0 * (b?.Sizes[0] ?? 0), kept0 * (Same(b, a, 0) ? a!.Sizes[0] : 0));
            }
        }
        if (before is null || after is null) (kept0, allKept) = (0, 0);
        return (new TransferElements(new0 - kept0, all - allKept),
            new TransferElements(old0 - kept0, before is null ? 0 : Leaving(edge, before, members!, after)));
    }

    // Sums of all children that go up: those whose tile the same loop brought have the same members, so as many copies.
    private long Leaving(NestEdge edge, DimChunks[] before, OutputMembers members, DimChunks[]? after)
    {
        var loops = new SortedSet<int>();
        foreach ((LoopDim dim, _, bool relevant) in NestProgram.Groups(Operand.Outputs))
            for (int i = 0; relevant && i < Children(edge, dim).Separate.Length; i++) loops.Add(members.Moved[(int)dim][i]);
        (long leaving, long earlier) = (0, 0);
        foreach (int loop in loops)
        {
            (long old, long kept, long copies) = (1, after is null ? 0 : 1, 1);
            DimChunks[] came = members.At(loop);
            foreach ((LoopDim dim, _, bool relevant) in NestProgram.Groups(Operand.Outputs))
            {
                (DimChunks b, DimChunks? a) = (before[(int)dim], after?[(int)dim]);
                (int[] separate, int separates) = Children(edge, dim);
                if (!relevant)
                {
                    copies = checked(copies * Separately(came[(int)dim], separate, separates));
                    continue;
                }
                (long sumOld, long sumKept) = (0, 0);
                for (int i = 0; i < separate.Length; i++)
                {
                    if (members.Moved[(int)dim][i] > loop || (a is not null && a.Sizes[i] <= 0)) continue;
                    sumOld += b.Sizes[i];
                    if (Same(b, a, i)) sumKept += b.Sizes[i];
                }
                checked { (old, kept) = (old * sumOld, kept * sumKept); }
            }
            leaving = checked(leaving + (old - kept - earlier) * copies);
            earlier = old - kept;
        }
        return leaving;
    }

    private (long Held, long Kept, long Read, long Old) Plain(NestEdge edge, LoopDim dim, DimChunks[]? before, DimChunks[] after)
    {
        (DimChunks a, DimChunks? b) = (after[(int)dim], before?[(int)dim]);
        int count = Children(edge, dim).Separate.Length;
        (long read, long old) = (0, 0);
        for (int i = 0; i < count; i++)
        {
            read += a.Sizes[i];
            if (Same(b, a, i)) old += a.Sizes[i];
        }
        return (a.Sizes[0], Same(b, a, 0) ? a.Sizes[0] : 0, read, old);
    }

    private (long Held, long Kept, long Read, long Old) Irrelevant(NestEdge edge, LoopDim dim, DimChunks[]? before, DimChunks[] after)
    {
        (int[] separate, int separates) = Children(edge, dim);
        long read = Separately(after[(int)dim], separate, separates);
        return (1, before is null ? 0 : 1, read, before is null ? 0 : read);
    }

    private (long Held, long Kept, long Read, long Old) Window(NestEdge edge, LoopDim outputs, LoopDim taps, DimChunks[]? before,
        DimChunks[] after)
    {
        (int[] separateP, int separatesP) = Children(edge, outputs);
        (int[] separateR, int separatesR) = Children(edge, taps);
        (DimChunks p, DimChunks r) = (after[(int)outputs], after[(int)taps]);
        (int stride, int dilation) = (_layer.Stride(outputs), _layer.Dilation(taps));
        var union = new IndexSet?[separatesP * separatesR];
        var fresh = new IndexSet?[union.Length];
        (long held, long kept) = (0, 0);
        for (int i = 0; i < separateP.Length; i++)
        {
            for (int j = 0; j < separateR.Length; j++)
            {
                if (p.Sizes[i] == 0 || r.Sizes[j] == 0) continue;
                IndexSet now = Set(p, i, r, j);
                int at = separateP[i] * separatesR + separateR[j];
                (union[at] ??= new IndexSet(stride, dilation)).Add(now);
                IndexSet? then = before is null ? null : Set(before[(int)outputs], i, before[(int)taps], j);
                (fresh[at] ??= new IndexSet(stride, dilation)).Add(then is null ? now : now.Without(then));
                if (i == 0 && j == 0) (held, kept) = (now.Count(), then is null ? 0 : now.CountCommon(then));
            }
        }
        long read = union.Sum(s => s?.Count() ?? 0);
        return (held, kept, read, read - fresh.Sum(s => s?.Count() ?? 0));

        IndexSet Set(DimChunks ps, int i, DimChunks rs, int j)
        {
            var set = new IndexSet(stride, dilation);
            set.Add(ps.Starts[i], ps.Sizes[i], rs.Starts[j], rs.Sizes[j]);
            return set;
        }
    }

    /// <summary>Active choices of the spatial indices that are served apart.</summary>
    private static long Separately(DimChunks chunks, int[] separate, int separates)
    {
        if (separates == 1) return 1;
        var seen = new bool[separates];
        for (int i = 0; i < separate.Length; i++) seen[separate[i]] |= chunks.Sizes[i] > 0;
        return seen.Count(s => s);
    }

    /// <summary>For each child of instance 0 of the parent along a dimension: which group of children that share it belongs to.</summary>
    public (int[] Separate, int Separates) Children(NestEdge edge, LoopDim dim)
    {
        if (_children.TryGetValue((edge.Index, (int)dim), out (int[], int) known)) return known;
        return _children[(edge.Index, (int)dim)] = Children(edge.Operand, edge.ParentPosition, edge.Position, dim);
    }

    /// <summary>As above, between two positions.</summary>
    public (int[] Separate, int Separates) Children(Operand operand, int from, int to, LoopDim dim)
    {
        (int[] separate, int separates) = ([0], 1);
        for (int n = from + 1; n < to; n++)
        {
            if (program.Nest.Nodes[n] is not SpatialNode spatial || spatial.Dim != dim) continue;
            FabricAxis axis = program.Hierarchy.Fabric(spatial.Level).Axes[spatial.Axis];
            bool apart = operand == Operand.Outputs ? axis.Outputs == Reduction.None : axis.Of(operand) == Sharing.None;
            int count = checked((int)spatial.Count);
            separate = [.. separate.SelectMany(s => Enumerable.Range(0, count).Select(k => apart ? s * count + k : s))];
            if (apart) separates *= count;
        }
        return (separate, separates);
    }

    private static bool Same(DimChunks? before, DimChunks? after, int i) => before is not null && after is not null
        && before.Sizes[i] == after.Sizes[i] && before.Starts[i] == after.Starts[i];
}
