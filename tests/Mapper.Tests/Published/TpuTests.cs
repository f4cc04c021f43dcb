using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Tests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Published;

/// <summary>
/// TPU v1 (Jouppi et al., ISCA 2017): table 1 gives layers, weights and batches of six applications, table 3 what limited them and row 9
/// the operations a second of production code. Shapes of layers are not given: here all fully connected layers of an application are
/// square and equal. The convolutional ones cannot be built from the tables.
/// </summary>
public class TpuTests
{
    private const string Source = "Jouppi et al., ISCA 2017, tables 1 and 3, measured";

    // Square layers with the weights of table 1; TOPS of row 9; useful MACs of row 2, per cent of the peak.
    [TestCase("MLP0", 5, 20e6, 200, 12.3, 12.5)]
    [TestCase("MLP1", 4, 5e6, 168, 9.7, 9.4)]
    [TestCase("LSTM0", 24, 52e6, 64, 3.7, 8.2)]
    [TestCase("LSTM1", 37, 34e6, 96, 2.8, 6.3)]
    public void MemoryBoundApplications(string name, int layers, double weights, int batch, double tops, double useful)
    {
        int side = (int)Math.Round(Math.Sqrt(weights / layers));
        var bag = new DiagnosticBag();
        LoadedHierarchy loaded = HierarchyReader.Load("tpu_v1", bag)!;
        MapProblem problem = new(LoopLayer.Gemm(name, 1, batch, side, side, sharedWeights: true), loaded.Architecture.Hierarchy,
            HierarchyMapCosts.Of(new HierarchyCost(loaded)))
        {
            Packing = PerOperand.Of(loaded.Architecture.PackingOf), Constraints = ConstraintReader.Of(loaded, bag),
        };
        MapResult found = MapSearch.Best(problem, MapObjective.Latency)!;
        Assert.That(bag.ToString(), Is.Empty);
        NestCycles cycles = ArchitectureTiming.Of(found.Nest, loaded.Architecture);
        double operations = 2.0 * batch * side * side, seconds = cycles.Total / 700e6;
        // The chip's DRAM holds weights only: its roofline.
        double roofline = Math.Max((double)side * side / 34e9, found.Counts.Steps / 700e6);
        (double ours, double above) = (operations / seconds / 1e12, operations / roofline / 1e12);
        // LSTM1's layers are narrower than the array (row 3: 4.2 % of the MACs are active and unused): equal squares overrate it.
        Assert.That(tops, name == "LSTM1" ? Is.LessThan(above) : Is.InRange(0.8 * above, above));
        Assert.That(ours, Is.InRange(0.6 * above, above));
        Truth.Checked("Published accelerators", $"TPU v1, {name}: {layers} layers of {side} x {side}, batch {batch}", Source, 1,
            Text($"{tops} TOPS: ours {ours:F1} with activations in the same DRAM, {above:F1} with weights only; useful MACs {useful} % of ")
            + Text($"the peak: ours {100 * ours / 91.75:F1} and {100 * above / 91.75:F1}"));
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
