using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>
/// Elements of one transfer. Down (activations, weights, partial sums read back): Child arrive at instance 0 of the child, Parent are read
/// by instance 0 of the parent for all its children. Up (outputs): Child leave instance 0 of the child, Parent are written by instance 0 of
/// the parent, of Distinct sums.
/// </summary>
internal readonly record struct TransferElements(long Child, long Parent, long Distinct = 0);

/// <summary>
/// What moves over an edge when a temporal loop steps, for instance 0 of the parent. Tiles are exact sets: what arrives is what was not
/// held, a word that several children fetch is read once on axes that share it. An instance that idles keeps its tile until its next active
/// step, or until the end.
/// </summary>
internal sealed class TransferWords(NestProgram program)
{
    private readonly SharedPlaces?[] _places = new SharedPlaces?[program.Edges.Length * LoopLayer.Dims];
    private readonly WindowWords _windows = new(program.Nest.Layer);

    /// <summary>Activations or weights that come down: chunks before (null: the start) and after, by dimension, at the edge.</summary>
    public TransferElements Inputs(NestEdge edge, DimChunks[]? before, DimChunks[] after)
    {
        (long held, long kept, long read, long old) = (1, 1, 1, 1);
        foreach ((LoopDim first, LoopDim? second, bool relevant) in NestProgram.Groups(edge.Operand))
        {
            DimChunks a = after[(int)first];
            DimChunks? b = before?[(int)first];
            SharedPlaces places = Places(edge, first);
            (long h, long k, long r, long o) = second is { } taps
                ? _windows.Of(first, places, b, a, taps, Places(edge, taps), before?[(int)taps], after[(int)taps])
                : relevant ? Plain(places, b, a) : Irrelevant(places, b, a);
            checked { (held, kept, read, old) = (held * h, kept * k, read * r, old * o); }
        }
        return before is null ? new TransferElements(held, read) : new TransferElements(held - kept, read - old);
    }

    /// <summary>Sums that come down and go up. After null: the end; before null: the start.</summary>
    public (TransferElements Down, TransferElements Up) Outputs(NestEdge edge, DimChunks[]? before, DimChunks[]? after,
        OutputMembers members)
    {
        (long new0, long old0, long kept0, long all, long allKept) = (1, 1, 1, 1, 1);
        foreach ((LoopDim dim, _, bool relevant) in NestProgram.Groups(Operand.Outputs))
        {
            if (!relevant) continue;
            (DimChunks? b, DimChunks? a) = (before?[(int)dim], after?[(int)dim]);
            (long sumNew, long sumKept) = a is null ? (0, 0) : Sums(Places(edge, dim).Children, b, a);
            checked
            {
                (all, allKept) = (all * sumNew, allKept * sumKept);
                (new0, old0, kept0) = (new0 * (a?.Sizes[0] ?? 0), old0 * (b?.Sizes[0] ?? 0),
                    kept0 * (DimChunks.Same(b, a, 0) ? a!.Sizes[0] : 0));
            }
        }
        if (before is null || after is null) (kept0, allKept) = (0, 0);
        return (new TransferElements(new0 - kept0, all - allKept),
            before is null ? default : new TransferElements(old0 - kept0, Leaving(edge, before, members, after),
                Left(edge, before, after, null, 0)));
    }

    // Sums of all children that go up: those whose tile the same loop brought have the same members, so as many copies.
    private long Leaving(NestEdge edge, DimChunks[] before, OutputMembers members, DimChunks[]? after)
    {
        bool together = true;
        foreach ((LoopDim dim, _, bool relevant) in NestProgram.Groups(Operand.Outputs))
            together &= relevant || Places(edge, dim).Groups == 1;
        if (together) return Left(edge, before, after, null, 0);
        members.At(edge.Position);
        (long leaving, long earlier) = (0, 0);
        foreach (int loop in members.Loops(dim => Places(edge, dim).Children))
        {
            long copies = 1;
            foreach ((LoopDim dim, _, bool relevant) in NestProgram.Groups(Operand.Outputs))
                if (!relevant) copies = checked(copies * Places(edge, dim).Active(members.Came(dim, loop)));
            long left = Left(edge, before, after, members, loop);
            leaving = checked(leaving + (left - earlier) * copies);
            earlier = left;
        }
        return leaving;
    }

    // Words that leave of the tiles that a loop or one outside it brought. Children that idle after the step keep theirs.
    private long Left(NestEdge edge, DimChunks[] before, DimChunks[]? after, OutputMembers? members, int loop)
    {
        (long old, long kept) = (1, after is null ? 0 : 1);
        foreach ((LoopDim dim, _, bool relevant) in NestProgram.Groups(Operand.Outputs))
        {
            if (!relevant) continue;
            (DimChunks b, DimChunks? a) = (before[(int)dim], after?[(int)dim]);
            (long sumOld, long sumKept) = (0, 0);
            for (int i = 0; i < Places(edge, dim).Children; i++)
            {
                if (members?.Moved(dim)[i] > loop || (a is not null && a.Sizes[i] <= 0)) continue;
                sumOld += b.Sizes[i];
                if (DimChunks.Same(b, a, i)) sumKept += b.Sizes[i];
            }
            checked { (old, kept) = (old * sumOld, kept * sumKept); }
        }
        return old - kept;
    }

    private static (long Held, long Kept, long Read, long Old) Plain(SharedPlaces places, DimChunks? before, DimChunks after)
    {
        (long read, long old) = Sums(places.Children, before, after);
        return (after.Sizes[0], DimChunks.Same(before, after, 0) ? after.Sizes[0] : 0, read, old);
    }

    private static (long All, long Same) Sums(int children, DimChunks? before, DimChunks after)
    {
        long all = after.Total(children);
        if (before is null) return (all, 0);
        if (ReferenceEquals(before, after)) return (all, all);
        long same = 0;
        for (int i = 0; i < children; i++)
            if (DimChunks.Same(before, after, i)) same += after.Sizes[i];
        return (all, same);
    }

    private static (long Held, long Kept, long Read, long Old) Irrelevant(SharedPlaces places, DimChunks? before, DimChunks after)
    {
        long read = places.Active(after);
        return (1, before is null ? 0 : 1, read, before is null ? 0 : read);
    }

    /// <summary>Which children of instance 0 of the parent are served together along a dimension.</summary>
    public SharedPlaces Places(NestEdge edge, LoopDim dim) => _places[edge.Index * LoopLayer.Dims + (int)dim] ??=
        SharedPlaces.Of(program, edge.Operand, edge.ParentPosition, edge.Position, (int)dim);
}
