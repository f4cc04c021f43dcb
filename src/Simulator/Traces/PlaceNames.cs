using System.Collections.Immutable;
using System.Globalization;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;

namespace Sim.Simulator.Traces;

/// <summary>Where the multiply-adders that a nest uses stand in the fabrics. Places are those of all its spatial loops, the outermost
/// slowest.</summary>
internal sealed class PlaceNames
{
    private readonly Hierarchy _hierarchy;
    private readonly SpatialNode[] _spaces;

    public PlaceNames(LoopNest nest, Hierarchy hierarchy)
    {
        _hierarchy = hierarchy;
        _spaces = [.. nest.Nodes.OfType<SpatialNode>()];
        Count = _spaces.Aggregate(1, (places, s) => checked(places * (int)s.Count));
    }

    /// <summary>Number of places.</summary>
    public int Count { get; }

    /// <summary>Where a place stands along an axis of a fabric.</summary>
    public int Position(int place, int level, int axis)
    {
        int position = 0, below = Count;
        foreach (SpatialNode space in _spaces)
        {
            below /= (int)space.Count;
            if (space.Level == level && space.Axis == axis) position = (position * (int)space.Count) + (place / below % (int)space.Count);
        }
        return position;
    }

    /// <summary>A name of letters, digits and underscores.</summary>
    public string Name(int place)
    {
        var parts = new List<string> { "pe" };
        for (int level = 0; level < _hierarchy.Levels.Length; level++)
            if (_hierarchy.Levels[level] is FabricLevel fabric)
                for (int axis = 0; axis < fabric.Axes.Length; axis++)
                    if (fabric.Axes[axis].Size > 1)
                        parts.Add(string.Create(CultureInfo.InvariantCulture,
                            $"{fabric.Axes[axis].Name}{Position(place, level, axis)}"));
        return string.Concat(string.Join('_', parts).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
    }
}

/// <summary>Multiply-adders in groups: places of the outermost fabric, at most so many; of more, neighbours along its first axis are one
/// group. Groups of layers have the same names.</summary>
public sealed class PlaceGroups
{
    private const int Most = 16;

    /// <summary>Of what a nest uses.</summary>
    public PlaceGroups(LoopNest nest, Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(hierarchy);
        var places = new PlaceNames(nest, hierarchy);
        Of = new int[places.Count];
        int level = Enumerable.Range(0, hierarchy.Levels.Length)
            .FirstOrDefault(l => hierarchy.Levels[l] is FabricLevel { IsLanes: false, Places: > 1 }, -1);
        if (level < 0)
        {
            Names = ["PE"];
            return;
        }
        FabricLevel fabric = hierarchy.Fabric(level);
        bool whole = fabric.Places <= Most;
        int size = fabric.Axes[0].Size, step = whole ? 1 : (size + Most - 1) / Most;
        Names = whole ? [.. Enumerable.Range(0, (int)fabric.Places).Select(g => Whole(fabric, g))]
            : [.. Enumerable.Range(0, (size + step - 1) / step).Select(g => Range(fabric, g * step, Math.Min(size, (g + 1) * step) - 1))];
        for (int place = 0; place < Of.Length; place++)
        {
            int group = 0;
            for (int axis = 0; whole && axis < fabric.Axes.Length; axis++)
                group = (group * fabric.Axes[axis].Size) + places.Position(place, level, axis);
            Of[place] = whole ? group : places.Position(place, level, 0) / step;
        }
    }

    /// <summary>By group.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>By place.</summary>
    public int[] Of { get; }

    private static string Whole(FabricLevel fabric, int group)
    {
        var parts = new Stack<string>();
        for (int axis = fabric.Axes.Length - 1; axis >= 0; group /= fabric.Axes[axis--].Size)
            if (fabric.Axes[axis].Size > 1)
                parts.Push(string.Create(CultureInfo.InvariantCulture, $"{fabric.Axes[axis].Name} {group % fabric.Axes[axis].Size}"));
        return $"PEs {fabric.Name} {string.Join(' ', parts)}";
    }

    private static string Range(FabricLevel fabric, int first, int last) => string.Create(CultureInfo.InvariantCulture,
        $"PEs {fabric.Name} {fabric.Axes[0].Name} {first}")
        + (last > first ? string.Create(CultureInfo.InvariantCulture, $" to {last}") : "");
}
