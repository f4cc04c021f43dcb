using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Workloads.Graph;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Answers;

/// <summary>An accelerator as searches take it: hierarchy, prices, packings, constraints.</summary>
public sealed class MapTarget
{
    private readonly MapCosts _costs;
    private readonly PerOperand<Packing> _packing;

    /// <summary>Prices the accelerator; what has no price throws.</summary>
    public MapTarget(LoadedHierarchy loaded, MapConstraints constraints)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        ArgumentNullException.ThrowIfNull(constraints);
        (Loaded, Constraints, Cost) = (loaded, constraints, new HierarchyCost(loaded));
        (_costs, _packing) = (HierarchyMapCosts.Of(Cost), PerOperand.Of(Architecture.PackingOf));
    }

    /// <summary>As it was read.</summary>
    public LoadedHierarchy Loaded { get; }

    /// <summary>What every mapping must be.</summary>
    public MapConstraints Constraints { get; }

    /// <summary>Its prices.</summary>
    public HierarchyCost Cost { get; }

    /// <summary>The accelerator.</summary>
    public HierarchicalArchitecture Architecture => Loaded.Architecture;

    /// <summary>Products a cycle when every unit works.</summary>
    public double Peak => Architecture.ProductsAtOnce / Architecture.Compute.Cycles.Value;

    /// <summary>A layer to map on it.</summary>
    public MapProblem Problem(LoopLayer layer) => new(layer, Architecture.Hierarchy, _costs)
        { Packing = _packing, Constraints = Constraints };
}

/// <summary>Layers that are equal but for their names.</summary>
public static class EqualLayers
{
    /// <summary>A text that equal layers share.</summary>
    public static string Key(LoopLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return LoopLayerText.Of(layer with { Name = "layer" });
    }

    /// <summary>One of each kind, in the order of their first, with how many there are.</summary>
    public static ImmutableArray<(LoopLayer Layer, int Times)> Of(IEnumerable<GemmLayer> layers) =>
        [.. layers.Select(l => LoopLayers.Of(l)).GroupBy(Key, StringComparer.Ordinal).Select(g => (g.First(), g.Count()))];
}
