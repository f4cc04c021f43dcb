using Sim.ArchModel.Reading;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>Block formats as operands of a datapath.</summary>
public sealed class BlockOperandReaderTests
{
    private const string Sum = "accumulator: {kind: float, format: fp32}\n";

    [Test]
    public void NamesMakeABlockDotUnit()
    {
        DatapathSpec spec = Read($"weight: mxfp4\nactivation: mxfp8_e4m3_rceil\n{Sum}", out _)!;
        Assert.Multiple(() =>
        {
            Assert.That(spec.Weight.Name, Is.EqualTo("e2m1"));
            Assert.That(spec.Activation.Name, Is.EqualTo("e4m3"));
            Assert.That(spec.Dot, Is.EqualTo(new BlockDotUnit(BlockCatalogue.Parse("mxfp8_e4m3_rceil"), BlockCatalogue.Parse("mxfp4"))));
            Assert.That(spec.Name, Is.EqualTo("mxfp4xmxfp8_e4m3_rceil_fp32"));
        });
    }

    [Test]
    public void InlineBlocksGoByTheirNameWhereTheyHaveOne()
    {
        DatapathSpec spec = Read("weight: {element: e2m1, scale: e8m0, block: 32}\nactivation: {element: e3m2, scale: ue5m3, block: 16, rule: up, tensor_scale: true}\n" + Sum, out _)!;
        var unit = (BlockDotUnit)spec.Dot!;
        Assert.That(unit.Weights, Is.EqualTo(BlockCatalogue.Parse("mxfp4")));
        Assert.That((unit.Activations!.Rule, unit.Activations.TwoLevel, unit.Lanes), Is.EqualTo((ScaleRule.NearestUp, true, 16)));
    }

    [TestCase("weight: mxfp4\nactivation: fp16\n", null)]
    [TestCase("weight: mxfp4_b0\nactivation: e4m3\n",
        "d.yaml:2:9: error CFG011: 'weight': block format 'mxfp4_b0': a block has 1 to 65536 elements")]
    [TestCase("weight: dfp8\nactivation: dfp8\n", "one scale a tensor is applied behind the sum")]
    [TestCase("weight: mxfp4_b12\nactivation: mxfp4\n", "one size must divide the other")]
    [TestCase("weight: {element: e2m1, scale: fp16, block: 16, rule: floor}\nactivation: e4m3\n",
        "error CFG011: block format: scale fp16 has a fraction: rules nearest and up")]
    [TestCase("weight: {element: e2m1, scale: int8, block: 16, rule: nearest}\nactivation: e4m3\n",
        "the scale needs a code for NaN, which int8 has not")]
    [TestCase("weight: {element: uint4, scale: e8m0, block: 16}\nactivation: e4m3\n", "elements need a sign, which uint4 has not")]
    [TestCase("weight: {element: e2m1, scale: e8m0, block: 0}\nactivation: e4m3\n", "d.yaml:2:45: error CFG002")]
    [TestCase("weight: mxfp4\nactivation: mxfp4\ndot: {kind: aligned, lanes: 32, fraction: 13}\n", "error CFG118")]
    [TestCase("weight: mxfp5\nactivation: e4m3\n", "unknown number format 'mxfp5'")]
    public void WrongOperandsAreLocated(string operands, string? message)
    {
        DatapathSpec? spec = Read(operands + Sum, out string errors);
        Assert.That(spec is null, Is.EqualTo(message is not null), errors);
        if (message is not null) Assert.That(errors, Does.Contain(message));
    }

    [Test]
    public void RegistersMustBeFloats()
    {
        Read("weight: mxfp4\nactivation: mxfp4\naccumulator: {kind: exact, output: fp32}\n", out string errors);
        Assert.That(errors, Does.Contain("operands in blocks need a float accumulator"));
    }

    private static DatapathSpec? Read(string body, out string errors)
    {
        var bag = new DiagnosticBag();
        YamlDocument? document = YamlDocument.Parse($"schema: sim.datapath/1\n{body}", "d.yaml", bag);
        DatapathSpec? spec = document is null ? null : DatapathReader.Read(document.Root, bag);
        errors = string.Join('\n', bag.Sorted);
        return spec;
    }
}
