using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Splitting rows over threads changes neither bits nor events; packed weights can be used again.</summary>
[TestFixture]
internal sealed class GemmRunnerTests
{
    private static readonly AccumulatorSpec[] Accumulators =
    [
        new FloatAccumulator(FormatCatalogue.Parse("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee),
        new FloatAccumulator(FormatCatalogue.Parse("e4m3"), RoundingMode.ToZero, OverflowPolicy.Saturate),
        new IntegerAccumulator(12, RegisterOverflow.Wrap),
        new FixedAccumulator(20, 4, RegisterOverflow.Saturate, RoundingMode.NearestEven),
        new ExactAccumulator(FormatCatalogue.Parse("bf16"), RoundingMode.NearestEven, OverflowPolicy.Ieee),
    ];

    [TestCaseSource(nameof(Accumulators))]
    public void Any_number_of_threads_gives_the_same(AccumulatorSpec accumulator)
    {
        const int M = 300, N = 35, K = 20;
        INumberFormat format = FormatCatalogue.Parse(accumulator is IntegerAccumulator ? "int8" : "e4m3");
        var spec = new DatapathSpec("test", format, format, accumulator);
        var random = new Random(3);
        uint[] a = KernelCases.Codes(format, M * K, KernelCases.Stream.AnyCode, random),
            b = KernelCases.Codes(format, N * K, KernelCases.Stream.Near1, random);
        var expected = new long[M * N];
        var expectedEvents = new GemmEvents();
        var operands = new GemmOperands { M = M, N = N, K = K, A = a, B = b };
        new ReferenceKernel().Run(spec, new ReductionOrder(8), operands, expected, ref expectedEvents);
        PackedWeights weights = GemmRunner.Pack(spec, new ReductionOrder(8), N, K, b);
        foreach (int degree in new[] { 1, 2, 3, 8 })
        {
            var found = new long[M * N];
            GemmEvents events = GemmRunner.Run(weights, M, a, 0, found, degree);
            Assert.That(found, Is.EqualTo(expected), $"{weights.Kernel} on {degree} threads");
            Assert.That(events, Is.EqualTo(expectedEvents));
        }
    }

    [Test]
    public void A_zero_point_outside_the_format_still_has_its_meaning()
    {
        INumberFormat int8 = FormatCatalogue.Parse("int8");
        var spec = new DatapathSpec("test", int8, int8, new IntegerAccumulator(32, RegisterOverflow.Wrap));
        var operands = new GemmOperands { M = 2, N = 2, K = 3, A = [1, 2, 3, 4, 5, 6], B = [1, 1, 1, 2, 2, 255], ZeroPointA = 100_000 };
        var found = new long[4];
        var events = new GemmEvents();
        KernelCatalogue.Select(spec, default, 3).Run(spec, default, operands, found, ref events);
        // (1 + 2 + 3 - 3·100000), (2·1 + 2·2 - 3 - 300000) by hand: 255 is -1.
        Assert.That(found, Is.EqualTo(new long[] { 6 - 300_000, 3 - 300_000, 15 - 300_000, 12 - 300_000 }));
    }

    [Test]
    public void Unknown_kernels_and_refusals_are_named()
    {
        INumberFormat int8 = FormatCatalogue.Parse("int8");
        var spec = new DatapathSpec("test", int8, int8, new IntegerAccumulator(32, RegisterOverflow.Wrap));
        Assert.That(() => KernelCatalogue.ByName("magic"), Throws.ArgumentException.With.Message.Contains("fp32-lanes"));
        Assert.That(() => GemmRunner.Pack(spec, default, 1, 1, [1u], default, KernelCatalogue.ByName("fp32-lanes")),
            Throws.ArgumentException.With.Message.Contains("float accumulator"));
    }

    // Formats are data: the same spec read twice runs on the same kernel, though its formats are other objects.
    [Test]
    public void FormatsAreComparedByValue()
    {
        INumberFormat register = FormatCatalogue.Parse("e5m9"), product = FormatCatalogue.Parse("e5m9"),
            operand = FormatCatalogue.Parse("e4m3");
        Assert.That(register, Is.Not.SameAs(product));
        var spec = new DatapathSpec("", operand, operand,
            new FloatAccumulator(register, RoundingMode.NearestEven, OverflowPolicy.Ieee, product));
        Assert.That(KernelCatalogue.Select(spec, ReductionOrder.Sequential, 32).Name, Is.EqualTo("fp32-lanes"));
    }
}
