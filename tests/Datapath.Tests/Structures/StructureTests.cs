using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Tests.Structures;

/// <summary>Widths of datapaths, worked out by hand from the formats.</summary>
public sealed class StructureTests
{
    private static INumberFormat Format(string name) =>
        FormatCatalogue.TryParse(name, out INumberFormat? format, out string error) ? format : throw new ArgumentException(error);

    private static DatapathSpec Spec(string operand, AccumulatorSpec accumulator, int stages = 0) =>
        new("test", Format(operand), Format(operand), accumulator, stages);

    private static int Width(DatapathSpec spec, string role) => spec.MacLogic.Items.Single(i => i.Role == role).Primitive.Width;

    [Test]
    public void AnIntegerMacIsAMultiplierAndAnAdder()
    {
        DatapathSpec spec = Spec("int8", new IntegerAccumulator(24, RegisterOverflow.Wrap));
        Assert.That(spec.MacLogic.Items.Select(i => i.Primitive),
            Is.EqualTo(new[] { new Primitive(PrimitiveKind.Multiplier, 8, 8), new Primitive(PrimitiveKind.Adder, 24) }));
        Assert.That(spec.MacRegisters.RegisterBits, Is.EqualTo(24));
        Assert.That((spec with { PipelineStages = 1 }).MacRegisters.RegisterBits, Is.EqualTo(24 + 16));
        Assert.That((spec with { Accumulator = new IntegerAccumulator(24, RegisterOverflow.Saturate) }).MacLogic.Items,
            Has.Length.GreaterThan(2));
    }

    // Window = 2 significands + exponent span of both operands: E4M3FN spans fields 1..15 = 14 places each, E5M2 1..30 = 29, E2M1 1..3 = 2,
    // bf16 1..254 = 253.
    [TestCase("e2m1", 4 + 4)]
    [TestCase("e4m3", 8 + 28)]
    [TestCase("e5m2", 6 + 58)]
    [TestCase("bf16", 16 + 506)]
    public void AnExactRegisterHoldsEveryProduct(string operand, int window)
    {
        var accumulator = new ExactAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee);
        Assert.That(Spec(operand, accumulator).AccumulatorBits, Is.EqualTo(window + 1 + 16), "window, sign, 16 carries");
        Assert.That(Spec(operand, accumulator with { CarryBits = 4 }).AccumulatorBits, Is.EqualTo(window + 5));
    }

    [Test]
    public void TheExactWindowHoldsTheLargestAndTheSmallestProduct([Values("e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "e4m3fnuz", "int8",
        "q4.4")] string name)
    {
        INumberFormat format = Format(name);
        var product = new ProductShape(format.Shape, format.Shape);
        Exact largest = format.Minimum.LeadingExponent > format.Maximum.LeadingExponent ? format.Minimum : format.Maximum;
        int top = (2 * largest.LeadingExponent) + 1, bottom = 2 * format.SmallestPositive.Exponent;
        Assert.That(product.LeastExponent, Is.LessThanOrEqualTo(bottom));
        Assert.That(product.LeastExponent + product.WindowBits, Is.GreaterThan(top),
            "the leading place of the largest product lies inside");
    }

    // max(product, accumulator) + accumulator + 2 significand bits.
    [TestCase("e4m3", "fp16", 11 + 11 + 2)]
    [TestCase("bf16", "fp32", 24 + 24 + 2)]
    [TestCase("fp32", "fp32", 48 + 24 + 2)]
    public void AFusedStepAlignsInAWindow(string operand, string accumulator, int window)
    {
        DatapathSpec spec = Spec(operand, new FloatAccumulator(Format(accumulator), RoundingMode.NearestEven, OverflowPolicy.Ieee));
        Assert.Multiple(() =>
        {
            Assert.That(Width(spec, "aligner"), Is.EqualTo(window));
            Assert.That(Width(spec, "normalising shifter"), Is.EqualTo(window));
            Assert.That(spec.MacLogic.Items.Count(i => i.Role == "rounding increment"), Is.EqualTo(1));
            Assert.That(spec.AccumulatorBits, Is.EqualTo(Format(accumulator).Bits));
        });
    }

    [Test]
    public void SeparateRoundingRoundsTwiceAndToZeroNever()
    {
        var separate = new FloatAccumulator(Format("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee, Format("bf16"));
        int Rounders(AccumulatorSpec a) => Spec("fp16", a).MacLogic.Items.Count(i => i.Role == "rounding increment");
        Assert.That(Rounders(separate), Is.EqualTo(2));
        Assert.That(Rounders(separate with { Rounding = RoundingMode.ToZero }), Is.Zero);
        Assert.That(Spec("fp16", separate with { Rounding = RoundingMode.Stochastic }).MacLogic.RegisterBits, Is.GreaterThan(0),
            "random bits need a register");
    }

    [Test]
    public void AFixedAccumulatorDropsWhatLiesBelowItsGrid()
    {
        // E4M3 products reach down to 2^-18; a grid of 2^-10 drops 8 of 36 places, and 28 fit the 32 bits.
        DatapathSpec spec = Spec("e4m3", new FixedAccumulator(32, 10, RegisterOverflow.Saturate, RoundingMode.NearestEven));
        Assert.That(Width(spec, "placing shifter"), Is.EqualTo(28));
        Assert.That(Width(spec, "rounding increment"), Is.EqualTo(28));
        DatapathSpec still = Spec("q8.8", new FixedAccumulator(32, 16, RegisterOverflow.Wrap, RoundingMode.NearestEven));
        Assert.That(still.MacLogic.Items.Select(i => i.Primitive.Kind),
            Is.EqualTo(new[] { PrimitiveKind.Multiplier, PrimitiveKind.Adder }), "fixed-point products lie still");
    }
}
