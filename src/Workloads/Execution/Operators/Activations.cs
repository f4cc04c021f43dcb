using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Relu, Clip, PRelu, and the activation functions of one argument.</summary>
internal static class Activations
{
    private const double SeluAlpha = 1.67326319217681884765625, SeluGamma = 1.05070102214813232421875;

    internal static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    // max(x, 0) + log1p(exp(-|x|)) does not overflow for large x.
    internal static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    internal static Func<double, double> LeakyRelu(OperatorCall call)
    {
        float alpha = call.Real("alpha", 0.01f);
        return x => x < 0 ? (float)(alpha * x) : x;
    }

    internal static Func<double, double> Elu(OperatorCall call)
    {
        float alpha = call.Real("alpha", 1);
        return x => x < 0 ? alpha * (Math.Exp(x) - 1) : x;
    }

    internal static Func<double, double> Selu(OperatorCall call)
    {
        double alpha = call.Has("alpha") ? call.Real("alpha", 0) : SeluAlpha, gamma = call.Has("gamma") ? call.Real("gamma", 0) : SeluGamma;
        return x => gamma * (x < 0 ? alpha * (Math.Exp(x) - 1) : x);
    }

    internal static Func<double, double> HardSigmoid(OperatorCall call)
    {
        float alpha = call.Real("alpha", 0.2f), beta = call.Real("beta", 0.5f);
        return x => Math.Max(0, Math.Min(1, alpha * x + beta));
    }

    internal static Func<double, double> ThresholdedRelu(OperatorCall call)
    {
        float alpha = call.Real("alpha", 1);
        return x => x > alpha || double.IsNaN(x) ? x : 0;
    }

    internal static Func<double, double> Gelu(OperatorCall call) => call.Text("approximate", "none") switch
    {
        "none" => x => 0.5 * x * (1 + ErrorFunction.Erf(x / Math.Sqrt(2))),
        "tanh" => x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        string other => throw call.Fail($"approximate '{other}' is not one of none, tanh"),
    };

    internal static StaticValue[] GeluShape(ShapeCall call)
    {
        _ = Gelu(call);
        return ShapeRules.SameReal(call);
    }

    internal static double HardSwish(double x) => x * Math.Max(0, Math.Min(1, x / 6 + 0.5));

    internal static double Mish(double x) => x * Math.Tanh(Softplus(x));

    internal static Tensor[] Relu(OperatorCall call)
    {
        Tensor x = call.Input(0);
        if (x.Type is not (ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16)) return UnaryOperators.Of(v => v < 0 ? 0
            : v, v => Math.Max(0, v))(call);
        float[] from = x.Floats, to = new float[from.Length];
        for (int i = 0; i < to.Length; i++) to[i] = from[i] < 0 ? 0 : from[i];
        return [new Tensor(x.Type, x.Shape, to)];
    }

    // Opset 11 moved the bounds from attributes to inputs.
    internal static Tensor[] Clip(OperatorCall call)
    {
        Tensor x = call.Input(0);
        Tensor? low = call.Optional(1), high = call.Optional(2);
        if (call.Has("min")) low = Tensor.OfFloats([call.Real("min", 0)]);
        if (call.Has("max")) high = Tensor.OfFloats([call.Real("max", 0)]);
        foreach (Tensor? bound in new[] { low, high })
            if (bound is not null && (bound.Count != 1 || bound.Type != x.Type && !call.Has("min") && !call.Has("max")))
                throw call.Fail($"min and max must be scalars of type {x.Type}, found {bound.Type} {Shapes.Text(bound.Shape)}");
        if (!x.Type.IsReal())
        {
            if (x.Type == ElementType.UInt64) throw call.Fail("UInt64 is not supported");
            long lowest = low?.Integer(0) ?? long.MinValue, highest = high?.Integer(0) ?? long.MaxValue;
            return [new Tensor(x.Type, x.Shape, Array.ConvertAll(x.Integers, v => Math.Min(highest, Math.Max(lowest, v))))];
        }
        double a = low is null ? double.NegativeInfinity : Casting.AsDouble(low, 0), b = high is null ? double.PositiveInfinity
            : Casting.AsDouble(high, 0);
        return UnaryOperators.Of(v => Math.Min(b, Math.Max(a, v)))(call);
    }

    internal static Tensor[] PRelu(OperatorCall call)
    {
        Tensor x = call.Input(0), slope = call.Input(1);
        float[] values = call.Floats(x, "input");
        int[]? shape = Shapes.Broadcast(x.Shape, slope.Shape);
        if (shape is null || !shape.SequenceEqual(x.Shape)) throw call.Fail($"slope {Shapes.Text(slope.Shape)} does not broadcast to {Shapes.Text(x.Shape)}");
        return [Casting.Rounded(x.Type, x.Shape,
            Broadcasting.Zip(values, x.Shape, call.Floats(slope, "slope"), slope.Shape, x.Shape, (v, s) => v < 0 ? v * s : v))];
    }

    internal static StaticValue[] PReluShape(ShapeCall call)
    {
        int[] x = call.In(0).Shape, slope = call.In(1).Shape;
        call.RequireFloats(call.In(0).Type, "input");
        return Shapes.Broadcast(x, slope)?.AsSpan().SequenceEqual(x) == true ? ShapeRules.Same(call)
            : throw call.Fail($"slope {Shapes.Text(slope)} does not broadcast to {Shapes.Text(x)}");
    }
}
