using System.Numerics;

namespace Sim.Tests;

/// <summary>
/// BitMoD (arXiv 2411.11745 §III) and AFPQ (arXiv 2311.01792 §3) on one group of weights, from their formulas in exact integers. Scales are
/// binary16; every float is an integer in units of 2^-400.
/// </summary>
internal static class GroupOracle
{
    private const int Unit = 400;

    // FP3 and FP4 in sign-magnitude with the additional value in place of -0, in the order of the codes.
    public static readonly double[][] BitMod3 = [Additional([0, 1, 2, 4], 3), Additional([0, 1, 2, 4], -3), Additional([0, 1, 2, 4], 6),
        Additional([0, 1, 2, 4], -6)];
    public static readonly double[][] BitMod4 = [Additional(Fp4, 5), Additional(Fp4, -5), Additional(Fp4, 8), Additional(Fp4, -8)];
    public static readonly double[][] Plain4 = [[.. Fp4, .. Fp4.Select(m => -m)]];

    /// <summary>What one table makes of a group.</summary>
    internal sealed record Outcome(uint Scale, uint NegativeScale, int[] Codes, double[] Values, BigInteger Error);

    private static double[] Fp4 => [0, 0.5, 1, 1.5, 2, 3, 4, 6];

    public static Outcome[] Quantize(float[] weights, double[][] tables, bool twoScales) =>
        [.. tables.Select(t => With(weights, t, twoScales))];

    private static Outcome With(float[] weights, double[] table, bool twoScales)
    {
        double above = weights.Append(0).Max(), below = -weights.Append(0).Min(), top = table.Max(), bottom = -table.Min();
        uint positive = Scale(twoScales ? above : Math.Max(above, below), twoScales ? top : Math.Max(top, bottom)), negative = twoScales
            ? Scale(below, bottom) : positive;
        int[] codes = [.. weights.Select(w => Nearest(w / (float)Half(w < 0 ? negative : positive), table))];
        double[] values = [.. codes.Select(c => table[c] * Half(table[c] < 0 ? negative : positive))];
        BigInteger error = weights.Zip(values, (w, v) => BigInteger.Pow(Integer(w) - Integer(v), 2))
            .Aggregate(BigInteger.Zero, (x, y) => x + y);
        return new(positive, negative, codes, values, error);
    }

    // The binary16 number nearest to largest / peak; a tie to the even code. Zero is no scale.
    private static uint Scale(double largest, double peak)
    {
        if (largest == 0) return 0x3c00;
        BigInteger Distance(uint code) => BigInteger.Abs(Integer(largest) - Integer(Half(code) * peak));
        uint low = 1, high = 0x7bff;
        while (high - low > 1)
        {
            uint middle = (low + high) / 2;
            if (Half(middle) * peak <= largest) low = middle;
            else high = middle;
        }
        int side = Distance(low).CompareTo(Distance(high));
        return side < 0 || side == 0 && low % 2 == 0 ? low : high;
    }

    private static int Nearest(float x, double[] table)
    {
        BigInteger[] distances = [.. table.Select(v => BigInteger.Abs(Integer(x) - Integer(v)))];
        int[] best = [.. Enumerable.Range(0, table.Length).Where(i => distances[i] == distances.Min())];
        // A zero has two codes in a plain float; the sign of the weight chooses.
        if (best.All(i => table[i] == 0)) return best.Length == 1 ? best[0] : float.IsNegative(x) ? best[1] : best[0];
        int[] even = [.. best.GroupBy(i => table[i]).Select(g => g.Min()).Where(i => i % 2 == 0)];
        return best.Length == 1 ? best[0] : even.Length == 1 ? even[0] : best.MinBy(i => table[i]);
    }

    private static double Half(uint code) => (double)BitConverter.UInt16BitsToHalf((ushort)code);

    private static BigInteger Integer(double value)
    {
        if (value == 0) return BigInteger.Zero;
        int exponent = Math.ILogB(value) - 52;
        return (BigInteger)Math.ScaleB(value, -exponent) << exponent + Unit;
    }

    private static double[] Additional(double[] magnitudes, double value) => [.. magnitudes, value, .. magnitudes.Skip(1).Select(m => -m)];
}
