using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Constraints;
using Sim.Mapper.Search;

namespace Sim.Simulator.Accelerators;

/// <summary>Reads an accelerator of either kind of file.</summary>
public static class AcceleratorLoader
{
    /// <summary>An accelerator by catalogue name or path; null after recording everything wrong with it.</summary>
    /// <param name="pathOrName">As typed.</param>
    /// <param name="objective">What its mappings make least; null: EDP. Systolic arrays of version 1 have one mapping.</param>
    /// <param name="bag">Where findings go.</param>
    public static IAccelerator? Load(string pathOrName, MapObjective? objective, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        return ConfigCatalogue.Open(pathOrName, ArchitectureReader.Folder, bag) is { } document
            ? Read(document.Root, objective, bag, ConfigCatalogue.NameOf(document.File)) : null;
    }

    /// <summary>As above, from a mapping.</summary>
    public static IAccelerator? Read(YamlMap map, MapObjective? objective, DiagnosticBag bag, string defaultName)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        if (!IsHierarchy(map))
        {
            if (objective is not null)
                bag.Error(new Location("--objective"), "CLI002", $"an objective is for '{HierarchyReader.Schema.Id}': "
                    + $"'{ArchitectureReader.Schema.Id}' has one mapping for each layer ('sim validate --expand' prints it as the other)");
            return ArchitectureReader.Read(map, bag, defaultName) is { } array ? new ArrayAccelerator(array) : null;
        }
        return HierarchyReader.Read(map, bag, defaultName) is { } hierarchy
            ? new HierarchyAccelerator(hierarchy, objective ?? MapObjective.Edp, ConstraintReader.Of(hierarchy, bag)) : null;
    }

    /// <summary>Whether a mapping describes a hierarchy.</summary>
    public static bool IsHierarchy(YamlMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        return map[YamlDocument.SchemaKey] is YamlScalar version && version.Text == HierarchyReader.Schema.Id;
    }
}
