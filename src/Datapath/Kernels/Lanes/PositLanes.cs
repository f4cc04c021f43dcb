using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// What rounding binary32 lanes to the nearest posit needs. Lanes hold twice a number, whose exponent field is then a multiple of 2^ES
/// wherever a regime begins. As integers, magnitudes follow the posit's string: inside a regime each code is the same power of two apart,
/// whole binades where exponent bits are cut off. So rounding adds half of that distance and clears what is below it; a carry ends where
/// the next regime begins. The last bit of the code is the bit of the distance, but for the two regimes whose code ends with their run:
/// there the lower code is known to be even, or odd.
/// </summary>
internal readonly struct PositLanes : IPositLanes<float>
{
    private const int Entries = 16, FractionBits = 23, DoubledBias = 128;

    // Twice the smallest and the largest posit, and the bits below the number of a regime.
    private readonly Vector512<int> _lowest, _highest, _regimeShift;

    // By regime: half the distance of codes, less one; the bits that stay; the bit that is set when a code is odd, 0 where none is.
    private readonly Vector512<int> _half, _kept, _odd;

    public PositLanes(PositFormat format)
    {
        int last = format.Bits - 2;
        _regimeShift = Vector512.Create(FractionBits + format.ExponentBits);
        _lowest = Vector512.Create(DoubledBias - format.MaximumExponent << FractionBits);
        _highest = Vector512.Create(DoubledBias + format.MaximumExponent << FractionBits);
        Span<int> half = stackalloc int[Entries], kept = stackalloc int[Entries], odd = stackalloc int[Entries];
        for (int regime = -last; regime < last; regime++)
        {
            int at = regime + (DoubledBias >> format.ExponentBits) & Entries - 1, run = regime < 0 ? -regime - 1 : regime;
            int unit = 1 << FractionBits + format.ExponentBits + run + 3 - format.Bits;
            kept[at] = -unit;
            half[at] = unit / 2 - 1;
            // Of the codes that end with their run, the smallest is odd and the one below the largest even; all exponent fields of the
            // former have bit 6.
            odd[at] = run < last - 1 ? unit : regime < 0 ? 64 << FractionBits : 0;
        }
        // The largest is the only one of its regime: it stays, whatever a tie would do.
        kept[last + (DoubledBias >> format.ExponentBits) & Entries - 1] = -1 << FractionBits;
        (_half, _kept, _odd) = (Vector512.Create<int>(half), Vector512.Create<int>(kept), Vector512.Create<int>(odd));
    }

    /// <summary>Whether a posit has few enough regimes for a table of 16, and exponents that fit binary32 with those of its
    /// squares.</summary>
    public static bool Takes(PositFormat format) => format.Bits <= 9 && format.MaximumExponent <= 56;

    /// <inheritdoc/>
    public float Highest => BitConverter.Int32BitsToSingle(_highest.ToScalar());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.FusedMultiplyAdd(a, b, c);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplySubtract(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Avx512F.IsSupported ? Avx512F.FusedMultiplySubtract(a, b, c) : Vector512.FusedMultiplyAdd(a, b, -c);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Round<TLost>(Vector512<float> sum, Vector512<float> lost, ref Vector512<float> largest)
        where TLost : struct, IChoice
    {
        Vector512<int> magnitude = sum.AsInt32() & Vector512.Create(int.MaxValue);
        largest = Vector512.Max(largest.AsInt32(), magnitude).AsSingle();
        Vector512<int> held = Vector512.Min(Vector512.Max(magnitude, _lowest), _highest), regime = Shift(held, _regimeShift);
        // 1 where a tie goes up: the code below is odd, or what was lost has the sign of the sum.
        Vector512<int> up = Vector512.Min((held & Find(_odd, regime)).AsUInt32(), Vector512<uint>.One).AsInt32();
        if (TLost.IsMade) up = Vector512.ConditionalSelect(Vector512.Equals(lost, Vector512<float>.Zero).AsInt32(), up,
            ~(sum ^ lost).AsInt32() >>> 31);
        Vector512<int> rounded = (held + Find(_half, regime) + up) & Find(_kept, regime);
        rounded |= sum.AsInt32() & Vector512.Create(int.MinValue);
        return Vector512.ConditionalSelect(Vector512.Equals(sum, Vector512<float>.Zero), Vector512<float>.Zero, rounded.AsSingle());
    }

    // table[index mod 16] in every lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Find(Vector512<int> table, Vector512<int> index)
    {
        if (Avx512F.IsSupported) return Avx512F.PermuteVar16x32(table, index);
        if (Avx2.IsSupported) return Vector512.Create(Find(table, index.GetLower()), Find(table, index.GetUpper()));
        return Vector512.Shuffle(table, index & Vector512.Create(Entries - 1));
    }

    private static Vector256<int> Find(Vector512<int> table, Vector256<int> index)
    {
        Vector256<int> low = Avx2.PermuteVar8x32(table.GetLower(), index), high = Avx2.PermuteVar8x32(table.GetUpper(), index);
        return Vector256.ConditionalSelect(index << 28 >> 31, high, low);
    }

    // Lanes shifted right by the same number of bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Shift(Vector512<int> value, Vector512<int> count) =>
        Avx512F.IsSupported ? Avx512F.ShiftRightLogicalVariable(value, count.AsUInt32()) : value >>> count.ToScalar();
}
