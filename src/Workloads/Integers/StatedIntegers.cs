using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers.Reading;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers;

/// <summary>What a graph states for the operands of a matrix layer, and why not where a quantizer is there but its numbers cannot be
/// known.</summary>
public sealed record StatedLayer(StatedOperand? Input, StatedOperand? Weights, string? InputReason, string? WeightReason);

/// <summary>
/// Reads, for every matrix layer of a network, the numbers that the graph states for its operands: QuantizeLinear, Clip and
/// DequantizeLinear in any number; Quant, BipolarQuant and Trunc of QONNX; integer tensors; and what moves or chooses elements in between.
/// Arithmetic in float32 states nothing. Unlike <see cref="IntegerNetworkReader"/>, which must know every sum, it takes each operand for
/// itself and refuses none.
/// </summary>
public static class StatedIntegers
{
    // Everything else makes new numbers.
    private static readonly HashSet<string> Stating =
    [
        "QuantizeLinear", "DequantizeLinear", "Quant", "IntQuant", "BipolarQuant", "Trunc", "Relu", "Clip", "Identity", "Dropout",
            "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose",
        "Slice", "Gather", "Split", "Expand", "Tile", "DepthToSpace", "SpaceToDepth", "MaxPool", "GlobalMaxPool", "Concat", "Pad",
            "ReduceMax", "ReduceMin", "Max", "Min", "Where", "Resize", "Cast",
    ];

    private static readonly HashSet<string> Quantizers = ["DequantizeLinear", "Quant", "IntQuant", "BipolarQuant", "Trunc"];

    /// <summary>By name of the node, every matrix layer for whose operands anything is stated.</summary>
    public static IReadOnlyDictionary<string, StatedLayer> Read(NetworkGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
        var layers = new Dictionary<string, StatedLayer>(StringComparer.Ordinal);
        var bag = new DiagnosticBag();
        var reading = new GraphReading(graph, "", bag, new ReadingOptions { NumbersOfFloats = true });
        foreach (Node node in graph.Nodes)
        {
            if (IsMatrixProduct(node)) layers[node.Name] = Layer(reading, node, reasons);
            bool isConstant = reading.Fold(node);
            if (Stating.Contains(node.OpType)) Read(reading, node, isConstant, bag, reasons);
            else if (isConstant && Earlier(node, reasons) is { } earlier) SetReason(node, earlier, reasons);
        }
        return layers;
    }

    private static bool IsMatrixProduct(Node node) => LayerExtraction.IsMatrixOperator(node.OpType);

    // A node that the reader of proofs would refuse states nothing here; layers behind it say why.
    private static void Read(GraphReading reading, Node node, bool isConstant, DiagnosticBag bag, Dictionary<string, string> reasons)
    {
        string? reason = null;
        int before = bag.ErrorCount;
        try
        {
            if (node.OpType == "Resize") Resized(reading, node);
            else if (node.OpType == "Cast") Cast(reading, node, isConstant, reasons);
            else NodeReaderCatalogue.Read(reading, node, isConstant);
        }
        catch (NetworkException e)
        {
            reason = e.Message;
        }
        if (reading.IsStated(node.Outputs[0])) return;
        if (bag.ErrorCount > before) reason =
            bag.Sorted.LastOrDefault(d => d.Message.StartsWith($"node '{node.Name}' (", StringComparison.Ordinal)).Message;
        reason ??= Quantizers.Contains(node.OpType)
            ? $"node '{node.Name}' ({node.OpType}) makes them of numbers that are not known to be integers" : null;
        reason ??= Earlier(node, reasons);
        // What only moves, chooses or cuts numbers does not make new ones: where their integers are lost it says so.
        if (reason is null && node.OpType != "QuantizeLinear" && node.Inputs.Any(reading.IsStated)) reason =
            $"after node '{node.Name}' ({node.OpType}) they are not known to be integers of one scale";
        if (reason is not null) SetReason(node, reason, reasons);
    }

    private static string? Earlier(Node node, Dictionary<string, string> reasons) =>
        node.Inputs.Select(reasons.GetValueOrDefault).FirstOrDefault(r => r is not null);

    private static void SetReason(Node node, string reason, Dictionary<string, string> reasons)
    {
        foreach (string output in node.Outputs) reasons[output] = reason;
    }

    // Nearest neighbours are elements of the input; one mode puts a number of its own beside them.
    private static void Resized(GraphReading reading, Node node)
    {
        if ((node.Attributes.GetValueOrDefault("mode")?.Text ?? "nearest") == "nearest"
            && node.Attributes.GetValueOrDefault("coordinate_transformation_mode")?.Text != "tf_crop_and_resize") Views.Moved(reading,
            node);
    }

    // Of numbers that a quantizer made. Constant integers that become float numbers to be scaled by other operators state no scale.
    private static void Cast(GraphReading reading, Node node, bool isConstant, Dictionary<string, string> reasons)
    {
        if (reading.Value(node, 0) is Dequantized) Elementwise.Cast(reading, node);
        else if (isConstant && reading.Type(node.Outputs[0]).IsReal() && reading.Type(node.Inputs[0]) is ElementType.Int8
            or ElementType.UInt8 or ElementType.Int4 or ElementType.UInt4 or ElementType.Int2 or ElementType.UInt2)
            SetReason(node, $"node '{node.Name}' (Cast) makes float numbers of its integers, whose scale no quantizer states", reasons);
    }

    private static StatedLayer Layer(GraphReading reading, Node node, Dictionary<string, string> reasons)
    {
        int weight = LayerWeights.WeightIndex(node);
        (StatedOperand? input, string? inputReason) = Operand(reading, node, 0, reasons);
        (StatedOperand? weights, string? weightReason) = Operand(reading, node, weight, reasons);
        return new(input, weights, inputReason, weightReason);
    }

    private static (StatedOperand? Operand, string? Reason) Operand(GraphReading reading, Node node, int index, Dictionary<string,
        string> reasons)
    {
        switch (reading.Value(node, index))
        {
            case Stored q:
                return (Of(q, [1], [0]), null);
            case Dequantized d when d.Integers.Constant is null && (d.Scales.Length > 1 || d.Zeros.Length > 1):
                return (null, "their scales differ along an axis, so that no sum of the integers has one scale");
            case Dequantized d:
                int Elements(int numbers) => numbers == 1 ? 1 : d.Integers.Constant!.Count;
                return (Of(d.Integers, d.Scales.Elements(Elements(d.Scales.Length)), d.Zeros.Elements(Elements(d.Zeros.Length))), null);
            default:
                return (null, reasons.GetValueOrDefault(node.Inputs[index]));
        }
    }

    private static StatedOperand Of(Stored q, float[] scales, long[] zeros)
    {
        if (q.Coded is { } type)
        {
            float[] all = [.. Enumerable.Range(0, 1 << type.Bits()).Select(c => ElementCodes.Decode(type, (byte)c)).Where(float.IsFinite)],
                numbers = q.Constant is null ? all : [.. q.Constant.Floats.Distinct()];
            return new(numbers.Min(), numbers.Max(), scales, zeros)
                { Constant = q.Constant?.Floats, Numbers = numbers, Kind = $"{type.ToString().ToLowerInvariant()} numbers" };
        }
        Interval range = q.Constant is { Count: > 0 } t ? new(t.Integers.Min(), t.Integers.Max()) : q.Type;
        return new((float)range.Low, (float)range.High, scales, zeros)
        {
            Constant = q.Constant is null ? null : Array.ConvertAll(q.Constant.Integers, v => (float)v),
                Kind = $"integers from {range.Low} to {range.High}",
        };
    }
}
