using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats;

/// <summary>
/// A bare exponent (OCP MX v1.0 §5.4.1, the scale of a block): value = 2^(code - Bias), always positive; the all-ones code is NaN; no zero,
/// no Inf.
/// Zero and negative numbers have no code: NaN, or the smallest number under a saturating policy, and Invalid. Positive numbers below the
/// smallest become the smallest (Underflow). A number half way between two powers rounds up to nearest, because the one significant bit
/// kept is odd.
/// </summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Bits">Bits of the exponent field, 2 to 11.</param>
/// <param name="Bias">What the field exceeds the exponent by.</param>
public sealed record ExponentFormat(string Name, int Bits, int Bias) : INumberFormat
{
    /// <inheritdoc/>
    public Exact Maximum => Decode(NaNCode - 1);

    /// <inheritdoc/>
    public Exact Minimum => Decode(0);

    /// <inheritdoc/>
    public Exact SmallestPositive => Decode(0);

    /// <inheritdoc/>
    public OperandShape Shape => new(1, Bits, (1 << Bits) - 2, -Bias, false, false, Bits);

    /// <summary>The only NaN.</summary>
    public uint NaNCode => (1u << Bits) - 1;

    /// <inheritdoc/>
    public Exact Decode(uint code) => code == NaNCode ? Exact.NaN : Exact.Finite(false, (int)code - Bias, 1);

    /// <inheritdoc/>
    public uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags)
    {
        bool saturates = rounding.Overflow != OverflowPolicy.Ieee;
        flags = RoundingFlags.None;
        if (value.Class == NumberClass.NaN) return NaNCode;
        bool infinite = value.Class == NumberClass.Infinity;
        if (value.Class == NumberClass.Zero || value.Negative)
        {
            flags = RoundingFlags.Invalid;
            return saturates && (!infinite || rounding.Overflow == OverflowPolicy.SaturateInfinity) ? 0 : NaNCode;
        }
        if (infinite)
        {
            flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
            return rounding.Overflow == OverflowPolicy.SaturateInfinity ? NaNCode - 1 : NaNCode;
        }
        UInt128 kept = Rounder.Shorten(value.Significand, value.Length - 1, false, rounding, out bool inexact);
        int code = value.LeadingExponent + (kept == 2 ? 1 : 0) + Bias;
        if (inexact) flags = RoundingFlags.Inexact;
        if (code < 0)
        {
            flags = RoundingFlags.Underflow | RoundingFlags.Inexact;
            return 0;
        }
        if (code < NaNCode) return (uint)code;
        flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
        return saturates || rounding.Mode is RoundingMode.ToZero or RoundingMode.Down ? NaNCode - 1 : NaNCode;
    }
}
