using System.Collections.Immutable;
using Sim.ArchModel.Technologies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>
/// An accelerator with the technology it names, what its file demands of mappings (null: nothing; read by the mapper), and the places of
/// its parts in the file.
/// </summary>
public sealed record LoadedHierarchy(HierarchicalArchitecture Architecture, Technology Technology, YamlNode? Mapping)
{
    /// <summary>Where the file names parts: levels and compute units by name, `vector`, `technology`, and "" for the whole.</summary>
    public ImmutableDictionary<string, Location> Places { get; init; } = ImmutableDictionary<string, Location>.Empty;

    /// <summary>Where a part stands, else the whole.</summary>
    public Location PlaceOf(string part) => Places.GetValueOrDefault(part, Places.GetValueOrDefault("", new Location(Architecture.Name)));
}
