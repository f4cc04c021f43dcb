namespace Sim.Datapath;

/// <summary>How a significand is shortened (IEEE 754-2019 §4.3; to_odd: Boldo and Melquiond; stochastic: n random bits).</summary>
public enum RoundingMode : byte { NearestEven, NearestAway, ToZero, Up, Down, ToOdd, Stochastic }

/// <summary>
/// When stochastic rounding with n random bits r goes up, δ being the lost fraction of a unit: Floor: floor(δ·2^n) + r ≥ 2^n;
/// Nearest: δ·2^n rounded to nearest even in place of floored; Odd: to nearest, ties to odd; Fast: floor(δ·2^(n+1)) + 2r + 1 ≥ 2^(n+1).
/// They are gfloat's StochasticFastest, Stochastic, StochasticOdd and StochasticFast.
/// </summary>
public enum StochasticRule : byte { Floor, Nearest, Odd, Fast }

/// <summary>
/// What a result beyond the largest finite becomes. Ieee: Inf or NaN as the format has it, directed modes stop at the largest finite.
/// Saturate: finite overflow to the largest finite, Inf and NaN kept where they exist. SaturateInfinity: Inf too.
/// </summary>
public enum OverflowPolicy : byte { Ieee, Saturate, SaturateInfinity }

/// <summary>IEEE 754 exception flags, with the bit values of TestFloat.</summary>
[Flags]
public enum RoundingFlags : byte { None = 0, Inexact = 1, Underflow = 2, Overflow = 4, DivideByZero = 8, Invalid = 16 }

/// <summary>One rounding: mode, overflow policy and, for stochastic rounding, how many random bits, which integer they hold and how they
/// decide.</summary>
public readonly record struct Rounding(RoundingMode Mode, OverflowPolicy Overflow = OverflowPolicy.Ieee, int RandomBits = 0,
    uint Random = 0,
    StochasticRule Rule = StochasticRule.Floor)
{
    /// <summary>Round to nearest, ties to even, IEEE overflow.</summary>
    public static Rounding NearestEven => default;
}
