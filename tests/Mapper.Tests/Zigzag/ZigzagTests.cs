using System.Globalization;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Tests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Zigzag;

/// <summary>
/// ZigZag 3.8.5 (3d12a96) on its resnet18.yaml and tpu_like.yaml. Its run with the settings of tests/main/test_origin gives the total that
/// it ships, 2615172831.376 pJ; the mappings and energies here are those of that run (latency) and of one for the least energy.
/// </summary>
public class ZigzagTests
{
    private const string Source = "ZigZag 3.8.5 (3d12a96), LOMA, lpf_limit 6";

    private const long Effort = 400_000_000;

    private sealed record Row(string Layer, int Times, int M, int C, int Size, int Window, int Stride, string Run, double Picojoules,
        double Cycles, string Loops, int WeightLoops, int SumLoops);

    // Temporal loops innermost first, and how many of them the register files of weights and sums hold; the SRAM holds all inputs and
    // results. Times: layers of this shape in the network. conv1 has the order of its mapping file.
    private static readonly Row[] s_rows =
    [
        new("conv1", 1, 64, 3, 112, 7, 2, "latency", 366204071.168, 2477127, "Q 112,P 112,S 7,R 7,M 2", 5, 0),
        new("conv2", 4, 64, 64, 56, 3, 1, "latency", 68294568.736, 113739, "C 2,R 3,S 3,P 56,Q 56,M 2", 6, 3),
        new("conv3_1", 2, 128, 64, 28, 3, 2, "latency", 47914281.088, 60692, "C 2,R 3,S 3,P 28,Q 28,M 4", 6, 3),
        new("conv3_2", 3, 128, 128, 28, 3, 1, "latency", 59288616.512, 117506, "C 4,R 3,S 3,P 28,Q 28,M 4", 5, 3),
        new("conv4_1", 2, 256, 128, 14, 3, 2, "latency", 53471908.736, 63635, "C 4,R 3,S 3,P 14,Q 14,M 8", 5, 3),
        new("conv4_2", 3, 256, 256, 14, 3, 1, "latency", 89754207.360, 120672, "C 8,R 3,P 14,Q 14,M 8,S 3", 4, 2),
        new("conv5_1", 2, 512, 256, 7, 3, 2, "latency", 128563551.072, 154001, "R 3,P 7,Q 7,M 16,C 8,S 3", 4, 1),
        new("conv5_2", 3, 512, 512, 7, 3, 1, "latency", 239648797.824, 300401, "C 16,R 3,P 7,Q 7,M 16,S 3", 4, 2),
        new("conv4_2", 0, 256, 256, 14, 3, 1, "energy", 88725379.840, 186122, "C 8,R 3,S 3,P 14,Q 14,M 8", 5, 3),
        new("conv5_1", 0, 512, 256, 7, 3, 2, "energy", 124070644.640, 205961, "C 8,R 3,S 3,P 7,Q 7,M 16", 5, 3),
    ];

    // Pooling and additions of that run, and its last layer, whose 1000 filters it lays over 31.25 columns.
    private const double Others = 304707499.264, Dense = 45108639.120;

    // Its golden: tests/main/test_origin/test_tpu_like.py.
    private const double GoldenResNet = 2615172831.376;

    [Test]
    public void TheRowsAreTheRunThatItShips()
    {
        Assert.That(s_rows.Sum(r => r.Times * r.Picojoules) + Others + Dense, Is.EqualTo(GoldenResNet).Within(0.01));
        string file = Path.Combine(ReferenceData.Shared("reference/timeloop"), "zigzag_shipped_golden.csv");
        double Golden(string start) => double.Parse(File.ReadLines(file).Single(l => l.StartsWith(start, StringComparison.Ordinal))
            .Split(',')[4], CultureInfo.InvariantCulture);
        Assert.That(Golden("test_origin,resnet18.yaml,tpu_like,"), Is.EqualTo(GoldenResNet).Within(0.01));
    }

    [Test]
    public void ItsMappingsCostWhatItSays()
    {
        double reads = 0, all = 0;
        foreach (Row row in s_rows)
        {
            (double exact, double theirs) = ZigzagTpu.Energy(NestCounts.Of(Nest(row), ZigzagTpu.Hierarchy));
            Assert.That(theirs, Is.EqualTo(row.Picojoules).Within(0.01), $"{row.Layer}, {row.Run}");
            Assert.That(exact, Is.LessThan(theirs), row.Layer);
            (reads, all) = (reads + row.Times * (theirs - exact), all + row.Times * theirs);
        }
        Truth.Checked("Time", "ZigZag's best mappings of ResNet-18's convolutions on tpu_like, energy", Source, s_rows.Length,
            Text($"equal to 0.01 pJ by its rules; by exact counts {100 * reads / all:F2} % less: sums not there yet, inputs still there"));
    }

    [Test]
    public void OurBestIsNoWorse()
    {
        int rows = 0;
        double ours = 0, theirs = 0;
        foreach (IGrouping<string, Row> layer in s_rows.GroupBy(r => r.Layer))
        {
            LoopNest[] nests = [.. layer.Select(Nest)];
            MapResult found = MapSearch.Best(ZigzagTpu.Problem(nests[0].Layer), MapObjective.Energy, Effort)!;
            (double exact, double byTheirRule) = ZigzagTpu.Energy(found.Counts);
            double best = nests.Min(n => ZigzagTpu.Energy(NestCounts.Of(n, ZigzagTpu.Hierarchy)).Exact);
            double printed = layer.Min(r => r.Picojoules);
            Assert.That(exact, Is.LessThanOrEqualTo(best * (1 + 1e-12)), layer.Key);
            Assert.That(byTheirRule, Is.LessThanOrEqualTo(printed * (1 + 1e-12)), layer.Key);
            rows++;
            (ours, theirs) = (ours + layer.First().Times * byTheirRule, theirs + layer.First().Times * printed);
        }
        Assert.That(rows, Is.EqualTo(8));
        Truth.Checked("Time", "least energy of ResNet-18's convolutions on ZigZag's tpu_like", Source, rows,
            Text($"theirs {theirs / 1e6:F3} uJ, ours at its prices and rules {ours / 1e6:F3}; no layer is worse"));
    }

    // Its cycles hold stalls, loading and unloading; ours are those of the busiest resource: compute, the DRAM's one port of 64 bits, the
    // SRAM's read and write ports of 2048 bits. Where its cycles are fewer, they are fewer than the accesses that it counts at that port.
    [Test]
    public void OurLeastCyclesAreNoMore()
    {
        int rows = 0, impossible = 0;
        foreach (Row row in s_rows.Where(r => r.Run == "latency"))
        {
            LoopNest nest = Nest(row);
            NestCounts counts = NestCounts.Of(nest, ZigzagTpu.Hierarchy);
            MapResult found = MapSearch.Best(ZigzagTpu.Problem(nest.Layer), MapObjective.Latency, Effort)!;
            double port = counts.Stores.Where(s => s.Level == 0).Sum(s => s.Operand == Operand.Outputs ? s.Updates : s.Reads) * 8 / 64.0;
            if (row.Cycles < port) impossible++;
            Assert.That(found.Cost.Cycles, Is.LessThanOrEqualTo(Math.Max(row.Cycles, port)), row.Layer);
            rows++;
        }
        Assert.That((rows, impossible), Is.EqualTo((8, 2)));
        Truth.Checked("Time", "least cycles of ResNet-18's convolutions on ZigZag's tpu_like", Source, rows,
            "no more in 6 layers; in conv5_1 and conv5_2 its 154001 and 300401 cycles are fewer than the 157792 and 303232 accesses that "
            + "it counts at the DRAM's only port, which are ours");
    }

    private static LoopNest Nest(Row row)
    {
        int i = row.Window;
        var layer = new LoopLayer(row.Layer, [1, 1, row.M, row.C, row.Size, row.Size, i, i], row.Stride, row.Stride);
        string[] loops = row.Loops.Split(',');
        List<string> lines = ["store activations@dram", "store weights@dram", "store outputs@dram", "store activations@sram_2MB",
            "store outputs@sram_2MB", "spatial M 32 array.k", $"spatial C {Math.Min(32, row.C)} array.c"];
        for (int at = loops.Length; at >= 0; at--)
        {
            if (at == row.WeightLoops) lines.Add("store weights@rf_128B");
            if (at == row.SumLoops) lines.Add("store outputs@rf_2B");
            if (at == 0) lines.AddRange(["store activations@latches", "store weights@latches"]);
            else lines.Add("for " + loops[at - 1]);
        }
        var bag = new DiagnosticBag();
        string text = "schema: sim.nest/1\nmapping:\n" + string.Concat(lines.Select(l => $"  - {l}\n"));
        YamlNode list = YamlDocument.Parse(text, "nest", bag)!.Root["mapping"]!;
        LoopNest? nest = NestReader.Read(list, list.Location, layer, ZigzagTpu.Hierarchy, bag);
        Assert.That(bag.ToString(), Is.Empty, row.Layer);
        return nest!;
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
