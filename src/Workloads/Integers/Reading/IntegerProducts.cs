using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers.Reading;

/// <summary>QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger, QGemm.</summary>
internal static class IntegerProducts
{
    internal static void Read(GraphReading reading, Node node)
    {
        bool isGemm = node.OpType == "QGemm", linear = LayerWeights.IsQLinear(node) || isGemm && reading.Has(node, 7);
        if (isGemm && (LayerWeights.Flag(node, "transA") || (node.Attributes.GetValueOrDefault("alpha")?.Real ?? 1) != 1))
        {
            reading.Error(node, "INT004", "transA or alpha changes its sums; allowed are transA = 0 and alpha = 1");
            return;
        }
        GemmLayer shape = reading.Gemm(node);
        int weightIndex = LayerWeights.WeightIndex(node);
        if (reading.Value(node, 0) is not Stored x || reading.Value(node, weightIndex) is not Stored w)
        {
            reading.Error(node, "INT003", "its operands are not integers; allowed are Int8 and UInt8");
            return;
        }
        long[]? inputZeros = reading.Zeros(node, 2, "input's zero point"),
            weightZeros = reading.Zeros(node, linear || isGemm ? 5 : 3, "weights' zero point");
        LayerOutput? output = linear ? LayerOutput.Of(reading, node, shape, isGemm ? 7 : 6) : null;
        float[]? scales = isGemm && !linear ? LayerOutput.OfInputs(reading, node, shape) : [1];
        long[]? bias = Bias(reading, node, shape);
        if (inputZeros is null || weightZeros is null || bias is null || scales is null || linear && output is null) return;
        if (inputZeros.Length != 1)
        {
            reading.Error(node, "INT004", $"{inputZeros.Length} zero points of the input; allowed is one");
            return;
        }
        int[] zeros = LayerWeights.PerRow(node, shape, Array.ConvertAll(weightZeros, z => (int)z), "weight zero points");
        var layer = new IntegerLayer(node.Name, node.OpType, shape, w.Constant is { } constant ? Rows(node, shape, constant)
            : IntegerWeights.None, w.Constant is null ? w.Hull : w.Type, Boxes.Inputs(x, shape))
        {
            InputZeroPoint = (int)inputZeros[0], WeightZeroPoints = zeros, Bias = bias,
                Source = Boxes.Link(x.Source, reading.Layers, shape),
        };
        int index = reading.Layers.Count;
        reading.Add(node, layer, null, x.Type);
        if (output is null) reading.Set(node, new Sums(index, scales));
        else reading.Set(node, output.Value(reading, index));
    }

    /// <summary>Weights as rows of the layer, in the constant's own array where it has them in this order.</summary>
    internal static IntegerWeights Rows(Node node, GemmLayer shape, Tensor values) => IntegerWeights.Of(values, new AsRows(node, shape));

    private sealed class AsRows(Node node, GemmLayer shape) : IRearrangement
    {
        public T[] Of<T>(T[] values) => LayerWeights.Rows(node, shape, values);
    }

    private static long[]? Bias(GraphReading reading, Node node, GemmLayer shape)
    {
        int index = LayerWeights.BiasIndex(node);
        if (!reading.Has(node, index)) return [];
        if (reading.Constant(node, index) is { } bias && !bias.Type.IsReal() && IsByColumn(bias, shape.Groups * shape.N))
            return LayerWeights.PerRow(node, shape, bias.Integers, "biases");
        reading.Error(node, "INT004",
            "its bias is not a constant of integers, one an output channel; allowed is a constant Int32 tensor");
        return null;
    }

    /// <summary>Whether a bias is one number, or one an output channel along its last axis: those along another one belong to samples.
    /// </summary>
    internal static bool IsByColumn(Tensor bias, int rows) => bias.Count == 1 || bias.Count == rows && bias.Shape[^1] == rows;
}

/// <summary>Requantization of a QLinear operator's sums: multipliers as the executor computes them, the output's type and zero
/// point.</summary>
internal sealed record LayerOutput(float[] Multipliers, int Zero, Interval Type, int Inner)
{
    /// <summary>The scales of sums that stay float32: input's times weights'.</summary>
    internal static float[]? OfInputs(GraphReading reading, Node node, GemmLayer shape)
    {
        if (reading.Scales(node, 1, "input's scale") is not { } x || reading.Scales(node, 4, "weights' scale") is not { } w) return null;
        if (x.Length == 1 && (w.Length == 1 || w.Length == shape.N)) return [.. w.Select(s => x[0] * s)];
        reading.Error(node, "INT004", $"{x.Length} input and {w.Length} weight scales; allowed are one, and one or one an output channel");
        return null;
    }

    internal static LayerOutput? Of(GraphReading reading, Node node, GemmLayer shape, int scale)
    {
        float[]? x = reading.Scales(node, 1, "input's scale"), w = reading.Scales(node, 4, "weights' scale"),
            y = reading.Scales(node, scale, "output's scale");
        long[]? zero = reading.Zeros(node, scale + 1, "output's zero point");
        if (x is null || w is null || y is null || zero is null) return null;
        if (x.Length == 1 && y.Length == 1 && zero.Length == 1 && (w.Length == 1 || w.Length == shape.Groups * shape.N))
            return new([.. w.Select(s => Requantization.Multiplier(x[0], s, y[0]))], (int)zero[0],
                Boxes.Of(reading.Constant(node, scale + 1)?.Type ?? ElementType.UInt8), Boxes.Inner(shape));
        reading.Error(node, "INT004",
            $"{x.Length} input, {w.Length} weight and {y.Length} output scales; allowed are one, one or one an output channel, and one");
        return null;
    }

    internal Stored Value(GraphReading reading, int layer)
    {
        var source = new LayerSource(layer, Multipliers, Zero, (long)Type.Low, (long)Type.High);
        reading.Outputs.TryAdd(layer, source);
        return reading.Options.Boxes == BoxRule.DataType ? new(null, Type, [Type], Inner, source)
            : new(null, Type, Boxes.Requantized(reading.Layers[layer], source), Inner, source);
    }
}
