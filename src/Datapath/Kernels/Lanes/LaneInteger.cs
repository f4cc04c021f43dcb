using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>Double lanes to integers.</summary>
internal static class LaneInteger
{
    /// <summary>Non-negative lanes below 2^52 rounded to integers; others give something without meaning.</summary>
    /// <param name="mode">Any mode but stochastic.</param>
    /// <param name="value">Magnitudes.</param>
    /// <param name="negative">All ones where the number is negative, for the directed modes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Round(RoundingMode mode, Vector512<double> value, Vector512<double> negative)
    {
        Vector512<double> magic = Vector512.Create(4503599627370496.0), one = Vector512<double>.One;
        if (mode == RoundingMode.NearestEven) return value + magic - magic;
        Vector512<double> kept = Vector512.Truncate(value), lost = value - kept;
        switch (mode)
        {
            case RoundingMode.NearestAway: return kept + (Vector512.GreaterThanOrEqual(lost, Vector512.Create(0.5)) & one);
            case RoundingMode.Up: return kept + (Vector512.AndNot(Vector512.GreaterThan(lost, Vector512<double>.Zero), negative) & one);
            case RoundingMode.Down: return kept + (Vector512.GreaterThan(lost, Vector512<double>.Zero) & negative & one);
            case RoundingMode.ToOdd:
                Vector512<double> even = Vector512.Equals(Vector512.Truncate(kept * 0.5) * 2.0, kept);
                return kept + (Vector512.GreaterThan(lost, Vector512<double>.Zero) & even & one);
            default: return kept;
        }
    }
}
