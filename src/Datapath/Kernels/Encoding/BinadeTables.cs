using System.Numerics;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>The tables of a <see cref="BinadeEncoder"/>, found from the steps of the positive numbers and tried at each of them.</summary>
internal sealed class BinadeTables
{
    private const int MostKeyBits = 5, AddBits = 24;
    private const uint Odd = 0x8000_0000;

    private readonly EncoderSide _side;

    private BinadeTables(EncoderSide side, int keyBits)
    {
        (_side, KeyShift) = (side, 23 - keyBits);
        Mask = uint.MaxValue >> BitOperations.LeadingZeroCount(side.Codes.Max() | 1);
        // Below the second step and from the last one on, codes stay what they are at the ends.
        (Low, High) = (side.Starts[Math.Min(2, side.Starts.Length - 1)] - 1, side.Starts[^1]);
    }

    /// <summary>The bits of a positive number's code.</summary>
    public uint Mask { get; }

    /// <summary>Magnitudes below are taken for this one.</summary>
    public uint Low { get; private set; }

    /// <summary>Magnitudes above are taken for this one.</summary>
    public uint High { get; }

    /// <summary>Bits of a pattern below its bucket.</summary>
    public int KeyShift { get; }

    /// <summary>The bucket of <see cref="Low"/>; 0 where buckets repeat.</summary>
    public uint LowKey { get; private set; }

    /// <summary>Codes of a binade as a power of two where buckets repeat; else -1.</summary>
    public int BinadeShift { get; private set; } = -1;

    /// <summary>Buckets.</summary>
    public int Count { get; private set; }

    /// <summary>How a pattern is rounded: what is added in the low 24 bits, the shift above, and on top whether the lowest kept bit is
    /// added too.</summary>
    public uint[] Adds { get; } = new uint[LaneTables.Most];

    /// <summary>The code of a rounded pattern: the base in the low 16 bits, the shift of the rest above.</summary>
    public uint[] Bases { get; } = new uint[LaneTables.Most];

    /// <summary>The tables with the fewest buckets; null when none give the steps.</summary>
    public static BinadeTables? Of(EncoderSide side)
    {
        for (int keyBits = 0; keyBits <= MostKeyBits; keyBits++)
        {
            var every = new BinadeTables(side, keyBits);
            if (every.FillAll()) return every;
            var repeating = new BinadeTables(side, keyBits);
            if (repeating.FillOneBinade()) return repeating;
        }
        return null;
    }

    /// <summary>The code of a magnitude from <see cref="Low"/> to <see cref="High"/>.</summary>
    public uint Evaluate(uint magnitude)
    {
        uint add = Adds[Key(magnitude)];
        int shift = (int)(add >> AddBits & 31);
        uint rounded = magnitude + (add & (1u << AddBits) - 1) + (magnitude >> shift & add >> 31) >> shift << shift;
        uint entry = Bases[Key(rounded)], code = (entry & 0xFFFF) + ((rounded & (1u << KeyShift) - 1) >> (int)(entry >> 16));
        if (BinadeShift >= 0) code += rounded >> 23 << BinadeShift;
        return code & Mask;
    }

    private uint Key(uint magnitude) =>
        BinadeShift < 0 ? (magnitude >> KeyShift) - LowKey : magnitude >> KeyShift & (1u << 23 - KeyShift) - 1;

    // Rounding may carry into the bucket behind the last.
    private bool FillAll()
    {
        LowKey = Low >> KeyShift;
        uint buckets = (High >> KeyShift) - LowKey + 2;
        if (buckets > LaneTables.Most) return false;
        Count = (int)buckets;
        for (int i = 0; i < Count; i++) Fill(i, LowKey + (uint)i << KeyShift, 0);
        return Holds();
    }

    // A binade in the middle of the range stands for all; the step below the second has a code of its own.
    private bool FillOneBinade()
    {
        Low = _side.Starts[Math.Min(2, _side.Starts.Length - 1)];
        uint binade = (Low >> 23) + ((High >> 23) - (Low >> 23)) / 2, start = binade << 23;
        if (start <= Low || start + (1u << 23) > High) return false;
        uint codes = unchecked(_side.CodeOf(start + (1u << 23)) - _side.CodeOf(start)) & Mask;
        if (!BitOperations.IsPow2(codes)) return false;
        BinadeShift = BitOperations.Log2(codes);
        Count = 1 << 23 - KeyShift;
        for (int i = 0; i < Count; i++) Fill(i, start + ((uint)i << KeyShift), binade << BinadeShift);
        return Holds();
    }

    // The entry of the bucket that begins at a pattern; less is what its binade adds to the code.
    private void Fill(int index, uint start, uint less)
    {
        uint size = 1u << KeyShift, code = _side.CodeOf(Math.Clamp(start, Low, High));
        int at = Array.BinarySearch(_side.Starts, Math.Max(start, Low) + 1), end = Array.BinarySearch(_side.Starts, start + size);
        ReadOnlySpan<uint> inside = _side.Starts.AsSpan(at < 0 ? ~at : at);
        inside = inside[..Math.Max(0, inside.Length - (_side.Starts.Length - (end < 0 ? ~end : end)))];
        (int shift, uint add) = Rounding(inside, start, size);
        // In the first bucket the steps below the lowest magnitude are counted back.
        uint before = start < Low ? (Low - start) + (add & ~Odd) + ((Low - start) >> shift & add >> 31) >> shift : 0;
        if (before << shift >= size) before = 0;
        Adds[index] = add | (uint)shift << AddBits;
        Bases[index] = (uint)shift << 16 | unchecked(code - before - less) & Mask;
    }

    // To nearest even, away from a tie, toward zero or up, by where the first step of several lies; a single step may lie anywhere.
    private (int Shift, uint Add) Rounding(ReadOnlySpan<uint> inside, uint start, uint size)
    {
        int whole = BitOperations.Log2(size);
        if (inside.Length == 0) return (whole, 0);
        // A step at the end of the bucket too: toward zero, half a bucket a step.
        if (inside.Length == 1) return _side.CodeOf(start + size) == _side.CodeOf(start + size - 1) ? (whole, size - (inside[0] - start))
            : (whole - 1, 0);
        int shift = BitOperations.Log2(inside[^1] - inside[^2] + 1);
        uint unit = 1u << shift, half = unit >> 1, last = inside[^1] - start & unit - 1, other = inside[^2] - start & unit - 1;
        return (shift, last != other ? half - 1 | Odd : last == 0 ? 0 : unit - last);
    }

    // Codes do not fall within a bucket, so the ends of steps and of buckets are all there is to try.
    private bool Holds()
    {
        foreach (uint start in _side.Starts)
            if (!Is(start) || start != 0 && !Is(start - 1)) return false;
        for (uint bucket = (Low >> KeyShift) + 1; bucket <= High >> KeyShift; bucket++)
            if (!Is(bucket << KeyShift) || !Is((bucket << KeyShift) - 1)) return false;
        return Is(Low) && Is(High);
    }

    private bool Is(uint magnitude) => magnitude < Low || magnitude > High || Evaluate(magnitude) == _side.CodeOf(magnitude);
}
