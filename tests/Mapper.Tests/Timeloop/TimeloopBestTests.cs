using System.Globalization;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timeloop;
using Sim.Tests;
using Sim.Workloads.Nests;
using Sim.Workloads.Topologies;

namespace Sim.Mapper.Tests.Timeloop;

/// <summary>
/// Our best mappings beside those that Timeloop's mapper found, at its energies, counts and cycles, within its capacities, bypasses and
/// axes; then rewritten so that loops inside a PE stand as it wants them, which our search is not asked. Both split dimensions into
/// divisors only.
/// </summary>
public class TimeloopBestTests
{
    private static readonly string[] s_plain = ["bert_base_ffn1_s512", "bert_base_ffn2_s512", "bert_base_qk_head_s512",
        "bert_base_qkv_s512", "resnet50_conv2_1x1_exp", "resnet50_conv3_ds_1x1_s2", "resnet50_conv4_1x1_red", "resnet50_conv5_1x1_exp",
        "resnet50_fc"];

    // The prices and rules are Timeloop's: its own mappings cost here what it says.
    [Test]
    public void ItsMappingsCostWhatItSays()
    {
        int rows = 0;
        foreach ((string stats, Hierarchy hierarchy, TimeloopLoops _, LoopNest nest) in TimeloopPairsTests.Pairs())
        {
            rows++;
            (double energy, double cycles) = TimeloopDesign.Read(Path.GetFileName(Path.GetDirectoryName(stats))!).Cost(nest, hierarchy);
            string text = File.ReadAllText(stats);
            Assert.That(energy / 1e6, Is.EqualTo(Summary(text, "Energy")).Within(0.0051), stats);
            Assert.That(cycles, Is.EqualTo(Summary(text, "Cycles")).Within(1), stats);
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(8));
        Truth.Checked("Time", "timeloop/results_rp, energy and cycles", "Timeloop 4cf6d4c", rows, "equal to the digits that it prints");
    }

    private static double Summary(string stats, string name) => double.Parse(stats.Split('\n').Single(l => l.StartsWith(name + ": ",
        StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);

    [Test]
    public void OurBestIsNoWorse([Values("eyeriss_like", "ws_fixed")] string name) => Compare(name, s_plain);

    // Windows of the input, with the effort that a search gets unless told otherwise: no proof of the optimum is asked.
    [Test]
    public void OurBestIsNoWorseWithWindows([Values("eyeriss_like", "ws_fixed")] string name,
        [Values("resnet50_conv1", "resnet50_conv2_3x3", "resnet50_conv3_3x3", "resnet50_conv4_3x3", "resnet50_conv5_3x3")] string layer) =>
        Compare(name, [layer], SearchEffort.Default);

    private static void Compare(string name, string[] layers, long effort = SearchEffort.Full)
    {
        TimeloopDesign design = TimeloopDesign.Read(name);
        Dictionary<string, (double Energy, double Cycles)> theirs = Best(name);
        Assert.That(theirs.Keys, Is.SupersetOf(layers));
        Assert.That(theirs, Has.Count.EqualTo(14));
        int rows = 0;
        foreach (string layer in layers)
        {
            string file = Path.Combine(ReferenceData.Shared("reference/timeloop"), "problems", layer + ".yaml");
            var bag = new DiagnosticBag();
            TimeloopLoops loops = TimeloopProblem.ReadLoops(file, File.ReadAllText(file), bag)!;
            Assert.That(bag.Sorted, Is.Empty);
            MapProblem problem = design.Problem(loops);
            MapResult found = MapSearch.Best(problem, MapObjective.Edp, effort)!;
            // Its bounding boxes of a stride above the filter hold words that nobody needs: up to four times those that we hold. What does
            // not fit so is searched again with less room.
            long room = design.Hierarchy.Memory(1).CapacityBits!.Value;
            for (int part = 2; part <= 4 && loops.Layer.StrideHeight > loops.Layer.Size(LoopDim.R)
                && design.Broken(found.Nest, problem).Any(); part++)
                found = MapSearch.Best(problem with { Hierarchy = design.WithRoom(1, room / part) }, MapObjective.Edp, effort)!;
            Assert.That(design.Broken(found.Nest, problem), Is.Empty, layer);
            (double energy, double cycles) = design.Cost(found.Nest, design.Hierarchy);
            (double theirEnergy, double theirCycles) = theirs[layer];
            // Their energy is printed to 0.01 uJ.
            Assert.That(energy * cycles, Is.LessThanOrEqualTo((theirEnergy + 0.005e6) * theirCycles), layer);
            Assert.That(found.Certificate.Bound, Is.LessThanOrEqualTo(found.Cost.Value(MapObjective.Edp)));
            // Splits written so that loops inside a PE stand as its constraints want them: the same, or where windows stay in a PE those of
            // a search without them there.
            LoopNest splits = effort == SearchEffort.Full ? found.Nest
                : MapSearch.Best(TimeloopPe.WithoutWindows(problem), MapObjective.Edp, effort)!.Nest;
            (double strictEnergy, double strictCycles) = TimeloopPe.Obeying(splits, design.Hierarchy)
                .Where(n => !design.Broken(n, problem).Any()).Select(n => design.Cost(n, design.Hierarchy))
                .MinBy(c => c.Energy * c.Cycles);
            Assert.That(strictCycles, Is.GreaterThan(0), $"{layer}: no rewritten nest fits");
            Assert.That(strictEnergy * strictCycles, Is.LessThanOrEqualTo((theirEnergy + 0.005e6) * theirCycles), layer);
            Truth.Checked("Time", $"best EDP of {name}, {layer}", "Timeloop 4cf6d4c, best of 800 valid random-pruned mappings", 1,
                Text($"theirs {theirEnergy / 1e6:F2} uJ × {theirCycles:F0} cycles; ours at its prices, counts and cycles ")
                + Text($"{energy / 1e6:F2} × {cycles:F0} with any loops inside a PE, ")
                + Text($"{strictEnergy / 1e6:F2} × {strictCycles:F0} rewritten to its rules there"));
            rows++;
        }
        Assert.That(rows, Is.EqualTo(layers.Length));
    }

    // The table "Timeloop best found": pJ and cycles of each layer.
    private static Dictionary<string, (double Energy, double Cycles)> Best(string design) =>
        File.ReadLines(ReferenceData.Shared("reference/accelerators.md")).Where(l => l.StartsWith($"| {design} / ",
            StringComparison.Ordinal)).Select(l => l.Split('|', StringSplitOptions.TrimEntries)).ToDictionary(
            c => c[1].Split(" / ")[1], c => (Number(c[4]) * 1e6, Number(c[3])));

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
