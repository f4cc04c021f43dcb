using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>Counts through the loops in time between two nodes, in the order of the nest; iterations that a shorter tile does not have are
/// left out. With dimensions: only the loops over these.</summary>
internal sealed class NestSteps(LoopNest nest, int from, int to, long[] index, params LoopDim?[] dims)
{
    private readonly int[] _loops = [.. Enumerable.Range(from, to - from)
        .Where(n => nest.Nodes[n] is LoopNode l && (dims.Length == 0 || dims.Contains(l.Dim)))];

    /// <summary>Goes on to the next step; the loop that advanced, or -1 when all is over and every index is 0 again.</summary>
    public int Next()
    {
        for (int i = _loops.Length - 1; i >= 0; i--)
        {
            int node = _loops[i];
            index[node]++;
            if (Exists(node)) return node;
            index[node] = 0;
        }
        return -1;
    }

    // Whether the first instance, which has the largest tiles, has this iteration.
    private bool Exists(int node)
    {
        var loop = (LoopNode)nest.Nodes[node];
        long size = nest.Layer.Size(loop.Dim);
        for (int n = 0; n <= node; n++)
        {
            if (nest.Nodes[n] is LoopNode l && l.Dim == loop.Dim) size = Math.Min(l.Tile, size - index[n] * l.Tile);
            if (nest.Nodes[n] is SpatialNode s && s.Dim == loop.Dim) size = Math.Min(s.Tile, size);
        }
        return size > 0;
    }
}
