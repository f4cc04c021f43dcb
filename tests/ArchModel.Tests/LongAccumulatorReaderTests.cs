using Sim.ArchModel.Reading;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>The key `promote` and the kinds `compensated` and `unnormalized`.</summary>
public class LongAccumulatorReaderTests
{
    private const string Operands = "schema: sim.datapath/1\nweight: fp16\nactivation: fp16\n";

    private static FloatFormat Bf16 => (FloatFormat)FormatCatalogue.Parse("bf16");

    [TestCase("accumulator: {kind: compensated, format: bf16}", "fp16_compensated_bf16")]
    [TestCase("accumulator: {kind: unnormalized, format: bf16, normalization: approximate, k: 2, lambda: 3, guard: 4, rounding: to_zero}",
        "fp16_bf16_an2.3")]
    [TestCase("accumulator: {kind: unnormalized, format: fp32, normalization: none}", "fp16_fp32_none")]
    [TestCase("accumulator: {kind: float, format: fp16}\npromote: {every: 64, into: fp32}", "fp16_fp16_into64_fp32")]
    [TestCase("accumulator: {kind: multi_component, format: bf16}", "fp16_2xbf16")]
    [TestCase("accumulator: {kind: multi_component, format: bf16, components: 3, sum: two_sum, product: split, output: fp32, rounding: to_zero, overflow: saturate}", "fp16_3xbf16_fp32")]
    public void EveryKindReadsAndWrites(string body, string name)
    {
        DatapathSpec spec = Read(Operands + body);
        Assert.That(spec.Name, Is.EqualTo(name));
        var bag = new DiagnosticBag();
        Assert.That(DatapathReader.Read(YamlDocument.Parse(ArchitectureJson.Write(spec), "json", bag)!.Root, bag), Is.EqualTo(spec));
    }

    [Test]
    public void EveryKeyIsRead()
    {
        Assert.That(Read(Operands + "accumulator: {kind: compensated, format: bf16, rounding: to_zero, overflow: saturate}").Accumulator,
            Is.EqualTo(new CompensatedAccumulator(Bf16, RoundingMode.ToZero, OverflowPolicy.Saturate)));
        Assert.That(Read(Operands + "accumulator: {kind: unnormalized, format: bf16, normalization: approximate, k: 2, lambda: 3, guard: 4, rounding: to_zero}").Accumulator,
            Is.EqualTo(new NormalizingAccumulator(Bf16, Normalization.Approximate, 2, 3, 4, RoundingMode.ToZero)));
        Assert.That(Read(Operands + "accumulator: {kind: multi_component, format: bf16, components: 3, sum: two_sum, product: split, output: fp32, rounding: down, overflow: saturate}").Accumulator,
            Is.EqualTo(new MultiComponentAccumulator(Bf16, 3, ErrorFreeSum.TwoSum, true, (FloatFormat)FormatCatalogue.Parse("fp32"),
                RoundingMode.Down, OverflowPolicy.Saturate)));
        DatapathSpec promoted = Read("schema: sim.datapath/1\nprofile: h100_fp8\npromote: {every: 128, into: fp32, rounding: down}\n");
        DatapathSpec chip = ChipProfiles.Find("h100_fp8")!.Datapath;
        Assert.That(promoted.Accumulator,
            Is.EqualTo(new PromotedAccumulator((FloatAccumulator)chip.Accumulator, 128,
            new(FormatCatalogue.Parse("fp32"), RoundingMode.Down, OverflowPolicy.Ieee))));
        Assert.That(promoted.Dot, Is.EqualTo(chip.Dot));
    }

    [TestCase("accumulator: {kind: exact, output: fp32}\npromote: {every: 8, into: fp32}",
        "d:5:10: error CFG116: 'promote' needs an accumulator of kind float")]
    [TestCase("accumulator: {kind: float, format: fp16}\ndot: {kind: aligned, lanes: 8, fraction: 13}\npromote: {every: 12, into: fp32}",
        "d:6:10: error CFG116: 'promote': promotion every 12 products must be a multiple of the 8 products of a step")]
    [TestCase("accumulator: {kind: unnormalized, format: bf16, normalization: approximate, k: 9, lambda: 3, guard: 3}",
        "d:4:14: error CFG117: k and lambda are 1 or more, and together at most the adder's 11 places; found 9 and 3")]
    [TestCase("accumulator: {kind: multi_component, format: posit16_2}",
        "d:4:46: error CFG102: 'format' must be a float format, found 'posit16_2'")]
    [TestCase("accumulator: {kind: multi_component, format: bf16, components: 4}",
        "d:4:64: error CFG002: 'components' must be an integer from 2 to 3, found '4'")]
    [TestCase("accumulator: {kind: unnormalized, format: bf16, normalization: none, rounding: up}",
        "d:4:14: error CFG117: sums are rounded to_zero or nearest_even")]
    public void EveryProblemIsLocated(string body, string expected)
    {
        var bag = new DiagnosticBag();
        Assert.That(DatapathReader.Read(YamlDocument.Parse(Operands + body + "\n", "d", bag)!.Root, bag), Is.Null);
        Assert.That(bag.ToString(), Is.EqualTo(expected));
    }

    private static DatapathSpec Read(string text)
    {
        var bag = new DiagnosticBag();
        DatapathSpec? spec = DatapathReader.Read(YamlDocument.Parse(text + "\n", "d", bag)!.Root, bag);
        Assert.That(bag.Sorted, Is.Empty);
        return spec!;
    }
}
