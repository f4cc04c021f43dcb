using Sim.Datapath.Formats;

namespace Sim.Workloads.Graph;

/// <summary>The float types of ONNX below 32 bits as number formats: decoding their codes, and rounding a number to them once.</summary>
public static class ElementCodes
{
    private static readonly Dictionary<ElementType, float[]> Values = Enum.GetValues<ElementType>().Where(t => t.IsCoded())
        .ToDictionary(t => t, t => Enumerable.Range(0, 1 << t.Bits()).Select(c => (float)Format(t).Decode((uint)c).ToDouble()).ToArray());

    /// <summary>The number format of a float type (OCP OFP8 and MX, Noune et al. for FNUZ, IEEE 754).</summary>
    public static INumberFormat Format(ElementType type) => FormatCatalogue.Parse(type switch
    {
        ElementType.Float16 => "fp16",
        ElementType.BFloat16 => "bf16",
        ElementType.Float32 => "fp32",
        ElementType.Float8E4M3FN => "e4m3",
        ElementType.Float8E4M3FNUZ => "e4m3fnuz",
        ElementType.Float8E5M2 => "e5m2",
        ElementType.Float8E5M2FNUZ => "e5m2fnuz",
        ElementType.Float8E8M0 => "e8m0",
        ElementType.Float4E2M1 => "e2m1",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no float type of at most 32 bits"),
    });

    /// <summary>The value of a code of a float type of at most 8 bits.</summary>
    public static float Decode(ElementType type, byte code) => Values[type][code];

    /// <summary>The values of codes.</summary>
    public static float[] Decode(ElementType type, ReadOnlySpan<byte> codes)
    {
        float[] values = Values[type], result = new float[codes.Length];
        for (int i = 0; i < result.Length; i++) result[i] = values[codes[i]];
        return result;
    }

    /// <summary>The code nearest to a number under <paramref name="rounding"/>: one rounding from the double.</summary>
    public static byte Encode(ElementType type, double value, Rounding rounding) =>
        type.IsCoded() ? (byte)Format(type).Encode(Exact.FromDouble(value), rounding, out _)
            : throw new ArgumentOutOfRangeException(nameof(type), type, "not held as codes");

    /// <summary>The number rounded once, to nearest even, to Float16, BFloat16 or Float32; beyond the range Inf.</summary>
    public static float Round(ElementType type, double value) => type switch
    {
        ElementType.Float32 => (float)value,
        ElementType.Float16 => (float)(Half)value,
        ElementType.BFloat16 => BFloat16(value),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not held as float32"),
    };

    /// <summary>The value of a bfloat16 pattern: the high half of a float32.</summary>
    public static float FromBFloat16(ushort pattern) => BitConverter.UInt32BitsToSingle((uint)pattern << 16);

    /// <summary>The pattern of a value that bfloat16 has.</summary>
    public static ushort ToBFloat16(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);

    private static float BFloat16(double value)
    {
        if (double.IsNaN(value)) return float.NaN;
        // To float32 by rounding to odd: what was lost still shows in the last bit, so that the second rounding is as good as one.
        float nearest = (float)value;
        uint bits = BitConverter.SingleToUInt32Bits(nearest);
        if (nearest != value && (bits & 1) == 0)
            bits = Math.Abs((double)nearest) < Math.Abs(value) ? bits + 1 : bits - 1;
        uint low = bits & 0xFFFF, high = bits & 0xFFFF_0000;
        if (low > 0x8000 || low == 0x8000 && (high & 0x1_0000) != 0) high = unchecked(high + 0x1_0000);
        return BitConverter.UInt32BitsToSingle(high);
    }
}
