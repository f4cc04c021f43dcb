using Sim.ArchModel.Reading;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>Kinds of `multiplier` that keep every value: what they read to, and what cannot be built.</summary>
public sealed class ExactMultiplierReaderTests
{
    private const string Integer = "{kind: integer, bits: 32, overflow: wrap}",
        Saturating = "{kind: integer, bits: 32, overflow: saturate}", Float = "{kind: float, format: fp32}",
        Exact = "{kind: exact, output: fp32}";

    [Test]
    public void EveryKindIsRead() => Assert.Multiple(() =>
    {
        Assert.That(Read("int8", "int8", "{kind: bit_serial}", Integer).Spec!.Multiplier, Is.EqualTo(new BitSerialMultiplier()));
        Assert.That(Read("int8", "int8", "{kind: bit_serial}", Integer).Spec!.CyclesPerMac, Is.EqualTo(8));
        Assert.That(Read("int8", "int4", "{kind: bit_serial, bits_per_cycle: 3, serial: weight}", Integer).Spec!.CyclesPerMac,
            Is.EqualTo(2));
        Assert.That(Read("int8", "po2_4", "{kind: shift_add}", Float).Spec!.Multiplier, Is.EqualTo(new ShiftAddMultiplier()));
        Assert.That(Read("int8", "int4", "{kind: shift_add, terms: 2}", Integer).Spec!.Multiplier, Is.EqualTo(new ShiftAddMultiplier(2)));
        Assert.That(Read("e2m1", "e2m1", "{kind: lookup}", Exact).Spec!.Multiplier, Is.EqualTo(new LookupMultiplier()));
        Assert.That(Read("int8", "int8", "{kind: lookup}", Integer).Spec, Is.Null);
        DatapathSpec grouped = Read("int2", "int8", "{kind: grouped_lookup, group: 3, symmetric: false, shared_by: 16}", Integer).Spec!;
        Assert.That(grouped.Multiplier, Is.EqualTo(new GroupedLookupMultiplier(3, false, 16)));
        var bag = new DiagnosticBag();
        Assert.That(DatapathReader.Read(YamlDocument.Parse(ArchitectureJson.Write(grouped), "json", bag)!.Root, bag), Is.EqualTo(grouped));
    });

    [TestCase("e4m3", "e4m3", "{kind: bit_serial}", Float,
        "a serial multiplier takes integers or fixed-point numbers digit by digit, found e4m3 and e4m3")]
    [TestCase("int8", "int8", "{kind: bit_serial, bits_per_cycle: 9}", Integer, "9 bits a cycle, but the serial operand int8 has 8")]
    [TestCase("int8", "int8", "{kind: bit_serial}", Saturating,
        "a serial multiplier adds partial products one by one, so its accumulator must be an integer that wraps or an exact one")]
    [TestCase("int8", "int8", "{kind: shift_add}", Integer,
        "of int8 (code 3) takes 2 powers of two, the unit adds 1; po2_N has one for each weight")]
    [TestCase("e4m3", "int3", "{kind: shift_add, terms: 2}", Float,
        "shifted terms of a float activation (e4m3) do not add up without a float adder")]
    [TestCase("int8", "e5m2", "{kind: shift_add, terms: 2}", Float, "shift-add has no weight that is Infinity, but e5m2 has one")]
    [TestCase("int8", "int8", "{kind: lookup}", Integer,
        "a table of 2^16 products (int8 × int8) is too large; both codes together have at most 12 bits")]
    public void WhatCannotBeBuiltIsLocated(string activation, string weight, string multiplier, string accumulator, string error)
    {
        (DatapathSpec? spec, DiagnosticBag bag) = Read(activation, weight, multiplier, accumulator);
        Assert.That(spec, Is.Null);
        Assert.That(bag.ToString(), Does.StartWith("d:4:13: error CFG108: 'multiplier': ").And.Contain(error));
    }

    private static (DatapathSpec? Spec, DiagnosticBag Bag) Read(string activation, string weight, string multiplier, string accumulator)
    {
        var bag = new DiagnosticBag();
        YamlDocument document = YamlDocument.Parse($"schema: sim.datapath/1\nweight: {weight}\nactivation: {activation}\nmultiplier: {multiplier}\naccumulator: {accumulator}\n", "d", bag)!;
        return (DatapathReader.Read(document.Root, bag), bag);
    }
}
