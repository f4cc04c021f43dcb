using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Kernels whose licence is the range of the operands at hand, on sums that break it and on sums just inside.</summary>
[TestFixture]
internal sealed class RangeLicenceTests
{
    // 2·2 + 2^-4·2^-4 + 256·256 = 65540 + 2^-8. The grid of 14 bits is 8 there: more than half way to 65544, but 24 bits round to the tie, whose even side is 65536.
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
        KernelCatalogue.ByName("int16-pair-lanes").Run(spec, default, new GemmOperands { M = 4, N = 1, K = 3, A = a, B = b }, found, ref events);
        // 127·127 = 16129 = -255 mod 2^14; 64·127 + 64·64 = 12224 → -4160; + 63 → -4097; 12224 - 64·63 = 8192 → -8192.
        Assert.That(found, Is.EqualTo(new long[] { -255, -4160, -4097, -8192 }));
        Assert.That(events, Is.EqualTo(new GemmEvents { Outputs = 4, OverflowedOutputs = 4 }));
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
        var codes = new GemmOperands { M = 1, N = 1, K = a.Length, A = a.Select(x => Encode(format, x)).ToArray(), B = b.Select(x => Encode(format, x)).ToArray() };
        KernelCatalogue.ByName("fp32-range-lanes").Run(spec, default, codes, found, ref events);
        return ((FloatAccumulator)spec.Accumulator).Format.Decode((uint)found[0]).ToDouble();
    }

    private static DatapathSpec Spec(INumberFormat format, string register) =>
        new("test", format, format, new FloatAccumulator(FormatCatalogue.Parse(register), RoundingMode.NearestEven, OverflowPolicy.Ieee));

    private static uint Encode(INumberFormat format, double value) =>
        format.Encode(Exact.FromDouble(value), new(RoundingMode.NearestEven, OverflowPolicy.Saturate), out _);
}
