using Sim.ArchModel.Costs;
using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Inputs;
using Sim.Simulator.Tests.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests;

/// <summary>What a record adds up: totals are the sums of their lines, units agree, and every layer counts the work that its shape
/// says.</summary>
public class RunTests
{
    [Test]
    public void TotalsAreSumsAndUnitsAgree([Values("edge_npu", "eyeriss_like", "tpu_like")] string name)
    {
        (LoadedArchitecture loaded, RunRecord record) = Execute(name);
        Assert.Multiple(() =>
        {
            Assert.That(record.TotalCycles, Is.EqualTo(record.Layers.Sum(l => l.ComputeCycles + l.StallCycles)));
            Assert.That(record.LatencySeconds * loaded.Architecture.ClockHertz, Is.EqualTo((double)record.TotalCycles)
                .Within(1e-9).Percent);
            Assert.That(record.DynamicEnergyPicojoules,
                Is.EqualTo(record.Layers.SelectMany(l => l.Energy).Sum(e => e.Count * e.PerActionPicojoules)).Within(1e-9).Percent);
            Assert.That(record.AreaSquareMicrometres, Is.EqualTo(record.Area.Sum(a => a.Value)).Within(1e-9).Percent);
            // watts times seconds are joules
            double watts = new ArchitectureCost(loaded.Architecture, loaded.Technology).LeakageMilliwatts / 1000;
            Assert.That(record.LeakageEnergyPicojoules / 1e12, Is.EqualTo(watts * record.LatencySeconds).Within(1e-9).Percent);
        });
    }

    [Test]
    public void LayersCountTheWorkOfTheirShapes([Values("edge_npu", "eyeriss_like", "tpu_like")] string name)
    {
        (LoadedArchitecture loaded, RunRecord record) = Execute(name);
        int lanes = loaded.Architecture.Vector.Lanes,
            processingElements = loaded.Architecture.Array.Rows * loaded.Architecture.Array.Columns;
        // 1→3 channels, 3×3, 5×5 to 3×3; ReLU on 27 values; 27→4.
        (string Name, long Products, long Outputs)[] matrix = [("conv", 9 * 3 * 9, 27), ("dense", 27 * 4, 4)];
        foreach ((string layerName, long products, long outputs) in matrix)
        {
            LayerRecord layer = record.Layers.Single(l => l.Name == layerName);
            Assert.That(Count(layer, "pe", "mac"), Is.EqualTo(products), layerName);
            Assert.That(Count(layer, "vector", "op"), Is.EqualTo(2 * outputs), $"{layerName}: a factor and a bias an output");
            Assert.That(layer.Utilization, Is.EqualTo((double)products / ((layer.ComputeCycles + layer.StallCycles) * processingElements))
                .Within(1e-9).Percent, layerName);
        }
        LayerRecord relu = record.Layers.Single(l => l.Name == "relu");
        Assert.That((Count(relu, "vector", "op"), relu.ComputeCycles, relu.StallCycles), Is.EqualTo((27L, (27 + lanes - 1L) / lanes, 0L)));
        Assert.That(relu.Utilization, Is.EqualTo(27.0 / (relu.ComputeCycles * lanes)).Within(1e-9).Percent);
    }

    private static long Count(LayerRecord layer, string component, string action) =>
        layer.Energy.Single(e => e.Component == component && e.Action == action).Count;

    private static (LoadedArchitecture Loaded, RunRecord Record) Execute(string name)
    {
        var bag = new DiagnosticBag();
        LoadedArchitecture? loaded = ArchitectureReader.Load(name, bag);
        bag.ThrowIfErrors();
        NetworkGraph graph = TinyNetwork.Graph();
        return (loaded!, new Evaluator("0", 1).Evaluate(new DesignInputs(loaded!, LoadedWorkload.Of("tiny", graph), Recipe.Default)));
    }
}
