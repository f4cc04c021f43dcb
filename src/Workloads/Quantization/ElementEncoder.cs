using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;

namespace Sim.Workloads.Quantization;

/// <summary>
/// float32 values to codes of one scalar format, as hardware does it: the quotient x / scale is one float32 division, then one rounding to
/// nearest, ties to even, that saturates. With a zero point (integer formats): clip(round(x / scale) + zero point), the ONNX
/// QuantizeLinear. NaN in a format without NaN becomes 0. Any thread may use one.
/// </summary>
public sealed class ElementEncoder
{
    private readonly Quantizer _quantizer;
    private readonly double[]? _values;
    private readonly uint _mask;

    public ElementEncoder(INumberFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        Format = format;
        Range = FormatRange.Of(format);
        _quantizer = Quantizer.For(format, new Rounding(RoundingMode.NearestEven, OverflowPolicy.Saturate));
        _mask = format.Bits == 32 ? uint.MaxValue : (1u << format.Bits) - 1;
        if (format.Bits > 16) return;
        _values = new double[1 << format.Bits];
        for (int code = 0; code < _values.Length; code++) _values[code] = format.Decode((uint)code).ToDouble();
    }

    /// <summary>The format of the codes.</summary>
    public INumberFormat Format { get; }

    /// <summary>What the format holds.</summary>
    public FormatRange Range { get; }

    /// <summary>Writes one code a value. Returns how many were clipped: rounded as if there were no bound, they lie outside the format's
    /// range.</summary>
    /// <param name="values">Any float32 numbers.</param>
    /// <param name="scale">Positive and finite.</param>
    /// <param name="zeroPoint">0 unless the format is an integer format.</param>
    /// <param name="codes">As long as <paramref name="values"/>.</param>
    public long Encode(ReadOnlySpan<float> values, float scale, int zeroPoint, Span<uint> codes)
    {
        if (!(scale > 0) || float.IsInfinity(scale)) throw new ArgumentOutOfRangeException(nameof(scale), scale,
            "a scale is positive and finite");
        if (zeroPoint != 0 && !Range.IsInteger) throw new ArgumentException($"format {Format.Name} takes no zero point", nameof(zeroPoint));
        return _quantizer.Encode(values, scale, zeroPoint, codes);
    }

    /// <summary>The value of one code, without scale.</summary>
    public double Decode(uint code) => _values is not null ? _values[code] : Format.Decode(code).ToDouble();

    /// <summary>The code of an integer of an integer format.</summary>
    public uint CodeOf(long integer) => unchecked((uint)integer) & _mask;
}
