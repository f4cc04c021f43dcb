namespace Sim.Foundation.Random;

/// <summary>
/// A stream of draws named by (seed, stream): the Philox words of counters (0, stream), (1, stream), ... under the seed as key.
/// Different streams of one seed are independent; give each layer, sample or thread its own. Every draw uses only IEEE 754 additions,
/// multiplications and table-free integer steps, so the same numbers come out on every machine (no libm).
/// </summary>
public sealed class RandomStream(ulong seed, ulong stream = 0)
{
    private PhiloxBlock _block;
    private ulong _counter;
    private int _left;

    /// <summary>Uniform over all 32-bit words.</summary>
    public uint NextUInt32()
    {
        if (_left == 0)
        {
            unchecked
            {
                _block = Philox.Block((uint)_counter, (uint)(_counter >> 32), (uint)stream, (uint)(stream >> 32), (uint)seed,
                    (uint)(seed >> 32));
                _counter++;
            }
            _left = 4;
        }
        return _block[4 - _left--];
    }

    /// <summary>Uniform over all 64-bit words; the first draw is the low half.</summary>
    public ulong NextUInt64()
    {
        ulong low = NextUInt32();
        return low | (ulong)NextUInt32() << 32;
    }

    /// <summary>Uniform on the 2^53 multiples of 2^-53 in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [minimum, maximum), without bias (rejection); throws when the range is empty.</summary>
    public int NextInt32(int minimum, int maximum)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(minimum, maximum);
        uint range = (uint)((long)maximum - minimum);
        uint rejectBelow = (uint)((1UL << 32) % range);
        while (true)
        {
            ulong product = (ulong)NextUInt32() * range;
            if ((uint)(product & uint.MaxValue) >= rejectBelow) return (int)(minimum + (long)(product >> 32));
        }
    }

    /// <summary>
    /// Standard normal by Marsaglia's ratio of uniforms (Leva 1992 has the quick bounds); the logarithm it needs is a polynomial of our
    /// own, so that machines with different libm agree bit for bit.
    /// </summary>
    public double NextNormal()
    {
        while (true)
        {
            double u = 1.0 - NextDouble();
            double v = 1.7156 * (NextDouble() - 0.5);
            double x = u - 0.449871, y = Math.Abs(v) + 0.386595;
            double q = x * x + y * (0.19600 * y - 0.25472 * x);
            if (q < 0.27597) return v / u;
            if (q <= 0.27846 && v * v <= -4.0 * PortableLog(u) * u * u) return v / u;
        }
    }

    /// <summary>Shuffles in place (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt32(0, i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>
    /// Natural logarithm of a positive normal number, the same bits everywhere: 2·artanh((m-1)/(m+1)) of the significand m in [√½, √2), a
    /// series of additions, multiplications and one division, relative error below 1e-15 away from 1.
    /// </summary>
    internal static double PortableLog(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) - 1023;
        double m = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        if (m > 1.4142135623730951)
        {
            m *= 0.5;
            exponent++;
        }
        double s = (m - 1) / (m + 1), s2 = s * s, sum = 0;
        for (int k = 23; k >= 1; k -= 2) sum = sum * s2 + 1.0 / k;
        return exponent * 0.6931471805599453 + 2 * s * sum;
    }
}
