using Sim.ArchModel.Reading;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

public class DatapathReaderTests
{
    private const string Head = "schema: sim.datapath/1\n";

    [TestCase("weight: int8\nactivation: uint8\naccumulator: {kind: integer, bits: 24, overflow: saturate}\npipeline_stages: 2")]
    public void IntegersAreRead(string body)
    {
        DatapathSpec spec = Good(body);
        Assert.That(spec.Weight, Is.EqualTo(FormatCatalogue.Parse("int8")));
        Assert.That(spec.Activation, Is.EqualTo(FormatCatalogue.Parse("uint8")));
        Assert.That(spec.Accumulator, Is.EqualTo(new IntegerAccumulator(24, RegisterOverflow.Saturate)));
        Assert.That(spec.PipelineStages, Is.EqualTo(2));
        Assert.That(spec.Name, Is.EqualTo("int8xuint8_acc24_sat"));
    }

    [TestCase("{kind: float, format: fp16}", "e4m3_fp16")]
    [TestCase("{kind: float, format: fp16, product: fused}", "e4m3_fp16")]
    [TestCase("{kind: float, format: {exponent: 5, fraction: 10}}", "e4m3_fp16")]
    public void FusedIsTheDefault(string accumulator, string name)
    {
        DatapathSpec spec = Good($"weight: e4m3\nactivation: e4m3\naccumulator: {accumulator}");
        Assert.That(spec.Accumulator,
            Is.EqualTo(new FloatAccumulator(FormatCatalogue.Parse("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee)));
        Assert.That(spec.Name, Is.EqualTo(name));
    }

    [Test]
    public void EveryKeyOfEveryKindIsRead()
    {
        INumberFormat bf16 = FormatCatalogue.Parse("bf16"), fp16 = FormatCatalogue.Parse("fp16");
        Assert.That(Good("weight: e4m3\nactivation: e5m2\naccumulator: {kind: float, format: fp16, product: bf16, rounding: to_zero, overflow: saturate}").Accumulator,
            Is.EqualTo(new FloatAccumulator(fp16, RoundingMode.ToZero, OverflowPolicy.Saturate, bf16)));
        Assert.That(Good("weight: e4m3\nactivation: e5m2\naccumulator: {kind: fixed, bits: 40, fraction: 20, overflow: wrap, rounding: down}").Accumulator,
            Is.EqualTo(new FixedAccumulator(40, 20, RegisterOverflow.Wrap, RoundingMode.Down)));
        Assert.That(Good("weight: int8\nactivation: int8\naccumulator: {kind: exact, output: int32}").Accumulator,
            Is.EqualTo(new ExactAccumulator(FormatCatalogue.Parse("int32"), RoundingMode.NearestEven, OverflowPolicy.Ieee)));
        Assert.That(Good("weight: e4m3\nactivation: e5m2\naccumulator: {kind: exact, output: bf16, rounding: to_odd, overflow: saturate_inf}").Accumulator,
            Is.EqualTo(new ExactAccumulator(bf16, RoundingMode.ToOdd, OverflowPolicy.SaturateInfinity)));
    }

    [TestCase("{exponent: 4, fraction: 3, specials: fn}", "e4m3")]
    [TestCase("{exponent: 4, fraction: 3}", "e4m3_ieee")]
    [TestCase("{exponent: 4, fraction: 3, specials: fnuz}", "e4m3fnuz")]
    [TestCase("{exponent: 4, fraction: 3, bias: 11, specials: fnuz}", "e4m3b11fnuz")]
    [TestCase("{exponent: 3, fraction: 4}", "e3m4")]
    [TestCase("{exponent: 2, fraction: 1, bias: 1, specials: finite}", "e2m1")]
    [TestCase("{exponent: 6, fraction: 5}", "e6m5_ieee")]
    [TestCase("{exponent: 6, fraction: 5, bias: 20, specials: fn, subnormals: false}", "e6m5b20_fn_ftz")]
    public void InlineFormatsAreThoseOfTheGrammar(string inline, string name)
    {
        INumberFormat format = Good($"weight: {inline}\nactivation: e4m3\naccumulator: {{kind: float, format: fp32}}").Weight;
        Assert.That(format.Name, Is.EqualTo(name));
        Assert.That(format, Is.EqualTo(FormatCatalogue.Parse(name)));
    }

    [TestCase("weight: int8\nactivation: e4m3\naccumulator: {kind: integer, bits: 32, overflow: wrap}",
        "d:3:13: error CFG103: an integer accumulator needs integer operands (intN, uintN), but 'activation' is 'e4m3'; use accumulator kind fixed, float or exact")]
    [TestCase("weight: q8.8\nactivation: q4.4\naccumulator: {kind: integer, bits: 32, overflow: wrap}",
        "d:2:9: error CFG103: an integer accumulator needs integer operands (intN, uintN), but 'weight' is 'q8.8'; use accumulator kind fixed, float or exact\n" +
        "d:3:13: error CFG103: an integer accumulator needs integer operands (intN, uintN), but 'activation' is 'q4.4'; use accumulator kind fixed, float or exact")]
    [TestCase("weight: e4m3\nactivation: e4m3\naccumulator: {kind: float, format: e9m10}",
        "d:4:36: error CFG102: 'format' must be a float format whose every value fits in fp32 (at most 8 exponent and 23 fraction bits) or a posit within 2^±126, found 'e9m10'")]
    [TestCase("weight: e4m3\nactivation: e4m3\naccumulator: {kind: float, format: e8m7b3}",
        "d:4:36: error CFG102: 'format' must be a float format whose every value fits in fp32 (at most 8 exponent and 23 fraction bits) or a posit within 2^±126, found 'e8m7b3'")]
    [TestCase("weight: e4m3\nactivation: e4m3\naccumulator: {kind: float, format: fp16, product: int8}",
        "d:4:51: error CFG102: 'product' must be a float format whose every value fits in fp32 (at most 8 exponent and 23 fraction bits) or a posit within 2^±126, found 'int8'")]
    [TestCase("weight: e4m3\nactivation: e4m3\naccumulator: {kind: exact, output: e10m21}",
        "d:4:36: error CFG102: 'output' must be a float format whose every value fits in fp32 (at most 8 exponent and 23 fraction bits) or a posit within 2^±126, found 'e10m21'")]
    [TestCase("weight: int8\nactivation: int8\naccumulator: {kind: integer, bits: 65, overflow: wrap}",
        "d:4:36: error CFG002: 'bits' must be an integer from 2 to 64, found '65'")]
    [TestCase("weight: int8\nactivation: int8\naccumulator: {kind: fixed, bits: 16, fraction: 17, overflow: wrap}",
        "d:4:48: error CFG101: 'fraction' must not exceed the 16 bits of the register, found 17")]
    [TestCase("weight: int8\nactivation: int8\naccumulator: {kind: intger, bits: 16, overflow: wrap}",
        "d:4:21: error CFG002: 'kind' must be one of integer, fixed, float, exact, quire, compensated, unnormalized, multi_component, log, found 'intger'; did you mean 'integer'?")]
    [TestCase("weight: int8\nactivation: int8\naccumulator: {bits: 16, overflow: wrap}",
        "d:4:14: error CFG004: the key 'kind' is missing; it must be one of integer, fixed, float, exact, quire, compensated, unnormalized, multi_component, log")]
    [TestCase("weight: int8\nactivation: int8\naccumulator: int32",
        "d:4:14: error CFG006: 'accumulator' must be a mapping with 'kind' (accumulator), found 'int32'")]
    [TestCase("weight: int8\nactivation: int8\naccumulator: {kind: integer, bits: 32}",
        "d:4:14: error CFG004: the key 'overflow' is missing; it must be one of wrap, saturate")]
    [TestCase("weight: int8\nactivation: int8\naccumulator: {kind: integer, bits: 32, overflow: wrap, format: fp16}",
        "d:4:56: error CFG003: unknown key 'format' in integer accumulator (allowed: kind, bits, overflow)")]
    [TestCase("weight: int8\nactivation: int8\naccumulator: {kind: fixed, bits: 32, fraction: 8, overflow: wrap, rounding: stochastic}",
        "d:4:77: error CFG002: 'rounding' must be one of nearest_even, nearest_away, to_zero, up, down, to_odd, found 'stochastic'")]
    [TestCase("weight: {exponent: 1, fraction: 40}\nactivation: int8\naccumulator: {kind: fixed, bits: 32, fraction: 8, overflow: wrap}",
        "d:2:20: error CFG002: 'exponent' must be an integer from 2 to 11, found '1'\nd:2:33: error CFG002: 'fraction' must be a positive integer up to 28, found '40'")]
    [TestCase("weight: {exponent: 11, fraction: 28}\nactivation: int8\naccumulator: {kind: fixed, bits: 32, fraction: 8, overflow: wrap}",
        "d:2:9: error CFG011: number format 'e11m28_ieee': sign, 11 exponent and 28 fraction bits are more than 32 bits")]
    [TestCase("weight: [int8]\nactivation:\naccumulator: {kind: integer, bits: 32, overflow: wrap}",
        "d:2:9: error CFG006: 'weight' must be a number format such as e4m3, int8 or q8.8, or a mapping {exponent, fraction, ...} or {table: [...]}, a block format such as mxfp4, or a mapping {element, scale, block, ...}, found a list\n" +
        "d:3:12: error CFG002: 'activation' must be a number format such as e4m3, int8 or q8.8, or a mapping {exponent, fraction, ...} or {table: [...]}, a block format such as mxfp4, or a mapping {element, scale, block, ...}, found nothing")]
    [TestCase("wieght: int8\nactivation: int8\naccumulator: {kind: integer, bits: 32, overflow: wrap}\npipeline_stages: -1",
        "d:1:1: error CFG004: the key 'weight' is missing; it must be a number format such as e4m3, int8 or q8.8, or a mapping {exponent, fraction, ...} or {table: [...]}, a block format such as mxfp4, or a mapping {element, scale, block, ...}\n" +
        "d:2:1: error CFG003: unknown key 'wieght' in datapath; did you mean 'weight'? (allowed: name, description, weight, activation, accumulator, dot, multiplier, profile, promote, pipeline_stages)\n" +
        "d:5:18: error CFG002: 'pipeline_stages' must be an integer from 0 to 16, or auto, found '-1'")]
    public void EveryProblemIsLocated(string body, string expected)
    {
        var bag = new DiagnosticBag();
        Assert.That(DatapathReader.Read(YamlDocument.Parse(Head + body + "\n", "d", bag)!.Root, bag), Is.Null);
        Assert.That(bag.ToString(), Is.EqualTo(expected));
    }

    [Test]
    public void AnUnknownFormatIsLocated()
    {
        var bag = new DiagnosticBag();
        DatapathReader.Read(YamlDocument.Parse(Head + "weight: e4m33\nactivation: bf61\naccumulator: {kind: float, format: fp32}\n", "d",
            bag)!.Root, bag);
        Assert.That(bag.Sorted.Select(d => $"{d.Location} {d.Code}"), Is.EqualTo(new[] { "d:2:9 CFG011", "d:3:13 CFG011" }));
        Assert.That(bag.Sorted[1].Message, Does.StartWith("'activation': unknown number format 'bf61'; nearest is 'bf16'"));
    }

    [Test]
    public void EveryCatalogueDatapathReads()
    {
        int read = 0;
        foreach (string name in ConfigCatalogue.Names(DatapathReader.Folder))
        {
            var bag = new DiagnosticBag();
            DatapathSpec? spec = DatapathReader.Load(name, bag);
            Assert.That(bag.Sorted, Is.Empty, name);
            Assert.That(spec!.Name, Is.EqualTo(name));
            DatapathSpec again = DatapathReader.Read(YamlDocument.Parse(ArchitectureJson.Write(spec), "json", bag)!.Root, bag)!;
            Assert.That(again, Is.EqualTo(spec), "round trip through JSON");
            read++;
        }
        Assert.That(read, Is.GreaterThanOrEqualTo(20));
    }

    private static DatapathSpec Good(string body)
    {
        var bag = new DiagnosticBag();
        DatapathSpec? spec = DatapathReader.Read(YamlDocument.Parse(Head + body + "\n", "d", bag)!.Root, bag);
        Assert.That(bag.Sorted, Is.Empty);
        return spec!;
    }
}
