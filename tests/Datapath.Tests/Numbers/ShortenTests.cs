using System.Numerics;
using Sim.Datapath;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>The one place that shortens a significand against integers of any size: IEEE 754-2019 §4.3 written out with quotient and
/// remainder.</summary>
public class ShortenTests
{
    [Test]
    public void QuotientAndRemainderDecide([Values(RoundingMode.NearestEven, RoundingMode.NearestAway, RoundingMode.ToZero,
        RoundingMode.Up, RoundingMode.Down, RoundingMode.ToOdd)] RoundingMode mode)
    {
        var random = new Random(20);
        int compared = 0;
        for (int drop = 0; drop <= 131; drop++)
        {
            foreach (UInt128 significand in Significands(random, drop))
            {
                foreach (bool negative in new[] { false, true })
                {
                    BigInteger unit = BigInteger.One << drop, quotient = BigInteger.DivRem(significand, unit, out BigInteger rest);
                    bool up = !rest.IsZero && mode switch
                    {
                        RoundingMode.NearestEven => 2 * rest > unit || 2 * rest == unit && !quotient.IsEven,
                        RoundingMode.NearestAway => 2 * rest >= unit,
                        RoundingMode.Up => !negative,
                        RoundingMode.Down => negative,
                        RoundingMode.ToOdd => quotient.IsEven,
                        _ => false,
                    };
                    UInt128 found = Rounder.Shorten(significand, drop, negative, new Rounding(mode, OverflowPolicy.Ieee), out bool inexact);
                    Assert.That((found, inexact), Is.EqualTo(((UInt128)(quotient + (up ? 1 : 0)), !rest.IsZero)),
                        $"{significand:x} without {drop} bits");
                    compared++;
                }
            }
        }
        Assert.That(compared, Is.GreaterThan(4000));
    }

    // Ties, their neighbours, powers of two, all ones and random ones; the largest leaves room for one unit more.
    private static IEnumerable<UInt128> Significands(Random random, int drop)
    {
        UInt128 most = drop == 0 ? UInt128.MaxValue - 1 : UInt128.MaxValue, half = drop is 0 or > 128 ? 0 : UInt128.One << drop - 1;
        foreach (UInt128 odd in new UInt128[] { 0, 1, 2, 5 })
        {
            UInt128 kept = drop >= 125 ? 0 : odd << drop;
            yield return kept | half;
            if ((kept | half) > 0) yield return (kept | half) - 1;
            if ((kept | half) < most) yield return (kept | half) + 1;
        }
        yield return most;
        yield return UInt128.One << 127;
        for (int i = 0; i < 6; i++) yield return new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()) >> random.Next(127);
    }
}
