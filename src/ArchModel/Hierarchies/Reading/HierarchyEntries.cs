using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>The entries of `hierarchy`, read and checked together.</summary>
internal sealed class HierarchyEntries
{
    private readonly DiagnosticBag _bag;
    private readonly Dictionary<string, Location> _places = new(StringComparer.Ordinal);

    /// <summary>Reads them all.</summary>
    public HierarchyEntries(ImmutableArray<(string Kind, YamlMap Map)> entries, EntryContext context, DiagnosticBag bag)
    {
        _bag = bag;
        var levels = ImmutableArray.CreateBuilder<HierarchyLevel>();
        for (int i = 0; i < entries.Length; i++)
        {
            (string kind, YamlMap map) = entries[i];
            ReserveName(map[kind]!);
            if (kind == ComputeEntry.Key)
            {
                if (i < entries.Length - 1) bag.Error(map.Location, "CFG130", "the compute units are the last entry of 'hierarchy', once");
                Compute = ComputeEntry.Read(map, context, bag);
                continue;
            }
            HierarchyLevel? level = kind == MemoryEntry.Key ? MemoryEntry.Read(map, context, i == 0, bag)
                : FabricEntry.Read(map, context, bag);
            if (level is not null) levels.Add(level);
        }
        Levels = levels.ToImmutable();
        Location last = entries[^1].Map.Location;
        if (entries[0].Kind != MemoryEntry.Key) bag.Error(entries[0].Map.Location, "CFG130",
            "'hierarchy' begins with a memory that holds every operand, usually the DRAM");
        if (entries.All(e => e.Kind != ComputeEntry.Key)) bag.Error(last, "CFG130",
            "'hierarchy' ends with the compute units: add an entry {compute: pe}");
    }

    /// <summary>Memories and fabrics, outermost first.</summary>
    public ImmutableArray<HierarchyLevel> Levels { get; }

    /// <summary>The compute units; null after recording what is wrong.</summary>
    public ComputeUnit? Compute { get; }

    /// <summary>Where each name stands.</summary>
    public ImmutableDictionary<string, Location> Places => _places.ToImmutableDictionary(StringComparer.Ordinal);

    private void ReserveName(YamlNode node)
    {
        if (node is not YamlScalar { Text: var name }) return;
        if (name == ActionNames.Vector) _bag.Error(node.Location,
            "CFG131", $"'{name}' is the name of the elementwise unit; choose another");
        else if (!_places.TryAdd(name, node.Location)) _bag.Error(node.Location, "CFG131",
            $"'{name}' is already the name of an entry at {_places[name]}; names are unique");
    }
}
