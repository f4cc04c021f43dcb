using Sim.ArchModel.Reading;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>How a study varies a base architecture: values are read as if they stood in the base, and errors are located in the
/// study.</summary>
public class ArchitectureOverrideTests
{
    [Test]
    public void ValuesReachTheRecord()
    {
        Architecture a = Apply("""
            schema: sim.study/1
            array.rows: 16
            array.dataflow: is
            datapath.accumulator.bits: 24
            buffers.weights.capacity: 8 KiB
            buffers.2.banks: 4
            dram.bandwidth: unlimited
            clock: 1 GHz
            """, out DiagnosticBag bag)!;
        Assert.That(bag.Sorted, Is.Empty);
        Assert.That(a.Array.Rows, Is.EqualTo(16));
        Assert.That(a.Array.Dataflow, Is.EqualTo(Dataflow.InputStationary));
        Assert.That(a.Datapath.Accumulator, Is.EqualTo(new IntegerAccumulator(24, RegisterOverflow.Wrap)));
        Assert.That(a.Datapath.Name, Is.EqualTo("int8_acc24_wrap"), "a changed datapath no longer goes by the base's name");
        Assert.That(a.Buffers[1].CapacityBytes, Is.EqualTo(8192));
        Assert.That(a.Buffers[2].Banks, Is.EqualTo(4));
        Assert.That(a.Dram.BytesPerCycle, Is.Null);
        Assert.That(a.ClockHertz, Is.EqualTo(1e9));
    }

    [Test]
    public void WholePartsAreReplaced()
    {
        Architecture a = Apply("schema: sim.study/1\ndatapath: e4m3_fp16\narray: {rows: 4, columns: 2, dataflow: os}\n", out _)!;
        Assert.That(a.Datapath.Name, Is.EqualTo("e4m3_fp16"));
        Assert.That(a.Array, Is.EqualTo(new PeArray(4, 2, Dataflow.OutputStationary)));
    }

    [TestCase("array.rows: none", "s:2:13: error CFG002: 'rows' must be a positive integer up to 4096, found 'none'")]
    [TestCase("array.rowz: 3", "s:2:1: error CFG003: unknown key 'rowz' in PE array; did you mean 'rows'? (allowed: rows, columns, dataflow, overlap)")]
    [TestCase("aray.rows: 3", "s:2:1: error CFG012: 'aray.rows': there is no key 'aray'; did you mean 'array'? (the file has: schema, description, technology, clock, datapath, array, buffers, dram, vector)")]
    [TestCase("datapath.accumulator.bits: 1", "s:2:28: error CFG002: 'bits' must be an integer from 2 to 64, found '1'")]
    [TestCase("datapath.weight: e4m3",
        "s:2:18: error CFG103: an integer accumulator needs integer operands (intN, uintN), but 'weight' is 'e4m3'; use accumulator kind fixed, float or exact")]
    public void ErrorsAreLocatedInTheStudy(string line, string expected)
    {
        Assert.That(Apply("schema: sim.study/1\n" + line + "\n", out DiagnosticBag bag), Is.Null);
        Assert.That(bag.ToString(), Is.EqualTo(expected));
    }

    private static Architecture? Apply(string study, out DiagnosticBag bag)
    {
        bag = new DiagnosticBag();
        YamlMap? architecture = ConfigCatalogue.Open("edge_npu", ArchitectureReader.Folder, bag)!.Root;
        foreach (YamlEntry axis in YamlDocument.Parse(study, "s", bag)!.Root.Entries.Skip(1))
            architecture = architecture is null ? null : ArchitectureReader.Override(architecture, axis.Key, axis.Value, bag);
        return architecture is null ? null : ArchitectureReader.Read(architecture, bag)?.Architecture;
    }
}
