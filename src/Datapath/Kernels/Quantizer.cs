using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Encoding;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Real numbers to codes of a format: code = encode(value / scale), the quotient being one binary32 division rounded to nearest even. With
/// a zero point z (integer formats) the integer is round(value / scale) + z, held to the format's range, and NaN becomes z. Equal to
/// <see cref="INumberFormat.Encode"/> bit for bit. Float and fixed formats to nearest even, and every format and mode
/// but stochastic whose steps <see cref="StepQuantizers"/> holds, run in lanes. Any thread may use one.
/// </summary>
public abstract class Quantizer
{
    private const int Block = 64;

    private static readonly ConcurrentDictionary<(INumberFormat Format, Rounding Rounding), Quantizer> Steps = new();

    private protected Quantizer(INumberFormat format, Rounding rounding) => (Format, Rounding) = (format, rounding);

    /// <summary>Format of the codes.</summary>
    public INumberFormat Format { get; }

    /// <summary>How quotients are rounded and what happens beyond the range.</summary>
    public Rounding Rounding { get; }

    /// <summary>The quantizer for a format and rounding.</summary>
    public static Quantizer For(INumberFormat format, Rounding rounding) => (rounding.Mode, format) switch
    {
        (RoundingMode.NearestEven, FloatFormat f) when FloatQuantizer.Takes(f) => new FloatQuantizer(f, rounding),
        (RoundingMode.NearestEven, FixedFormat f) when FixedQuantizer.Takes(f) => new FixedQuantizer(f, rounding),
        // A fixed format takes zero points, which steps do not know.
        (not RoundingMode.Stochastic, not FixedFormat) =>
            Steps.GetOrAdd((format, rounding), key => StepQuantizers.For(key.Format, key.Rounding, Encode(key.Format, key.Rounding))
            ?? new PlainQuantizer(key.Format, key.Rounding)),
        _ => new PlainQuantizer(format, rounding),
    };

    private static NumberEncoder Encode(INumberFormat format, Rounding rounding) => (in Exact value, out bool overflow) =>
    {
        uint code = format.Encode(value, rounding, out RoundingFlags flags);
        overflow = flags.HasFlag(RoundingFlags.Overflow);
        return code;
    };

    /// <summary>Codes of all values; returns how many left the range (<see cref="RoundingFlags.Overflow"/>).</summary>
    /// <param name="values">Any binary32 numbers.</param>
    /// <param name="scale">Positive and finite.</param>
    /// <param name="zeroPoint">0 unless the format is an integer; inside its range.</param>
    /// <param name="codes">As long as <paramref name="values"/>.</param>
    public long Encode(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<uint> codes)
    {
        Check(values.Length, scale, zeroPoint, codes.Length);
        Span<float> tail = stackalloc float[Block];
        Span<uint> tailCodes = stackalloc uint[Block];
        long saturated = 0;
        int whole = values.Length / Block * Block;
        EncodeBlocks(values[..whole], scale, zeroPoint, codes[..whole], ref saturated);
        if (whole == values.Length) return saturated;
        values[whole..].CopyTo(tail);
        EncodeBlocks(tail, scale, zeroPoint, tailCodes, ref saturated);
        tailCodes[..(values.Length - whole)].CopyTo(codes[whole..]);
        return saturated;
    }

    /// <summary>As <see cref="Encode(ReadOnlySpan{float}, float, int, Span{uint})"/>, for formats of at most 8 bits.</summary>
    public long Encode(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<byte> codes)
    {
        Check(values.Length, scale, zeroPoint, codes.Length);
        if (Format.Bits > 8) throw new InvalidOperationException($"codes of {Format.Name} do not fit a byte");
        int whole = values.Length / Block * Block;
        long saturated = EncodeBytes(values[..whole], scale, zeroPoint, codes);
        if (whole == values.Length) return saturated;
        Span<float> tail = stackalloc float[Block];
        Span<byte> tailCodes = stackalloc byte[Block];
        values[whole..].CopyTo(tail);
        saturated += EncodeBytes(tail, scale, zeroPoint, tailCodes);
        tailCodes[..(values.Length - whole)].CopyTo(codes[whole..]);
        return saturated;
    }

    /// <summary>values[i] = (number of codes[i] - zero point) · scale, one binary32 multiplication; formats whose numbers are binary32
    /// numbers.</summary>
    public void Decode(ReadOnlySpan<uint> codes, float scale, int zeroPoint, Span<float> values)
    {
        Check(values.Length, scale, zeroPoint, codes.Length);
        OperandDecoder<float>.Of(Format).Decode(codes, zeroPoint, scale, values);
    }

    /// <summary>Whole blocks of 64 values to codes.</summary>
    private protected abstract void EncodeBlocks(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<uint> codes,
        ref long saturated);

    /// <summary>Whole blocks of 64 values to byte codes.</summary>
    private protected virtual long EncodeBytes(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<byte> codes)
    {
        long saturated = 0;
        Span<uint> block = stackalloc uint[Block];
        for (int i = 0; i < values.Length; i += Block)
        {
            EncodeBlocks(values.Slice(i, Block), scale, zeroPoint, block, ref saturated);
            for (int j = 0; j < Block; j++) codes[i + j] = (byte)block[j];
        }
        return saturated;
    }

    /// <summary>Four vectors of codes below 256 as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected static Vector512<byte> Pack(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d) =>
        Vector512.Narrow(Vector512.Narrow(a, b), Vector512.Narrow(c, d));

    private void Check(int values, float scale, int zeroPoint, int codes)
    {
        if (values != codes) throw new ArgumentException($"{values} values and {codes} codes");
        if (!(scale > 0) || !float.IsFinite(scale)) throw new ArgumentOutOfRangeException(nameof(scale),
            $"a scale is positive and finite, found {scale}");
        if (!ZeroPoints.Fit(Format, zeroPoint)) throw new ArgumentOutOfRangeException(nameof(zeroPoint),
            $"zero point {zeroPoint} does not fit {Format.Name}");
    }
}

/// <summary>Any format, one number at a time.</summary>
internal sealed class PlainQuantizer(INumberFormat format, Rounding rounding) : Quantizer(format, rounding)
{
    private protected override void EncodeBlocks(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<uint> codes,
        ref long saturated)
    {
        for (int i = 0; i < values.Length; i++)
        {
            codes[i] = ZeroPoints.Encode(Format, Exact.FromDouble(values[i] / scale), zeroPoint, Rounding, out RoundingFlags flags);
            if (flags.HasFlag(RoundingFlags.Overflow)) saturated++;
        }
    }
}
