using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Tests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Published;

/// <summary>
/// Whole networks on the shipped machines beside what was measured or published for the chips. Our mappings are the best that the search
/// finds with its usual effort, so a chip may be slower for want of a better mapping, and never much faster.
/// </summary>
[Category("Nightly")]
public class PublishedNetworksTests
{
    private const string Area = "Published accelerators";

    // NVDLA primer, "Example Area and Performance with NVDLA": int8 ResNet-50 at 1 GHz, estimated by its own rule: a layer takes the
    // longest of data in, data out and products, layers one after another. Channels and kernels of the cells: nvdla/hw spec/defs (nv_small,
    // nv_small_256, nv_medium_512, nv_medium_1024_full, nv_large); the other configurations of the table have no such file.
    [TestCase(64, 8, 8, 128, "1 GB/s", 7.3)]
    [TestCase(256, 32, 8, 256, "5 GB/s", 46)]
    [TestCase(512, 32, 16, 256, "10 GB/s", 93)]
    [TestCase(1024, 64, 16, 256, "15 GB/s", 153)]
    [TestCase(2048, 64, 32, 512, "20 GB/s", 269)]
    public void Nvdla(int macs, int channels, int kernels, int kibibytes, string bandwidth, double frames)
    {
        Assert.That(channels * kernels, Is.EqualTo(macs));
        MappedNetwork ours = MappedNetwork.Of("nvdla_small", "resnet50", MapObjective.Latency, text => Changed(text,
            ("bandwidth: 8 B/cycle", $"bandwidth: {bandwidth}"), ("capacity: 128 KiB, word: 64 bit, banks: 32",
                $"capacity: {kibibytes} KiB, word: 64 bit, banks: {4 * channels}"),
            ("capacity: 1 KiB, word: 64 bit, banks: 4", $"capacity: {kernels / 8} KiB, word: 64 bit, banks: {kernels / 2}"),
            ("shape: {k: 8}", $"shape: {{k: {kernels}}}"), ("shape: {c: 8}", $"shape: {{c: {channels}}}"),
            ("weights: 2 word}, word: 64 bit", $"weights: 2 word}}, word: {8 * channels} bit")));
        Assert.That(frames, Is.InRange(0.9e9 / ours.SerialCycles, 1e9 / ours.LeastCycles));
        Note($"NVDLA of {macs} MACs, {kibibytes} KiB, {bandwidth}: ResNet-50", "NVDLA primer, estimated", ours,
            Text($"{frames} frames/s: ours {1e9 / ours.LeastCycles:F1} by the busiest resource, {1e9 / ours.Cycles:F1} with waits, ")
            + Text($"{1e9 / ours.SerialCycles:F1} if DRAM and products never overlapped"));
    }

    // ucb-bar/gemmini, pull requests 69 (2021-02-22): 153,709,356 cycles, 40 % utilization, and 90 (2021-03-24): 51 %; batch of 4 in
    // imagenet/resnet50.c, FireSim.
    [Test]
    public void GemminiDefault()
    {
        MappedNetwork ours = MappedNetwork.Of("gemmini_default", "resnet50", MapObjective.Latency, batch: Batch(4));
        double peak = ours.Macs / 256.0;
        Assert.That(ours.Cycles, Is.InRange(peak, 153_709_356));
        Note("Gemmini default, ResNet-50, batch 4", "ucb-bar/gemmini pull requests 69 and 90, FireSim", ours,
            Text($"153.7 M cycles (40 %), later 51 % of the MACs: ours {ours.Cycles / 1e6:F1} M ({100 * peak / ours.Cycles:F0} %) with ")
            + Text($"waits, {ours.LeastCycles / 1e6:F1} M by the busiest resource"));
    }

    // JSSC 52(1), 2017, abstract and tables V and VI.
    [TestCase("alexnet_2012", 4, 0.0029, 34.7)]
    [TestCase("vgg16", 3, 0.0035, 0.7)]
    public void Eyeriss(string workload, int batch, double accesses, double frames)
    {
        MappedNetwork ours = MappedNetwork.Of("eyeriss_v1", workload, MapObjective.Edp,
            only: l => l.Name.StartsWith("conv", StringComparison.Ordinal), batch: Batch(batch));
        if (workload == "vgg16") NoteVgg(ours);
        Note($"Eyeriss, {workload}, batch {batch}, our mappings", "Chen et al., JSSC 52(1), 2017, measured", ours,
            Text($"{accesses} DRAM accesses a MAC with its run-length coding: ours {ours.DramWords / ours.Macs:F4} without; ")
            + Text($"{frames} frames/s: ours {batch * 200e6 / ours.Cycles:F2} with waits, {batch * 200e6 / ours.LeastCycles:F2} by the ")
            + "busiest resource");
    }

    // Every change is found in the file.
    private static string Changed(string text, params (string From, string To)[] changes)
    {
        foreach ((string from, string to) in changes)
        {
            Assert.That(text, Does.Contain(from));
            text = text.Replace(from, to, StringComparison.Ordinal);
        }
        return text;
    }

    // Table VI, by shape: ms with the DRAM, ms without, MB of the DRAM (coded) of the first layer of each.
    private static readonly (string Layer, double Ms, double ProcessingMs, double DramMb)[] s_vgg =
    [
        ("conv1_1", 76.2, 38.0, 15.4), ("conv1_2", 910.3, 810.6, 54.0), ("conv2_1", 470.3, 405.3, 33.4), ("conv2_2", 894.3, 810.8, 48.5),
        ("conv3_1", 241.1, 204.0, 20.2), ("conv3_2", 460.9, 408.1, 32.2), ("conv4_1", 135.8, 105.1, 17.8), ("conv4_2", 254.8, 210.0, 28.6),
        ("conv5_1", 54.3, 48.3, 6.3),
    ];

    private static void NoteVgg(MappedNetwork ours)
    {
        Assert.That(ours.Layers.Select(l => l.Layer.Name), Is.EqualTo(s_vgg.Select(l => l.Layer)));
        foreach ((MappedLayer l, (string layer, double ms, double processing, double dram)) in ours.Layers.Zip(s_vgg))
        {
            // No layer needs fewer cycles than its products on all PEs, and the chip needed more than that.
            Assert.That(processing * 200e3, Is.GreaterThan(l.Counts.Macs / 168.0), layer);
            Truth.Checked(Area, $"Eyeriss, VGG-16 {layer}, batch 3, our mapping", "Chen et al., JSSC 52(1), 2017, table VI, measured", 3,
                Text($"{ms} ms: ours {l.Cycles.Total / 200e3:F1} with waits; {processing} of processing: ours {l.Counts.Steps / 200e3:F1} ")
                + Text($"of products; DRAM {dram} MB coded: ours {l.DramCycles * 2.4e-6:F1} uncoded"));
        }
    }

    private static Func<string, string> Batch(int samples) => text => text + $"batch: {samples}\n";

    private static void Note(string truth, string source, MappedNetwork ours, string result)
    {
        Assert.That(ours.LeastCycles, Is.LessThanOrEqualTo(ours.Cycles));
        string text = result + $"; {ours.Proved} of {ours.Count} layers proved best";
        TestContext.Out.WriteLine(truth + ": " + text);
        foreach (MappedLayer l in ours.Layers.OrderByDescending(l => l.Times * l.Cycles.Total).Take(6))
            TestContext.Out.WriteLine(Text($"  {l.Times} x {l.Layer.Name} {l.LeastCycles:F0} {l.Cycles.Total} {l.IsOptimal}"));
        Truth.Checked(Area, truth, source, ours.Count, text);
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
