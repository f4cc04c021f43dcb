using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Constraints;

/// <summary>Reads `mapping:` of an architecture: a dataflow by name or path, constraints, or the nodes of a whole nest.</summary>
public sealed class ConstraintReader
{
    private const int MostBases = 8;

    private readonly Hierarchy _hierarchy;
    private readonly DiagnosticBag _bag;
    private readonly ConstraintPlaces _places;
    private readonly List<MapRule> _rules = [];

    private ConstraintReader(Hierarchy hierarchy, DiagnosticBag bag) =>
        (_hierarchy, _bag, _places) = (hierarchy, bag, new(hierarchy, bag));

    /// <summary>What an architecture demands of mappings; everything that is wrong is recorded.</summary>
    public static MapConstraints Of(LoadedHierarchy loaded, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        ArgumentNullException.ThrowIfNull(bag);
        return Read(loaded.Mapping, loaded.Architecture.Hierarchy, bag);
    }

    /// <summary>The constraints of a node on a hierarchy.</summary>
    public static MapConstraints Read(YamlNode? mapping, Hierarchy hierarchy, DiagnosticBag bag)
    {
        if (mapping is null) return MapConstraints.None;
        if (mapping is YamlList nest) return MapConstraints.None with { Nest = nest };
        var reader = new ConstraintReader(hierarchy, bag);
        reader.Take(mapping, 0);
        return new([.. reader._rules]);
    }

    private void Take(YamlNode node, int depth)
    {
        if (depth > MostBases)
        {
            _bag.Error(node.Location, "MAP033", $"more than {MostBases} dataflows name each other");
            return;
        }
        if (ConfigCatalogue.Resolve(node, DataflowFile.Folder, "mapping", _bag) is not { } root) return;
        int before = _bag.ErrorCount;
        DataflowContent content = DataflowFile.Read(root, _bag);
        if (content.Base is { } name) Take(name, depth + 1);
        if (_bag.ErrorCount > before) return;
        foreach (DataflowEntry entry in content.Spatial) Spatial(entry);
        foreach (DataflowEntry entry in content.Temporal) Temporal(entry);
        foreach (DataflowEntry entry in content.Tiles)
            if (_places.Memory(entry.Where!) is { } level) Bounds(entry, BoundPlace.Tile, level, 0, $"tiles in '{Name(level)}'");
        foreach (YamlNode store in content.Keep) Keep(store, true);
        foreach (YamlNode store in content.Bypass) Keep(store, false);
        if (content.Utilization is { } use) _rules.Add(new UseRule(FormattableString.Invariant($"utilization {use}"),
            content.UtilizationPlace, use));
    }

    private string Name(int level) => _hierarchy.Levels[level].Name;

    private void Spatial(DataflowEntry entry)
    {
        foreach ((int level, int axis) in _places.Axes(entry))
            Bounds(entry, BoundPlace.Axis, level, axis, $"along '{Name(level)}.{_hierarchy.Fabric(level).Axes[axis].Name}'");
    }

    private void Temporal(DataflowEntry entry)
    {
        if (entry.Key == "memory")
        {
            if (_places.Memory(entry.Where!) is { } memory) Bounds(entry, BoundPlace.Memory, memory, 0, $"in time at '{Name(memory)}'");
        }
        else if (_places.Fabric(entry.Where!) is { } fabric)
            Bounds(entry, BoundPlace.Inside, fabric, 0, $"in time inside '{Name(fabric)}'");
    }

    private void Bounds(DataflowEntry entry, BoundPlace place, int level, int axis, string where)
    {
        if (ConstraintWords.Allowed(entry) is { } allowed)
            _rules.Add(new BoundRule($"dims: [{string.Join(", ", allowed)}] {where}", entry.Dims!.Location, place, level, axis,
                [.. Enum.GetValues<LoopDim>().Where(d => !allowed.Contains(d)).Select(d => new DimBound(d, 1, 1))]));
        foreach (YamlEntry factor in entry.Factors?.Entries ?? [])
        {
            LoopDim dim = ConstraintWords.Dim(factor.Key, _bag)!.Value;
            DimBound bound = ConstraintWords.Bound(dim, factor.Value, _bag)!.Value;
            string Text(long count) => count == DimBound.All ? "all" : $"{count}";
            string counts = factor.Value is YamlScalar word ? word.Text : $"{{min: {Text(bound.Least)}, max: {Text(bound.Most)}}}";
            _rules.Add(new BoundRule($"factors: {{{dim}: {counts}}} {where}", factor.Key.Location, place, level, axis, [bound]));
        }
    }

    private void Keep(YamlNode node, bool keeps)
    {
        string[] parts = node is YamlScalar { Text: var text } ? text.Split('@') : [];
        if (parts.Length != 2 || OperandNames.Find(parts[0]) is not { } operand)
        {
            _bag.Error(node.Location, "MAP033", $"found {node.Found}; a store is OPERAND@MEMORY, such as 'weights@"
                + $"{_hierarchy.Levels[0].Name}', of activations, weights, outputs");
            return;
        }
        foreach (int level in _places.Memories(node.Location, parts[1]))
        {
            Keeping able = level == 0 ? Keeping.Must : _hierarchy.Memory(level).Keeps[operand];
            string store = $"{(keeps ? "keep" : "bypass")}: {parts[0]}@{Name(level)}";
            var other = (KeepRule?)_rules.Find(r => r is KeepRule k && k.Operand == operand && k.Level == level && k.Keeps != keeps);
            if (able == (keeps ? Keeping.Bypass : Keeping.Must) || other is not null)
                _bag.Error(node.Location, "MAP034", $"'{store}' excludes every mapping: "
                    + (other is not null ? $"'{other.Text}' ({other.Location}) demands the opposite"
                    : keeps ? $"{parts[0]} pass '{Name(level)}' by" : $"'{Name(level)}' keeps {parts[0]} always"));
            else _rules.Add(new KeepRule(store, node.Location, operand, level, keeps));
        }
    }
}
