using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Nests;
using Sim.Mapper.Tests.Nests;
using Sim.Mapper.Timeloop;
using Sim.Tests;
using Sim.Workloads.Nests;
using Sim.Workloads.Topologies;

namespace Sim.Mapper.Tests.Timeloop;

/// <summary>Timeloop's own mappings, counted by its rules, against its own statistics.</summary>
public class TimeloopPairsTests
{
    private const int PairsGiven = 8, RowsGiven = 68;

    [Test]
    public void EveryRowOfEveryGivenPairIsEqual()
    {
        int pairs = 0, rows = 0;
        var wrong = new List<string>();
        foreach ((string stats, Hierarchy hierarchy, TimeloopLoops problem, LoopNest nest) in Pairs())
        {
            pairs++;
            TimeloopCounts counts = TimeloopCounts.Of(nest, hierarchy);
            (Dictionary<(string Level, string Space), Dictionary<string, double>> theirs, long computes) = TimeloopStats.Read(stats);
            Assert.That(counts.Computes, Is.EqualTo(computes), stats);
            Assert.That(counts.Stores, Has.Length.EqualTo(theirs.Count), stats);
            foreach (TimeloopStoreCounts row in counts.Stores)
            {
                rows++;
                Dictionary<string, double> their = theirs[(hierarchy.Levels[row.Level].Name, TimeloopMapping.DefaultName(row.Operand))];
                foreach ((string name, long ours) in Fields(row))
                    if (their[name] != ours)
                        wrong.Add($"{stats} {hierarchy.Levels[row.Level].Name} {row.Operand}: {name} = {ours}, not {their[name]}");
            }
        }
        Assert.That(wrong, Is.Empty);
        Assert.That(pairs, Is.GreaterThanOrEqualTo(PairsGiven));
        Assert.That(rows, Is.GreaterThanOrEqualTo(RowsGiven));
        Truth.Checked("Time", "timeloop/results_rp", "Timeloop 4cf6d4c, its statistics by its own rules", rows,
            $"equal in 7 fields for {pairs} mappings");
    }

    // Weights, outputs and layers without windows or strides move as in the exact count; of the rest Timeloop's own rules say otherwise.
    [Test]
    public void ExactCountsDifferOnlyWhereTheRulesSay()
    {
        var different = new List<string>();
        int rows = 0;
        foreach ((string stats, Hierarchy hierarchy, TimeloopLoops _, LoopNest nest) in Pairs())
        {
            NestCounts exact = NestCounts.Of(nest, hierarchy);
            foreach (TimeloopStoreCounts row in TimeloopCounts.Of(nest, hierarchy).Stores)
            {
                rows++;
                StoreCounts ours = exact.At(row.Operand, row.Level)!;
                (long reads, long fills) = row.Operand == Operand.Outputs ? (ours.Updates - ours.Distinct, ours.ReadBackMembers)
                    : (ours.Reads, ours.Fills);
                bool equal = row.Reads * ours.Instances == reads && row.Fills * ours.Instances == fills
                    && row.Updates * ours.Instances == ours.Updates && row.Instances == ours.Instances;
                if (!equal || row.Capacity != ours.Peak)
                    different.Add($"{Path.GetFileName(Path.GetDirectoryName(stats))}/{Path.GetFileName(stats).Split('.')[0]} "
                        + $"{hierarchy.Levels[row.Level].Name}");
            }
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(RowsGiven));
        Assert.That(different.Order(StringComparer.Ordinal), Is.EqualTo(new[]
        {
            "eyeriss_like/resnet50_conv3_ds_1x1_s2 DRAM", "eyeriss_like/resnet50_conv3_ds_1x1_s2 shared_glb",
            "ws_fixed/resnet50_conv3_ds_1x1_s2 DRAM", "ws_fixed/resnet50_conv3_ds_1x1_s2 shared_glb",
        }), "boxes of stride 2 without a filter (T4)");
    }

    // The examples of `../shared/reference/nests/timeloop_rules.md`: exact fills or reads, and Timeloop's.
    [Test]
    public void TheRulesShowInTheirExamples()
    {
        var two = new Hierarchy("two", [NestSamples.Memory("L0"), NestSamples.Memory("L1")]);
        LoopLayer stride = LoopLayer.Conv("T4", 1, 1, 1, 1, 4, 1, 1, 1, strideHeight: 3);
        Assert.That(Fills(stride, two, new LoopNode(LoopDim.P, 2, 2), Store(1), new LoopNode(LoopDim.P, 2, 1)), Is.EqualTo((4, 8)));
        LoopLayer column = LoopLayer.Conv("T6", 1, 1, 1, 1, 1, 7, 1, 3);
        Assert.That(Fills(column, two, new LoopNode(LoopDim.S, 3, 1), new LoopNode(LoopDim.Q, 7, 1), Store(1)), Is.EqualTo((21, 19)));
        LoopLayer window = LoopLayer.Conv("T7", 1, 1, 1, 1, 4, 4, 3, 3);
        Assert.That(Fills(window, two, new LoopNode(LoopDim.Q, 2, 2), new LoopNode(LoopDim.R, 3, 1), Store(1),
            new LoopNode(LoopDim.P, 4, 1), new LoopNode(LoopDim.Q, 2, 1), new LoopNode(LoopDim.S, 3, 1)), Is.EqualTo((44, 48)));

        FabricAxis axis = new("x", 16, Sharing.Multicast, Sharing.Multicast, Reduction.Tree);
        var spread = new Hierarchy("spread", [NestSamples.Memory("L0"), new FabricLevel("f", [axis]), NestSamples.Memory("L1"),
            new FabricLevel("g", [axis])]);
        LoopLayer halo = LoopLayer.Conv("T5", 1, 1, 1, 1, 1, 4, 1, 3);
        Assert.That(Reads(halo, spread, new SpatialNode(LoopDim.Q, 2, 2, 1, 0), Store(2), new LoopNode(LoopDim.Q, 2, 1),
            new LoopNode(LoopDim.S, 3, 1)), Is.EqualTo((6, 8)));
        LoopLayer diagonal = LoopLayer.Conv("T5", 1, 1, 1, 1, 1, 3, 1, 3);
        Assert.That(Reads(diagonal, spread, new SpatialNode(LoopDim.Q, 3, 1, 1, 0), new SpatialNode(LoopDim.S, 3, 1, 3, 0)),
            Is.EqualTo((5, 9)));

        static StoreNode Store(int level) => new(Operand.Activations, level);
    }

    private static (long, long) Fills(LoopLayer layer, Hierarchy hierarchy, params NestNode[] nodes) =>
        Both(layer, hierarchy, nodes, 1, s => s.Fills, s => s.Fills);

    private static (long, long) Reads(LoopLayer layer, Hierarchy hierarchy, params NestNode[] nodes) =>
        Both(layer, hierarchy, nodes, 0, s => s.Reads, s => s.Reads);

    private static (long, long) Both(LoopLayer layer, Hierarchy hierarchy, NestNode[] nodes, int level, Func<StoreCounts, long> exact,
        Func<TimeloopStoreCounts, long> theirs)
    {
        NestNode[] stores = [.. Enum.GetValues<Operand>().Select(o => new StoreNode(o, 0))];
        var nest = new LoopNest(layer, [.. stores, .. nodes]);
        Assert.That(NestLegality.Check(nest, hierarchy), Is.Empty);
        return (exact(NestCounts.Of(nest, hierarchy).At(Operand.Activations, level)!),
            theirs(TimeloopCounts.Of(nest, hierarchy).Stores.Single(s => s.Operand == Operand.Activations && s.Level == level)));
    }

    [Test]
    public void ExportedMappingsComeBack()
    {
        int cases = 0;
        foreach ((string stats, Hierarchy hierarchy, TimeloopLoops problem, LoopNest nest) in Pairs())
        {
            cases++;
            var bag = new DiagnosticBag();
            string text = TimeloopExport.Mapping(nest, hierarchy, problem);
            LoopNest? back = TimeloopMapping.Read("map.yaml", text, problem, hierarchy, bag);
            Assert.That(bag.Sorted, Is.Empty, text);
            Assert.That(back!.Nodes.OfType<LoopNode>(), Is.EqualTo(nest.Nodes.OfType<LoopNode>()), stats);
            Assert.That(NestCounts.Of(back, hierarchy).Stores.OrderBy(s => (s.Level, s.Operand)),
                Is.EqualTo(NestCounts.Of(nest, hierarchy).Stores.OrderBy(s => (s.Level, s.Operand))), stats);
            LoopLayer layer = nest.Layer;
            TimeloopLoops again = TimeloopProblem.ReadLoops("p.yaml", TimeloopExport.Problem(layer), bag)!;
            Assert.That(bag.Sorted, Is.Empty);
            Assert.That(again.Layer.Sizes, Is.EqualTo(layer.Sizes));
            Assert.That((again.Layer.StrideHeight, again.Layer.StrideWidth), Is.EqualTo((layer.StrideHeight, layer.StrideWidth)));
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(PairsGiven));
    }

    internal static IEnumerable<(string Stats, Hierarchy Hierarchy, TimeloopLoops Problem, LoopNest Nest)> Pairs()
    {
        string root = ReferenceData.Shared("reference/timeloop");
        foreach (string map in Directory.EnumerateFiles(Path.Combine(root, "results_rp"), "*.map.yaml", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal))
        {
            string design = Path.GetFileName(Path.GetDirectoryName(map))!;
            string arch = Path.Combine(root, "arch", design == "eyeriss_like" ? "eyeriss_like.yaml" : "simple_weight_stationary.yaml");
            string name = Path.GetFileName(map).Replace(".map.yaml", "", StringComparison.Ordinal);
            string problemFile = Path.Combine(root, "problems", name + ".yaml");
            var bag = new DiagnosticBag();
            Hierarchy? hierarchy = TimeloopArchitecture.Read(arch, File.ReadAllText(arch), bag);
            TimeloopLoops? problem = TimeloopProblem.ReadLoops(problemFile, File.ReadAllText(problemFile), bag);
            Assert.That(bag.Sorted, Is.Empty);
            LoopNest? nest = TimeloopMapping.Read(map, File.ReadAllText(map), problem!, hierarchy!, bag);
            Assert.That(bag.Sorted, Is.Empty);
            yield return (map.Replace(".map.yaml", ".stats.txt", StringComparison.Ordinal), hierarchy!, problem!, nest!);
        }
    }

    private static IEnumerable<(string, long)> Fields(TimeloopStoreCounts row) =>
    [
        ("Scalar reads (per-instance)", row.Reads), ("Scalar fills (per-instance)", row.Fills),
        ("Scalar updates (per-instance)", row.Updates), ("Temporal reductions (per-instance)", row.TemporalReductions),
        ("Address generations (per-cluster)", row.AddressGenerations), ("Utilized instances (max)", row.Instances),
        ("Utilized capacity", row.Capacity),
    ];
}
