using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;

namespace Sim.Cli.Verbs.Bench;

/// <summary>The closed form of nests on machines of memories and fabrics: nests that a short search finds, each shape once.</summary>
internal static class NestEstimates
{
    private const string How = "recurrence over the nest, extrapolated";
    // Enough for a nest of every layer; how good it is does not matter here.
    private const long Effort = 30_000_000;
    private static readonly ImmutableArray<string> Machines = ["three_level", "tpu_v1", "gemmini_default", "eyeriss_v1"];

    /// <summary>A row for each machine and network: distinct shapes with how often they occur, budget in seconds.</summary>
    public static IEnumerable<BenchRow> Rows(
        IReadOnlyList<(string Name, ImmutableArray<(GemmLayer Layer, int Times)> Layers, double Budget, string Text)> networks,
        Action<string> progress)
    {
        foreach (string machine in Machines)
        {
            var bag = new DiagnosticBag();
            LoadedHierarchy loaded = HierarchyReader.Load(machine, bag)
                ?? throw new InvalidOperationException($"the shipped machine '{machine}' cannot be read: {bag}");
            MapConstraints constraints = ConstraintReader.Of(loaded, bag);
            bag.ThrowIfErrors();
            HierarchicalArchitecture architecture = loaded.Architecture;
            MapCosts costs = HierarchyMapCosts.Of(new HierarchyCost(loaded));
            foreach ((string name, ImmutableArray<(GemmLayer Layer, int Times)> layers, double budget, string text) in networks)
            {
                progress($"{name}, {machine}");
                LoopNest[] nests = [.. layers.Select(l => MapSearch.Best(new MapProblem(LoopLayers.Of(l.Layer), architecture.Hierarchy,
                    costs) { Packing = PerOperand.Of(architecture.PackingOf), Constraints = constraints }, MapObjective.Edp, Effort)?.Nest
                    ?? throw new InvalidOperationException($"'{l.Layer.Name}' has no mapping on {machine}"))];
                double seconds = BestOf.Seconds(() =>
                {
                    foreach (LoopNest nest in nests) ArchitectureTiming.Of(nest, architecture);
                });
                yield return new BenchRow($"{name}, {nests.Length} nests, {machine}", How, seconds * 1e3,
                    layers.Sum(l => l.Times) / seconds, "layers/s", budget / seconds, text, 1);
            }
        }
    }
}
