using Sim.ArchModel.Reading;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>Datapaths of posits and logarithmic numbers: what is read, and where a wrong one is located.</summary>
public sealed class LogDatapathReaderTests
{
    private const string Exact = "accumulator: {kind: exact, output: fp32}";

    [Test]
    public void ATableLeftOutIsBinary64()
    {
        DatapathSpec? spec = Read($"weight: lns8_3\nactivation: lns8_3\nmultiplier: {{kind: log}}\n{Exact}", out string errors);
        Assert.That(errors, Is.Empty);
        Assert.That(spec!.Multiplier, Is.EqualTo(new LogMultiplier(52, null)));
        Assert.That(Read($"weight: lns8_3\nactivation: lns8_3\nmultiplier: {{kind: log, bits: 8, lookup: 1}}\n{Exact}", out _)!.Multiplier,
            Is.EqualTo(new LogMultiplier(8, 1)));
        Assert.That(Read($"weight: e4m3\nactivation: e4m3\n{Exact}", out _)!.Multiplier, Is.Null);
    }

    [Test]
    public void AQuireHasTheStandardsWidth()
    {
        DatapathSpec? spec = Read("weight: posit8_2\nactivation: posit8_2\naccumulator: {kind: quire, format: posit8_2}",
            out string errors);
        Assert.That(errors, Is.Empty);
        Assert.That(((ExactAccumulator)spec!.Accumulator).Quire, Is.EqualTo(new Quire(128, -48)));
        Assert.That((spec.AccumulatorBits, spec.Name), Is.EqualTo((128, "posit8_2_quire128_posit8_2")));
    }

    [TestCase("weight: lns8_3\nactivation: lns8_4\n" + Exact,
        "d:2:9: error CFG108: products of lns8_4 and lns8_3 need a logarithmic multiplier ({kind: log}) or a table")]
    [TestCase("weight: lns8_3\nactivation: e4m3\n" + Exact,
        "d:2:9: error CFG108: products of e4m3 and lns8_3 need a logarithmic multiplier")]
    [TestCase("weight: e4m3\nactivation: e4m3\nmultiplier: {kind: log, bits: 8}\n" + Exact,
        "d:4:13: error CFG108: 'multiplier': logarithms are added of two logarithmic operands with the same fraction bits, found e4m3 and e4m3")]
    [TestCase("weight: lns8_3\nactivation: lns8_3\naccumulator: {kind: log, format: lns12_4}\n",
        "d:4:14: error CFG121: 'accumulator': a register of logarithms lns12_4 takes logarithms with 4 fraction bits and at most 12 bits, found lns8_3")]
    [TestCase("weight: lns8_3\nactivation: lns8_3\nmultiplier: {kind: log}\naccumulator: {kind: log, format: lns12_3}\n",
        "d:5:14: error CFG121: 'accumulator': a register of logarithms adds them itself and takes no multiplier of kind log")]
    [TestCase("weight: int8\nactivation: int8\naccumulator: {kind: log, format: fp16}\n",
        "d:4:34: error CFG102: 'format' must be a logarithmic format (lnsN_R), found 'fp16'")]
    [TestCase("weight: lns8_3\nactivation: lns8_3\nmultiplier: {kind: log, lookup: 5}\n" + Exact,
        "d:4:13: error CFG108: 'multiplier': the remainder of lns8_3 has 3 bits, fewer than the 5 that address the table")]
    [TestCase("weight: lns8_3\nactivation: lns8_3\nmultiplier: {kind: log, bits: 0}\n" + Exact,
        "d:4:31: error CFG002: 'bits' must be a positive integer up to 52, found '0'")]
    [TestCase("weight: lns8_3\nactivation: lns8_3\nmultiplier: {kind: log}\naccumulator: {kind: float, format: lns8_3}",
        "d:5:36: error CFG102: 'format' must be a float format")]
    [TestCase("weight: posit8_9\nactivation: posit8_2\n" + Exact,
        "d:2:9: error CFG011: 'weight': number format 'posit8_9': a posit has 0 to 4 exponent bits")]
    [TestCase("weight: posit8_2\nactivation: e4m3\naccumulator: {kind: quire, format: posit8_2}",
        "d:4:14: error CFG104: a quire sums products of posits, found e4m3 and posit8_2")]
    [TestCase("weight: posit8_2\nactivation: posit8_2\naccumulator: {kind: quire, format: posit8_2, bits: 64}",
        "d:4:52: error CFG101: 'bits' must be at least 98, what one product of posit8_2 needs, found 64")]
    [TestCase("weight: posit8_2\nactivation: posit8_2\naccumulator: {kind: quire, format: fp16}",
        "d:4:36: error CFG102: 'format' of a quire must be a posit (positN_ES), found 'fp16'")]
    [TestCase("weight: posit8_2\nactivation: posit8_2\naccumulator: {kind: float, format: posit16_4}", "d:4:36: error CFG102")]
    public void AWrongOneIsLocated(string yaml, string expected)
    {
        Assert.That(Read(yaml, out string errors), Is.Null);
        Assert.That(errors, Does.StartWith(expected));
    }

    private static DatapathSpec? Read(string yaml, out string errors)
    {
        var bag = new DiagnosticBag();
        DatapathSpec? spec = DatapathReader.Read(YamlDocument.Parse("schema: sim.datapath/1\n" + yaml + "\n", "d", bag)!.Root, bag);
        errors = bag.ToString();
        return spec;
    }
}
