using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using Sim.Workloads.Topologies;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>`sim import FILE`: what the tool understood of a network, with weights or without: inputs, outputs, layers with their sizes,
/// vector work, totals, and what it cannot run.</summary>
internal sealed class ImportVerb : IVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public VerbCommand Build(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description =
            "ONNX network; generated workload (.yaml or a name of configs/workloads), SCALE-Sim topology (.csv), Timeloop problem "
            + "(.yaml)" };
        Option<bool> json = CommonOptions.Json();
        Option<string[]> dim = new("--dim") { Description = "Size of an open dimension, by its name in the network; may be repeated",
            HelpName = "NAME=SIZE" };
        var bits = new Option<int>("--bits") { Description = "Bits of an element, for the bytes shown", DefaultValueFactory = _ => 16 };
        bits.Validators.Add(r => { if (r.GetValueOrDefault<int>() is < 1 or > 64) r.AddError("--bits must be from 1 to 64"); });
        var command = new VerbCommand("import", "Show what the tool understood of a network", "sim import net.onnx",
            "sim import net.onnx --json", "sim import net.onnx --dim width=320", "sim import llama3_8b_decode --bits 8") { file, dim,
                bits, json };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(file), parsed.GetValue(dim) ?? [], parsed.GetValue(bits),
            parsed.GetValue(json), terminal));
        return command;
    }

    private static int Run(string file, string[] dimensions, int bits, bool json, Terminal terminal)
    {
        if (ShapeFile.IsOne(file)) return RunShapes(file, dimensions, bits, json, terminal);
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Read(file, bag);
        bag.ThrowIfErrors();
        graph = WithDimensions(graph!, dimensions, file, bag);
        bag.ThrowIfErrors();
        NetworkLayers? layers = GraphChecks.Operators(graph, file, bag) && GraphChecks.Shapes(graph, file, bag) ? Layers(graph, file, bag)
            : null;
        if (json) terminal.Out.WriteLine(Document(graph!, layers, bag).ToJsonString(Indented));
        else Print(graph!, layers, bits, terminal);
        terminal.Print(bag.Sorted);
        return bag.HasErrors ? ExitCode.BadInput : ExitCode.Ok;
    }

    private static NetworkGraph WithDimensions(NetworkGraph graph, string[] given, string file, DiagnosticBag bag)
    {
        string[] open = [.. graph.Inputs.SelectMany(i => i.Names.Where((n, d) => n.Length > 0 && i.Shape[d] < 0)).Distinct()];
        var sizes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string text in given)
        {
            int split = text.LastIndexOf('=');
            string name = split < 0 ? text : text[..split];
            if (split < 0 || !StrictNumber.TryWhole(text.AsSpan(split + 1), out int size) || size < 1)
                bag.Error(new Location(file, 1, 1), "ONX047",
                    $"--dim '{PlainText.Of(text)}' is not NAME=SIZE with a whole size of at least 1");
            else if (!open.Contains(name))
                bag.Error(new Location(file, 1, 1), "ONX047",
                    $"has no open dimension '{PlainText.Of(name)}'{NearestName.Hint(name, open)}; it has {string.Join(", ", open.Select(n => $"'{PlainText.Of(n)}'").DefaultIfEmpty("none"))}");
            else if (!sizes.TryAdd(name, size)) bag.Error(new Location(file, 1, 1), "ONX047", $"--dim gives '{name}' twice");
        }
        return graph.WithDimensions(sizes);
    }

    // Layers whose shapes depend on the values of inputs are known only when the network runs; that is no fault of the network.
    private static NetworkLayers? Layers(NetworkGraph graph, string file, DiagnosticBag bag)
    {
        try
        {
            return LayerExtraction.Layers(graph);
        }
        catch (NetworkException e)
        {
            bag.Warning(new Location(file, Math.Max(1, e.Node?.Position ?? 1), 1), "ONX048", $"layers are not listed: {e.Message}");
            return null;
        }
    }

    private static int RunShapes(string file, string[] dimensions, int bits, bool json, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        if (dimensions.Length > 0) bag.Error(new Location(file, 1, 1), "ONX047",
            "has no open dimensions for --dim: its layers state their sizes");
        ShapeNetwork? shapes = ShapeFile.Read(file, bag);
        bag.ThrowIfErrors();
        terminal.Print(bag.Sorted);
        if (json) terminal.Out.WriteLine(LayerListing.Document(shapes!).ToJsonString(Indented));
        else LayerListing.Print(shapes!.Layers, bits, terminal, shapes.Name);
        return ExitCode.Ok;
    }

    private static void Print(NetworkGraph graph, NetworkLayers? layers, int bits, Terminal terminal)
    {
        terminal.Out.WriteLine($"network {graph.Name}: opset {graph.Opset}, {graph.Nodes.Length} nodes, {graph.Constants.Count} constants, sha256 {graph.Digest}");
        foreach (GraphValue v in graph.Inputs) terminal.Out.WriteLine($"input   {v.Name}: {Text(v)}");
        foreach (GraphValue v in graph.Outputs) terminal.Out.WriteLine($"output  {v.Name}: {Text(v)}");
        terminal.Out.WriteLine($"operators {string.Join(", ", Histogram(graph).Select(h => $"{h.Key} {h.Value}"))}");
        if (layers is null) return;
        (long bytes, string at) = Peak(graph);
        terminal.Out.WriteLine(FormattableString.Invariant($"values   at most {bytes} bytes at once, at {at}; {FusionGroups.Of(graph).Length} chains of nodes can run as one; {Cuts(graph).Count()} nodes lie on every path"));
        LayerListing.Print(layers, bits, terminal);
    }

    // Most bytes of values that live at once for the shapes as read, and where.
    private static (long Bytes, string At) Peak(NetworkGraph graph)
    {
        (long bytes, int node) = Liveness.Of(graph).Peak(ShapeInference.Values(graph));
        return (bytes, node < 0 ? "the inputs" : graph.Nodes[node].Name);
    }

    private static IEnumerable<string> Cuts(NetworkGraph graph) =>
        new NetworkTopology(graph.Nodes, graph.Outputs.Select(o => o.Name)).Bottlenecks().Select(i => graph.Nodes[i].Name);

    private static JsonObject Document(NetworkGraph graph, NetworkLayers? layers, DiagnosticBag bag) => new()
    {
        ["name"] = graph.Name,
        ["opset"] = graph.Opset,
        ["sha256"] = graph.Digest,
        ["nodes"] = graph.Nodes.Length,
        ["constants"] = graph.Constants.Count,
        ["inputs"] = Values(graph.Inputs),
        ["outputs"] = Values(graph.Outputs),
        ["operators"] = new JsonObject(Histogram(graph).Select(h => KeyValuePair.Create(h.Key, (JsonNode?)h.Value))),
        ["layers"] = layers is null ? null : LayerListing.Matrices(layers),
        ["vector_operations"] = layers is null ? null : LayerListing.Vectors(layers),
        ["order"] = layers is null ? null : LayerListing.Order(layers),
        ["total_macs"] = layers?.Macs,
        ["total_weights"] = layers?.WeightElements,
        ["peak_value_bytes"] = layers is null ? null : Peak(graph).Bytes,
        ["peak_at"] = layers is null ? null : Peak(graph).At,
        ["fusion_groups"] = new JsonArray([.. FusionGroups.Of(graph)
            .Select(g => (JsonNode)new JsonArray([.. g.Select(i => (JsonNode)graph.Nodes[i].Name)]))]),
        ["bottlenecks"] = new JsonArray([.. Cuts(graph).Select(n => (JsonNode)n)]),
        ["unsupported_nodes"] = new JsonArray([.. graph.Nodes.Where(n => !OperatorCatalogue.Supports(n))
            .Select(n => new JsonObject { ["name"] = n.Name, ["type"] = n.OpType, ["domain"] = n.Domain })]),
        ["diagnostics"] = new JsonArray([.. bag.Sorted.Select(d => (JsonNode)d.ToString())]),
    };

    private static JsonArray Values(IEnumerable<GraphValue> values) => new([.. values.Select(v => new JsonObject
    {
        ["name"] = v.Name,
        ["type"] = v.Type.ToString(),
        ["shape"] = new JsonArray([.. v.Shape.Select(d => d < 0 ? null : (JsonNode)d)]),
    })]);

    private static SortedDictionary<string, int> Histogram(NetworkGraph graph) =>
        new(graph.Nodes.GroupBy(n => n.Domain.Length == 0 ? n.OpType : $"{n.Domain}.{n.OpType}").ToDictionary(g => g.Key, g => g.Count()),
            StringComparer.Ordinal);

    private static string Text(GraphValue v) => $"{v.Type} [{string.Join(',', v.Shape.Select(d => d < 0 ? "?" : $"{d}"))}]";
}
