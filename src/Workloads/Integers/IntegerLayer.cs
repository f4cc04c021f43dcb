using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers;

/// <summary>
/// A layer whose sums are integers: output channel r (a row) sums Weights[r, k] times its K inputs. K order is that of the ONNX weight:
/// channel, ky, kx.
/// </summary>
public sealed class IntegerLayer
{
    /// <param name="name">The node's name, unique in the network.</param>
    /// <param name="op">Operator that it came from (QLinearConv, Conv, MatMul, …).</param>
    /// <param name="shape">Groups, outputs N a group, K, geometry. M is at least 1.</param>
    /// <param name="weights">Groups·N rows of K weights as stored; empty when they are not constant: then <paramref name="weightRange"/> is
    /// all that is known.</param>
    /// <param name="weightRange">The weights' data type.</param>
    /// <param name="inputs">What inputs can be, as stored (zero point not subtracted): one range, or one an input channel of the whole
    /// layer.</param>
    /// <exception cref="ArgumentException">The sizes do not fit together, or a weight lies outside its type.</exception>
    public IntegerLayer(string name, string op, GemmLayer shape, IntegerWeights weights, Interval weightRange, Interval[] inputs)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(inputs);
        (Name, Operator, Shape, Weights, WeightRange, Inputs) = (name, op, shape, weights, weightRange, inputs);
        if (weights.Length != 0 && weights.Length != (long)Rows
            * K) throw new ArgumentException($"{weights.Length} weights for {Rows} rows of {K}", nameof(weights));
        if (inputs.Length != 1 && (inputs.Length % shape.Groups != 0 || K % (inputs.Length / shape.Groups) != 0))
            throw new ArgumentException($"{inputs.Length} input channels do not fit {shape.Groups} groups of K = {K}", nameof(inputs));
        if (weights.Length > 0 && weights.Range is var found
            && !weightRange.Contains(found)) throw new ArgumentException($"weights from {found.Low} to {found.High} lie outside {weightRange}", nameof(weights));
    }

    /// <summary>The node's name.</summary>
    public string Name { get; }

    /// <summary>Operator of the node.</summary>
    public string Operator { get; }

    /// <summary>Sizes and, for a convolution, its geometry.</summary>
    public GemmLayer Shape { get; }

    /// <summary>Weights as stored, row-major; empty when they are known at run time only.</summary>
    public IntegerWeights Weights { get; }

    /// <summary>The weights' data type.</summary>
    public Interval WeightRange { get; }

    /// <summary>Stored inputs: one range, or one an input channel.</summary>
    public Interval[] Inputs { get; }

    /// <summary>Zero point of the input, 0 without one. Padding has this value.</summary>
    public int InputZeroPoint { get; init; }

    /// <summary>Distance of neighbouring inputs of a box, from its low end: 2 for bipolar inputs, which are −1 or 1 and never 0; else
    /// 1.</summary>
    public int InputStep { get; init; } = 1;

    /// <summary>Zero point of each row's weights; empty: 0.</summary>
    public int[] WeightZeroPoints
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Length != 0 && value.Length != Rows) throw new ArgumentException($"{value.Length} zero points for {Rows} rows",
                nameof(value));
            field = Array.TrueForAll(value, z => z == 0) ? [] : value;
        }
    } = [];

    /// <summary>Bias of each row in units of the product; empty: none.</summary>
    public long[] Bias { get; init; } = [];

    /// <summary>How the inputs come from an earlier layer; null: they are free within their ranges.</summary>
    public LayerSource? Source { get; init; }

    /// <summary>Output channels: Groups·N.</summary>
    public int Rows => Shape.Groups * Shape.N;

    /// <summary>Products of one sum.</summary>
    public int K => Shape.K;

    /// <summary>Whether some windows reach into padding, whose value then is one more that inputs can have.</summary>
    public bool IsPadded => Shape.Conv is { } g && (g.PadTop | g.PadLeft | g.PadBottom | g.PadRight) != 0;

    /// <summary>The weights of a row as the multipliers take them; a copy unless they are held as ints.</summary>
    public ReadOnlySpan<int> Row(int row, ZeroPoints handling)
    {
        if (Weights.Length == 0) return [];
        int zero = Zero(row, handling);
        if (zero == 0 && Weights.Ints is { } whole) return whole.AsSpan(row * K, K);
        var values = new int[K];
        Weights.CopyTo(row * K, values);
        for (int k = 0; zero != 0 && k < K; k++) values[k] -= zero;
        return values;
    }

    /// <summary>Of weights [from, until) of a row, as the multipliers take them: the sum of the positive ones, and that of the magnitudes
    /// of the negative ones.</summary>
    public (long Positive, long Negative) Signed(int row, int from, int until, ZeroPoints handling) =>
        Weights.Signed(row * K + from, until - from, Zero(row, handling));

    private int Zero(int row, ZeroPoints handling) =>
        handling == ZeroPoints.Raw || WeightZeroPoints.Length == 0 ? 0 : WeightZeroPoints[row];

    /// <summary>The same layer with other boxes of its stored inputs.</summary>
    public IntegerLayer WithInputs(Interval[] inputs) => new(Name, Operator, Shape, Weights, WeightRange, inputs)
    {
        InputZeroPoint = InputZeroPoint, InputStep = InputStep, WeightZeroPoints = WeightZeroPoints, Bias = Bias, Source = Source,
    };

    /// <summary>What input k of a row can be, as the multipliers take it. Padding is included.</summary>
    public Interval Input(int row, int k, ZeroPoints handling)
    {
        int channels = Inputs.Length / Shape.Groups;
        Interval stored = Inputs.Length == 1 ? Inputs[0] : Inputs[row / Shape.N * channels + k / (K / channels)];
        if (IsPadded) stored = stored.Hull(new(InputZeroPoint, InputZeroPoint));
        return handling == ZeroPoints.Raw ? stored : stored.Plus(-InputZeroPoint);
    }
}
