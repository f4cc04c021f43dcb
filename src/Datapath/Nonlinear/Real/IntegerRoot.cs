using System.Numerics;

namespace Sim.Datapath.Nonlinear.Real;

/// <summary>Integer square root.</summary>
public static class IntegerRoot
{
    /// <summary>
    /// ⌊√n⌋ by Newton's iteration from above, x ← ⌊(x + ⌊n/x⌋)/2⌋ until it no longer falls: I-BERT's i-sqrt (arXiv 2101.01321 Algorithm 4;
    /// Crandall and Pomerance, Algorithm 9.2.11), which starts at 2^⌈bits(n)/2⌉.
    /// </summary>
    public static BigInteger Floor(BigInteger n)
    {
        if (n.Sign < 0) throw new ArgumentOutOfRangeException(nameof(n), n, "a negative number has no square root");
        if (n.IsZero) return 0;
        BigInteger x = BigInteger.One << (int)((n.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = x + n / x >> 1;
            if (next >= x) return x;
            x = next;
        }
    }
}
