using Sim.Datapath;
using Sim.Datapath.Formats;

namespace Sim.Workloads.Quantization;

/// <summary>
/// float32 values to codes of one scalar format, as hardware does it: the quotient x / scale is one float32 division, then one rounding to nearest, ties to
/// even, that saturates. With a zero point (integer formats): clip(round(x / scale) + zero point), the ONNX QuantizeLinear. NaN in a format without NaN
/// becomes 0 and counts as saturated.
/// </summary>
public sealed class ElementEncoder
{
    private static readonly Rounding Nearest = new(RoundingMode.NearestEven, OverflowPolicy.Saturate);
    private readonly uint _mask;

    public ElementEncoder(INumberFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        Format = format;
        Range = FormatRange.Of(format);
        _mask = format.Bits == 32 ? uint.MaxValue : (1u << format.Bits) - 1;
    }

    /// <summary>The format of the codes.</summary>
    public INumberFormat Format { get; }

    /// <summary>What the format holds.</summary>
    public FormatRange Range { get; }

    /// <summary>
    /// Writes one code a value. Returns how many were clipped: their quotient (plus zero point) lies more than half a step beyond the format's range, or is NaN.
    /// </summary>
    /// <param name="scale">Positive and finite.</param>
    /// <param name="zeroPoint">0 unless the format is an integer format.</param>
    public long Encode(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<uint> codes)
    {
        if (!(scale > 0) || float.IsInfinity(scale)) throw new ArgumentOutOfRangeException(nameof(scale), scale, "a scale is positive and finite");
        if (zeroPoint != 0 && !Range.IsInteger) throw new ArgumentException($"format {Format.Name} takes no zero point", nameof(zeroPoint));
        return Range.IsInteger ? EncodeIntegers(values, scale, zeroPoint, codes) : EncodeScalars(values, scale, codes);
    }

    /// <summary>The value of one code, without scale.</summary>
    public double Decode(uint code) => Format.Decode(code).ToDouble();

    /// <summary>The code of an integer of an integer format.</summary>
    public uint CodeOf(long integer) => unchecked((uint)integer) & _mask;

    private long EncodeIntegers(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<uint> codes)
    {
        double lowest = Range.Lowest, highest = Range.Highest;
        long clipped = 0;
        for (int i = 0; i < values.Length; i++)
        {
            // double holds round(x / scale) + zero point exactly for every format of at most 32 bits once it is in range
            double q = Math.Round((double)(values[i] / scale), MidpointRounding.ToEven) + zeroPoint;
            if (!(q >= lowest && q <= highest))
            {
                clipped++;
                q = double.IsNaN(q) ? zeroPoint : q < lowest ? lowest : highest;
            }
            codes[i] = unchecked((uint)(long)q) & _mask;
        }
        return clipped;
    }

    private long EncodeScalars(ReadOnlySpan<float> values, float scale, Span<uint> codes)
    {
        double top = Range.Highest + Range.TopStep / 2;
        double bottom = Range.Lowest < 0 ? Range.Lowest - Range.TopStep / 2 : -Range.SmallestPositive / 2;
        long clipped = 0;
        for (int i = 0; i < values.Length; i++)
        {
            float q = values[i] / scale;
            if (!(q <= top && q >= bottom)) clipped++;
            codes[i] = Format.Encode(Exact.FromDouble(q), Nearest, out _);
        }
        return clipped;
    }
}
