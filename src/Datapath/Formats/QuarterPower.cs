using System.Numerics;

namespace Sim.Datapath.Formats;

/// <summary>m^(q/4), rounded once to binary32 by integer arithmetic: the C library's pow differs between machines.</summary>
internal static class QuarterPower
{
    /// <summary>The binary32 number nearest to <paramref name="m"/>^(<paramref name="quarters"/>/4), m 0 to 255.</summary>
    public static float Of(int m, int quarters)
    {
        BigInteger power = BigInteger.Pow(m, quarters);
        if (power.IsZero) return 0;
        // floor(fourth root of m^q · 2^(4·30)) = floor(m^(q/4) · 2^30), its last bit a sticky one: at least 30 bits, so the halving below
        // is no second rounding.
        BigInteger scaled = power << 120;
        BigInteger root = Root(Root(scaled));
        BigInteger sticky = BigInteger.Pow(root, 4) == scaled ? BigInteger.Zero : BigInteger.One;
        return Round(root << 1 | sticky);
    }

    private static float Round(BigInteger jammed)
    {
        int drop = (int)Math.Max(0, (long)jammed.GetBitLength() - 24);
        UInt128 kept = Rounder.Shorten((UInt128)jammed, drop, false, Rounding.NearestEven, out _);
        return MathF.ScaleB((float)(ulong)kept, drop - 31);
    }

    // Integer square root by Newton's iteration from above.
    private static BigInteger Root(BigInteger value)
    {
        BigInteger x = BigInteger.One << (int)(value.GetBitLength() / 2 + 1);
        while (true)
        {
            BigInteger next = x + value / x >> 1;
            if (next >= x) return x;
            x = next;
        }
    }
}
