using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Nests;

/// <summary>A case of `../shared/reference/nests`: a nest on a hierarchy, and its counts by enumeration.</summary>
internal sealed record NestCase(string Id, Hierarchy Hierarchy, LoopNest Nest, JsonElement Counts, long Macs, long Steps)
{
    public static IEnumerable<NestCase> ReadAll(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line) yield return Read(JsonDocument.Parse(line).RootElement);
    }

    private static NestCase Read(JsonElement root)
    {
        string[] memories = [.. root.GetProperty("levels").EnumerateArray().Select(l => l.GetString()!)];
        var levels = new List<HierarchyLevel>();
        foreach (string memory in memories)
        {
            levels.Add(NestSamples.Memory(memory));
            foreach (JsonElement fan in root.GetProperty("fanouts").EnumerateArray())
            {
                if (fan.GetProperty("below").GetString() != memory) continue;
                JsonElement multicast = fan.GetProperty("multicast");
                Sharing Shares(string operand) => multicast.GetProperty(operand).GetBoolean() ? Sharing.Multicast : Sharing.None;
                levels.Add(new FabricLevel("below " + memory, [new FabricAxis("x", 1 << 20, Shares("I"), Shares("W"),
                    fan.GetProperty("reduction").GetBoolean() ? Reduction.Tree : Reduction.None)]));
            }
        }
        var hierarchy = new Hierarchy("case", [.. levels]);
        LoopLayer layer = Layer(root.GetProperty("layer"));
        NestNode[] nodes = [.. root.GetProperty("nest").EnumerateArray().Select(n => Node(n, layer, hierarchy)).OfType<NestNode>()];
        return new(root.GetProperty("id").GetString()!, hierarchy, new LoopNest(layer, [.. nodes]), root.GetProperty("counts"),
            root.GetProperty("macs").GetInt64(), root.GetProperty("steps").GetInt64());
    }

    private static LoopLayer Layer(JsonElement layer)
    {
        long Size(string dim) => layer.GetProperty("dims").GetProperty(dim).GetInt64();
        if (layer.GetProperty("kind").GetString() == "gemm")
            return LoopLayer.Gemm("case", Size("B"), Size("M"), Size("N"), Size("K"), layer.GetProperty("shared_weights").GetBoolean());
        int[] stride = [.. layer.GetProperty("stride").EnumerateArray().Select(v => v.GetInt32())];
        int[] dilation = [.. layer.GetProperty("dilation").EnumerateArray().Select(v => v.GetInt32())];
        return LoopLayer.Conv("case", Size("N"), Size("G"), Size("M"), Size("C"), Size("P"), Size("Q"), Size("R"), Size("S"), stride[0],
            stride[1], dilation[0], dilation[1]);
    }

    private static NestNode? Node(JsonElement node, LoopLayer layer, Hierarchy hierarchy)
    {
        if (node.TryGetProperty("store", out JsonElement operand))
            return new StoreNode(Of(operand.GetString()!), hierarchy.IndexOf(node.GetProperty("at").GetString()!));
        if (node.TryGetProperty("for", out JsonElement dim))
            return new LoopNode(Dim(dim.GetString()!, layer), node.GetProperty("count").GetInt64(), node.GetProperty("tile").GetInt64());
        if (!node.TryGetProperty("spatial", out dim)) return null;
        return new SpatialNode(Dim(dim.GetString()!, layer), node.GetProperty("count").GetInt64(), node.GetProperty("tile").GetInt64(),
            hierarchy.IndexOf("below " + node.GetProperty("below").GetString()), 0);
    }

    public static Operand Of(string letter) => letter switch
    {
        "I" => Operand.Activations,
        "W" => Operand.Weights,
        "O" => Operand.Outputs,
        _ => throw new ArgumentException(letter),
    };

    private static LoopDim Dim(string letter, LoopLayer layer) => !layer.IsGemm ? Enum.Parse<LoopDim>(letter) : letter switch
    {
        "M" => LoopDim.P,
        "N" => LoopDim.M,
        "K" => LoopDim.C,
        "B" => layer.Size(LoopDim.G) > 1 ? LoopDim.G : LoopDim.N,
        _ => throw new ArgumentException(letter),
    };
}
