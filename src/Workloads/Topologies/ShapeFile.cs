using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Topologies;

/// <summary>Layers without weights, with a digest of the text that they were read from.</summary>
public sealed record ShapeNetwork(NetworkLayers Layers, string Digest);

/// <summary>
/// Files that hold the shapes of layers and no weights: SCALE-Sim topologies (.csv) and Timeloop problems (.yaml, .yml). Time, energy and
/// area can be found for them, values cannot.
/// </summary>
public static class ShapeFile
{
    private const long LargestFile = 64 << 20;

    /// <summary>Whether a file of that name holds shapes.</summary>
    public static bool IsOne(string path) => Path.GetExtension(path).ToUpperInvariant() is ".CSV" or ".YAML" or ".YML";

    /// <summary>The layers; null after recording what is wrong.</summary>
    public static ShapeNetwork? Read(string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        string text;
        try
        {
            text = RegularFile.ReadText(path, LargestFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            bag.Error(new Location(path, 1, 1), "TOP000", $"cannot be read: {e.Message}");
            return null;
        }
        bool topology = Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase);
        ImmutableArray<GemmLayer> layers = topology ? ScaleSimTopology.Read(path, text, bag) : TimeloopProblem.Read(path, text, bag);
        return bag.ErrorCount > before ? null
            : new ShapeNetwork(new NetworkLayers(layers, []), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }
}
