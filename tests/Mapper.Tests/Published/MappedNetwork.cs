using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Tests;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;
using Sim.Workloads.Topologies;

namespace Sim.Mapper.Tests.Published;

/// <summary>A layer's best mapping: cycles of the busiest resource and with waits.</summary>
internal sealed record MappedLayer(LoopLayer Layer, int Times, NestCounts Counts, double LeastCycles, NestCycles Cycles, double DramCycles,
    bool IsOptimal);

/// <summary>A network on a shipped machine, each different layer searched once.</summary>
internal sealed record MappedNetwork(LoadedHierarchy Machine, ImmutableArray<MappedLayer> Layers)
{
    public long Macs => Layers.Sum(l => l.Times * l.Counts.Macs);

    public double LeastCycles => Layers.Sum(l => l.Times * l.LeastCycles);

    public double Cycles => Layers.Sum(l => (double)l.Times * l.Cycles.Total);

    /// <summary>Products and the traffic of the outermost memory, one after the other.</summary>
    public double SerialCycles => Layers.Sum(l => l.Times * (l.Counts.Steps + l.DramCycles));

    /// <summary>Elements that cross the outermost memory.</summary>
    public double DramWords => Layers.Sum(l => l.Times * (double)l.Counts.Stores.Where(s => s.Level == 0)
        .Sum(s => s.Operand == Operand.Outputs ? s.Updates + s.Reads : s.Reads));

    public int Proved => Layers.Where(l => l.IsOptimal).Sum(l => l.Times);

    public int Count => Layers.Sum(l => l.Times);

    /// <summary>Maps a workload's layers; <paramref name="change"/> alters the machine's file.</summary>
    public static MappedNetwork Of(string machine, string workload, MapObjective objective, Func<string, string>? change = null,
        Func<GemmLayer, bool>? only = null, Func<string, string>? batch = null)
    {
        var bag = new DiagnosticBag();
        string folder = Path.Combine(ReferenceData.RepositoryRoot, "configs"),
            file = Path.Combine(folder, "architectures", machine + ".yaml");
        string text = (change ?? (t => t))(File.ReadAllText(file));
        LoadedHierarchy loaded = HierarchyReader.Read(YamlDocument.Parse(text, file, bag)!.Root, bag, machine)!;
        string shapes = Path.Combine(Path.GetTempPath(), $"sim-{Guid.NewGuid():N}.yaml");
        try
        {
            File.WriteAllText(shapes, (batch ?? (t => t))(File.ReadAllText(Path.Combine(folder, "workloads", workload + ".yaml"))));
            NetworkLayers layers = ShapeFile.Read(shapes, bag)!.Layers;
            MapConstraints constraints = ConstraintReader.Of(loaded, bag);
            Assert.That(bag.ToString(), Is.Empty, machine);
            MapCosts costs = HierarchyMapCosts.Of(new HierarchyCost(loaded));
            return new(loaded, [.. layers.Gemms.Where(only ?? (_ => true)).Select(l => LoopLayers.Of(l))
                .GroupBy(l => LoopLayerText.Of(l with { Name = "layer" })).Select(same =>
                {
                    MapProblem problem = new(same.First(), loaded.Architecture.Hierarchy, costs)
                    {
                        Packing = PerOperand.Of(loaded.Architecture.PackingOf), Constraints = constraints,
                    };
                    MapResult best = MapSearch.Best(problem, objective, SearchEffort.Default)!;
                    return new MappedLayer(same.First(), same.Count(), best.Counts, best.Cost.Cycles,
                        ArchitectureTiming.Of(best.Nest, loaded.Architecture), Dram(best.Counts, problem), best.Certificate.IsOptimal);
                })]);
        }
        finally
        {
            File.Delete(shapes);
        }
    }

    // Complete results are narrower than partial sums.
    private static double Dram(NestCounts counts, MapProblem problem) => counts.Stores.Where(s => s.Level == 0).Sum(s =>
        (s.Reads + (s.Operand == Operand.Outputs ? s.Updates - s.Distinct : 0)) * problem.Costs.Levels[0][s.Operand].Bits
        + (s.Operand == Operand.Outputs ? s.Distinct * problem.Costs.CompleteOutputs.Bits : 0))
        / problem.Hierarchy.Memory(0).BitsPerCycle!.Value;
}
