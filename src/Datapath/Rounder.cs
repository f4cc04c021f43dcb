using System.Numerics;

namespace Sim.Datapath;

/// <summary>The only code that shortens a significand.</summary>
public static class Rounder
{
    /// <summary>Most random bits that stochastic rounding takes.</summary>
    public const int MaximumRandomBits = 32;

    /// <summary>
    /// <paramref name="significand"/>·2^-<paramref name="drop"/> as an integer: rounded when <paramref name="drop"/> is positive, shifted
    /// left (the caller sees that it fits) when negative. Stochastic: see <see cref="StochasticRule"/>; n = 0 is to_zero under the rule
    /// Floor.
    /// </summary>
    /// <param name="significand">Magnitude to shorten.</param>
    /// <param name="drop">Bits to lose, any number; more than 128 leaves less than half a unit.</param>
    /// <param name="negative">Sign of the number, for the directed modes.</param>
    /// <param name="rounding">Mode and random integer; its overflow policy is not used here.</param>
    /// <param name="inexact">Whether anything but zeros was lost.</param>
    /// <param name="isOdd">Whether what is kept counts as odd, where that is not told by its last bit (a format without fraction bits goes
    /// by its code); null: by the bit.</param>
    public static UInt128 Shorten(UInt128 significand, int drop, bool negative, in Rounding rounding, out bool inexact, bool? isOdd = null)
    {
        inexact = false;
        if (drop <= 0) return significand << -drop;
        UInt128 kept = drop < 128 ? significand >> drop : 0;
        UInt128 lost = drop < 128 ? significand & ((UInt128.One << drop) - 1) : significand;
        if (lost == 0) return kept;
        inexact = true;
        return IsRoundedUp(isOdd ?? UInt128.IsOddInteger(kept), lost, drop, negative, rounding) ? kept + 1 : kept;
    }

    /// <summary>Shifts right by <paramref name="drop"/> (left when negative) and ORs every lost bit into the last: neutral to any later
    /// rounding two or more bits above.</summary>
    public static UInt128 Jam(UInt128 significand, int drop)
    {
        if (drop <= 0) return significand << -drop;
        if (drop >= 128) return significand == 0 ? UInt128.Zero : UInt128.One;
        UInt128 kept = significand >> drop;
        return kept << drop == significand ? kept : kept | 1;
    }

    /// <summary>The same for an integer of any size: its top 126 bits and how many bits were <paramref name="dropped"/> (0 when it
    /// fits).</summary>
    public static UInt128 Jam(BigInteger magnitude, out int dropped)
    {
        dropped = (int)Math.Max(0, magnitude.GetBitLength() - 126);
        BigInteger kept = magnitude >> dropped;
        return (UInt128)(kept << dropped == magnitude ? kept : kept | 1);
    }

    private static bool IsRoundedUp(bool isOdd, UInt128 lost, int drop, bool negative, in Rounding rounding)
    {
        switch (rounding.Mode)
        {
            case RoundingMode.ToZero: return false;
            case RoundingMode.Up: return !negative;
            case RoundingMode.Down: return negative;
            case RoundingMode.ToOdd: return !isOdd;
            case RoundingMode.Stochastic: return IsRandomlyRoundedUp(lost, drop, rounding);
            default:
                if (drop > 128) return false;
                UInt128 half = UInt128.One << drop - 1;
                return lost > half || lost == half && (rounding.Mode == RoundingMode.NearestAway || isOdd);
        }
    }

    private static bool IsRandomlyRoundedUp(UInt128 lost, int drop, in Rounding rounding)
    {
        int bits = rounding.RandomBits;
        if (bits is < 0 or > MaximumRandomBits || (ulong)rounding.Random >> bits != 0)
            throw new ArgumentOutOfRangeException(nameof(rounding),
                $"random integer {rounding.Random} needs more than {bits} random bits (0 to {MaximumRandomBits})");
        // One more bit for Fast; δ·2^n in whole steps and what lies below them for the nearest rules.
        if (rounding.Rule == StochasticRule.Fast) return Scaled(lost, drop - bits - 1) + 2 * (ulong)rounding.Random
            + 1 >= UInt128.One << bits + 1;
        UInt128 scaled = Scaled(lost, drop - bits);
        if (rounding.Rule != StochasticRule.Floor && RoundsUp(scaled, lost, drop - bits, rounding.Rule)) scaled++;
        return scaled + rounding.Random >= UInt128.One << bits;
    }

    private static UInt128 Scaled(UInt128 lost, int shift) => shift >= 128 ? 0 : shift >= 0 ? lost >> shift : lost << -shift;

    private static bool RoundsUp(UInt128 floor, UInt128 lost, int shift, StochasticRule rule)
    {
        if (shift is <= 0 or > 128) return false;
        UInt128 rest = shift == 128 ? lost : lost & (UInt128.One << shift) - 1, half = UInt128.One << shift - 1;
        return rest > half || rest == half && UInt128.IsOddInteger(floor) == (rule == StochasticRule.Nearest);
    }
}
