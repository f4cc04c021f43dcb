using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Mapper.Timeloop;

/// <summary>
/// Reads a Timeloop architecture (versions 0.3 and 0.4: `subtree` and `local`, names with instance ranges) as a hierarchy. Where the
/// number of instances grows, a fabric named after the memory above it follows, with axes x and y after meshX; reads are shared and sums
/// added on all of them. `keep` and `bypass` of `architecture_constraints` say what a memory keeps; read and write bandwidths
/// limit one direction each, a shared one both together.
/// </summary>
public static class TimeloopArchitecture
{
    private static readonly string[] Used = ["depth", "width", "datawidth", "word-bits", "word_bits", "n_banks", "read_bandwidth",
        "write_bandwidth", "shared_bandwidth", "multiple_buffering", "meshX", "meshY", "type", "cluster_size", "reduction_supported"];

    // Of power and of how its own search prunes; nothing here depends on them.
    private static readonly string[] Without = ["has_power_gating", "power_gated_at", "min_utilization", "allow_overbooking", "technology",
        "version", "global_cycle_seconds", "update_fifo_depth"];

    private sealed record Component(string Name, long Instances, long MeshX, YamlMap Attributes, string Class, Location Place);

    /// <summary>The hierarchy; null after recording what is wrong (MAP013).</summary>
    public static Hierarchy? Read(string file, string text, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        if (YamlDocument.ParseForeign(text, file, bag) is not { } root) return null;
        if (root["architecture"] is not YamlMap architecture)
        {
            bag.Error(root.Location, "MAP013", "is no Timeloop architecture: it has no mapping 'architecture'");
            return null;
        }
        var components = new List<Component>();
        Collect(architecture, 1, components, bag);
        if (bag.ErrorCount == before && components.Count < 2)
            bag.Error(architecture.Location, "MAP013",
                "an architecture has a memory and a compute unit: a 'subtree' with 'local' components");
        foreach (IGrouping<string, Component> twice in components.GroupBy(c => c.Name).Where(g => g.Count() > 1))
            bag.Error(twice.Last().Place, "MAP013", $"two components are named '{twice.Key}'");
        if (bag.ErrorCount > before) return null;
        Dictionary<string, PerOperand<Keeping>> keeps = Constraints(root["architecture_constraints"], components, bag);
        var levels = ImmutableArray.CreateBuilder<HierarchyLevel>();
        for (int i = 0; i + 1 < components.Count; i++)
        {
            (Component here, Component next) = (components[i], components[i + 1]);
            levels.Add(Memory(here, i == 0, keeps.GetValueOrDefault(here.Name, PerOperand.Of(_ => Keeping.May)), bag));
            if (next.Instances % here.Instances != 0 || (next.MeshX > 0 && here.MeshX > 0 && next.MeshX % here.MeshX != 0))
            {
                bag.Error(next.Place, "MAP013", $"{next.Instances} of '{next.Name}' below {here.Instances} of '{here.Name}' are no whole "
                    + "number each");
                continue;
            }
            long fan = next.Instances / here.Instances, x = next.MeshX > 0 && here.MeshX > 0 ? next.MeshX / here.MeshX : fan;
            if (fan == 1) continue;
            if (fan % x != 0)
            {
                bag.Error(next.Place, "MAP013", $"meshX {next.MeshX} of '{next.Name}' does not divide {fan} instances each");
                continue;
            }
            Reduction reduction = here.Attributes["reduction_supported"] is YamlScalar { Text: "false" or "False" }
                ? Reduction.None : Reduction.Tree;
            levels.Add(new FabricLevel(here.Name + "_fanout", [Axis("x", x, reduction), Axis("y", fan / x, reduction)]));
        }
        return bag.ErrorCount > before ? null : new Hierarchy(Path.GetFileNameWithoutExtension(file), levels.ToImmutable());
    }

    private static FabricAxis Axis(string name, long size, Reduction reduction) =>
        new(name, checked((int)size), Sharing.Multicast, Sharing.Multicast, reduction);

    private static void Collect(YamlMap node, long copies, List<Component> components, DiagnosticBag bag)
    {
        foreach (YamlMap tree in Maps(node["subtree"], bag))
        {
            long below = Named(tree, bag) is var (_, count) ? checked(copies * count) : copies;
            foreach (YamlMap local in Maps(tree["local"], bag))
            {
                if (Named(local, bag) is not var (name, instances)) continue;
                YamlMap attributes = local["attributes"] as YamlMap ?? new YamlMap(local.Location, []);
                components.Add(new(name, checked(below * instances), Number(attributes, "meshX", bag) ?? 0, attributes,
                    (local["class"] as YamlScalar)?.Text ?? "", local.Location));
            }
            Collect(tree, below, components, bag);
        }
    }

    private static IEnumerable<YamlMap> Maps(YamlNode? node, DiagnosticBag bag)
    {
        if (node is not null and not YamlList) bag.Error(node.Location, "MAP013", $"must be a list of components, found {node.Found}");
        return node is YamlList list ? list.Items.OfType<YamlMap>() : [];
    }

    private static (string Name, int Count)? Named(YamlMap map, DiagnosticBag bag)
    {
        if (map["name"] is YamlScalar name && TimeloopText.Instances(name.Text) is { } read) return read;
        bag.Error(map["name"]?.Location ?? map.Location, "MAP013", "a component has a 'name' such as 'buffer' or 'buffer[0..15]'");
        return null;
    }

    private static MemoryLevel Memory(Component component, bool outermost, PerOperand<Keeping> keeps, DiagnosticBag bag)
    {
        foreach (YamlEntry entry in component.Attributes.Entries.Where(e => !Used.Contains(e.Key.Text) && !Without.Contains(e.Key.Text)))
            bag.Warning(entry.Key.Location, "MAP016", $"the attribute '{entry.Key.Text}' is not used");
        long Get(string key, long otherwise) => Number(component.Attributes, key, bag) ?? otherwise;
        long element = Get("datawidth", Get("word-bits", Get("word_bits", 8))), width = Get("width", element);
        if (Get("cluster_size", 1) != 1)
            bag.Error(component.Place, "MAP013", $"'{component.Name}' has a cluster_size; only clusters of 1 are modelled");
        long buffers = Get("multiple_buffering", 1);
        if (buffers > 2) bag.Error(component.Place, "MAP013", $"'{component.Name}' has {buffers} buffers; one or two are modelled");
        double? Rate(string key) => Real(component.Attributes, key, bag) * element;
        bool unlimited = component.Class == "DRAM" || outermost;
        long? capacity = unlimited ? null : Number(component.Attributes, "depth", bag) is { } depth ? checked(depth * width) : null;
        return new MemoryLevel(component.Name, capacity, default, checked((int)width), checked((int)Get("n_banks", 1)), new(1, 1, 0),
            Rate("shared_bandwidth"), 0, 0, keeps, PerOperand.Of(_ => buffers == 2))
        {
            ReadBitsPerCycle = Rate("read_bandwidth"),
            WriteBitsPerCycle = Rate("write_bandwidth"),
            DramKind = component.Class == "DRAM" ? (component.Attributes["type"] as YamlScalar)?.Text : null,
        };
    }

    private static long? Number(YamlMap attributes, string key, DiagnosticBag bag)
    {
        if (attributes[key] is not { } node || node is YamlScalar { IsNothing: true }) return null;
        if (node is YamlScalar scalar && StrictNumber.TryWhole(scalar.Text, out int value) && value > 0) return value;
        // 1.0 is how its own front end writes some whole numbers.
        if (node is YamlScalar point && StrictNumber.TryReal(point.Text, out double real) && real > 0 && real == Math.Floor(real)
            && real < int.MaxValue) return (long)real;
        bag.Error(node.Location, "MAP013", $"'{key}' must be an integer from 1, found {node.Found}");
        return null;
    }

    private static double? Real(YamlMap attributes, string key, DiagnosticBag bag)
    {
        if (attributes[key] is not { } node || node is YamlScalar { IsNothing: true }) return null;
        if (node is YamlScalar scalar && StrictNumber.TryReal(scalar.Text, out double value) && value > 0) return value;
        bag.Error(node.Location, "MAP013", $"'{key}' must be a number above 0, found {node.Found}");
        return null;
    }

    private static Dictionary<string, PerOperand<Keeping>> Constraints(YamlNode? node, List<Component> components, DiagnosticBag bag)
    {
        var keeps = new Dictionary<string, PerOperand<Keeping>>(StringComparer.Ordinal);
        if (node is null) return keeps;
        YamlNode? targets = node is YamlMap map ? map["targets"] : node;
        foreach (YamlMap entry in Maps(targets, bag))
        {
            if (entry["target"] is not YamlScalar target || components.All(c => c.Name != target.Text))
            {
                bag.Error(entry["target"]?.Location ?? entry.Location, "MAP013",
                    $"a constraint's 'target' must be a component ({string.Join(", ", components.Select(c => c.Name))})");
                continue;
            }
            if (entry["type"] is not YamlScalar { Text: "bypass" or "bypassing" or "datatype" or "dataspace" }) continue;
            ImmutableArray<string> keep = TimeloopText.Words(entry["keep"]), bypass = TimeloopText.Words(entry["bypass"]);
            keeps[target.Text] = PerOperand.Of(o => keep.Contains(TimeloopMapping.DefaultName(o)) ? Keeping.Must
                : bypass.Contains(TimeloopMapping.DefaultName(o)) ? Keeping.Bypass : Keeping.May);
        }
        return keeps;
    }
}
