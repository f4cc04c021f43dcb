using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Kernels whose licence is the range of the operands at hand, on sums that break it and on sums just inside.</summary>
[TestFixture]
internal sealed class RangeLicenceTests
{
    // 2·2 + 2^-4·2^-4 + 256·256 = 65540 + 2^-8. The grid of 14 bits is 8 there: more than half way to 65544, but 24 bits round to the tie,
    // whose even side is 65536.
    [Test]
    public void A_sum_that_24_bits_round_to_a_tie_goes_the_right_way()
    {
        double[] a = [2, 0.0625, 256];
        Assert.That(Value("e4m3", "e8m13", a, a), Is.EqualTo(65544));
        Assert.That(Value("e4m3", "e8m13", [2, -0.0625, 256], a), Is.EqualTo(65536));
    }

    // 35·11 = 385 is 9 bits, half way between 384 and 386 in 8; the 2^-40 before it decides: up, down, and to even without it.
    [TestCase(1, 386)]
    [TestCase(-1, 384)]
    [TestCase(0, 384)]
    public void What_24_bits_absorb_still_breaks_the_tie(int sign, double expected) =>
        Assert.That(Value("bf16", "bf16", [sign * Math.ScaleB(1, -20), 35], [Math.ScaleB(1, -20), 11]), Is.EqualTo(expected));

    [TestCase("bf16", "bf16", "fp32-range-lanes")]
    [TestCase("e4m3", "e8m13", "fp32-range-lanes")]
    [TestCase("e2m1", "e8m13", "fp32-range-lanes")]
    [TestCase("e5m2", "fp16", "fp32-lanes")]
    [TestCase("e5m2", "e8m13", "fp64-lanes")]
    [TestCase("bf16", "e8m13", "fp64-lanes")]
    [TestCase("bf16", "fp16", "fp64-lanes")]
    public void Equals_the_reference_on_ties_after_small_sums(string operands, string register, string name)
    {
        INumberFormat format = FormatCatalogue.Parse(operands);
        DatapathSpec spec = Spec(format, register);
        IGemmKernel kernel = KernelCatalogue.Select(spec, default, 6);
        Assert.That(kernel.Name, Is.EqualTo(name));
        var random = new Random(77);
        const int M = 16, N = 40, K = 6;
        int outputs = 0;
        for (int turn = 0; turn < 120; turn++)
        {
            // One element in two is from the far end of a range that grows with the turns, so that licences hold, just hold, and fail.
            int spread = turn / 4;
            uint[] a = Draw(format, M * K, spread, random), b = Draw(format, N * K, spread, random);
            var operandsOf = new GemmOperands { M = M, N = N, K = K, A = a, B = b };
            var expected = new long[M * N];
            var found = new long[M * N];
            GemmEvents expectedEvents = default, events = default;
            new ReferenceKernel().Run(spec, default, operandsOf, expected, ref expectedEvents);
            kernel.Run(spec, default, operandsOf, found, ref events);
            Assert.That(found, Is.EqualTo(expected), $"spread {spread}");
            Assert.That(events, Is.EqualTo(expectedEvents));
            outputs += found.Length;
        }
        Assert.That(outputs, Is.GreaterThanOrEqualTo(50_000));
    }

    // The subnormal grid of fp16 is 2^-24. Elements near 1, and at one step in eight to 48 tiny ones: products on the grid, finer, and both
    // in turn; sums that end at 0 show the sign that the grid leaves.
    [TestCase("e5m2", "fp16", 60_000)]
    [TestCase("e5m2", "e5m10", 60_000)]
    public void Equals_the_reference_where_few_steps_are_finer_than_the_grid(string operands, string register, int least)
    {
        INumberFormat format = FormatCatalogue.Parse(operands);
        DatapathSpec spec = Spec(format, register);
        var random = new Random(78);
        const int M = 16, N = 40, K = 48;
        int outputs = 0, zeros = 0;
        for (int turn = 0; turn < 100; turn++)
        {
            int every = 8 + turn % 41;
            uint[] a = Mostly(format, M, K, every, random), b = Mostly(format, N, K, every, random);
            (long[] expected, GemmEvents expectedEvents) = Run(new ReferenceKernel(), spec, M, N, K, a, b);
            (long[] found, GemmEvents events) = Run(KernelCatalogue.ByName("fp32-lanes"), spec, M, N, K, a, b);
            Assert.That(found, Is.EqualTo(expected), $"one step in {every}");
            Assert.That(events, Is.EqualTo(expectedEvents));
            outputs += found.Length;
            zeros += found.Count(code => (code & 0x7FFF) == 0);
        }
        Assert.That(outputs, Is.GreaterThanOrEqualTo(least));
        Assert.That(zeros, Is.GreaterThanOrEqualTo(100));
    }

    // 448·146 = 65408 is an fp16; 448·147 = 65856 is past the largest, 65504, which it is cut to, an overflow; 4096 less a little is cut to
    // 4094.
    [TestCase(new double[] { 448, 448 }, new double[] { 144, 2 }, 65408, 0)]
    [TestCase(new double[] { 448, 448, 448 }, new double[] { 144, 2, 1 }, 65504, 1)]
    [TestCase(new double[] { -448, -448, -448, 448 }, new double[] { 144, 2, 1, 144 }, -992, 1)]
    [TestCase(new double[] { 256, -0.001953125 }, new double[] { 16, 0.125 }, 4092 + 2, 0)]
    public void Rounding_to_zero_cuts_and_sees_overflow(double[] a, double[] b, double expected, int overflowed)
    {
        INumberFormat format = FormatCatalogue.Parse("e4m3");
        var acc = new FloatAccumulator(FormatCatalogue.Parse("fp16"), RoundingMode.ToZero, OverflowPolicy.Ieee);
        var spec = new DatapathSpec("test", format, format, acc);
        Assert.That(KernelCatalogue.Select(spec, default, a.Length).Name, Is.EqualTo("fp32-truncated-lanes"));
        uint[] x = [.. a.Select(v => Encode(format, v))], y = [.. b.Select(v => Encode(format, v))];
        (long[] found, GemmEvents events) = Run(KernelCatalogue.ByName("fp32-truncated-lanes"), spec, 1, 1, a.Length, x, y);
        Assert.That(acc.Format.Decode((uint)found[0]).ToDouble(), Is.EqualTo(expected));
        Assert.That(events, Is.EqualTo(new GemmEvents { Outputs = 1, OverflowedOutputs = overflowed }));
    }

    // 14 bits wrap at 8192.
    [Test]
    public void Wrapped_prefixes_are_counted_where_the_register_is_left()
    {
        INumberFormat int8 = FormatCatalogue.Parse("int8");
        var spec = new DatapathSpec("test", int8, int8, new IntegerAccumulator(14, RegisterOverflow.Wrap));
        uint[] a = [127, 0, 0, 64, 64, 0, 64, 64, 1, 64, 64, 256 - 64];
        uint[] b = [127, 64, 63];
        var found = new long[4];
        var events = new GemmEvents();
        KernelCatalogue.ByName("int16-pair-lanes")
            .Run(spec, default, new GemmOperands { M = 4, N = 1, K = 3, A = a, B = b }, found, ref events);
        // 127·127 = 16129 = -255 mod 2^14; 64·127 + 64·64 = 12224 → -4160; + 63 → -4097; 12224 - 64·63 = 8192 → -8192.
        Assert.That(found, Is.EqualTo(new long[] { -255, -4160, -4097, -8192 }));
        Assert.That(events, Is.EqualTo(new GemmEvents { Outputs = 4, OverflowedOutputs = 4 }));
    }

    private static (long[] Results, GemmEvents Events) Run(IGemmKernel kernel, DatapathSpec spec, int m, int n, int k, uint[] a, uint[] b)
    {
        var results = new long[m * n];
        var events = new GemmEvents();
        kernel.Run(spec, default, new GemmOperands { M = m, N = n, K = k, A = a, B = b }, results, ref events);
        return (results, events);
    }

    // Rows of small powers of two, and at one step in so many far smaller numbers; a row in four is all but zeros.
    private static uint[] Mostly(INumberFormat format, int rows, int k, int every, Random random)
    {
        var codes = new uint[rows * k];
        for (int i = 0; i < codes.Length; i++)
        {
            bool sparse = i / k % 4 == 0, tiny = i % k % every == every - 1;
            double value = (random.Next(2) * 2 - 1) * (random.Next(4) + 4) * Math.ScaleB(1, tiny ? -17 + random.Next(4)
                : random.Next(3) - 3);
            codes[i] = sparse && !tiny ? 0 : Encode(format, value);
        }
        return codes;
    }

    private static uint[] Draw(INumberFormat format, int count, int spread, Random random)
    {
        var codes = new uint[count];
        for (int i = 0; i < count; i++)
        {
            double value = (random.Next(128) + 1) * (random.Next(2) == 0 ? 1 : -1) * Math.ScaleB(1, random.Next(2) == 0 ? -spread : -5);
            codes[i] = random.Next(6) == 0 ? 0 : Encode(format, value);
        }
        return codes;
    }

    private static double Value(string operands, string register, double[] a, double[] b)
    {
        INumberFormat format = FormatCatalogue.Parse(operands);
        DatapathSpec spec = Spec(format, register);
        var found = new long[1];
        var events = new GemmEvents();
        var codes = new GemmOperands { M = 1, N = 1, K = a.Length, A = a.Select(x => Encode(format, x)).ToArray(),
            B = b.Select(x => Encode(format, x)).ToArray() };
        KernelCatalogue.ByName("fp32-range-lanes").Run(spec, default, codes, found, ref events);
        return ((FloatAccumulator)spec.Accumulator).Format.Decode((uint)found[0]).ToDouble();
    }

    private static DatapathSpec Spec(INumberFormat format, string register) =>
        new("test", format, format, new FloatAccumulator(FormatCatalogue.Parse(register), RoundingMode.NearestEven, OverflowPolicy.Ieee));

    private static uint Encode(INumberFormat format, double value) =>
        format.Encode(Exact.FromDouble(value), new(RoundingMode.NearestEven, OverflowPolicy.Saturate), out _);
}
