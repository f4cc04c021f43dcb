using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

public class HierarchyReaderTests
{
    private const string Good = """
        schema: sim.architecture/2
        technology: nangate45
        clock: 200 MHz
        datapath: int8_acc32
        hierarchy:
          - {memory: dram, kind: LPDDR4, bandwidth: 3.2 GB/s, latency: 100 ns, burst: 64 B}
          - {memory: buffer, capacity: 108 KiB, word: 64 bit, banks: 4, ports: {read: 1, shared: 2}, keeps: [outputs],
             may_keep: [weights], double_buffered: true, latency: 2 cycle}
          - {fabric: grid, shape: {y: 12, x: 14}, multicast: {activations: x, weights: all}, reduction: {y: chain}}
          - {memory: pads, partitions: {activations: 12 word, weights: 448 B, outputs: 768 bit}, word: 16 bit, double_buffered: [weights],
             energy: {read: 0.5 pJ, write: 600 fJ, source: me}}
          - {fabric: cells, shape: {z: 2}, systolic: {weights: [z]}, reduction: {z: tree},
             hop: 3 cycle, hop_energy: {value: 2 fJ/bit, source: me}}
          - {compute: pe, lanes: 4, precision: [{activations: 8, weights: 8, cycles: 2}, {activations: 8, weights: 4, cycles: 1},
             {activations: 4, weights: 4, cycles: 1/2}], area: {value: 100 um2, source: me}}
        vector: {lanes: 4}
        mapping: row_stationary
        """;

    [Test]
    public void EveryKeyIsRead()
    {
        LoadedHierarchy loaded = Read(Good, out DiagnosticBag bag)!;
        Assert.That(bag.ToString(), Is.Empty);
        HierarchicalArchitecture a = loaded.Architecture;
        Assert.That((a.Name, a.TechnologyName, a.ClockHertz, a.Datapath.Name), Is.EqualTo(("a", "nangate45", 2e8, "int8_acc32")));
        Assert.That(a.Hierarchy.Levels.Select(l => l.Name), Is.EqualTo(new[] { "dram", "buffer", "grid", "pads", "cells", "lanes" }));
        // 3.2e9 B/s at 2e8 cycles/s = 16 B; 100 ns = 20 cycles; 128 bits a cycle are two words of 64.
        Assert.That(a.Hierarchy.Memory(0), Is.EqualTo(new MemoryLevel("dram", null, default, 64, 1, new MemoryPorts(2, 2, 0), 128, 20, 512,
            new(Keeping.Must, Keeping.Must, Keeping.Must), default) { DramKind = "LPDDR4" }));
        Assert.That(a.Hierarchy.Memory(1), Is.EqualTo(new MemoryLevel("buffer", 108 * 8192, default, 64, 4, new MemoryPorts(1, 0, 2), null,
            2, 0, new(Keeping.Bypass, Keeping.May, Keeping.Must), new(false, true, true))));
        Assert.That(a.Hierarchy.Fabric(2), Is.EqualTo(new FabricLevel("grid",
            [new("y", 12, Sharing.None, Sharing.Multicast, Reduction.Chain),
                new("x", 14, Sharing.Multicast, Sharing.Multicast, Reduction.None)])));
        Assert.That(a.Hierarchy.Memory(3), Is.EqualTo(new MemoryLevel("pads", null, new(192, 3584, 768), 16, 1, new MemoryPorts(1, 1, 0),
            null, 0, 0, new(Keeping.Must, Keeping.Must, Keeping.Must), new(false, true, false))
            { Stated = StatedCosts.Energy(0.5, 0.6, null, "me") }));
        Assert.That(a.Hierarchy.Memory(3).WordPicojoules, Is.EqualTo((0.5, 0.6)));
        Assert.That(a.Hierarchy.Fabric(4), Is.EqualTo(new FabricLevel("cells",
            [new("z", 2, Sharing.None, Sharing.Systolic, Reduction.Tree)]) { HopCycles = 3, Stated = StatedCosts.Energy(0.002, null, null,
                "me") }));
        Assert.That(a.Hierarchy.Fabric(5).Axes, Is.EqualTo(new[] {
            new FabricAxis("lane", 4, Sharing.None, Sharing.None, Reduction.Tree) { SumsOnly = true } }));
        Assert.That(a.Compute, Is.EqualTo(new ComputeUnit("pe", 4, Rational.Of(2))
        {
            Precisions = [new(8, 8, Rational.Of(2)), new(8, 4, Rational.One), new(4, 4, Rational.Of(1, 2))],
            Stated = new(null, null, null, "", new Sourced<double>(100, "me"), null),
        }));
        Assert.That((a.Units, a.ProductsAtOnce, a.PeakProductsPerSecond), Is.EqualTo((336L, 1344L, 1344 * 1e8)));
        Assert.That(a.Hierarchy.Instances(3), Is.EqualTo(168));
        Assert.That((loaded.Mapping as YamlScalar)?.Text, Is.EqualTo("row_stationary"));
        Assert.That(loaded.PlaceOf("pads").Line, Is.EqualTo(10));
        Assert.That(loaded.PlaceOf("nobody").Line, Is.EqualTo(1));
    }

    [Test]
    public void APathNamesALevel()
    {
        var bag = new DiagnosticBag();
        YamlMap root = YamlDocument.Parse(Good, "a", bag)!.Root;
        YamlMap? Set(string path, string value) => YamlPath.Set(root, new YamlScalar(new Location("s", 1, 1), path),
            new YamlScalar(new Location("s", 1, 9), value), (_, _) => null, bag);
        Assert.That(HierarchyReader.Read(Set("hierarchy.buffer.banks", "2")!, bag)!.Architecture.Hierarchy.Memory(1).Banks, Is.EqualTo(2));
        Assert.That(HierarchyReader.Read(Set("hierarchy.grid.shape.y", "6")!, bag)!.Architecture.ProductsAtOnce, Is.EqualTo(672));
        Assert.That(bag.ToString(), Is.Empty);
        Assert.That(Set("hierarchy.bufer.banks", "2"), Is.Null);
        Assert.That(bag.ToString(), Does.Contain("did you mean 'buffer'? (numbers 0 to 5; names: dram, buffer, grid, pads, cells, pe)"));
    }

    [Test]
    public void CanonicalTextReadsBackAsTheSame()
    {
        LoadedHierarchy loaded = Read(Good, out _)!;
        foreach (string text in new[] { HierarchyJson.Write(loaded), HierarchyYaml.Write(loaded) })
        {
            LoadedHierarchy again = Read(text, out DiagnosticBag bag)!;
            Assert.That(bag.ToString(), Is.Empty);
            Assert.That(again.Architecture.Hierarchy, Is.EqualTo(loaded.Architecture.Hierarchy), text);
            Assert.That(again.Architecture.Compute, Is.EqualTo(loaded.Architecture.Compute), text);
            Assert.That(HierarchyJson.Write(again), Is.EqualTo(HierarchyJson.Write(loaded)));
        }
    }

    // By hand: 2 cycles at 8×8 bits; a row takes every width up to its own; nothing takes 9 bits.
    [TestCase(8, 8, "2")]
    [TestCase(8, 4, "1")]
    [TestCase(3, 4, "1/2")]
    [TestCase(4, 5, "2")]
    [TestCase(9, 4, null)]
    public void NarrowProductsTakeFewerCycles(int activations, int weights, string? cycles) =>
        Assert.That(Read(Good, out _)!.Architecture.Compute.CyclesFor(activations, weights)?.ToString(), Is.EqualTo(cycles));

    // By hand: ⌈8/2⌉ · 8 = 32, ⌈3/2⌉ · 1 = 2; activations whole: the bits of the weight alone.
    [TestCase("{activations: 2, weights: 1}", 8, 8, 32)]
    [TestCase("{activations: 2, weights: 1}", 3, 1, 2)]
    [TestCase("{weights: 1}", 8, 5, 5)]
    public void SerialOperandsTakeADigitACycle(string serial, int activations, int weights, long cycles)
    {
        string text = Good.Replace("precision: [{activations: 8, weights: 8, cycles: 2}, {activations: 8, weights: 4, cycles: 1},\n"
            + "     {activations: 4, weights: 4, cycles: 1/2}]",
            $"serial: {serial}", StringComparison.Ordinal);
        ComputeUnit unit = Read(text, out _)!.Architecture.Compute;
        Assert.That(unit.CyclesFor(activations, weights), Is.EqualTo(Rational.Of(cycles)));
        Assert.That(unit.Cycles, Is.EqualTo(unit.CyclesFor(8, 8)));
    }

    [Test]
    public void VersionOneIsExpanded()
    {
        int files = 0;
        foreach (string name in ConfigCatalogue.Names("architectures"))
        {
            var bag = new DiagnosticBag();
            LoadedHierarchy loaded = HierarchyReader.Load(name, bag)!;
            Assert.That(bag.ToString(), Is.Empty, name);
            LoadedHierarchy again = Read(HierarchyYaml.Write(loaded), out bag)!;
            Assert.That(bag.ToString(), Is.Empty, name);
            Assert.That(again.Architecture.Hierarchy, Is.EqualTo(loaded.Architecture.Hierarchy), name);
            Assert.That(HierarchyJson.Write(again), Is.EqualTo(HierarchyJson.Write(loaded)), name);
            files++;
        }
        Assert.That(files, Is.GreaterThanOrEqualTo(5));
    }

    [Test]
    public void AWeightStationaryArrayKeepsWeightsInPes()
    {
        HierarchicalArchitecture a = HierarchyReader.Load("tpu_like", new DiagnosticBag())!.Architecture;
        Assert.That(a.Hierarchy.Levels.Select(l => l.Name),
            Is.EqualTo(new[] { "dram", "unified", "weight_fifo", "accumulators", "array", "registers" }));
        Assert.That(a.Hierarchy.Fabric(4).Axes, Is.EqualTo(new FabricAxis[] {
            new("row", 256, Sharing.None, Sharing.None, Reduction.Chain),
            new("column", 256, Sharing.Systolic, Sharing.None, Reduction.None) }));
        // Two registers of a weight: the next tile is loaded meanwhile.
        Assert.That(a.Hierarchy.Memory(5).PartitionBits, Is.EqualTo(new PerOperand<long?>(null, 16, null)));
        Assert.That(a.ProductsAtOnce, Is.EqualTo(65536));
    }

    private static LoadedHierarchy? Read(string yaml, out DiagnosticBag bag)
    {
        bag = new DiagnosticBag();
        return YamlDocument.Parse(yaml, "a", bag) is { } document ? HierarchyReader.Read(document.Root, bag, "a") : null;
    }
}
