using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>What `mapping: DATAFLOW` of an architecture says of the search: which dimensions run along the two axes of its array. What
/// stays in a place follows from what the memories below keep.</summary>
public static class AxisRules
{
    private static readonly ImmutableArray<LoopDim> Sums = [LoopDim.C, LoopDim.R, LoopDim.S], Channels = [LoopDim.M],
        Pixels = [LoopDim.N, LoopDim.P, LoopDim.Q];

    private static readonly ImmutableSortedDictionary<string, (ImmutableArray<LoopDim> First, ImmutableArray<LoopDim> Second)> Dataflows =
        new Dictionary<string, (ImmutableArray<LoopDim>, ImmutableArray<LoopDim>)>
        {
            ["weight_stationary"] = (Sums, Channels),
            ["output_stationary"] = (Pixels, Channels),
            ["input_stationary"] = (Sums, Pixels),
        }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Dimensions by level and axis; a mapping of another form is refused.</summary>
    public static ImmutableDictionary<(int Level, int Axis), ImmutableArray<LoopDim>> Of(LoadedHierarchy loaded, DiagnosticBag bag)
    {
        var rules = ImmutableDictionary.CreateBuilder<(int Level, int Axis), ImmutableArray<LoopDim>>();
        if (loaded.Mapping is not { } mapping) return rules.ToImmutable();
        ImmutableArray<HierarchyLevel> levels = loaded.Architecture.Hierarchy.Levels;
        int[] arrays = [.. Enumerable.Range(0, levels.Length).Where(i => levels[i] is FabricLevel { IsLanes: false, Axes.Length: 2 })];
        if (mapping is not YamlScalar { Text: var name } || !Dataflows.TryGetValue(name, out var dataflow) || arrays.Length != 1)
        {
            bag.Error(mapping.Location, "MAP030", "the search takes of 'mapping' the names "
                + $"{string.Join(", ", Dataflows.Keys)} on an array with one fabric of two axes; leave it out to search all mappings");
            return rules.ToImmutable();
        }
        (rules[(arrays[0], 0)], rules[(arrays[0], 1)]) = dataflow;
        return rules.ToImmutable();
    }
}
