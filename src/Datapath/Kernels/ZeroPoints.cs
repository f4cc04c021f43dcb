using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>Zero points of integer formats: whether they lie in the range, which <see cref="OperandRange"/> allows for, and codes beside
/// them.</summary>
internal static class ZeroPoints
{
    public static bool Fit(INumberFormat format, int zeroPoint) =>
        zeroPoint == 0 || format is FixedFormat { Fraction: 0 } f && zeroPoint >= f.MinimumInteger && zeroPoint <= f.MaximumInteger;

    public static bool Fit(INumberFormat format, ReadOnlySpan<int> zeroPoints)
    {
        foreach (int zeroPoint in zeroPoints)
            if (!Fit(format, zeroPoint)) return false;
        return true;
    }

    /// <summary>
    /// The code of round(quotient) + zero point, held to the range. The rounding happens before the range is known, so with a zero point it
    /// is done in a wider format.
    /// </summary>
    public static uint Encode(INumberFormat format, in Exact quotient, int zeroPoint, in Rounding rounding, out RoundingFlags flags)
    {
        if (zeroPoint == 0) return format.Encode(quotient, rounding, out flags);
        var (integer, wide) = ((FixedFormat)format, new FixedFormat("", 32, 0, true));
        long sum = wide.ToInteger(wide.Encode(quotient, rounding, out _)) + zeroPoint,
            held = Math.Clamp(sum, integer.MinimumInteger, integer.MaximumInteger);
        flags = held == sum ? RoundingFlags.None : RoundingFlags.Overflow;
        return integer.FromInteger(held);
    }
}
