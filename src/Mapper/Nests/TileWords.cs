using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>Words of a full tile.</summary>
public static class TileWords
{
    /// <summary>Elements of an operand that a tile of so many iterations in each dimension touches; more than 2^63 − 1 throws.</summary>
    public static long Of(LoopLayer layer, Operand operand, ReadOnlySpan<long> sizes)
    {
        ArgumentNullException.ThrowIfNull(layer);
        long words = 1;
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++)
            if (NestEdge.Indexes(operand, dim) && (operand != Operand.Activations || dim < LoopDim.P))
                words = checked(words * sizes[(int)dim]);
        if (operand != Operand.Activations) return words;
        foreach ((LoopDim output, LoopDim filter) in new[] { (LoopDim.P, LoopDim.R), (LoopDim.Q, LoopDim.S) })
            words = checked(words * new WindowSets(layer.Stride(output), layer.Dilation(filter))
                .Rectangle(sizes[(int)output], sizes[(int)filter]));
        return words;
    }
}
