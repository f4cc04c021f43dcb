using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels.Posits;

/// <summary>Exact sums in double lanes: windows of every width, block lengths on both sides of K, and the rounding into posits at and
/// beside every tie.</summary>
public sealed class WindowLanesTests
{
    private static IGemmKernel Kernel => KernelCatalogue.ByName("fp64-window-lanes");

    [TestCase("fp32", 3)]
    [TestCase("fp32", 40)]
    [TestCase("fp32", 300)]
    [TestCase("posit16_2", 3)]
    [TestCase("posit16_2", 300)]
    [TestCase("posit32_2", 40)]
    [TestCase("e8m13", 40)]
    public void EqualsTheReferenceWhateverTheWindow(string output, int k)
    {
        const int m = 3, n = 5;
        INumberFormat fp32 = FormatCatalogue.Parse("fp32");
        DatapathSpec spec = Into(output);
        var random = new Random(k);
        int outputs = 0;
        for (int spread = 0; spread < 130; spread++)
        {
            // Windows from a few bits (plain sums) over blocks and splits to what only the fallback holds; half of the pairs cancel but for
            // a small rest.
            uint[] a = Draw(m * k, spread / 2), b = Draw(n * k, spread - spread / 2);
            for (int i = 0; i + 1 < a.Length; i += 2)
                if (random.Next(2) == 0) a[i + 1] = a[i] ^ 1u << 31;
            for (int i = 0; i + 1 < b.Length; i += 2)
                if (random.Next(2) == 0) b[i + 1] = b[i];
            outputs += Compare(spec, new GemmOperands { M = m, N = n, K = k, A = a, B = b }, $"spread {spread}");
        }
        Assert.That(outputs, Is.EqualTo(130 * m * n));

        uint[] Draw(int count, int spread) => [.. Enumerable.Range(0, count).Select(_ =>
        {
            double value = (random.Next(4) == 0 ? 1 << random.Next(6) : random.Next(1 << 1 + spread % 24) | 1)
                * Math.ScaleB(random.Next(2) == 0 ? 1 : -1, -random.Next(spread + 1));
            return fp32.Encode(Exact.FromDouble(random.Next(12) == 0 ? 0 : value), Rounding.NearestEven, out RoundingFlags _);
        })];
    }

    [TestCase("posit8_0", "posit9_0")]
    [TestCase("posit8_2", "posit9_2")]
    [TestCase("posit16_1", "posit17_1")]
    [TestCase("posit12_4", "posit13_4")]
    [TestCase("posit3_1", "posit4_1")]
    [TestCase("posit5_3", "posit6_3")]
    public void RoundsIntoPositsAtEveryTieAndBesideIt(string output, string wider)
    {
        // The values of the format one bit wider are those of the output and all ties between them.
        INumberFormat fp32 = FormatCatalogue.Parse("fp32"), fine = FormatCatalogue.Parse(wider);
        double[] points = [.. Enumerable.Range(0, 1 << fine.Bits).Select(c => fine.Decode((uint)c))
            .Where(v => v.Class == NumberClass.Finite && v.LeadingExponent is > -60 and < 60).Select(v => v.ToDouble())];
        DatapathSpec spec = Into(output);
        int outputs = 0;
        foreach (double rest in new[] { 0, 1, -1 })
        {
            uint[] a = [Code(1), Code(rest)], b = [.. points.SelectMany(p => new[] { Code(p), Code(Math.ScaleB(Math.Abs(p), -30)) })];
            outputs += Compare(spec, new GemmOperands { M = 1, N = points.Length, K = 2, A = a, B = b }, $"rest {rest}");
        }
        Assert.That(outputs, Is.EqualTo(3 * points.Length).And.GreaterThan(30));

        uint Code(double value) => fp32.Encode(Exact.FromDouble(value), Rounding.NearestEven, out _);
    }

    // 2^96 + 2^-8 - 2^96: a window of 105 bits for three products of which two cancel; 113 bits for one more are the fallback's.
    [TestCase(-8)]
    [TestCase(-16)]
    public void KeepsTheLastBitBelowWhatCancels(int exponent)
    {
        INumberFormat fp32 = FormatCatalogue.Parse("fp32");
        uint[] a = [Code(96), Code(exponent), Code(96) | 1u << 31], b = [Code(0), Code(0), Code(0)];
        var found = new long[1];
        GemmEvents events = default;
        Kernel.Run(Into("fp32"), default, new GemmOperands { M = 1, N = 1, K = 3, A = a, B = b }, found, ref events);
        Assert.That(found[0], Is.EqualTo((long)Code(exponent)));

        uint Code(int power) => fp32.Encode(Exact.Finite(false, power, 1), Rounding.NearestEven, out _);
    }

    private static DatapathSpec Into(string output)
    {
        INumberFormat fp32 = FormatCatalogue.Parse("fp32");
        return new("window", fp32, fp32,
            new ExactAccumulator(FormatCatalogue.Parse(output), RoundingMode.NearestEven, OverflowPolicy.Ieee));
    }

    private static int Compare(DatapathSpec spec, in GemmOperands operands, string what)
    {
        var expected = new long[operands.M * operands.N];
        var found = new long[expected.Length];
        GemmEvents counted = default, events = default;
        new ReferenceKernel().Run(spec, default, operands, expected, ref counted);
        Assert.That(Kernel.Refuses(spec, default, operands.K), Is.Null);
        Kernel.Run(spec, default, operands, found, ref events);
        Assert.That(found, Is.EqualTo(expected), what);
        Assert.That(events, Is.EqualTo(counted), what);
        return found.Length;
    }
}
