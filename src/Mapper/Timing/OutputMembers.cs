using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>
/// Where the output tiles that are there at the last iterations came from: an instance that idles in the last ones holds an earlier tile.
/// When a tile came, loops inside the innermost loop that moved it were at their first iteration, those outside at the last one of instance
/// 0.
/// </summary>
/// <param name="program">The nest.</param>
/// <param name="pool">Its chunks.</param>
/// <param name="chunks">By dimension, where the loops begin that have ended.</param>
/// <param name="from">The node where they begin.</param>
internal sealed class OutputMembers(NestProgram program, ChunkPool pool, DimChunks[] chunks, int from)
{
    private readonly int[]?[] _moved = new int[]?[LoopLayer.Dims];
    private int _to;

    /// <summary>Sets the edge's node that the other members speak of.</summary>
    public void At(int to)
    {
        Array.Clear(_moved);
        _to = to;
    }

    /// <summary>By chunk, the position of the innermost loop that moved it, or -1.</summary>
    public int[] Moved(LoopDim dim) => _moved[(int)dim] ??= pool.LastMoves(chunks[(int)dim], (int)dim, from, _to);

    /// <summary>Loops that brought a tile, ascending.</summary>
    public SortedSet<int> Loops(Func<LoopDim, int> children)
    {
        var loops = new SortedSet<int>();
        foreach ((LoopDim dim, _, bool relevant) in NestProgram.Groups(ArchModel.Hierarchies.Operand.Outputs))
            for (int i = 0; relevant && i < children(dim); i++) loops.Add(Moved(dim)[i]);
        return loops;
    }

    /// <summary>The chunks of a summed dimension when tiles came that the loop at a position brought.</summary>
    public DimChunks Came(LoopDim dim, int loop)
    {
        DimChunks came = chunks[(int)dim];
        foreach (int node in program.NodesOf((int)dim, from, _to))
            came = program.Counts[node] > 0 ? pool.Split(came, node)
                : pool.At(came, node, node < loop ? came.Iterations(program.Tiles[node]) - 1 : 0, false);
        return came;
    }
}
