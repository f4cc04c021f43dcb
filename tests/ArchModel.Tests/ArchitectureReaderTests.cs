using Sim.ArchModel.Reading;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

public class ArchitectureReaderTests
{
    private const string Good = """
        schema: sim.architecture/1
        technology: nangate45
        clock: 500 MHz
        datapath: int8_acc32
        array: {rows: 8, columns: 4, dataflow: ws, overlap: {drain: true}}
        buffers:
          - {name: global, capacity: 8 KiB, port: 64 bit, banks: 2, double_buffered: true, keeps: [activations, outputs]}
          - {name: filters, capacity: 2 KiB, port: 4 B, keeps: [weights]}
        dram: {kind: LPDDR4, bandwidth: 2 GB/s}
        vector: {lanes: 4}
        """;

    private const string Units = "(units: bit, B, KiB, MiB, GiB, kB, MB, GB)";

    [Test]
    public void EveryKeyIsRead()
    {
        Architecture a = Read(Good, out DiagnosticBag bag)!.Architecture;
        Assert.That(bag.Sorted, Is.Empty);
        Assert.That(a.Name, Is.EqualTo("architecture"));
        Assert.That(a.TechnologyName, Is.EqualTo("nangate45"));
        Assert.That(a.ClockHertz, Is.EqualTo(5e8));
        Assert.That(a.Datapath.Accumulator, Is.EqualTo(new IntegerAccumulator(32, RegisterOverflow.Wrap)));
        Assert.That(a.Array, Is.EqualTo(new PeArray(8, 4, Dataflow.WeightStationary, OverlapDrain: true)));
        Assert.That(a.Buffers, Is.EqualTo(new[]
        {
            new BufferLevel("global", 8192, 64, 2, true, Operands.Activations | Operands.Outputs),
            new BufferLevel("filters", 2048, 32, 1, false, Operands.Weights),
        }));
        // 2e9 B/s at 5e8 cycles/s.
        Assert.That(a.Dram, Is.EqualTo(new DramLevel("LPDDR4", 4)));
        Assert.That(a.Vector, Is.EqualTo(new VectorUnit(4)));
        Assert.That(Read(Good.Replace("2 GB/s", "unlimited", StringComparison.Ordinal), out _)!.Architecture.Dram.BytesPerCycle, Is.Null);
        Assert.That(Read(Good.Replace("2 GB/s", "3.5 B/cycle", StringComparison.Ordinal), out _)!.Architecture.Dram.BytesPerCycle,
            Is.EqualTo(3.5));
    }

    [TestCase("rows: 8", "rows: zero", "a:5:15: error CFG002: 'rows' must be a positive integer up to 4096, found 'zero'")]
    [TestCase("rows: 8", "rows: -8", "a:5:15: error CFG002: 'rows' must be a positive integer up to 4096, found '-8'")]
    [TestCase("columns: 4", "colums: 4",
        "a:5:8: error CFG004: the key 'columns' is missing; it must be a positive integer up to 4096\na:5:18: error CFG003: unknown key 'colums' in PE array; did you mean 'columns'? (allowed: rows, columns, dataflow, overlap)")]
    [TestCase("dataflow: ws", "dataflow: rs",
        "a:5:40: error CFG002: 'dataflow' must be one of output_stationary, weight_stationary, input_stationary, os, ws, is, found 'rs'; did you mean 'os'?")]
    [TestCase("drain: true", "drian: true",
        "a:5:54: error CFG003: unknown key 'drian' in overlap switches; did you mean 'drain'? (allowed: fill, drain, weight_load)")]
    [TestCase("clock: 500 MHz", "clock: 500",
        "a:3:8: error CFG007: 'clock' must be a frequency above 0 such as '500 MHz' (units: Hz, kHz, MHz, GHz), found '500'; the unit is missing")]
    [TestCase("clock: 500 MHz", "clock: 500 mhz",
        "a:3:8: error CFG007: 'clock' must be a frequency above 0 such as '500 MHz' (units: Hz, kHz, MHz, GHz), found '500 mhz'; 'mhz' is not one of the units; did you mean 'MHz'?")]
    [TestCase("clock: 500 MHz", "clock: 500 pJ",
        "a:3:8: error CFG007: 'clock' must be a frequency above 0 such as '500 MHz' (units: Hz, kHz, MHz, GHz), found '500 pJ'; 'pJ' is not one of the units")]
    [TestCase("clock: 500 MHz", "clock: 2000 GHz", "a:3:8: error CFG114: 'clock' must be from 1 Hz to 1000 GHz, found 2000000000000 Hz")]
    [TestCase("capacity: 8 KiB", "capacity: -8 KiB", "a:7:30: error CFG007: 'capacity' must be a data size above 0 such as '64 KiB' "
        + Units + ", found '-8 KiB'")]
    [TestCase("capacity: 8 KiB", "capacity: 3 B",
        "a:7:30: error CFG112: 'capacity' must be a whole number of bytes in each of 2 bank(s), found 24 bits in all")]
    [TestCase("capacity: 8 KiB", "capacity: 16 B",
        "a:7:42: error CFG112: 'port' (64 bits) must not exceed half of a bank (the buffer is double-buffered), which is 32 bits")]
    [TestCase("port: 4 B", "port: 3 KiB", "a:8:44: error CFG112: 'port' (24576 bits) must not exceed a bank, which is 16384 bits")]
    [TestCase("capacity: 8 KiB, port: 64 bit", "capacity: 8 MiB, port: 16 KiB",
        "a:7:43: error CFG112: 'port' must be at most 65536 bits, found 131072")]
    [TestCase("name: filters", "name: global", "a:8:12: error CFG110: two buffers are named 'global'")]
    [TestCase("name: filters", "name: pe",
        "a:8:12: error CFG110: a buffer cannot be named 'pe': that is the name of another component (reserved: pe, accumulator, dram, vector)")]
    [TestCase("keeps: [weights]", "keeps: [outputs]",
        "a:7:3: error CFG111: no buffer keeps the weights; exactly one must name them under 'keeps'\na:8:56: error CFG111: the outputs are already kept by buffer 'global'; exactly one buffer keeps an operand")]
    [TestCase("keeps: [weights]", "keeps: [weights, weights]", "a:8:56: error CFG111: 'keeps' names an operand twice")]
    [TestCase("keeps: [weights]", "keeps: []",
        "a:8:56: error CFG006: 'keeps' must be a list of at least 1, each one of activations, weights, outputs, found a list of 0")]
    [TestCase("bandwidth: 2 GB/s", "bandwidth: 5 B/s",
        "a:9:7: error CFG123: 'bandwidth' must be from 1E-06 to 1000000000 B/cycle, found 1E-08 at this clock")]
    [TestCase("bandwidth: 2 GB/s", "bandwidth: 0 GB/s",
        "a:9:33: error CFG007: 'bandwidth' must be a bandwidth above 0 such as '16 B/cycle' or '12.8 GB/s' (units: bit/cycle, B/cycle, KiB/cycle, B/s, MB/s, GB/s, MiB/s, GiB/s, TB/s), found '0 GB/s'")]
    [TestCase("kind: LPDDR4", "kind: LPDR4",
        "a:9:14: error CFG113: the technology 'nangate45' has no price for the memory kind 'LPDR4'; did you mean 'LPDDR4'? (known: "
            + "DDR3, DDR4, DDR5, GDDR5, GDDR6, HBM2, LPDDR, LPDDR4, LPDDR5, LPDDR5X)")]
    [TestCase("kind: LPDDR4", "kind: HBM3",
        "a:9:14: error CFG113: the technology 'nangate45' has no price for the memory kind 'HBM3': no energy per bit of it is public; "
            + "copy the technology file and add 'HBM3' with a number and source of your own (known: DDR3, DDR4, DDR5, GDDR5, GDDR6, "
            + "HBM2, LPDDR, LPDDR4, LPDDR5, LPDDR5X)")]
    [TestCase("vector: {lanes: 4}", "vector: 4", "a:10:9: error CFG006: 'vector' must be a mapping (vector unit), found '4'")]
    [TestCase("datapath: int8_acc32", "datapath: [int8]",
        "a:4:11: error CFG006: 'datapath' must be an inline mapping, a name from configs/datapaths or a path to a .yaml file, found a list")]
    [TestCase("datapath: int8_acc32", "datapath: no/such.yaml",
        "a:4:11: error CFG008: 'datapath' names the file 'no/such.yaml', which does not exist")]
    [TestCase("datapath: int8_acc32", "datapath: {weight: e4m3, activation: e4m3, accumulator: {kind: integer, bits: 99, overflow: wrap}}",
        "a:4:79: error CFG002: 'bits' must be an integer from 2 to 64, found '99'")]
    [TestCase("schema: sim.architecture/1", "schema: sim.architecture/2",
        "a:1:9: error CFG009: 'schema' must be 'sim.architecture/1' here, found 'sim.architecture/2': "
            + "hierarchies are for 'sim cost', 'sim map' and 'sim validate'")]
    public void EveryProblemIsLocated(string good, string bad, string expected)
    {
        string changed = Good.Replace(good, bad, StringComparison.Ordinal);
        Assert.That(changed, Is.Not.EqualTo(Good));
        Assert.That(Read(changed, out DiagnosticBag bag), Is.Null);
        Assert.That(bag.ToString(), Is.EqualTo(expected));
    }

    [Test]
    public void ManyProblemsComeAtOnceInOrder()
    {
        string text = Good.Replace("500 MHz", "fast", StringComparison.Ordinal).Replace("rows: 8", "rows: 0", StringComparison.Ordinal)
            .Replace("8 KiB", "8 kiB", StringComparison.Ordinal).Replace("lanes: 4", "lane: 4", StringComparison.Ordinal);
        Read(text, out DiagnosticBag bag);
        Assert.That(bag.Sorted.Select(d => $"{d.Location.Line}:{d.Code}"),
            Is.EqualTo(new[] { "3:CFG007", "5:CFG002", "7:CFG007", "10:CFG004", "10:CFG003" }));
    }

    [Test]
    public void AMisspeltNameFindsTheNearest()
    {
        Read(Good.Replace("int8_acc32", "int8_ac32", StringComparison.Ordinal), out DiagnosticBag bag);
        Assert.That(bag.ToString(), Does.StartWith("a:4:11: error CFG010: 'datapath' names 'int8_ac32', which is not in configs/datapaths; did you mean 'int8_acc32'? (known: "));
    }

    [Test]
    public void ErrorsInANamedFileAreLocatedThere()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "dp.yaml"),
                "schema: sim.datapath/1\nweight: int8\nactivation: int8\naccumulator: {kind: integer, bits: none, overflow: wrap}\n");
            File.WriteAllText(Path.Combine(folder, "arch.yaml"), Good.Replace("int8_acc32", "dp.yaml", StringComparison.Ordinal));
            var bag = new DiagnosticBag();
            Assert.That(ArchitectureReader.Load(Path.Combine(folder, "arch.yaml"), bag), Is.Null);
            Assert.That(bag.ToString(), Is.EqualTo($"{Path.Combine(folder, "dp.yaml")}:4:36: error CFG002: 'bits' must be an integer from 2 to 64, found 'none'"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void EveryCatalogueArchitectureReadsAndRoundTrips()
    {
        int read = 0;
        foreach (string name in ConfigCatalogue.Names(ArchitectureReader.Folder))
        {
            var bag = new DiagnosticBag();
            if (ConfigCatalogue.Open(name, ArchitectureReader.Folder, bag)!.Schema != ArchitectureReader.Schema.Id) continue;
            LoadedArchitecture? loaded = ArchitectureReader.Load(name, bag);
            Assert.That(bag.Sorted, Is.Empty, name);
            Assert.That(loaded!.Architecture.Name, Is.EqualTo(name));
            string json = ArchitectureJson.Write(loaded.Architecture);
            Architecture again = ArchitectureJson.Read(json);
            Assert.That(ArchitectureJson.Write(again), Is.EqualTo(json));
            Assert.That(again with { Buffers = loaded.Architecture.Buffers }, Is.EqualTo(loaded.Architecture));
            Assert.That(again.Buffers, Is.EqualTo(loaded.Architecture.Buffers));
            read++;
        }
        Assert.That(read, Is.GreaterThanOrEqualTo(3));
    }

    [Test]
    public void IdentityLeavesNamesOutAndKeepsTheRest()
    {
        Architecture a = Read(Good, out _)!.Architecture;
        Architecture renamed = a with { Name = "other", Datapath = a.Datapath with { Name = "other" } };
        Assert.That(ArchitectureJson.WriteIdentity(renamed), Is.EqualTo(ArchitectureJson.WriteIdentity(a)));
        Assert.That(ArchitectureJson.Write(renamed), Is.Not.EqualTo(ArchitectureJson.Write(a)));
        foreach (Architecture changed in new[]
        {
            a with { ClockHertz = 500000001 }, a with { Array = a.Array with { Rows = 9 } },
                a with { Array = a.Array with { OverlapFill = true } },
            a with { Datapath = a.Datapath with { PipelineStages = 2 } }, a with { Dram = a.Dram with { BytesPerCycle = null } },
                a with { Vector = new VectorUnit(5) },
            a with { Buffers = a.Buffers.SetItem(0, a.Buffers[0] with { DoubleBuffered = false }) }, a with { TechnologyName = "u" },
        })
            Assert.That(ArchitectureJson.WriteIdentity(changed), Is.Not.EqualTo(ArchitectureJson.WriteIdentity(a)));
    }

    private static LoadedArchitecture? Read(string text, out DiagnosticBag bag)
    {
        bag = new DiagnosticBag();
        return ArchitectureReader.Read(YamlDocument.Parse(text, "a", bag)!.Root, bag);
    }
}
