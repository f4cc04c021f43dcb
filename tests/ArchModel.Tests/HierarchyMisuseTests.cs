using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

public class HierarchyMisuseTests
{
    private static readonly string Good = """
        schema: sim.architecture/2
        technology: nangate45
        clock: 200 MHz
        datapath: int8_acc32
        hierarchy:
          - {memory: dram, kind: LPDDR4, bandwidth: 3.2 GB/s}
          - {memory: buffer, capacity: 16 KiB, word: 64 bit, banks: 4, keeps: [outputs], may_keep: [weights]}
          - {fabric: grid, shape: {y: 12, x: 14}, multicast: {activations: x}, reduction: {y: chain}}
          - {memory: pads, partitions: {activations: 12 word, weights: 64 word}, word: 16 bit}
          - {compute: pe}
        vector: {lanes: 4}
        """;

    [Test]
    public void TheBaseIsGood()
    {
        Assert.That(Errors(Good), Is.Empty);
    }

    [TestCase("3.2 GB/s", "0 GB/s", "a:6:45: error CFG007: 'bandwidth' must be a bandwidth above 0 such as '16 B/cycle' or '12.8 GB/s'")]
    [TestCase("capacity: 16 KiB", "capacity: 4 B", "a:7:32: error CFG132: 'capacity' of memory 'buffer' (32 bits) holds no word of 64 "
        + "bits")]
    [TestCase("capacity: 16 KiB", "capacity: 16 B",
        "a:7:32: error CFG132: 'capacity' of memory 'buffer' (128 bits) must be at least one word of 64 bits in each of 4 equal banks")]
    [TestCase("capacity: 16 KiB", "capacity: 9000000000 word",
        "a:7:32: error CFG132: 'capacity' of memory 'buffer' must be at most 2^52 bits",
        "9000000000 word", "900000000000000 word")]
    [TestCase("{y: 12,", "{y: 0,", "a:8:31: error CFG002: 'y' must be a positive integer up to 1048576, found '0'")]
    [TestCase("{y: 12,", "{y: 12, y: 2,", "a:8:35: error CFG005: duplicate key 'y'")]
    [TestCase("shape: {y: 12, x: 14}", "shape: {}", "a:8:27: error CFG006: 'shape' must be a mapping of axes to a positive integer")]
    [TestCase("keeps: [outputs]", "keeps: [output]",
        "a:7:72: error CFG002: 'keeps' must be one of activations, weights, outputs, found 'output'; did you mean 'outputs'?")]
    [TestCase("may_keep: [weights]", "may_keep: [outputs]",
        "a:7:71: error CFG133: memory 'buffer' names the outputs twice in 'keeps' and 'may_keep'")]
    [TestCase("keeps: [outputs], may_keep: [weights]", "keeps: []", "a:7:71: error CFG133: memory 'buffer' keeps nothing")]
    [TestCase(", keeps: [outputs], may_keep: [weights]", "", "a:7:5: error CFG133: memory 'buffer' keeps nothing")]
    [TestCase("memory: pads", "memory: buffer", "a:9:14: error CFG131: 'buffer' is already the name of an entry at a:7:14; names are "
        + "unique")]
    [TestCase("compute: pe", "compute: vector", "a:10:15: error CFG131: 'vector' is the name of the elementwise unit")]
    [TestCase("word: 16 bit}", "word: 16 bit, capacity: 4 KiB}",
        "a:9:32: error CFG132: memory 'pads' has both 'capacity' and 'partitions'; storage is shared or partitioned")]
    [TestCase("partitions: {activations: 12 word, weights: 64 word}, ", "keeps: [weights], ",
        "a:9:5: error CFG132: memory 'pads' has no 'capacity' and no 'partitions'")]
    [TestCase("word: 16 bit}", "word: 16 bit, keeps: [activations]}",
        "a:9:64: error CFG133: memory 'pads' has a partition for the weights, which it does not keep")]
    [TestCase("word: 16 bit}", "word: 16 bit, keeps: [activations, weights, outputs]}",
        "a:9:32: error CFG133: memory 'pads' keeps the outputs but has no partition for them")]
    [TestCase("word: 16 bit}", "word: 16 bit, double_buffered: [outputs], keeps: [activations, weights]}",
        "a:9:105: error CFG133: memory 'pads' is 'double_buffered' for the outputs, which it does not keep")]
    [TestCase("word: 16 bit}", "word: 16 bit, ports: {read: 2}}",
        "a:9:95: error CFG134: no port writes: 'ports' needs a 'write' or a 'shared' port")]
    [TestCase("3.2 GB/s}", "3.2 GB/s, ports: {read: 1, write: 1}}", "a:6:62: error CFG134: 'ports' of off-chip memory 'dram'")]
    [TestCase("3.2 GB/s}", "3.2 GB/s, keeps: [weights]}",
        "a:6:62: error CFG133: the outermost memory 'dram' holds every operand: 'keeps' must name the activations too, or be left out")]
    [TestCase("3.2 GB/s}", "3.2 GB/s, burst: 12 B}", "a:6:62: error CFG132: 'burst' must be whole words of 64 bits, found 96 bits")]
    [TestCase("kind: LPDDR4", "kind: LPDDR44", "a:6:26: error CFG113: the technology 'nangate45' has no price for the memory kind "
        + "'LPDDR44'; did you mean 'LPDDR4'?")]
    [TestCase("activations: x", "activations: z", "a:8:68: error CFG135: fabric 'grid' has no axis 'z'; did you mean 'y'? (its axes: "
        + "y, x)")]
    [TestCase("multicast: {activations: x}", "multicast: {activations: x}, systolic: {activations: all}",
        "a:8:96: error CFG135: the activations are both multicast and systolic along 'x' of fabric 'grid'; choose one")]
    [TestCase("multicast: {activations: x}", "multicast: {outputs: x}",
        "a:8:55: error CFG003: unknown key 'outputs' in multicast (allowed: activations, weights)")]
    [TestCase("reduction: {y: chain}", "reduction: {why: chain}", "a:8:84: error CFG135: fabric 'grid' has no axis 'why'")]
    [TestCase("{compute: pe}", "{compute: pe, cycles_per_product: 0}",
        "a:10:39: error CFG002: 'cycles_per_product' must be cycles above 0")]
    [TestCase("{compute: pe}", "{compute: pe, cycles_per_product: 2, serial: {weights: 1}}",
        "a:10:50: error CFG136: 'serial' beside 'cycles_per_product'")]
    [TestCase("{compute: pe}", "{compute: pe, serial: {}}", "a:10:27: error CFG136: 'serial' names no operand")]
    [TestCase("{compute: pe}", "{compute: pe, precision: [{activations: 8, weights: 4, cycles: 1}]}",
        "a:10:30: error CFG136: no row of 'precision' takes the datapath's own operands of 8 (activations) and 8 (weights) bits")]
    [TestCase("  - {compute: pe}\n", "", "a:9:5: error CFG130: 'hierarchy' ends with the compute units")]
    [TestCase("  - {memory: dram, kind: LPDDR4, bandwidth: 3.2 GB/s}\n  - {memory: buffer, capacity: 16 KiB, word: 64 bit, banks: 4, "
        + "keeps: [outputs], may_keep: [weights]}\n", "",
        "a:6:5: error CFG130: 'hierarchy' begins with a memory that holds every operand")]
    [TestCase("{compute: pe}", "{compute: pe}\n  - {compute: pf}",
        "a:10:5: error CFG130: the compute units are the last entry of 'hierarchy', once")]
    [TestCase("{compute: pe}", "{compte: pe}", "a:10:5: error CFG130: an entry of 'hierarchy' must be a mapping with one of the keys "
        + "memory, fabric, compute; did you mean 'compute'?")]
    [TestCase("{compute: pe}", "{compute: pe, memory: x}", "a:10:19: error CFG130: an entry of 'hierarchy' is 'compute' or 'memory', "
        + "not both")]
    [TestCase("memory: pads, ", "memory: pads, prots: {read: 1}, ",
        "a:9:20: error CFG003: unknown key 'prots' in memory; did you mean 'ports'?")]
    [TestCase("weights: 64 word", "weights: 64 words, outputs: 1 word",
        "a:9:83: error CFG132: the partition of the outputs of memory 'pads' (16 bits) is less than one element")]
    [TestCase("64 word}", "64}", "a:9:64: error CFG007: 'weights' must be a data size above 0 such as '64 KiB'")]
    [TestCase("vector: {lanes: 4}", "vector: {lanes: 4}\nmapping: weight_stationery",
        "a:12:10: error CFG138: unknown dataflow 'weight_stationery'; did you mean 'weight_stationary'?")]
    [TestCase("bandwidth: 3.2 GB/s", "bandwidth: 3.2 GB/s, latency: 1.5 cycle",
        "a:6:64: error CFG007: 'latency' must be a latency such as '60 cycle' or '100 ns'")]
    public void WrongValuesAreLocated(string from, string to, string expected, string thenFrom = "", string thenTo = "")
    {
        Assert.That(Good, Does.Contain(from));
        string text = Good.Replace(from, to, StringComparison.Ordinal);
        if (thenFrom.Length > 0) text = text.Replace(thenFrom, thenTo, StringComparison.Ordinal);
        Assert.That(Errors(text).Split('\n'), Has.Some.StartsWith(expected));
    }

    [Test]
    public void AllProblemsAreToldAtOnce()
    {
        string text = Good.Replace("{y: 12,", "{y: 0,", StringComparison.Ordinal).Replace("3.2 GB/s", "0 GB/s", StringComparison.Ordinal)
            .Replace("capacity: 16 KiB", "capacity: 4 B", StringComparison.Ordinal).Replace("lanes: 4",
                "lanes: 0", StringComparison.Ordinal)
            .Replace("{compute: pe}", "{compute: pe, lanes: 0}", StringComparison.Ordinal);
        Assert.That(Errors(text).Split('\n').Select(l => l[..l.IndexOf(": error", StringComparison.Ordinal)]),
            Is.EqualTo(new[] { "a:6:45", "a:7:32", "a:8:31", "a:10:26", "a:11:17" }));
    }

    private static string Errors(string yaml)
    {
        var bag = new DiagnosticBag();
        LoadedHierarchy? read = YamlDocument.Parse(yaml, "a", bag) is { } document ? HierarchyReader.Read(document.Root, bag, "a") : null;
        Assert.That(read is null, Is.EqualTo(bag.HasErrors));
        return bag.ToString();
    }
}
