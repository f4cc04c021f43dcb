using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Generators;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Topologies;

/// <summary>Layers without weights, with a digest of what they were read from.</summary>
public sealed record ShapeNetwork(string Name, NetworkLayers Layers, string Digest);

/// <summary>
/// Networks without weights: SCALE-Sim topologies (.csv), Timeloop problems (.yaml, .yml) and generated workloads
/// (<see cref="WorkloadFile"/>, also by their names in `configs/workloads`). Time, energy and area can be found for them, values cannot.
/// </summary>
public static class ShapeFile
{
    private const long LargestFile = 64 << 20;

    /// <summary>Whether a file of that name, or a name of `configs/workloads`, holds shapes.</summary>
    public static bool IsOne(string pathOrName) =>
        Path.GetExtension(pathOrName).ToUpperInvariant() is ".CSV" or ".YAML" or ".YML" || IsNamed(pathOrName);

    /// <summary>The layers; null after recording what is wrong.</summary>
    public static ShapeNetwork? Read(string pathOrName, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        if (IsNamed(pathOrName)) return ConfigCatalogue.Find(WorkloadFile.Folder, pathOrName, bag) is { } entry ? Generated(entry.Root, bag)
            : null;
        int before = bag.ErrorCount;
        string text;
        try
        {
            text = RegularFile.ReadText(pathOrName, LargestFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            bag.Error(new Location(pathOrName, 1, 1), "TOP000", $"cannot be read: {e.Message}");
            return null;
        }
        bool topology = Path.GetExtension(pathOrName).Equals(".csv", StringComparison.OrdinalIgnoreCase);
        if (!topology)
        {
            if (YamlDocument.ParseForeign(text, pathOrName, bag) is not { } root) return null;
            // Files of this tool say so, those of Timeloop carry no schema.
            if (root.Find(YamlDocument.SchemaKey) is not null) return Generated(root, bag);
        }
        ImmutableArray<GemmLayer> layers = topology ? ScaleSimTopology.Read(pathOrName, text, bag)
            : TimeloopProblem.Read(pathOrName, text, bag);
        return bag.ErrorCount > before ? null
            : new ShapeNetwork(Path.GetFileNameWithoutExtension(pathOrName), NetworkLayers.Unconnected(layers),
                Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    private static bool IsNamed(string name) => !ConfigCatalogue.IsPath(name) && !File.Exists(name)
        && ConfigCatalogue.Names(WorkloadFile.Folder).Contains(name);

    private static ShapeNetwork? Generated(YamlMap root, DiagnosticBag bag)
    {
        if (root[YamlDocument.SchemaKey] is not YamlScalar { Text: WorkloadFile.SchemaId })
        {
            bag.Error(root[YamlDocument.SchemaKey]!.Location, "CFG009",
                $"a network has the schema '{WorkloadFile.SchemaId}', or none if it is a Timeloop problem");
            return null;
        }
        return WorkloadFile.Read(root, bag) is { } workload ? new ShapeNetwork(workload.Name, workload.Layers(), workload.Digest) : null;
    }
}
