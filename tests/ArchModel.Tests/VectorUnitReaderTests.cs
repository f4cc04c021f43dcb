using Sim.ArchModel.Costs;
using Sim.ArchModel.Reading;
using Sim.Datapath.Nonlinear;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>The functions of a vector unit: read, written back, priced; and every way in which they can be wrong.</summary>
public class VectorUnitReaderTests
{
    private const string Text = """
        schema: sim.architecture/1
        technology: nangate45
        clock: 500 MHz
        datapath: int8_acc32
        array: {rows: 8, columns: 4, dataflow: ws}
        buffers: [{name: global, capacity: 8 KiB, port: 64 bit, keeps: [activations, outputs, weights]}]
        dram: {kind: LPDDR4, bandwidth: 2 GB/s}
        vector:
          lanes: 4
        """;

    [Test]
    public void FunctionsAreReadAndPartOfTheIdentity()
    {
        LoadedArchitecture plain = Read("")!,
            given = Read("\n  functions: {gelu: ibert scale=0.0625, softmax: ivit scale=0.0625}\n  dyadic_bits: 31")!;
        VectorProgram program = given.Architecture.Vector.Program;
        Assert.That(program.Text, Is.EqualTo("gelu ibert bits=8 scale=0.0625; softmax ivit bits=8 output_bits=8 scale=0.0625; dyadic_bits 31"));
        Assert.That(plain.Architecture.Vector.Program, Is.EqualTo(VectorProgram.None));
        Assert.That(ArchitectureJson.WriteIdentity(given.Architecture), Is.Not.EqualTo(ArchitectureJson.WriteIdentity(plain.Architecture)));
        Assert.That(ArchitectureJson.Read(ArchitectureJson.Write(given.Architecture)).Vector, Is.EqualTo(given.Architecture.Vector));
    }

    [Test]
    public void FunctionsArePricedOrRefused()
    {
        LoadedArchitecture plain = Read("")!,
            given = Read("\n  functions: {gelu: ibert scale=0.0625, tanh: pwl format=bf16}\n  dyadic_bits: 31")!;
        var cost = new ArchitectureCost(given.Architecture, given.Technology);
        Assert.That(cost.AreaSquareMicrometres,
            Is.GreaterThan(new ArchitectureCost(plain.Architecture, plain.Technology).AreaSquareMicrometres));
        Assert.That(cost.EnergyPerAction(ActionNames.Vector, "gelu").Picojoules, Is.GreaterThan(0));
        Assert.That(cost.EnergyPerAction(ActionNames.Vector, "tanh").Picojoules, Is.GreaterThan(0));
        LoadedArchitecture abstractOne = Read("\n  functions: {softmax: exact format=fp32}")!;
        Assert.That(Assert.Throws<InvalidInputException>(() =>
            _ = new ArchitectureCost(abstractOne.Architecture, abstractOne.Technology))!.Message, Does.Contain("COST004"));
    }

    [TestCase("functions: {softmax: exakt}", "a.yaml:10:24: error CFG120: unknown method 'exakt' for softmax; allowed are exact")]
    [TestCase("functions: {softmax: ibert}", "'scale' must be given")]
    [TestCase("functions: {soft: exact}", "soft")]
    [TestCase("dyadic_bits: 40", "dyadic_bits")]
    public void Mistakes(string line, string expected)
    {
        var bag = new DiagnosticBag();
        ArchitectureReader.Read(YamlDocument.Parse(Text + "\n  " + line, "a.yaml", bag)!.Root, bag);
        Assert.That(string.Join('\n', bag.Sorted), Does.Contain(expected));
    }

    private static LoadedArchitecture? Read(string more)
    {
        var bag = new DiagnosticBag();
        LoadedArchitecture? read = ArchitectureReader.Read(YamlDocument.Parse(Text + more, "a.yaml", bag)!.Root, bag);
        Assert.That(bag.Sorted, Is.Empty);
        return read;
    }
}
