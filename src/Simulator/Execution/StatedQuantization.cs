using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>
/// The integers that a graph itself states for an operand of a layer, by the DequantizeLinear that makes it. A datapath whose format holds them takes them as
/// they are: encoding (q − z)·s with scale s and zero point z gives q back, because the float32 quotient lies within a unit in the last place of the integer q − z.
/// </summary>
/// <param name="Element">Type of the integers.</param>
/// <param name="Scales">One of the tensor, or one an output channel.</param>
/// <param name="ZeroPoint">Of the tensor; 0 for weights.</param>
internal sealed record StatedQuantization(ElementType Element, float[] Scales, int ZeroPoint)
{
    // These move or choose values and make none.
    private static readonly string[] Neutral = ["Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "MaxPool"];

    /// <summary>Of the layer's input; null when nothing is stated for the whole tensor.</summary>
    internal static StatedQuantization? OfInput(NetworkGraph graph, Node node)
    {
        Node? maker = Maker(graph, node.Inputs[0]);
        while (maker is not null && Neutral.Contains(maker.OpType)) maker = Maker(graph, maker.Inputs[0]);
        return Of(graph, maker) is { Scales.Length: 1 } stated ? stated : null;
    }

    /// <summary>Of the layer's weights, whose rows are output channels; null when nothing is stated, in another arrangement, or with zero points.</summary>
    internal static StatedQuantization? OfWeights(NetworkGraph graph, Node node, int rows)
    {
        Node? maker = Maker(graph, node.Inputs[1]);
        if (Of(graph, maker) is not { ZeroPoint: 0 } stated) return null;
        if (stated.Scales.Length == 1) return stated;
        bool rowsFirst = node.OpType == "Conv" || node.OpType == "Gemm" && LayerWeights.Flag(node, "transB");
        long axis = maker!.Attributes.GetValueOrDefault("axis")?.Integer ?? 1;
        return stated.Scales.Length == rows && (rowsFirst ? axis == 0 : axis is 1 or -1) ? stated : null;
    }

    /// <summary>Scale and zero point that give the stated integers in a format, moved by a constant when only the sign differs (uint8 in int8); null when it cannot hold them.</summary>
    internal QuantizationParameters? In(INumberFormat format)
    {
        if (format is not FixedFormat { Fraction: 0 } integer) return null;
        (long lowest, long highest) = Element.Range();
        if (integer.MinimumInteger <= lowest && integer.MaximumInteger >= highest) return new(Scales[0], ZeroPoint);
        if (integer.MaximumInteger - integer.MinimumInteger < highest - lowest) return null;
        return new(Scales[0], checked((int)(ZeroPoint + integer.MinimumInteger - lowest)));
    }

    /// <summary>The input's parameters in a datapath, or null: the recipe decides. Multipliers that are not exact take no zero points.</summary>
    internal static QuantizationParameters? Input(MatrixLayer layer, DatapathSpec spec) =>
        layer.StatedInput?.In(spec.Activation) is { } stated && (stated.ZeroPoint == 0 || spec.InexactMultiplier is null) ? stated : null;

    /// <summary>The scale of each row of weights in a datapath, or null: the recipe decides.</summary>
    internal static float[]? WeightScales(MatrixLayer layer, DatapathSpec spec)
    {
        if (layer.StatedWeights is not { } stated || stated.In(spec.Weight) is not { ZeroPoint: 0 }) return null;
        return stated.Scales.Length == layer.Rows ? stated.Scales : [.. Enumerable.Repeat(stated.Scales[0], layer.Rows)];
    }

    private static Node? Maker(NetworkGraph graph, string value) => graph.Nodes.FirstOrDefault(n => n.Outputs.Contains(value));

    private static StatedQuantization? Of(NetworkGraph graph, Node? node)
    {
        if (node is not { OpType: "DequantizeLinear" } || (node.Attributes.GetValueOrDefault("block_size")?.Integer ?? 0) != 0) return null;
        if (!graph.Constants.TryGetValue(node.Inputs[1], out Tensor? scales) || scales.Type != ElementType.Float32 || scales.Floats.Any(s => !(s > 0) || float.IsInfinity(s))) return null;
        Tensor? zero = null;
        if (node.Inputs.Length > 2 && node.Inputs[2].Length > 0 && !graph.Constants.TryGetValue(node.Inputs[2], out zero)) return null;
        ElementType? element = zero?.Type ?? graph.Constants.GetValueOrDefault(node.Inputs[0])?.Type;
        if (element is not (ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16)) return null;
        return zero is null || zero.Integers.All(z => z == zero.Integers[0]) ? new(element.Value, scales.Floats, (int)(zero?.Integers[0] ?? 0)) : null;
    }
}
