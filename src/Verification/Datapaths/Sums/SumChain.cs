using System.Numerics;

namespace Sim.Verification.Datapaths.Sums;

/// <summary>How far a chain of equal steps was followed.</summary>
/// <param name="Safe">Products that provably never overflow, up to the number asked; <see cref="long.MaxValue"/> when the sum stands still
/// for ever.</param>
/// <param name="Overflows">The next product may overflow.</param>
/// <param name="Sums">All sums of <see cref="Safe"/> products.</param>
/// <param name="Last">The register before the overflow, or at the end.</param>
internal readonly record struct ChainResult(long Safe, bool Overflows, Interval<Dyadic> Sums, Interval<Dyadic> Last)
{
    /// <summary>Whether the sum no longer moves, however many products follow.</summary>
    public bool StandsStill => Safe == long.MaxValue;
}

/// <summary>Follows the register from 0 over products of one interval, step by step, and in one leap through a binade in which every two
/// steps add the same.</summary>
internal static class SumChain
{
    /// <summary>Most steps without a leap.</summary>
    public const int MostSteps = 1 << 18;

    /// <summary>Follows at most <paramref name="terms"/> products; null when the steps ran out undecided.</summary>
    public static ChainResult? Uniform(SumStep step, Interval<Dyadic> product, long terms, Interval<Dyadic> start = default)
    {
        Interval<Dyadic> register = start, all = start;
        long done = 0;
        var lanes = new Interval<Dyadic>[(int)Math.Min(step.Lanes, terms)];
        Array.Fill(lanes, product);
        for (int steps = 0; done < terms; steps++)
        {
            if (steps > MostSteps) return null;
            int count = (int)Math.Min(step.Lanes, terms - done);
            if (step.Next(register, lanes.AsSpan(0, count)) is not { } next) return Last(step, lanes, done, count, register, all);
            done += count;
            if (next == register && count == step.Lanes) return new(long.MaxValue, false, all, register);
            register = next;
            all = all.Hull(register);
            if (steps % 8 == 0 && terms - done > 64L * step.Lanes
                && Leap(step, lanes, register, (terms - done) / step.Lanes, out Interval<Dyadic> far) is > 0 and var leapt)
            {
                done += leapt * step.Lanes;
                register = far;
                all = all.Hull(register);
            }
        }
        return new(done, false, all, register);
    }

    // A step of several products may overflow with fewer of them.
    private static ChainResult Last(SumStep step, Interval<Dyadic>[] lanes, long done, int count, Interval<Dyadic> register,
        Interval<Dyadic> all)
    {
        int safe = 0;
        while (safe + 1 < count && step.Next(register, lanes.AsSpan(0, safe + 1)) is not null) safe++;
        return new(done + safe, true, all, register);
    }

    /// <summary>
    /// Steps that can be taken at once. In a binade a step maps v to v + d with d depending only on whether v is an even multiple of the
    /// unit; so after one step two more always add the same D, a multiple of two units, until the sum before rounding leaves the binade.
    /// </summary>
    private static long Leap(SumStep step, Interval<Dyadic>[] lanes, Interval<Dyadic> start, long steps, out Interval<Dyadic> far)
    {
        far = start;
        var at = new Interval<Dyadic>[6];
        at[0] = start;
        for (int i = 1; i < at.Length; i++)
        {
            if (step.Next(at[i - 1], lanes) is not { } next) return 0;
            at[i] = next;
        }
        BigInteger pairs = (steps - 5) / 2;
        if (!Room(step, [.. at.Select(r => r.High)], lanes[0], lanes.Length, ref pairs)
            || !Room(step, [.. at.Select(r => r.Low)], lanes[0], lanes.Length, ref pairs) || pairs <= 0) return 0;
        Interval<Dyadic> two = new(at[5].Low - at[3].Low, at[5].High - at[3].High);
        far = at[5] + two.Times(new Dyadic(pairs));
        return 5 + 2 * (long)pairs;
    }

    // Limits the pairs of steps to those that keep an end of the interval in its binade.
    private static bool Room(SumStep step, Dyadic[] at, Interval<Dyadic> product, int lanes, ref BigInteger pairs)
    {
        Dyadic two = at[5] - at[3], last = at[5];
        if (two != at[3] - at[1]) return false;
        if (two.Sign == 0) return at[4] == at[5];
        if (at.Any(v => v.Sign != last.Sign || v.LeadingExponent != last.LeadingExponent) || two.Sign != last.Sign) return false;
        if (step.ShiftUnit(last) is not { } unit || two.Exponent < unit + 1) return false;
        Dyadic margin = (product.Magnitude * new Dyadic(lanes) + two.Magnitude) * new Dyadic(4);
        Dyadic room = Dyadic.Power(last.LeadingExponent + 1) - last.Magnitude - margin;
        if (room.Sign <= 0) return false;
        pairs = BigInteger.Min(pairs, room.Floor(two.Magnitude));
        return true;
    }

}
