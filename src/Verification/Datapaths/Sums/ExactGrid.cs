using Sim.Datapath.Formats;

namespace Sim.Verification.Datapaths.Sums;

/// <summary>Which multiples of a power of two a format holds without rounding.</summary>
internal static class ExactGrid
{
    /// <summary>
    /// The greatest M found such that every multiple of 2^<paramref name="unit"/> with magnitude at most M is a number of the format; null
    /// when 2^unit is none. Within a binade the numbers of such formats are evenly spaced from its power of two, so two of them decide for
    /// all.
    /// </summary>
    public static Dyadic? Reach(INumberFormat format, int unit)
    {
        if (!MonotoneRounding.Applies(format) || !Holds(format, Dyadic.Power(unit))) return null;
        Dyadic largest = Dyadic.Of(format.Maximum), step = Dyadic.Power(unit);
        for (int e = unit; e <= largest.LeadingExponent; e++)
        {
            Dyadic power = Dyadic.Power(e);
            if (!Holds(format, power)) return power - step;
            if (e > unit && !Holds(format, power + step)) return power + step > largest ? Dyadic.Min(power, largest) : power;
        }
        return new Dyadic(largest.Floor(step), unit);
    }

    /// <summary>Whether a number has a code.</summary>
    public static bool Holds(INumberFormat format, Dyadic value)
    {
        if (value.Sign == 0) return true;
        uint code = format.Encode(value.ToExact(), Rounding.NearestEven, out _);
        Exact held = format.Decode(code);
        return held.Class == NumberClass.Finite && Dyadic.Of(held) == value;
    }
}
