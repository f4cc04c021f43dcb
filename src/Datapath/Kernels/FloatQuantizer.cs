using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Float formats narrower than binary32, to nearest even. A normal result is the binary32 pattern rounded as an integer with its exponent
/// rebiased: a carry out of the fraction moves the exponent field by itself. A subnormal result is the low end of |x| + 2^(q+23), whose
/// unit is the smallest subnormal 2^q. Whatever is beyond the largest code is replaced by what the format made of overflow, Inf and NaN
/// when asked once.
/// </summary>
internal sealed class FloatQuantizer : Quantizer
{
    private const uint Infinity = 0x7F80_0000;

    private readonly int _shift, _signShift;
    private readonly uint _roundUp, _rebias, _maximum, _floorBits;
    private readonly float _normal, _floor;
    private readonly uint _overUp, _overDown, _infinityUp, _infinityDown, _nanUp, _nanDown;
    private readonly bool _infinityOverflows, _unsignedZero;

    public FloatQuantizer(FloatFormat format, Rounding rounding)
        : base(format, rounding)
    {
        _shift = 23 - format.FractionBits;
        _signShift = 32 - format.Bits;
        _roundUp = (1u << _shift - 1) - 1;
        _rebias = unchecked((uint)(127 - format.Bias << format.FractionBits));
        _maximum = format.MaximumCode;
        _normal = (float)Math.ScaleB(1, format.MinimumExponent);
        _floor = (float)Math.ScaleB(1, format.MinimumExponent - format.FractionBits + 23);
        _floorBits = BitConverter.SingleToUInt32Bits(_floor);
        _overUp = format.Encode(Exact.Finite(false, 1000, 1), rounding, out _);
        _overDown = format.Encode(Exact.Finite(true, 1000, 1), rounding, out _);
        _infinityUp = format.Encode(Exact.Infinity(), rounding, out RoundingFlags flags);
        _infinityDown = format.Encode(Exact.Infinity(true), rounding, out _);
        _nanUp = format.Encode(Exact.NaN with { Negative = false }, rounding, out _);
        _nanDown = format.Encode(Exact.NaN, rounding, out _);
        _infinityOverflows = flags.HasFlag(RoundingFlags.Overflow);
        _unsignedZero = !format.HasNegativeZero;
    }

    /// <summary>At least one bit to round off, subnormals, and exponents inside those of binary32.</summary>
    public static bool Takes(FloatFormat f) => f.FractionBits < 23 && f.Subnormals && f.MinimumExponent >= -126
        && f.Maximum.LeadingExponent <= 127 && f.MinimumExponent - f.FractionBits + 23 <= 127;

    private protected override void EncodeBlocks(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<uint> codes,
        ref long saturated)
    {
        ref float from = ref MemoryMarshal.GetReference(values);
        ref uint to = ref MemoryMarshal.GetReference(codes[..values.Length]);
        Vector512<float> divisor = Vector512.Create(scale);
        // Sixteen divisions take as long as the rest.
        if (scale == 1) for (nuint i = 0; i < (nuint)values.Length; i += 16) Codes<Chosen>(Vector512.LoadUnsafe(ref from, i), ref saturated)
            .StoreUnsafe(ref to, i);
        else for (nuint i = 0; i < (nuint)values.Length; i += 16) Codes<NotChosen>(Vector512.LoadUnsafe(ref from, i) / divisor,
            ref saturated).StoreUnsafe(ref to, i);
    }

    private protected override long EncodeBytes(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<byte> codes)
    {
        Vector512<float> divisor = Vector512.Create(scale);
        long saturated = 0;
        for (int i = 0; i < values.Length; i += 64)
        {
            ReadOnlySpan<float> block = values.Slice(i, 64);
            Vector512<uint> a = Codes<NotChosen>(Vector512.Create(block) / divisor, ref saturated),
                b = Codes<NotChosen>(Vector512.Create(block[16..]) / divisor, ref saturated);
            Vector512<uint> c = Codes<NotChosen>(Vector512.Create(block[32..]) / divisor, ref saturated),
                d = Codes<NotChosen>(Vector512.Create(block[48..]) / divisor, ref saturated);
            Pack(a, b, c, d).CopyTo(codes[i..]);
        }
        return saturated;
    }

    // Elements of blocks, which clip in many of them, are clipped without a branch.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<uint> Codes<TOften>(Vector512<float> values, ref long saturated)
        where TOften : struct, IChoice
    {
        Vector512<uint> bits = values.AsUInt32(), sign = bits & Vector512.Create(0x8000_0000u), magnitude = bits ^ sign;
        Vector512<uint> odd = magnitude >>> _shift & Vector512<uint>.One;
        Vector512<uint> normal = (magnitude + Vector512.Create(_roundUp) + odd >>> _shift) - Vector512.Create(_rebias);
        Vector512<uint> subnormal = (magnitude.AsSingle() + Vector512.Create(_floor)).AsUInt32() - Vector512.Create(_floorBits);
        Vector512<uint> code = Vector512.ConditionalSelect(Vector512.LessThan(magnitude.AsSingle(), Vector512.Create(_normal)).AsUInt32(),
            subnormal, normal);
        Vector512<uint> signBit = sign >>> _signShift;
        if (_unsignedZero) signBit = Vector512.AndNot(signBit, Vector512.Equals(code, Vector512<uint>.Zero));
        Vector512<uint> over = Vector512.GreaterThan(code, Vector512.Create(_maximum));
        code |= signBit;
        if (!TOften.IsMade) return over == Vector512<uint>.Zero ? code : Beyond(code, over, bits, magnitude, ref saturated);
        return Clip(code, over, bits, magnitude, ref saturated);
    }

    private Vector512<uint> Beyond(Vector512<uint> code, Vector512<uint> over, Vector512<uint> bits, Vector512<uint> magnitude,
        ref long saturated) =>
        Clip(code, over, bits, magnitude, ref saturated);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<uint> Clip(Vector512<uint> code, Vector512<uint> over, Vector512<uint> bits, Vector512<uint> magnitude,
        ref long saturated)
    {
        Vector512<uint> negative = (bits.AsInt32() >> 31).AsUInt32();
        saturated += BitOperations.PopCount(over.ExtractMostSignificantBits());
        code = Vector512.ConditionalSelect(over, Either(negative, _overDown, _overUp), code);
        return Vector512.LessThanAll(magnitude, Vector512.Create(Infinity)) ? code
            : Special(code, over, negative, magnitude, ref saturated);
    }

    private Vector512<uint> Special(Vector512<uint> code, Vector512<uint> over, Vector512<uint> negative, Vector512<uint> magnitude,
        ref long saturated)
    {
        Vector512<uint> infinity = Vector512.Create(Infinity), isInfinite = Vector512.Equals(magnitude, infinity),
            isNaN = Vector512.GreaterThan(magnitude, infinity);
        saturated -= BitOperations.PopCount((over & (isInfinite | isNaN)).ExtractMostSignificantBits());
        if (_infinityOverflows) saturated += BitOperations.PopCount(isInfinite.ExtractMostSignificantBits());
        code = Vector512.ConditionalSelect(isInfinite, Either(negative, _infinityDown, _infinityUp), code);
        return Vector512.ConditionalSelect(isNaN, Either(negative, _nanDown, _nanUp), code);
    }

    private static Vector512<uint> Either(Vector512<uint> negative, uint down, uint up) =>
        Vector512.ConditionalSelect(negative, Vector512.Create(down), Vector512.Create(up));
}
