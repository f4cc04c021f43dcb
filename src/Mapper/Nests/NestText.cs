using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Nests;

/// <summary>
/// A nest as lines, outermost first: `store weights@global_buffer`, `for C 4 (tile 16)`, `spatial M 14 grid.x (tile 2)`. A `mapping:` list
/// in YAML takes the same lines; <see cref="NestReader"/> reads them.
/// </summary>
public static class NestText
{
    /// <summary>A line for each node.</summary>
    public static ImmutableArray<string> Lines(LoopNest nest, Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        return [.. nest.Nodes.Select(n => Line(nest, n, hierarchy))];
    }

    /// <summary>A nest as a document of its own (`sim.nest/1`): the layer and the mapping.</summary>
    public static string Document(LoopNest nest, Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(nest);
        var lines = new List<string> { "schema: sim.nest/1", "layer: " + LoopLayerText.Of(nest.Layer), "mapping:" };
        lines.AddRange(Lines(nest, hierarchy).Select(l => "  - " + l));
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>One node.</summary>
    public static string Line(LoopNest nest, NestNode node, Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        return node switch
        {
            StoreNode s => $"store {OperandNames.Of(s.Operand)}@{hierarchy.Levels[s.Level].Name}",
            LoopNode l => $"for {DimLetters.Of(nest.Layer, l.Dim)} {l.Count}{Tile(l.Tile)}",
            SpatialNode s => $"spatial {DimLetters.Of(nest.Layer, s.Dim)} {s.Count} {Place(hierarchy, s)}{Tile(s.Tile)}",
            _ => throw new ArgumentOutOfRangeException(nameof(node)),
        };
    }

    /// <summary>`fabric.axis` of a spatial loop.</summary>
    public static string Place(Hierarchy hierarchy, SpatialNode loop)
    {
        ArgumentNullException.ThrowIfNull(hierarchy);
        ArgumentNullException.ThrowIfNull(loop);
        return $"{hierarchy.Levels[loop.Level].Name}.{hierarchy.Fabric(loop.Level).Axes[loop.Axis].Name}";
    }

    private static string Tile(long tile) => tile > 1 ? $" (tile {tile})" : "";
}
