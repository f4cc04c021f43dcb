using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers.Reading;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers;

/// <summary>What a graph states for the operands of a matrix layer, and why not where a quantizer is there but its numbers cannot be known.</summary>
public sealed record StatedLayer(StatedOperand? Input, StatedOperand? Weights, string? InputReason, string? WeightReason);

/// <summary>
/// Reads, for every matrix layer of a network, the numbers that the graph states for its operands: QuantizeLinear, Clip and DequantizeLinear in any number; Quant, BipolarQuant and
/// Trunc of QONNX; integer tensors; and what moves or chooses elements in between. Arithmetic in float32 states nothing. Unlike <see cref="IntegerNetworkReader"/>,
/// which must know every sum, it takes each operand for itself and refuses none.
/// </summary>
public static class StatedIntegers
{
    // Everything else makes new numbers.
    private static readonly HashSet<string> Stating =
    [
        "QuantizeLinear", "DequantizeLinear", "Quant", "IntQuant", "BipolarQuant", "Trunc", "Relu", "Clip", "Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose",
        "Slice", "Gather", "Split", "Expand", "Tile", "DepthToSpace", "SpaceToDepth", "MaxPool", "GlobalMaxPool", "Concat",
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
            NodeReaderCatalogue.Read(reading, node, isConstant);
        }
        catch (NetworkException e)
        {
            reason = e.Message;
        }
        if (reading.IsKnown(node.Outputs[0])) return;
        if (bag.ErrorCount > before) reason = bag.Sorted.LastOrDefault(d => d.Message.StartsWith($"node '{node.Name}' (", StringComparison.Ordinal)).Message;
        reason ??= Quantizers.Contains(node.OpType) ? $"node '{node.Name}' ({node.OpType}) makes them of numbers that are not known to be integers" : null;
        if (reason is null && node.Inputs.Length > 0) reason = reasons.GetValueOrDefault(node.Inputs[0]);
        if (reason is not null) foreach (string output in node.Outputs) reasons[output] = reason;
    }

    private static StatedLayer Layer(GraphReading reading, Node node, Dictionary<string, string> reasons)
    {
        int weight = LayerWeights.WeightIndex(node);
        (StatedOperand? input, string? inputReason) = Operand(reading, node, 0, reasons);
        (StatedOperand? weights, string? weightReason) = Operand(reading, node, weight, reasons);
        return new(input, weights, inputReason, weightReason);
    }

    private static (StatedOperand? Operand, string? Reason) Operand(GraphReading reading, Node node, int index, Dictionary<string, string> reasons)
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
            float[] all = [.. Enumerable.Range(0, 1 << type.Bits()).Select(c => ElementCodes.Decode(type, (byte)c)).Where(float.IsFinite)], numbers = q.Constant is null ? all : [.. q.Constant.Floats.Distinct()];
            return new(numbers.Min(), numbers.Max(), scales, zeros) { Constant = q.Constant?.Floats, Numbers = numbers, Kind = $"{type.ToString().ToLowerInvariant()} numbers" };
        }
        Interval range = q.Constant is { Count: > 0 } t ? new(t.Integers.Min(), t.Integers.Max()) : q.Type;
        return new((float)range.Low, (float)range.High, scales, zeros)
        {
            Constant = q.Constant is null ? null : Array.ConvertAll(q.Constant.Integers, v => (float)v), Kind = $"integers from {range.Low} to {range.High}",
        };
    }
}
