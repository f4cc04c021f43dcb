using System.Globalization;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests.Orders;

/// <summary>A product of one output: its index in each node's loop, and its k.</summary>
internal readonly record struct SumPoint(long[] Index, long K)
{
    /// <summary>Indices of some nodes' loops as text.</summary>
    public string Key(int[] nodes)
    {
        long[] index = Index;
        return string.Join(',', nodes.Select(n => index[n].ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>All products over the loops of summed dimensions, in the order of the nest.</summary>
    public static IEnumerable<SumPoint> All(LoopNest nest, int[] loops)
    {
        var index = new long[nest.Nodes.Length];
        long[] sizes = [.. nest.Layer.Sizes], starts = new long[LoopLayer.Dims];
        for (int d = 0; d < LoopLayer.Dims; d++)
            if (NestEdge.Indexes(ArchModel.Hierarchies.Operand.Outputs, (LoopDim)d)) sizes[d] = 1;
        return Points(0);

        IEnumerable<SumPoint> Points(int depth)
        {
            if (depth == loops.Length)
            {
                long channel = starts[(int)LoopDim.C], row = starts[(int)LoopDim.R], column = starts[(int)LoopDim.S];
                yield return new([.. index], (channel * nest.Layer.Size(LoopDim.R) + row) * nest.Layer.Size(LoopDim.S) + column);
                yield break;
            }
            (LoopDim dim, long count, long tile) = nest.Nodes[loops[depth]] switch
            {
                LoopNode l => (l.Dim, l.Count, l.Tile),
                SpatialNode s => (s.Dim, s.Count, s.Tile),
                _ => throw new ArgumentException("a store is no loop", nameof(loops)),
            };
            (long size, long start) = (sizes[(int)dim], starts[(int)dim]);
            for (long i = 0; i < count && i * tile < size; i++)
            {
                index[loops[depth]] = i;
                (sizes[(int)dim], starts[(int)dim]) = (Math.Min(tile, size - i * tile), start + i * tile);
                foreach (SumPoint point in Points(depth + 1)) yield return point;
            }
            index[loops[depth]] = 0;
            (sizes[(int)dim], starts[(int)dim]) = (size, start);
        }
    }
}
