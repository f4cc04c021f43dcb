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

    /// <summary>Memory words that so many elements take: ⌊word / element⌋ elements a word; an element wider than a word takes several.
    /// </summary>
    /// <param name="elements">Elements.</param>
    /// <param name="parts">Width of an element in 1/<paramref name="partsPerBit"/> bit.</param>
    /// <param name="partsPerBit">Parts of a bit.</param>
    /// <param name="wordBits">Width of a memory word.</param>
    public static long Packed(long elements, int parts, int partsPerBit, int wordBits)
    {
        long perWord = (long)wordBits * partsPerBit / parts;
        if (perWord > 0) return (elements + perWord - 1) / perWord;
        long wordsEach = (parts + (long)wordBits * partsPerBit - 1) / ((long)wordBits * partsPerBit);
        return checked(elements * wordsEach);
    }
}
