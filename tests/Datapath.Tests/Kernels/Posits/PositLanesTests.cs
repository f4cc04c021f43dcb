using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels.Posits;

/// <summary>Posit registers in float lanes: every step of 8-bit posits, every rounding of 16-bit ones, sums that lanes cannot hold, sums
/// that end on the largest posit.</summary>
public sealed class PositLanesTests
{
    private static IGemmKernel Lanes => KernelCatalogue.ByName("fp32-posit-lanes");

    private static IGemmKernel WideLanes => KernelCatalogue.ByName("fp64-posit-lanes");

    // The table kernel looks every step up in a table that the reference's own register made.
    [TestCase("posit8_0", false)]
    [TestCase("posit8_0", true)]
    [TestCase("posit8_1", false)]
    [TestCase("posit8_2", false)]
    [TestCase("posit8_2", true)]
    public void TakesEveryStepOfEveryRegister(string name, bool separate)
    {
        var format = (PositFormat)FormatCatalogue.Parse(name);
        DatapathSpec spec = Spec(name, name, name, separate);
        uint one = format.Encode(Exact.Integer(1), Rounding.NearestEven, out _);
        // acc·1 + a·b for all acc, a and b but NaR.
        uint[] codes = [.. Enumerable.Range(0, 256).Select(c => (uint)c).Where(c => c != format.NaRCode)];
        uint[] b = [.. codes.SelectMany(c => new[] { one, c })];
        var expected = new long[codes.Length * codes.Length];
        var found = new long[expected.Length];
        long steps = 0;
        foreach (uint acc in codes)
        {
            uint[] a = [.. codes.SelectMany(c => new[] { acc, c })];
            var operands = new GemmOperands { M = codes.Length, N = codes.Length, K = 2, A = a, B = b };
            GemmEvents counted = default, events = default;
            KernelCatalogue.ByName("step-table").Run(spec, default, operands, expected, ref counted);
            foreach (IGemmKernel kernel in new[] { Lanes, WideLanes })
            {
                events = default;
                kernel.Run(spec, default, operands, found, ref events);
                if (!found.AsSpan().SequenceEqual(expected)) Assert.Fail($"{kernel.Name}, register {acc:x}: output {expected.AsSpan().CommonPrefixLength(found)}");
                Assert.That(events, Is.EqualTo(counted), $"{kernel.Name}, register {acc:x}");
                steps += found.Length;
            }
        }
        Assert.That(steps, Is.EqualTo(2L * 255 * 255 * 255));
    }

    [TestCase("posit8_2", "posit8_2", "posit8_2")]
    [TestCase("posit8_1", "posit8_1", "posit8_1")]
    [TestCase("posit8_3", "posit8_3", "posit8_3")]
    [TestCase("e5m2", "posit7_2", "posit8_3")]
    [TestCase("e4m3", "e4m3", "posit9_0")]
    [TestCase("posit6_2", "int4", "posit9_2")]
    [TestCase("posit5_3", "posit5_3", "posit3_1")]
    [TestCase("posit16_0", "posit16_0", "posit16_0")]
    [TestCase("posit16_1", "posit16_1", "posit16_1")]
    [TestCase("posit16_2", "posit16_2", "posit16_2")]
    [TestCase("posit16_3", "posit16_3", "posit16_3")]
    [TestCase("posit14_4", "posit16_4", "posit16_4")]
    [TestCase("bf16", "e5m2", "posit12_2")]
    public void EqualsTheReferenceAtTiesThatATinySumDecides(string activation, string weight, string register)
    {
        const int m = 9, n = 33;
        INumberFormat x = FormatCatalogue.Parse(activation), y = FormatCatalogue.Parse(weight);
        var random = new Random(31);
        int outputs = 0;
        foreach (bool separate in new[] { false, true })
        {
            DatapathSpec spec = Spec(activation, weight, register, separate);
            IGemmKernel kernel = KernelCatalogue.Select(spec, default, 4);
            Assert.That(kernel.Name, Is.EqualTo((spec.Accumulator is FloatAccumulator { Format.Bits: <= 9 } ? Lanes : WideLanes).Name));
            foreach (int chunk in new[] { 0, 2, 3 })
            {
                for (int turn = 0; turn < 12; turn++)
                {
                    // Tiny and large by turns, saturated sums now and then.
                    int k = turn + 1;
                    uint[] a = Draw(x, m * k), b = Draw(y, n * k);
                    var operands = new GemmOperands { M = m, N = n, K = k, A = a, B = b };
                    long[] expected = new long[m * n], found = new long[m * n];
                    GemmEvents counted = default, events = default;
                    new ReferenceKernel().Run(spec, new(chunk), operands, expected, ref counted);
                    kernel.Run(spec, new(chunk), operands, found, ref events);
                    Assert.That(found, Is.EqualTo(expected), $"{spec.Accumulator} chunks of {chunk}, {k} products");
                    Assert.That(events, Is.EqualTo(counted), $"{spec.Accumulator} chunks of {chunk}, {k} products");
                    outputs += found.Length;
                }
            }
        }
        Assert.That(outputs, Is.GreaterThan(20_000));

        uint Draw1(INumberFormat f, int i)
        {
            uint sign = (uint)random.Next(2) << f.Bits - 1, mask = uint.MaxValue >> 32 - f.Bits;
            double value = i % 2 == 0 ? f.SmallestPositive.ToDouble() * random.Next(4) : random.Next(4) == 0 ? f.Maximum.ToDouble()
                : Math.ScaleB(random.Next(1, 32), random.Next(-3, 4));
            uint code = f.Encode(Exact.FromDouble(sign == 0 ? value : -value), new(RoundingMode.NearestEven, OverflowPolicy.Saturate),
                out _) & mask;
            return f.Decode(code).Class is NumberClass.Finite or NumberClass.Zero ? code : 0;
        }

        uint[] Draw(INumberFormat f, int count) => [.. Enumerable.Range(0, count).Select(i => Draw1(f, i + random.Next(5) / 4))];
    }

    // posit8_2 has eighths between 1 and 2: 1.25·1.25 = 25/16 ties to 12/8, 1.125·1.5 = 27/16 to 14/8; 2^-24 lies 24 binades below.
    [TestCase(1.25, 1.25, 1, 1.625)]
    [TestCase(1.25, 1.25, 0, 1.5)]
    [TestCase(1.25, 1.25, -1, 1.5)]
    [TestCase(1.125, 1.5, 1, 1.75)]
    [TestCase(1.125, 1.5, 0, 1.75)]
    [TestCase(1.125, 1.5, -1, 1.625)]
    public void WhatTheLanesAbsorbStillBreaksTheTie(double x, double y, int sign, double expected)
    {
        var format = (PositFormat)FormatCatalogue.Parse("posit8_2");
        uint[] a = [Code(sign * Math.ScaleB(1, -24)), Code(x)], b = [Code(1), Code(y)];
        var found = new long[1];
        GemmEvents events = default;
        Lanes.Run(Spec("posit8_2", "posit8_2", "posit8_2", false), default, new GemmOperands { M = 1, N = 1, K = 2, A = a, B = b }, found,
            ref events);
        Assert.That(format.Decode((uint)found[0]).ToDouble(), Is.EqualTo(expected));

        uint Code(double value) => format.Encode(Exact.FromDouble(value), Rounding.NearestEven, out _);
    }

    // posit16_1 goes ..., 2^24, 2^25, 2^26, 2^28: strings tie at 1.5·2^25 and 2^27. posit16_2 has 2^-11 between 1 and 2. 2^-28 and 2^-56
    // are their smallest.
    [TestCase("posit16_1", 8192.0, 16384.0, 1, 268435456.0)]
    [TestCase("posit16_1", 8192.0, 16384.0, 0, 67108864.0)]
    [TestCase("posit16_1", 8192.0, 16384.0, -1, 67108864.0)]
    [TestCase("posit16_1", 8192.0, 6144.0, 1, 67108864.0)]
    [TestCase("posit16_1", 8192.0, 6144.0, 0, 67108864.0)]
    [TestCase("posit16_1", 8192.0, 6144.0, -1, 33554432.0)]
    [TestCase("posit16_2", 1.015625, 1.015625, 1, 1.03173828125)]
    [TestCase("posit16_2", 1.015625, 1.015625, 0, 1.03125)]
    [TestCase("posit16_2", 1.015625, 1.015625, -1, 1.03125)]
    [TestCase("posit16_2", 1.00048828125, 1.5, 1, 1.5009765625)]
    [TestCase("posit16_2", 1.00048828125, 1.5, 0, 1.5009765625)]
    [TestCase("posit16_2", 1.00048828125, 1.5, -1, 1.50048828125)]
    public void WhatWideLanesAbsorbStillBreaksTheTie(string name, double x, double y, int sign, double expected)
    {
        var format = (PositFormat)FormatCatalogue.Parse(name);
        uint[] a = [Code(sign * format.SmallestPositive.ToDouble()), Code(x)], b = [Code(1), Code(y)];
        var found = new long[1];
        GemmEvents events = default;
        WideLanes.Run(Spec(name, name, name, false), default, new GemmOperands { M = 1, N = 1, K = 2, A = a, B = b }, found, ref events);
        Assert.That(format.Decode((uint)found[0]).ToDouble(), Is.EqualTo(expected));

        uint Code(double value) => format.Encode(Exact.FromDouble(value), Rounding.NearestEven, out _);
    }

    // Sums of neighbouring codes, each times a factor: at half of both, the tie between them. Sixteen neighbours share a tile, most of them
    // the short step.
    [TestCase("posit16_1", false)]
    [TestCase("posit16_1", true)]
    [TestCase("posit16_2", false)]
    [TestCase("posit16_2", true)]
    [TestCase("posit16_0", false)]
    [TestCase("posit13_3", true)]
    public void RoundsAtEveryCodeAndBetween(string name, bool separate)
    {
        var format = (PositFormat)FormatCatalogue.Parse(name);
        DatapathSpec spec = Spec(name, "posit8_2", name, separate);
        uint[] codes = [.. Enumerable.Range(1, (int)format.NaRCode - 2).Select(c => (uint)c)],
            a = [.. codes.SelectMany(c => new[] { c, c + 1 })];
        long[] expected = new long[codes.Length], found = new long[codes.Length];
        int outputs = 0;
        foreach (double factor in new[] { 0.5, 0.375, -0.625, 1, Math.ScaleB(1, -20), Math.ScaleB(1, 20) })
        {
            uint weight = spec.Weight.Encode(Exact.FromDouble(factor), Rounding.NearestEven, out _);
            var operands = new GemmOperands { M = codes.Length, N = 1, K = 2, A = a, B = [weight, weight] };
            GemmEvents counted = default, events = default;
            new ReferenceKernel().Run(spec, default, operands, expected, ref counted);
            WideLanes.Run(spec, default, operands, found, ref events);
            int wrong = expected.AsSpan().CommonPrefixLength(found);
            if (wrong != expected.Length) Assert.Fail($"{codes[wrong]:x} times {factor}: {found[wrong]:x}, reference {expected[wrong]:x}");
            Assert.That(events, Is.EqualTo(counted), $"times {factor}");
            outputs += found.Length;
        }
        Assert.That(outputs, Is.GreaterThan(24_000));
    }

    // Long sums of normal numbers take the short step; a column of large numbers among them does not.
    [TestCase("posit16_1", false)]
    [TestCase("posit16_1", true)]
    [TestCase("posit16_2", false)]
    [TestCase("posit16_2", true)]
    public void SumsOrdinaryNumbersAsTheReferenceDoes(string name, bool separate)
    {
        const int m = 13, n = 37, k = 101;
        var random = new Random(16);
        DatapathSpec spec = Spec(name, name, name, separate);
        uint[] a = Draw(m, _ => 1), b = Draw(n, row => row % 8 == 5 ? 4096 : 1);
        foreach (int chunk in new[] { 0, 7 })
        {
            var operands = new GemmOperands { M = m, N = n, K = k, A = a, B = b };
            long[] expected = new long[m * n], found = new long[m * n];
            GemmEvents counted = default, events = default;
            new ReferenceKernel().Run(spec, new(chunk), operands, expected, ref counted);
            WideLanes.Run(spec, new(chunk), operands, found, ref events);
            Assert.That(found, Is.EqualTo(expected));
            Assert.That(events, Is.EqualTo(counted));
            Assert.That(expected.Distinct().Count(), Is.GreaterThan(300));
        }

        uint[] Draw(int rows, Func<int, double> scale) =>
            [.. Enumerable.Range(0, rows * k)
                .Select(i => spec.Weight.Encode(Exact.FromDouble(scale(i / k) * (random.NextDouble() * 4 - 2)), Rounding.NearestEven,
                out _))];
    }

    private static DatapathSpec Spec(string activation, string weight, string register, bool separate)
    {
        INumberFormat format = FormatCatalogue.Parse(register);
        return new("posit", FormatCatalogue.Parse(weight), FormatCatalogue.Parse(activation),
            new FloatAccumulator(format, RoundingMode.NearestEven, OverflowPolicy.Ieee, separate ? format : null));
    }
}
