using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Calibration;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;
using Sim.Tests;

namespace Sim.ArchModel.Tests.Costs;

/// <summary>Ratios between datapaths, which matter more to a designer than absolute areas.</summary>
public sealed class RatioTests
{
    private static readonly CostModel Model = new(TechnologyCatalogue.Resolve("nangate45"));

    private static INumberFormat Format(string name) =>
        FormatCatalogue.TryParse(name, out INumberFormat? format, out string error) ? format : throw new ArgumentException(error);

    private static double Area(string operand, AccumulatorSpec accumulator)
    {
        var datapath = new DatapathSpec(operand, Format(operand), Format(operand), accumulator);
        return Model.Price(datapath.MacLogic + datapath.MacRegisters).AreaSquareMicrometres;
    }

    private static FloatAccumulator Fused(string format) => new(Format(format), RoundingMode.NearestEven, OverflowPolicy.Ieee);

    private static double Int8Acc24 => Area("int8", new IntegerAccumulator(24, RegisterOverflow.Wrap));

    /// <summary>Synthesised area of logic and accumulator register, relative to int8 with a 24-bit accumulator (651 um2).</summary>
    [TestCase("int8", 32, null, 1.07, 15.0)]
    [TestCase("int4", 16, null, 0.38, 16.0)]
    [TestCase("e4m3", 0, "fp16", 1.60, 10.0)]
    [TestCase("e4m3", 0, "fp32", 3.11, 12.0)]
    [TestCase("e5m2", 0, "fp32", 3.00, 10.0)]
    [TestCase("bf16", 0, "bf16", 2.20, 12.0)]
    [TestCase("bf16", 0, "fp32", 4.05, 10.0)]
    [TestCase("fp32", 0, "fp32", 10.9, 10.0)]
    [TestCase("e2m1", 0, "fp32", 2.73, 20.0)]
    public void MacAreaRelativeToInt8(string operand, int bits, string? accumulator, double ratio, double percent)
    {
        double found = Area(operand, accumulator is null ? new IntegerAccumulator(bits, RegisterOverflow.Wrap) : Fused(accumulator))
            / Int8Acc24;
        Assert.That(found, Is.EqualTo(ratio).Within(percent).Percent);
        Truth.Checked("Price", $"area of {operand} into {accumulator ?? $"{bits} bits"} over int8 into 24 bits",
            "yosys synthesis, NanGate45", 1, FormattableString.Invariant($"{found:0.00} against {ratio:0.00}"));
    }

    /// <summary>Exact accumulation with 4 carry bits, as it was synthesised (41 and 71 bits).</summary>
    [TestCase("e4m3", 41, 1.22)]
    [TestCase("e5m2", 71, 2.05)]
    public void ExactAccumulatorRelativeToInt8(string operand, int bits, double ratio)
    {
        var accumulator = new ExactAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee);
        int carries = bits - (accumulator with { CarryBits = 0 })
            .RegisterBits(new ProductShape(Format(operand).Shape, Format(operand).Shape));
        double found = Area(operand, accumulator with { CarryBits = carries }) / Int8Acc24;
        Assert.That(found, Is.EqualTo(ratio).Within(15).Percent);
        Truth.Checked("Price", $"area of exact {operand} into {bits} bits over int8 into 24 bits", "yosys synthesis, NanGate45", 1,
            FormattableString.Invariant($"{found:0.00} against {ratio:0.00}"));
    }

    [Test]
    public void PublishedMultiplierRatios()
    {
        double Multiplier(int n) => Model.Price(Structure.Empty.With("multiplier", PrimitiveKind.Multiplier, n, n)).AreaSquareMicrometres;
        // EvoApproxLib exact multipliers, PDK45: 3203 / 709.6 and 1605 / 709.6.
        Assert.That(Multiplier(16) / Multiplier(8), Is.EqualTo(3203 / 709.6).Within(10).Percent);
        Assert.That(Multiplier(12) / Multiplier(8), Is.EqualTo(1605 / 709.6).Within(10).Percent);
        Truth.Checked("Price", "16x16 and 12x12 over 8x8 multiplier area", "EvoApproxLib, PDK45", 2, "within 10 %");
    }

    [Test]
    public void PublishedFloatUnits()
    {
        // Aladdin (Shao et al., ISCA 2014), 40 nm, relaxed timing: float32 multiplier 4906 um2, adder 2064 um2; the ratio does not depend
        // on the node.
        Structure multiplier = BlockStructures.Of("fp_mul", "E8M23_sub_rne")!, adder = BlockStructures.Of("fp_add", "E8M23_sub_rne")!;
        Assert.That(Model.Price(multiplier).AreaSquareMicrometres / Model.Price(adder).AreaSquareMicrometres, Is.EqualTo(4905.7 / 2063.6)
            .Within(15).Percent);
        Truth.Checked("Price", "float32 multiplier over adder area", "Aladdin 40 nm functional units", 1, "within 15 %");
    }
}
