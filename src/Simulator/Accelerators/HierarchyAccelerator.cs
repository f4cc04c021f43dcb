using System.Collections.Concurrent;
using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Answers;
using Sim.Mapper.Constraints;
using Sim.Mapper.Search;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Accelerators;

/// <summary>Memories and fabrics of any kind (`sim.architecture/2`): every layer runs its best loop nest for an objective.</summary>
public sealed class HierarchyAccelerator(LoadedHierarchy loaded, MapObjective objective, MapConstraints constraints) : IAccelerator
{
    private readonly Lazy<HierarchyCost> _cost = new(() => new HierarchyCost(loaded));

    // Layers of one shape have one nest, in this network and in others.
    private readonly ConcurrentDictionary<LoopLayerShape, Lazy<MapResult?>> _nests = new();

    /// <summary>The file's content.</summary>
    public LoadedHierarchy Loaded => loaded;

    /// <summary>Its description.</summary>
    public HierarchicalArchitecture Architecture => loaded.Architecture;

    /// <inheritdoc/>
    public string Name => loaded.Architecture.Name;

    /// <inheritdoc/>
    public string Shape => string.Join(", ", loaded.Architecture.Hierarchy.Levels.Select(l =>
        l is FabricLevel f ? $"{f.Name} {string.Join('×', f.Axes.Select(a => a.Size))}" : l.Name));

    /// <inheritdoc/>
    public DatapathSpec Datapath => loaded.Architecture.Datapath;

    /// <inheritdoc/>
    public VectorUnit Vector => loaded.Architecture.Vector;

    /// <inheritdoc/>
    public Technology Technology => loaded.Technology;

    /// <inheritdoc/>
    public double ClockHertz => loaded.Architecture.ClockHertz;

    /// <inheritdoc/>
    public Location PlaceOf(string part) => loaded.PlaceOf(part);

    /// <inheritdoc/>
    public string Json => HierarchyJson.Write(loaded);

    /// <inheritdoc/>
    public string Identity => HierarchyJson.Write(loaded with { Architecture = loaded.Architecture with { Name = "" } }) + objective
        + string.Join('\n', constraints.Rules.Select(r => r.Text));

    /// <inheritdoc/>
    public AcceleratorCost Price()
    {
        HierarchyCost cost = _cost.Value;
        return new AcceleratorCost(cost.Area, cost.AreaSquareMicrometres, cost.LeakageMilliwatts, cost.Clock, cost.Warnings,
            string.Join('\n', cost.Actions.Select(a => FormattableString.Invariant($"{a.Component} {a.Action} {a.Price.Picojoules:R}"))
                .Concat(cost.Area.Select(a => FormattableString.Invariant($"{a.Component} {a.Role} {a.SquareMicrometres:R}")))));
    }

    /// <inheritdoc/>
    public MappedNetwork Map(NetworkLayers layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        MapCosts costs = HierarchyMapCosts.Of(_cost.Value);
        return new MappedHierarchy(loaded.Architecture, _cost.Value, [.. layers.Gemms.Select(layer => (layer, Nest(layer, costs)))],
            layer => MapExclusion.Of(Problem(layer, costs)).Text, PlaceOf(""));
    }

    private MapResult? Nest(GemmLayer layer, MapCosts costs) => _nests.GetOrAdd(LoopLayerShape.Of(LoopLayers.Of(layer)), _ =>
        new(() => Best(Problem(layer, costs)))).Value;

    private MapResult? Best(MapProblem problem)
    {
        MapResult? best = MapSearch.Best(problem, objective, SearchEffort.Default);
        return best is not null && objective == MapObjective.Latency ? TimedOrder.Of(best, problem, loaded.Architecture) : best;
    }

    private MapProblem Problem(GemmLayer layer, MapCosts costs) => new(LoopLayers.Of(layer), loaded.Architecture.Hierarchy, costs)
    {
        Packing = PerOperand.Of(loaded.Architecture.PackingOf), Constraints = constraints,
    };

    /// <summary>Sizes, steps and letters of a layer, compared by value.</summary>
    private sealed record LoopLayerShape(string Sizes, int StrideHeight, int StrideWidth, int DilationHeight, int DilationWidth)
    {
        public static LoopLayerShape Of(LoopLayer layer) => new(string.Join(',', layer.Sizes), layer.StrideHeight, layer.StrideWidth,
            layer.DilationHeight, layer.DilationWidth);
    }
}
