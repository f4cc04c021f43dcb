using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;

namespace Sim.Verification.Tests.Layers;

/// <summary>Networks and tables of the reference data.</summary>
internal static class Nets
{
    internal static NetworkGraph Graph(string path)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Load(ReferenceData.Shared($"nets/{path}"), bag);
        Assert.That(bag.ToString(), Is.Empty);
        return graph!;
    }

    internal static IntegerNetwork Read(NetworkGraph graph, ReadingOptions? options = null)
    {
        var bag = new DiagnosticBag();
        IntegerNetwork? network = IntegerNetworkReader.Read(graph, "net.onnx", bag, options);
        Assert.That(bag.ToString(), Is.Empty);
        return network!;
    }

    /// <summary>Rows of a table, each by column name.</summary>
    internal static List<Dictionary<string, string>> Table(string path)
    {
        string[][] lines = [.. ReferenceData.Lines(ReferenceData.Shared($"nets/{path}")).Select(l => l.Split(','))];
        return [.. lines[1..].Select(l => lines[0].Zip(l).ToDictionary(p => p.First, p => p.Second))];
    }

    /// <summary>What a prover says of every row of a layer, any order: least, largest, and the width that the widest row needs.</summary>
    internal static (Interval Hull, int Width) Worst(IProver prover, IntegerLayer layer, BiasPlacement bias, ZeroPoints zeros)
    {
        Interval[] rows = [.. Enumerable.Range(0, layer.Rows)
            .Select(r => prover.Bound(new ChannelClaim(layer, r, new AnyOrder(), [new Register(32)], bias, zeros)).Ranges[0])];
        return (rows.Aggregate((a, b) => a.Hull(b)), rows.Max(r => r.Width));
    }
}
