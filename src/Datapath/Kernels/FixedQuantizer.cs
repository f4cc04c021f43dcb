using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>Fixed-point formats of at most 22 bits, to nearest even: rounded and held to the range as floats, which is exact at that
/// size.</summary>
/// <param name="format">Format of the codes.</param>
/// <param name="rounding">To nearest even.</param>
/// <param name="symmetric">Whether the most negative number is left out and counts as beyond the range.</param>
internal sealed class FixedQuantizer(FixedFormat format, Rounding rounding, bool symmetric = false) : Quantizer(format, rounding)
{
    private readonly float _minimum = symmetric ? -format.MaximumInteger : format.MinimumInteger, _maximum = format.MaximumInteger,
        _unit = (float)Math.ScaleB(1, format.Fraction);
    private readonly uint _mask = uint.MaxValue >> 32 - format.Bits;

    /// <summary>Range plus zero point must be exact in binary32.</summary>
    public static bool Takes(FixedFormat format) => format.Bits <= 22;

    private protected override void EncodeBlocks(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<uint> codes,
        ref long saturated)
    {
        ref float from = ref MemoryMarshal.GetReference(values);
        ref uint to = ref MemoryMarshal.GetReference(codes[..values.Length]);
        Vector512<float> divisor = Vector512.Create(scale);
        long beyond = 0;
        // Sixteen divisions take as long as the rest.
        if (scale == 1) for (nuint i = 0; i < (nuint)values.Length; i += 16) Codes(Vector512.LoadUnsafe(ref from, i) * _unit, zeroPoint,
            ref beyond).StoreUnsafe(ref to, i);
        else for (nuint i = 0; i < (nuint)values.Length; i += 16) Codes(Vector512.LoadUnsafe(ref from, i) / divisor * _unit, zeroPoint,
            ref beyond).StoreUnsafe(ref to, i);
        saturated += beyond;
    }

    private protected override long EncodeBytes(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<byte> codes)
    {
        Vector512<float> divisor = Vector512.Create(scale);
        long saturated = 0;
        for (int i = 0; i < values.Length; i += 64)
        {
            ReadOnlySpan<float> block = values.Slice(i, 64);
            Vector512<uint> a = Codes(Vector512.Create(block) / divisor * _unit, zeroPoint, ref saturated),
                b = Codes(Vector512.Create(block[16..]) / divisor * _unit, zeroPoint, ref saturated);
            Vector512<uint> c = Codes(Vector512.Create(block[32..]) / divisor * _unit, zeroPoint, ref saturated),
                d = Codes(Vector512.Create(block[48..]) / divisor * _unit, zeroPoint, ref saturated);
            Pack(a, b, c, d).CopyTo(codes[i..]);
        }
        return saturated;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<uint> Codes(Vector512<float> quotient, int zeroPoint, ref long saturated)
    {
        Vector512<float> rounded = Vector512.Round(quotient) & Vector512.Equals(quotient, quotient);
        // Held to the range less the zero point: adding that afterwards is an exact integer addition.
        Vector512<float> held = Vector512.Min(Vector512.Max(rounded, Vector512.Create(_minimum - zeroPoint)),
            Vector512.Create(_maximum - zeroPoint));
        saturated += 16 - BitOperations.PopCount(Vector512.Equals(rounded, held).ExtractMostSignificantBits());
        return unchecked(Vector512.ConvertToInt32(held) + Vector512.Create(zeroPoint)).AsUInt32() & Vector512.Create(_mask);
    }
}
