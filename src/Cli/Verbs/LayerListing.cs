using System.Globalization;
using System.Text.Json.Nodes;
using Sim.Workloads.Graph;
using Sim.Workloads.Topologies;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>The layers of a network in order, as a table or as JSON.</summary>
internal static class LayerListing
{
    private static readonly string[] Columns = ["layer", "type", "G·M×N×K", "second operand", "MACs", "weights", "vector ops", "bytes"];

    /// <summary>A table of all layers, then what they come to.</summary>
    internal static void Print(NetworkLayers layers, int bits, Terminal terminal, string? name = null)
    {
        if (name is not null) terminal.Out.WriteLine($"network {name}{Work(layers)}");
        var table = new Table { Border = TableBorder.Simple };
        for (int i = 0; i < Columns.Length; i++) table.AddColumn(i is 2 or > 3 ? new TableColumn(Columns[i]).RightAligned()
            : new TableColumn(Columns[i]));
        foreach (LayerStep step in layers.Steps)
        {
            if (step.Matrix is { } l) table.AddRow(Markup.Escape(l.Name), l.OpType,
                $"{(l.Groups > 1 ? $"{l.Groups}·" : "")}{l.M}×{l.N}×{l.K}",
                Word(l.Second), $"{l.Macs}", $"{l.WeightElements}", "", Bytes(l.InputElements + l.SecondElements + l.OutputElements, bits));
            else if (step.Vector is { } v) table.AddRow(Markup.Escape(v.Name), v.OpType, "", "", "", "", $"{v.Operations}",
                v.IsFused ? "fused" : Bytes(v.InputElements + v.OutputElements, bits));
        }
        long touched = layers.Gemms.Sum(l => l.InputElements + l.SecondElements + l.OutputElements)
            + layers.Vectors.Where(v => !v.IsFused).Sum(v => v.InputElements + v.OutputElements);
        table.AddRow("total", "", "", "", $"{layers.Macs}", $"{layers.WeightElements}", $"{layers.Vectors.Sum(v => v.Operations)}",
            Bytes(touched, bits));
        terminal.OutConsole.Write(table);
        terminal.Out.WriteLine($"bytes: operands of each layer once and its results once, {bits} bits an element (--bits); "
            + "biases and scales aside; fused: from the layer before");
        void Line(string what, string value) => terminal.Out.WriteLine($"{what,-12} {value}");
        string Size(long elements) => $"{elements} ({Bytes(elements, bits)} bytes)";
        if (layers.Elements(TensorKind.Weights) is { } parameters)
            Line("parameters", Size(parameters)
                + (layers.IdleParameters > 0 ? $", of which a token uses {parameters - layers.IdleParameters}" : ""));
        if (layers.Elements(TensorKind.State) is > 0 and var state)
        {
            if (layers.CachedTokens is { } tokens)
                Line("cache", $"keys and values of {tokens} tokens: {Bytes(state, bits)} bytes, {Bytes(state / tokens, bits)} a token");
            else Line("state", Size(state));
        }
        if (layers.PeakElements() is { } peak) Line("activations", $"at most {Bytes(peak, bits)} bytes at once, layer by layer");
    }

    /// <summary>A network without weights.</summary>
    internal static JsonObject Document(ShapeNetwork shapes)
    {
        NetworkLayers layers = shapes.Layers;
        return new JsonObject
        {
            ["name"] = shapes.Name,
            ["sha256"] = shapes.Digest,
            ["samples"] = layers.Samples,
            ["tokens"] = layers.Tokens,
            ["layers"] = Matrices(layers),
            ["vector_operations"] = Vectors(layers),
            ["order"] = Order(layers),
            ["tensors"] = layers.IsConnected ? new JsonArray([.. layers.Tensors.Values.Select(t => new JsonObject
                { ["name"] = t.Name, ["kind"] = t.Kind.ToString().ToLowerInvariant(), ["elements"] = t.Elements })]) : null,
            ["total_macs"] = layers.Macs,
            ["total_weights"] = layers.WeightElements,
            ["parameters"] = layers.Elements(TensorKind.Weights),
            ["active_parameters"] = layers.Elements(TensorKind.Weights) - layers.IdleParameters,
            ["state_elements"] = layers.Elements(TensorKind.State),
            ["cached_tokens"] = layers.CachedTokens,
            ["peak_activation_elements"] = layers.PeakElements(),
        };
    }

    /// <summary>The matrix layers with all that a loop nest needs.</summary>
    internal static JsonArray Matrices(NetworkLayers layers) => new([.. layers.Gemms.Select(l => new JsonObject
    {
        ["name"] = l.Name,
        ["type"] = l.OpType,
        ["groups"] = l.Groups,
        ["m"] = l.M,
        ["n"] = l.N,
        ["k"] = l.K,
        ["batch"] = l.Batch,
        ["second"] = Word(l.Second),
        ["macs"] = l.Macs,
        ["weights"] = l.WeightElements,
        ["inputs"] = l.InputElements,
        ["outputs"] = l.OutputElements,
        ["convolution"] = l.Conv is not { } c ? null : new JsonObject
        {
            ["channels"] = c.InputChannels, ["input"] = Pair(c.InputHeight, c.InputWidth), ["kernel"] = Pair(c.KernelHeight, c.KernelWidth),
            ["stride"] = Pair(c.StrideHeight, c.StrideWidth), ["dilation"] = Pair(c.DilationHeight, c.DilationWidth),
            ["pad"] = new JsonArray(c.PadTop, c.PadLeft, c.PadBottom, c.PadRight), ["output"] = Pair(c.OutputHeight, c.OutputWidth),
        },
        ["attention"] = l.Attention is not { } a ? null : new JsonObject
        {
            ["batch"] = a.Batch, ["heads"] = a.Heads, ["kv_heads"] = a.KeyHeads, ["rows"] = a.Rows, ["columns"] = a.Columns,
            ["depth"] = a.Depth, ["causal"] = a.IsCausal,
        },
    })]);

    /// <summary>The vector layers.</summary>
    internal static JsonArray Vectors(NetworkLayers layers) => new([.. layers.Vectors.Select(v => new JsonObject
    {
        ["name"] = v.Name,
        ["type"] = v.OpType,
        ["operations"] = v.Operations,
        ["inputs"] = v.InputElements,
        ["outputs"] = v.OutputElements,
        ["fused"] = v.IsFused,
    })]);

    /// <summary>All layers in order with the tensors that they read and write.</summary>
    internal static JsonArray Order(NetworkLayers layers) => new([.. layers.Steps.Select(s => new JsonObject
    {
        ["name"] = s.Name,
        ["inputs"] = Names(s.Inputs),
        ["second"] = s.Second,
        ["parameters"] = Names(s.Parameters),
        ["outputs"] = Names(s.Outputs),
    })]);

    private static string Work(NetworkLayers layers) =>
        layers.Tokens is { } tokens ? $": a run has {layers.Samples} sample(s) and {tokens} token(s)"
        : layers.Samples > 1 ? $": a run has {layers.Samples} samples" : "";

    private static string Word(SecondOperand second) => second.ToString().ToLowerInvariant();

    private static string Bytes(long elements, int bits) =>
        (((Int128)elements * bits + 7) / 8).ToString(CultureInfo.InvariantCulture);

    private static JsonArray Pair(int height, int width) => new(height, width);

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(n => (JsonNode)n)]);
}
