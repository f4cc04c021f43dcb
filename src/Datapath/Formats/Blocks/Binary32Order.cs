namespace Sim.Datapath.Formats;

/// <summary>
/// Two-level scaling in binary32, operation by operation, in the order of TransformerEngine's NVFP4 reference quantizer (see
/// <see cref="ScaleArithmetic.Binary32"/>).
/// Each line of C# below is one IEEE 754 binary32 operation; the order is the definition.
/// </summary>
internal static class Binary32Order
{
    /// <summary>g, what numbers of a tensor are multiplied by: 1 when it would be 0 or the tensor is zero.</summary>
    public static float Encode(BlockFormat format, float tensorAmax)
    {
        if (!format.TwoLevel) return 1;
        float peak = (float)format.Scale.Maximum.ToDouble() * (float)format.Peak.ToDouble();
        float g = MathF.Min(peak / tensorAmax, float.MaxValue);
        return tensorAmax == 0 || g == 0 ? 1 : g;
    }

    /// <summary>The factor that amax of a block is multiplied by to give its scale.</summary>
    public static float ScaleFactor(BlockFormat format, float g)
    {
        float reciprocal = 1 / (float)format.Peak.ToDouble();
        return g * reciprocal;
    }

    /// <summary>What elements of a block are multiplied by.</summary>
    public static float ElementFactor(float scale, float g)
    {
        float decode = 1 / g;
        float whole = scale * decode;
        return MathF.Min(1 / whole, float.MaxValue);
    }

    /// <summary>The elements of a block under its scale.</summary>
    public static void Encode(BlockFormat format, uint scale, ReadOnlySpan<float> values, float tensorAmax, ElementRounding rounding,
        Span<uint> codes, ref BlockEvents events)
    {
        float factor = ElementFactor((float)format.Scale.Decode(scale).ToDouble(), Encode(format, tensorAmax));
        for (int i = 0; i < values.Length; i++)
        {
            float scaled = values[i] * factor;
            codes[i] = format.EncodeElement(Exact.FromDouble(scaled), rounding.At(i), ref events);
        }
    }

    /// <summary>The code of a block's scale.</summary>
    public static uint Scale(BlockFormat format, float amax, float factor)
    {
        float ratio = amax * factor;
        RoundingMode mode = format.Rule == ScaleRule.NearestUp ? RoundingMode.Up : RoundingMode.NearestEven;
        return format.Scale.Encode(Exact.FromDouble(ratio), new Rounding(mode, OverflowPolicy.SaturateInfinity), out _);
    }
}
