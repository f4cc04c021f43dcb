using Sim.Datapath.Formats;

namespace Sim.Verification.Datapaths.Sums;

/// <summary>
/// Rounding into a format whose codes lie on one line: x ≤ y implies R(x) ≤ R(y), so that a bound before rounding, rounded, is a bound
/// after it. Every mode but stochastic rounding is monotone: each maps an interval between neighbours to one of its ends, the upper one for
/// larger numbers.
/// </summary>
internal sealed record MonotoneRounding(INumberFormat Format, RoundingMode Mode, OverflowPolicy Overflow)
{
    private readonly Rounding _rounding = new(Mode, Overflow);

    /// <summary>Whether bounds may be rounded so: formats of one line of codes.</summary>
    public static bool Applies(INumberFormat format) =>
        format is FloatFormat or P3109Format or PositFormat or HiFloat8Format or FixedFormat;

    /// <summary>The rounded number; null when the rounding raises Overflow: it became Inf or NaN, or was clipped.</summary>
    public Dyadic? Of(Dyadic value)
    {
        if (value.Sign == 0) return value;
        uint code = Format.Encode(value.ToExact(), _rounding, out RoundingFlags flags);
        return (flags & RoundingFlags.Overflow) != 0 ? null : Dyadic.Of(Format.Decode(code));
    }

    /// <summary>Both ends; null when one overflows.</summary>
    public Interval<Dyadic>? Of(Interval<Dyadic> value) => Of(value.Low) is { } low && Of(value.High) is { } high ? new(low, high) : null;

    /// <summary>Weight of the last place of numbers in a binade of a float format; null where spacing is not one grid a binade.</summary>
    public int? Unit(Dyadic value) => Format is FloatFormat f
        ? (value.Sign == 0 ? f.MinimumExponent : Math.Max(value.LeadingExponent, f.MinimumExponent)) - f.FractionBits : null;
}
