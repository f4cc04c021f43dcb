using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Mapper.Constraints;

/// <summary>Memories, fabrics and axes of a hierarchy by name or role.</summary>
internal sealed class ConstraintPlaces(Hierarchy hierarchy, DiagnosticBag bag)
{
    private const string Innermost = "innermost", Within = "inside";

    /// <summary>Axes that an entry means; none after recording why.</summary>
    public List<(int Level, int Axis)> Axes(DataflowEntry entry)
    {
        var all = new List<(int Level, int Axis)>();
        for (int level = 0; level < hierarchy.Levels.Length; level++)
            if (hierarchy.Levels[level] is FabricLevel { IsLanes: false } fabric)
                for (int axis = 0; axis < fabric.Axes.Length; axis++) all.Add((level, axis));
        string Name((int Level, int Axis) a) => $"{hierarchy.Levels[a.Level].Name}.{Of(a).Name}";
        FabricAxis Of((int Level, int Axis) a) => hierarchy.Fabric(a.Level).Axes[a.Axis];
        string text = (entry.Where as YamlScalar)?.Text ?? "";
        List<(int Level, int Axis)> found = text switch
        {
            "all" => all,
            "adds" => all.FindAll(a => Of(a).Outputs != Reduction.None),
            "others" => all.FindAll(a => Of(a).Outputs == Reduction.None),
            _ => all.FindAll(a => Name(a) == text),
        };
        // Roles that no axis has forbid nothing; but a dataflow whose loops have no axis is not this machine's.
        bool role = text is "all" or "adds" or "others";
        if (found.Count > 0 || (role && entry.Dims is { Items.Length: 0 } && entry.Factors is null)) return found;
        string names = all.Count > 0 ? string.Join(", ", all.Select(Name)) : "none";
        bag.Error(entry.Where!.Location, "MAP033", role
            ? $"this hierarchy has no axis that '{text}' means ({(text == "adds" ? "one that adds partial sums" : "any")}); axes: {names}"
            : $"{entry.Where.Found} is no axis{NearestName.Hint(text, all.Select(Name))}; there are {names}, and the roles "
                + "adds, others, all");
        return found;
    }

    /// <summary>A memory; null after recording that there is none.</summary>
    public int? Memory(YamlNode node) => Level(node.Location, (node as YamlScalar)?.Text ?? "", l => l is MemoryLevel, "memory");

    /// <summary>A fabric; null after recording that there is none.</summary>
    public int? Fabric(YamlNode node) => Level(node.Location, (node as YamlScalar)?.Text ?? "", l => l is FabricLevel { IsLanes: false },
        "fabric");

    /// <summary>Memories that a word means: `inside` those inside the innermost fabric.</summary>
    public IEnumerable<int> Memories(Location place, string word)
    {
        if (word != Within) return Level(place, word, l => l is MemoryLevel, "memory") is { } one ? [one] : [];
        int outside = Array.FindIndex([.. hierarchy.Levels], l => l is FabricLevel { IsLanes: false });
        return outside < 0 ? []
            : Enumerable.Range(outside, hierarchy.Levels.Length - outside).Where(l => hierarchy.Levels[l] is MemoryLevel);
    }

    private int? Level(Location place, string word, Func<HierarchyLevel, bool> kind, string name)
    {
        int found = word == Innermost ? Array.FindLastIndex([.. hierarchy.Levels], l => kind(l)) : hierarchy.IndexOf(word);
        if (found >= 0 && kind(hierarchy.Levels[found])) return found;
        string[] names = [.. hierarchy.Levels.Where(kind).Select(l => l.Name)];
        bag.Error(place, "MAP033", $"'{word}' is no {name}{NearestName.Hint(word, names)}; there are "
            + (names.Length > 0 ? string.Join(", ", names) : "none"));
        return null;
    }
}
