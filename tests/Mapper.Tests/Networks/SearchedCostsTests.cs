using NUnit.Framework;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Constraints;
using Sim.Mapper.Networks;
using Sim.Mapper.Search;
using Sim.Workloads.Generators;
using Sim.Workloads.Graph;

namespace Sim.Mapper.Tests.Networks;

/// <summary>Costs on chip by the best mapping: at least what every unit in every cycle needs, the same whatever DRAM is behind and however
/// many cores stand beside, searched once for equal layers, within their effort.</summary>
[TestFixture]
public sealed class SearchedCostsTests
{
    private const string Machine = """
        schema: sim.architecture/2
        technology: nangate45
        clock: 500 MHz
        datapath: int8_acc32
        hierarchy:
          - {memory: dram, kind: DDR3, bandwidth: BANDWIDTH B/cycle, burst: 64 B}
        CORES
          - {memory: buffer, capacity: 64 KiB, word: 64 bit, banks: 4, keeps: [activations, weights, outputs], double_buffered: true}
          - {fabric: grid, shape: {y: 4, x: 4}, multicast: {activations: x, weights: y}, reduction: {y: chain}}
          - {memory: pads, keeps: [weights, outputs], partitions: {weights: 16 word, outputs: 8 word}, word: 32 bit}
          - {compute: pe}
        vector: {lanes: 8}
        """;

    private static readonly GemmLayer[] Layers = [.. Network().Steps.Select(s => s.Matrix).OfType<GemmLayer>()];

    private static NetworkLayers Network() =>
        new GeneratedWorkload("resnet", new ResNet(18, true, 32, 10), new RunSizes(), Optimizer.Sgd).Layers();

    [Test]
    public void They_are_at_least_those_of_units_that_never_wait([Values] ScheduleObjective objective)
    {
        (HierarchyCost cost, VectorCosts vector) = Read(8, 1);
        var searched = new SearchedCosts(cost, vector, objective, MapConstraints.None, 3_000_000);
        var peak = new PeakCosts(cost, vector, 1);
        foreach (GemmLayer layer in Layers)
        {
            (LayerCost found, LayerCost least) = (searched.Of(layer), peak.Of(layer));
            Assert.That(found.Cycles, Is.GreaterThanOrEqualTo(least.Cycles), layer.Name);
            // Operands are read from somewhere, too.
            Assert.That(found.Picojoules, Is.GreaterThan(least.Picojoules), layer.Name);
        }
        int different = Layers.Select(l => MatrixWork.Of(l) with { Rows = Unpadded(l, true), Columns = Unpadded(l, false) })
            .Distinct().Count();
        Assert.That(different, Is.LessThan(Layers.Length));
        Assert.That(searched.Basis, Does.Contain($": {different} searched,"));
    }

    [Test]
    public void What_stands_behind_DRAM_and_beside_a_core_does_not_matter()
    {
        (HierarchyCost one, VectorCosts vector) = Read(8, 1);
        (HierarchyCost slow, VectorCosts same) = Read(1, 1);
        (HierarchyCost four, VectorCosts other) = Read(8, 4);
        int cases = 0;
        foreach (ScheduleObjective objective in Enum.GetValues<ScheduleObjective>())
        {
            var costs = new SearchedCosts(one, vector, objective, MapConstraints.None, 3_000_000);
            var slower = new SearchedCosts(slow, same, objective, MapConstraints.None, 3_000_000);
            var cores = new SearchedCosts(four, other, objective, MapConstraints.None, 3_000_000);
            foreach (GemmLayer layer in Layers)
            {
                Assert.That(slower.Of(layer), Is.EqualTo(costs.Of(layer)), $"{objective} {layer.Name}");
                Assert.That(cores.Of(layer), Is.EqualTo(costs.Of(layer)), $"{objective} {layer.Name}");
                cases++;
            }
        }
        Assert.That(cases, Is.EqualTo(3 * Layers.Length).And.GreaterThan(50));
    }

    [Test]
    public void More_effort_is_never_worse_and_little_is_said()
    {
        (HierarchyCost cost, VectorCosts vector) = Read(8, 1);
        var little = new SearchedCosts(cost, vector, ScheduleObjective.Energy, MapConstraints.None, 1);
        var more = new SearchedCosts(cost, vector, ScheduleObjective.Energy, MapConstraints.None, 20_000_000);
        foreach (GemmLayer layer in Layers)
            Assert.That(more.Of(layer).Picojoules, Is.LessThanOrEqualTo(little.Of(layer).Picojoules * (1 + 1e-9)), layer.Name);
        Assert.That(little.Basis, Does.Contain("% of the bound"));
    }

    [Test]
    public void A_schedule_of_searched_costs_is_never_below_that_of_peak_costs([Values(1, 4)] int cores)
    {
        (HierarchyCost cost, VectorCosts vector) = Read(8, cores);
        ScheduleStage stage = ScheduleStage.Of(cost).Stage!;
        Assert.That(stage.Cores, Is.EqualTo(cores));
        int above = 0;
        foreach (ScheduleObjective objective in Enum.GetValues<ScheduleObjective>())
        {
            NetworkSchedule Of(ILayerCosts costs) => NetworkSchedule.Of(cost.Architecture, stage.Machine, stage.Stage, Network(), "w",
                costs, objective, true).Schedule!;
            NetworkSchedule mapped = Of(new SearchedCosts(cost, vector, objective, MapConstraints.None, 1_000_000)),
                peak = Of(new PeakCosts(cost, vector, stage.Cores));
            Assert.That(mapped.Best.Value, Is.GreaterThanOrEqualTo(peak.Best.Value * (1 - 1e-12)));
            if (mapped.Best.Value > peak.Best.Value) above++;
            Assert.That(mapped.Cores is null, Is.EqualTo(cores == 1));
            if (mapped.Cores is not { } plan) continue;
            Assert.That(plan.Cores, Is.EqualTo(4));
            Assert.That(plan.Stages, Is.Not.Empty);
            Assert.That(plan.Pipeline.Cycles, Is.LessThanOrEqualTo(mapped.SequentialCycles));
        }
        // Cycles may reach those of the peak; energy counts what moves inside.
        Assert.That(above, Is.GreaterThanOrEqualTo(1));
    }

    // Padding makes no difference to a mapping.
    private static WindowAxis Unpadded(GemmLayer layer, bool rows) =>
        (rows ? MatrixWork.Of(layer).Rows : MatrixWork.Of(layer).Columns) with { Pad = 0, Size = 0 };

    private static (HierarchyCost, VectorCosts) Read(int bandwidth, int cores)
    {
        var bag = new DiagnosticBag();
        string text = Machine.Replace("BANDWIDTH", $"{bandwidth}", StringComparison.Ordinal)
            .Replace("CORES\n", cores == 1 ? "" : $"  - {{fabric: cores, shape: {{core: {cores}}}}}\n", StringComparison.Ordinal);
        LoadedHierarchy? loaded = YamlDocument.Parse(text, "machine", bag) is { } document
            ? HierarchyReader.Read(document.Root, bag, "m") : null;
        Assert.That(bag.Sorted, Is.Empty);
        var cost = new HierarchyCost(loaded!);
        return (cost, new VectorCosts(cost, ScheduleStage.Of(cost).Stage!.ActivationLevel));
    }
}
