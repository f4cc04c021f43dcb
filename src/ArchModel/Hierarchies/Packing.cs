namespace Sim.ArchModel.Hierarchies;

/// <summary>
/// How an operand lies in a memory: <paramref name="Elements"/> elements (1, or a block that shares a scale) take
/// <paramref name="Bits"/> bits. A word holds ⌊word · elements / bits⌋ elements; an element wider than a word takes several words.
/// </summary>
public readonly record struct Packing(int Bits, int Elements = 1)
{
    /// <summary>Elements in a word; 0 when one does not fit.</summary>
    public long PerWord(int wordBits) => (long)wordBits * Elements / Bits;

    /// <summary>Words that <paramref name="elements"/> consecutive elements take; overflow throws.</summary>
    public long Words(long elements, int wordBits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elements);
        long perWord = PerWord(wordBits);
        if (perWord > 0) return (elements + perWord - 1) / perWord;
        long word = (long)wordBits * Elements;
        return checked(elements * ((Bits + word - 1) / word));
    }

    /// <summary>Accesses of one word for an element, on the average of full words.</summary>
    public double AccessesPerElement(int wordBits)
    {
        long perWord = PerWord(wordBits);
        return perWord > 0 ? 1.0 / perWord : Words(1, wordBits);
    }

    /// <summary>Stored bits of <paramref name="elements"/> elements, blocks whole; overflow throws.</summary>
    public long StoredBits(long elements) => checked((elements + Elements - 1) / Elements * Bits);
}
