using Sim.Datapath.Formats;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Constant weights of a layer as integers, row by row.</summary>
internal sealed record IntegerRows(IntegerWeights Weights, Interval Type, float[] Scales, int[] Zeros);

/// <summary>Post-training quantization of operands that the graph does not quantize.</summary>
internal sealed class OperandQuantizer
{
    private readonly PostTraining _rule;
    private readonly ActivationStatistics? _statistics;
    private readonly HashSet<string> _neverNegative;
    private readonly ElementEncoder _weights, _signed, _unsigned;

    internal OperandQuantizer(NetworkGraph graph, PostTraining rule)
    {
        if (rule.WeightBits is < 2 or > 16 || rule.ActivationBits is < 2 or > 16) throw new ArgumentOutOfRangeException(nameof(rule), rule,
            "widths of weights and activations are 2 to 16 bits");
        _rule = rule;
        _neverNegative = Signs.NeverNegative(graph);
        _statistics = rule.Calibration is null ? null : ActivationStatistics.Of(graph, rule.Calibration, rule.Recipe);
        _weights = Encoder(rule.WeightBits, true);
        _signed = Encoder(rule.ActivationBits, true);
        _unsigned = Encoder(rule.ActivationBits, false);
    }

    /// <summary>Whether a bias is no matter of the accumulator.</summary>
    internal bool LeavesOutBias => _rule.LeaveOutBias;

    /// <summary>Why a layer is left as it is; null: it is quantized.</summary>
    internal string? Leaves(Node node) =>
        _rule.Recipe.FloatLayerNames.Contains(node.Name) ? "stays in float32, as the recipe says"
        : _rule.Recipe.Groups is not null ? "has weights in groups that choose their values, which are no integers of one scale" : null;

    /// <summary>Constant float32 weights; null after recording that they are not finite.</summary>
    internal IntegerRows? Weights(GraphReading reading, Node node, GemmLayer shape, float[] weights)
    {
        if (!weights.All(float.IsFinite))
        {
            reading.Error(node, "INT001", "its weights are not all finite, so that they have no scale");
            return null;
        }
        float[] rows = LayerWeights.Rows(node, shape, weights);
        var tensor = new TensorEncoder(_weights, _rule.Recipe.WeightRounding, _rule.Recipe.Seed, TensorEncoder.NameOfWeights(node.Name));
        QuantizedWeights quantized = QuantizedWeights.From(rows, shape.Groups * shape.N, shape.K, tensor, _rule.Recipe);
        return new(Array.ConvertAll([.. quantized.Codes], c => (int)_weights.Decode(c)), Range(_weights), [.. quantized.Scales], []);
    }

    /// <summary>A computed or constant float32 operand. Its scale is NaN when nothing calibrates it.</summary>
    internal Dequantized? Activation(GraphReading reading, Node node, int index)
    {
        string name = node.Inputs[index];
        float[]? values = reading.Constant(node, index)?.Floats ?? _statistics?.Values(name);
        bool isUnsigned = _neverNegative.Contains(name) || _rule.UnsignedByData && values is { Length: > 0 } && values.All(v => v >= 0);
        ElementEncoder encoder = isUnsigned ? _unsigned : _signed;
        Interval type = Range(encoder);
        if (values is null) return new(new(null, type, [type]), [float.NaN], [0]);
        if (!values.All(float.IsFinite))
        {
            reading.Error(node, "INT005", $"operand '{name}' is not finite on the calibration data, so that it has no range");
            return null;
        }
        Recipe recipe = _rule.Recipe;
        QuantizationParameters found = recipe.ActivationSymmetry == Symmetry.Asymmetric
            ? Calibrator.Asymmetric(recipe.Activations, encoder, values)
            : Calibrator.Symmetric(recipe.Activations, encoder, values, recipe.ScaleWideFormats);
        Stored stored = recipe.ActivationRounding == TensorRounding.NearestEven
            ? Quantizers.From(reading, reading.Value(node, index), found.Scale, found.ZeroPoint, type)
            : new(null, type, [type]);
        return new(stored, [found.Scale], [found.ZeroPoint]);
    }

    private static ElementEncoder Encoder(int bits, bool isSigned) =>
        new(new FixedFormat(FormattableString.Invariant($"{(isSigned ? "int" : "uint")}{bits}"), bits, 0, isSigned));

    private static Interval Range(ElementEncoder encoder) => new((long)encoder.Range.Lowest, (long)encoder.Range.Highest);
}
