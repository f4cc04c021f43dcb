using Sim.Checker.Files;

namespace Sim.Checker.Model;

/// <summary>
/// The checker's own reading of a model: its layers whose sums are integers, by node name, and the nodes that add numbers. What it does not
/// understand it leaves unknown, so that certificates about it are reported as not tied to the model.
/// </summary>
internal sealed partial class ModelReading
{
    // Operators without a sum or a product of two operands. All others may have a register, which a certificate must cover or list as
    // absent.
    private static readonly HashSet<string> WithoutSums =
    [
        .. ("QuantizeLinear DequantizeLinear DynamicQuantizeLinear Quant IntQuant BipolarQuant Trunc Cast CastLike Constant Identity Dropout Flatten Reshape Squeeze "
            + "Unsqueeze Shape Size ConstantOfShape Transpose Slice Gather Split Expand Tile DepthToSpace SpaceToDepth Concat Pad Where MaxPool GlobalMaxPool ReduceMax "
            + "ReduceMin ArgMax ArgMin Max Min Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor BitwiseAnd BitwiseOr BitwiseXor Not Relu Clip PRelu Sigmoid Tanh "
            + "LeakyRelu Elu Selu Gelu HardSigmoid ThresholdedRelu HardSwish Mish Softplus Softsign Abs Neg Sign Floor Ceil Round Sqrt Reciprocal Exp Log Erf Sin Cos Div Mod")
            .Split(' '),
    ];

    private readonly OnnxFile _file;
    private readonly bool _propagate;
    private readonly int? _batch;
    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int[]> _shapes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _fixed = new(StringComparer.Ordinal);

    /// <param name="propagate">Whether boxes are what earlier layers can make, not only what types hold.</param>
    internal static ModelReading Of(OnnxFile file, bool propagate)
    {
        var reading = new ModelReading(file, propagate, 1);
        if (!file.Inputs.Values.Any(i => i.Shape?.Contains(-1) == true)) return reading;
        // What a register sums may not depend on sizes that the model leaves open.
        var wider = new ModelReading(file, propagate, 2);
        foreach ((string name, Layer layer) in reading.Layers.ToArray())
        {
            if (wider.Layers.TryGetValue(name, out Layer? other) && other.K == layer.K && other.Rows == layer.Rows) continue;
            reading.Layers.Remove(name);
            reading.Reasons[name] = "how much it sums depends on a size that the model leaves open";
        }
        return reading;
    }

    private ModelReading(OnnxFile file, bool propagate, int open)
    {
        (_file, _propagate) = (file, propagate);
        foreach ((string name, Tensor t) in file.Constants) (_shapes[name], _) = (t.Shape, _fixed.Add(name));
        foreach ((string name, (int type, int[]? stated)) in file.Inputs)
        {
            int[]? shape = stated is null ? null : [.. stated.Select(d => d < 0 ? open : d)];
            _batch ??= shape is [var first, ..] ? first : 1;
            if (shape is not null) _shapes[name] = shape;
            if (Tensor.TypeRange(type) is { } range)
                _known[name] = new Integers(range, [range], Elements(shape?.Skip(2) ?? []))
                    { Source = shape is not null && type is 2 or 3 ? new(shape, type == 3, null, 0, 0, 0) : null };
            else if (type == 1 && shape is not null) _known[name] = new NetworkInput(shape);
        }
        foreach (Node node in file.Nodes)
        {
            int computed = node.Inputs.Count(i => i.Length > 0 && !_fixed.Contains(i));
            // Sizes do not depend on values; a factor or an addend alone is none.
            if (computed == 0 || node.Op is "Shape" or "Size") _fixed.UnionWith(node.Outputs);
            else if (!WithoutSums.Contains(node.Op)
                && !(node.Op == "Mul" && computed == 1 || node.Op is "Sum" or "Mean" && node.Inputs.Length == 1)) Registers.Add(node.Name);
            try
            {
                Read(node);
            }
            catch (Exception e) when (e is Fault or OverflowException or ArgumentException or InvalidOperationException
                or IndexOutOfRangeException or DivideByZeroException)
            {
                // Not understood, or against the operator's definition: what it makes stays unknown, and certificates about it are not
                // tied.
                Reasons[node.Name] = e is Fault ? e.Message : "it does not follow its operator's definition";
            }
        }
    }

    /// <summary>Layers by the name of their node.</summary>
    internal Dictionary<string, Layer> Layers { get; } = new(StringComparer.Ordinal);

    /// <summary>Nodes that may add numbers which the network's inputs can change.</summary>
    internal HashSet<string> Registers { get; } = new(StringComparer.Ordinal);

    /// <summary>Why a node is no layer here.</summary>
    internal Dictionary<string, string> Reasons { get; } = new(StringComparer.Ordinal);

    private void Read(Node node)
    {
        if (Attributes.Unknown(node) is { } unknown) throw new Fault($"its attribute '{Folder.Shown(unknown)}' is not understood");
        if (Shape(node) is { } shape) _shapes[node.Outputs[0]] = shape;
        Known? made = node.Op switch
        {
            "QLinearConv" or "QLinearMatMul" or "ConvInteger" or "MatMulInteger" or "QGemm" => IntegerProduct(node),
            "Conv" or "Gemm" or "MatMul" => ScaledProduct(node),
            "QuantizeLinear" => Quantize(node),
            "DequantizeLinear" => Dequantize(node),
            "Quant" or "IntQuant" or "BipolarQuant" => Qonnx(node),
            "Identity" or "Dropout" or "Flatten" or "Reshape" or "Squeeze" or "Unsqueeze" => View(node),
            "Transpose" => Transpose(node),
            "MaxPool" or "GlobalMaxPool" => Chosen(node),
            "Relu" or "Clip" => Clipped(node),
            "Cast" => node.Int("to", 0) == 1 ? Value(node, 0) : null,
            "GlobalAveragePool" or "AveragePool" or "ReduceSum" or "ReduceMean" => Summed(node),
            "Add" or "Sub" or "Sum" => Residual(node),
            _ => null,
        };
        if (made is not null) _known[node.Outputs[0]] = made;
    }

    private Known? Value(Node node, int input)
    {
        if (!node.Has(input)) return null;
        if (_known.TryGetValue(node.Inputs[input], out Known? known)) return known;
        if (_file.Constants.TryGetValue(node.Inputs[input], out Tensor? t)
            && Tensor.TypeRange(t.Type) is { } type) return new Grid(t.Shape, type, t.Integer, _ => 1, _ => 0);
        return null;
    }

    private Tensor? Constant(Node node, int input) => node.Has(input) ? _file.Constants.GetValueOrDefault(node.Inputs[input]) : null;

    private Tensor Need(Node node, int input, string what) =>
        Constant(node, input) ?? throw new Fault($"its {what} is no constant of the model");

    private float[] Scales(Node node, int input)
    {
        float[] scales = Need(node, input, "scale").Reals();
        return scales.Length > 0 && scales.All(s => s > 0 && float.IsFinite(s)) ? scales
            : throw new Fault("a scale is not positive and finite");
    }

    private long[] Zeros(Node node, int input) => node.Has(input) ? Need(node, input, "zero point").Integers() : [0];

    private static T One<T>(T[] values, string what) =>
        values.Length == 1 ? values[0] : throw new Fault($"{values.Length} {what} where one is understood");

    private static T[] Each<T>(T[] values, int rows, string what) =>
        values.Length == rows ? values : [.. Enumerable.Repeat(One(values, what), rows)];

    /// <summary>Sizes are believed only as far as they can be held.</summary>
    private const int MostRows = 1 << 22;

    private static int Elements(IEnumerable<int> shape)
    {
        long count = 1;
        foreach (int d in shape) count = count > int.MaxValue ? count : count * d;
        return count <= int.MaxValue ? (int)count : throw new Fault("a value is too large");
    }

    private int[] ShapeOf(string name) =>
        _shapes.GetValueOrDefault(name) ?? throw new Fault($"the shape of '{Folder.Shown(name)}' is not known");
}
