namespace Sim.Datapath.Formats;

/// <summary>The code of a block's scale, from exact numbers.</summary>
internal static class ScaleChoice
{
    /// <summary>The scale of a block whose largest magnitude is <paramref name="amax"/>, in units of <paramref name="unit"/> (the tensor's
    /// scale).</summary>
    public static uint Choose(BlockFormat format, in Exact amax, in Exact unit)
    {
        if (format.Scale is not ExponentFormat powers)
        {
            Exact ratio = BlockFormat.Divide(amax, BlockFormat.Multiply(format.Peak, unit));
            RoundingMode mode = format.Rule == ScaleRule.NearestUp ? RoundingMode.Up : RoundingMode.NearestEven;
            return format.Scale.Encode(ratio, new Rounding(mode, OverflowPolicy.SaturateInfinity), out _);
        }
        if (amax.Class == NumberClass.Zero) return 0;
        Exact largest = unit.Significand == 1 && unit.Exponent == 0 ? amax : BlockFormat.Divide(amax, unit);
        return Hold(powers, Exponent(format, largest));
    }

    /// <summary>The exponent that a power-of-two rule gives; not yet held to the scale format's range.</summary>
    private static int Exponent(BlockFormat format, in Exact amax)
    {
        Exact peak = format.Peak;
        int floor = amax.LeadingExponent - peak.LeadingExponent;
        return format.Rule switch
        {
            ScaleRule.Floor => floor,
            ScaleRule.Ceil => floor + (UInt128.IsPow2(amax.Significand) ? 0 : 1),
            // Both significands with their leading ones in the same place.
            ScaleRule.RoundUp => floor + (amax.Significand << 127 - amax.Length + 1 > peak.Significand << 127 - peak.Length + 1 ? 1 : 0),
            ScaleRule.Even => floor + (RoundsToNextPower(amax, Precision(format.Element)) ? 1 : 0),
            _ => throw new ArgumentException($"rule {format.Rule} gives no power of two", nameof(format)),
        };
    }

    /// <summary>Significant bits of an element.</summary>
    internal static int Precision(INumberFormat element)
    {
        if (element is FloatFormat f) return f.Precision;
        Exact maximum = element.Maximum;
        return maximum.Length - (int)UInt128.TrailingZeroCount(maximum.Significand);
    }

    private static bool RoundsToNextPower(in Exact amax, int precision) =>
        amax.Length > precision && Rounder.Shorten(amax.Significand, amax.Length - precision, false, Rounding.NearestEven, out _)
            >> precision != 0;

    private static uint Hold(ExponentFormat scale, int exponent) => (uint)Math.Clamp(exponent + scale.Bias, 0, (int)scale.NaNCode - 1);
}
