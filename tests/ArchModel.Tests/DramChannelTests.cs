using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Random;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

public class DramChannelTests
{
    private static readonly string[] Names = ["ddr4_2400", "hbm2", "lpddr4_3200", "lpddr5_6400"];

    private static DramTiming Timing(string name)
    {
        var bag = new DiagnosticBag();
        DramTiming? timing = DramTimingReader.Load(name, bag);
        Assert.That(bag.ToString(), Is.Empty);
        return timing!;
    }

    // DDR4-2400, ps: tRCD = tRP = tCL = 13333, tRAS 32500, a burst of 64 B is 8 / 2400 MT/s = 3333; a row is 8 KiB, 128 bursts.
    // A transfer from closed banks: tRCD + tCL + bursts · 3333. Other rows open behind the data of the one before.
    // Refresh: tRP + tRFC + tRCD = 376666 in every tREFI = 7800000, so 7423334 are of use between two.
    [TestCase(1, 29_999, 0, 1, 0, 0)]
    [TestCase(64, 29_999, 0, 1, 0, 0)]
    [TestCase(65, 33_332, 1, 1, 0, 0)]
    [TestCase(8192, 453_290, 127, 1, 0, 0)]
    [TestCase(16384, 879_914, 254, 2, 0, 0)]
    // 17 rows in 16 banks: the last closes the first.
    [TestCase(139_264, 7_279_274, 2159, 16, 1, 0)]
    // 16384 · 3333 + 26666 = 54634538, over seven refreshes: + 7 · 376666.
    [TestCase(1_048_576, 57_271_200, 16256, 16, 112, 7)]
    public void SequentialTransfersByHand(long bytes, long picoseconds, long hits, long misses, long conflicts, long refreshes) =>
        Assert.That(new DramChannel(Timing("ddr4_2400")).Sequential(bytes),
            Is.EqualTo(new DramTransfer(picoseconds, hits, misses, conflicts, refreshes)));

    // One bank, another row each time: the row stays open tRAS = 32500 (longer than tRCD + tCL + burst), closes in tRP: 45833 an access.
    [TestCase(10, 131_072, 29_999 + (9 * 45_833), 0, 1, 9)]
    // Bank after bank: tRRD = 3333 apart, but the fifth waits for tFAW = 21667; the eighth opens at 21667 + 3 · 3333 = 31666.
    [TestCase(8, 8192, 31_666 + 29_999, 0, 8, 0)]
    // The same row all along.
    [TestCase(128, 64, 453_290, 127, 1, 0)]
    [TestCase(5, 0, 26_666 + (5 * 3333), 4, 1, 0)]
    public void StridedTransfersByHand(long count, long stride, long picoseconds, long hits, long misses, long conflicts) =>
        Assert.That(new DramChannel(Timing("ddr4_2400")).Strided(count, 64, stride),
            Is.EqualTo(new DramTransfer(picoseconds, hits, misses, conflicts, 0)));

    // LPDDR4-3200, ps: tRCD 18125, RL 17500, 32 B in 5000. HBM2: 14000 + 14000, 64 B in 2000. LPDDR5: 18000 + 21250, 32 B in 2500.
    [TestCase("lpddr4_3200", 32, 40_625)]
    [TestCase("lpddr4_3200", 2048, 35_625 + (64 * 5000))]
    [TestCase("hbm2", 1024, 28_000 + (16 * 2000))]
    [TestCase("lpddr5_6400", 2048, 39_250 + (64 * 2500))]
    public void OtherKindsByHand(string name, long bytes, long picoseconds) =>
        Assert.That(new DramChannel(Timing(name)).Sequential(bytes).Picoseconds, Is.EqualTo(picoseconds));

    // JEDEC names the rate: 2400 MT/s of 64 bits are 19.2 GB/s, and so on.
    [TestCase("ddr4_2400", 19.2e9)]
    [TestCase("lpddr4_3200", 6.4e9)]
    [TestCase("lpddr5_6400", 12.8e9)]
    [TestCase("hbm2", 32e9)]
    public void PeaksAreThoseOfTheName(string name, double bytes) => Assert.That(Timing(name).PeakBytesPerSecond, Is.EqualTo(bytes));

    [Test]
    public void ALongTransferIsThatOfItsAccesses()
    {
        var draws = new RandomStream(20261128);
        int cases = 0;
        foreach (string name in Names)
        {
            DramTiming timing = Timing(name);
            var channel = new DramChannel(timing);
            for (int i = 0; i < 60; i++)
            {
                long bytes = draws.NextInt32(1, i < 30 ? 5_000_000 : 200_000);
                long accesses = (bytes + timing.BurstBytes - 1) / timing.BurstBytes;
                Assert.That(channel.Sequential(bytes), 
                    Is.EqualTo(channel.Strided(accesses, timing.BurstBytes, timing.BurstBytes)), $"{name} {bytes}");
                cases++;
            }
            // Never above the peak, and near it when long.
            DramTransfer whole = channel.Sequential(1L << 30);
            double share = (1L << 30) / (whole.Picoseconds * 1e-12) / timing.PeakBytesPerSecond;
            Assert.That(share, Is.InRange(0.85, 1), name);
            Assert.That(whole.Hits + whole.Misses + whole.Conflicts, Is.EqualTo((1L << 30) / timing.BurstBytes));
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(240));
    }

    [Test]
    public void AMemoryTakesBandwidthLatencyAndBurstFromItsTiming()
    {
        MemoryLevel level = Dram("timing: ddr4_2400, channels: 2", out DiagnosticBag bag)!;
        Assert.That(bag.ToString(), Is.Empty);
        // 2 · 19.2 GB/s at 200 MHz = 192 B a cycle; 26.666 ns = 6 cycles; 64 B.
        Assert.That((level.BitsPerCycle, level.LatencyCycles, level.BurstBits, level.Channels), Is.EqualTo((1536.0, 6, 512, 2)));
        Assert.That(Dram("timing: ddr4_2400, bandwidth: 10 GB/s, latency: 9 cycle", out _)!.LatencyCycles, Is.EqualTo(9));
    }

    [Test]
    public void ReadsAndWritesHaveBandwidthsOfTheirOwn()
    {
        MemoryLevel level = Dram("bandwidth: 10 GB/s, read_bandwidth: 4 GB/s, write_bandwidth: unlimited", out DiagnosticBag bag)!;
        Assert.That(bag.ToString(), Is.Empty);
        // At 200 MHz.
        Assert.That((level.BitsPerCycle, level.ReadBitsPerCycle, level.WriteBitsPerCycle),
            Is.EqualTo(((double?)400, (double?)160, (double?)null)));
    }

    [TestCase("timing: ddr4_2400, bandwidth: 20 GB/s", "'bandwidth' of memory 'dram' is more than 1 channel(s) of DDR4-2400 have: "
        + "19.2 GB/s")]
    [TestCase("timing: ddr4_2400, bandwidth: unlimited", "'bandwidth' of memory 'dram' is more than")]
    [TestCase("timing: ddr4_2400, read_bandwidth: 20 GB/s", "'read_bandwidth' of memory 'dram' is more than 1 channel(s)")]
    [TestCase("bandwidth: 1 GB/s, write_bandwidth: 0 B/s", "'write_bandwidth'")]
    [TestCase("channels: 2, bandwidth: 1 GB/s", "'channels' of memory 'dram' counts channels of a 'timing'")]
    [TestCase("timing: ddr4_240", "did you mean 'ddr4_2400'?")]
    public void TimingsThatDoNotFitAreRefused(string keys, string expected)
    {
        Assert.That(Dram(keys, out DiagnosticBag bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain(expected));
    }

    [TestCase("t_refi: {value: 7800 ns", "t_refi: {value: 300 ns", "'t_refi' must be longer than")]
    [TestCase("row: {value: 8 KiB", "row: {value: 100 B", "'row' must be whole bursts of 512 bits")]
    [TestCase("t_rcd: {value: 13.333 ns, source", "t_rcd: {value: 13.333 ns, sauce", "unknown key 'sauce'")]
    [TestCase("rate: {value: 2400 MT/s", "rate: {value: 0 MT/s", "'value' must be transfers a second")]
    public void WrongTimingsAreRefused(string from, string to, string expected)
    {
        string text = ConfigCatalogue.Text(DramTimingReader.Folder, "ddr4_2400")!;
        Assert.That(text, Does.Contain(from));
        var bag = new DiagnosticBag();
        YamlDocument document = YamlDocument.Parse(text.Replace(from, to, StringComparison.Ordinal), "d", bag)!;
        Assert.That(DramTimingReader.Read(document.Root, bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain(expected));
    }

    private static MemoryLevel? Dram(string keys, out DiagnosticBag bag)
    {
        bag = new DiagnosticBag();
        string text = $$"""
            schema: sim.architecture/2
            technology: nangate45
            clock: 200 MHz
            datapath: int8_acc32
            hierarchy:
              - {memory: dram, kind: DDR4, {{keys}}}
              - {compute: pe}
            vector: {lanes: 4}
            """;
        LoadedHierarchy? loaded = HierarchyReader.Read(YamlDocument.Parse(text, "a", bag)!.Root, bag, "a");
        if (loaded is null) return null;
        LoadedHierarchy again = HierarchyReader.Read(YamlDocument.Parse(HierarchyJson.Write(loaded), "b", bag)!.Root, bag, "b")!;
        Assert.That(again.Architecture.Hierarchy.Memory(0), Is.EqualTo(loaded.Architecture.Hierarchy.Memory(0)));
        Assert.That(HierarchyYaml.Write(loaded), Does.Not.Contain("timing").Or.Contain("timing: ddr4_2400"));
        return loaded.Architecture.Hierarchy.Memory(0);
    }
}
