using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Quant, BipolarQuant and Trunc of QONNX: float32 tensors that hold integers times a scale. Scales and zero points
/// broadcast.</summary>
internal static class QonnxOperators
{
    internal static Tensor[] Quant(OperatorCall call)
    {
        QonnxQuantizer quantizer = QonnxQuantizer.Of(call.Node, One(call, 3, "bit width"), call.Flag("signed", true),
            call.Flag("narrow", false), call.Text("rounding_mode", "ROUND"));
        (float[] scale, float[] zero) = (Spread(call, 1, positive: true), Spread(call, 2));
        return Each(call, (x, i) => (quantizer.Integer(x, scale[i], zero[i]) - zero[i]) * scale[i]);
    }

    // The sign of the value alone decides; its scale has no part in that.
    internal static Tensor[] Bipolar(OperatorCall call)
    {
        float[] scale = Spread(call, 1, positive: true);
        return Each(call, (x, i) => QonnxQuantizer.Bipolar.Integer(x, 1, 0) * scale[i]);
    }

    /// <summary>Version 1 drops low bits and keeps the scale (inputs: x, scale, zero, input bits, output bits); version 2 names the
    /// output's scale and clips (x, scale, zero, input bits, output scale, output bits).</summary>
    internal static Tensor[] Trunc(OperatorCall call)
    {
        bool second = call.InputCount == 6;
        string mode = call.Text("rounding_mode", "FLOOR");
        float bits = One(call, second ? 5 : 4, "output bit width");
        QonnxQuantizer range = QonnxQuantizer.Of(call.Node, bits, call.Flag("signed", true), call.Flag("narrow", false), mode);
        Func<float, float> round = QonnxQuantizer.Rounding(mode)!;
        (float[] scale, float[] zero) = (Spread(call, 1, positive: true), Spread(call, 2));
        if (!second)
        {
            float divisor = MathF.Pow(2, One(call, 3, "input bit width") - bits);
            return Each(call, (x, i) => (round(MathF.Round(x / scale[i] + zero[i], MidpointRounding.ToEven) / divisor) - zero[i])
                * scale[i]);
        }
        float[] output = Spread(call, 4, positive: true);
        return Each(call, (x, i) =>
        {
            float divisor = MathF.Pow(2, MathF.Round(MathF.Log2(output[i] / scale[i]), MidpointRounding.ToEven));
            float y = MathF.Round(x / scale[i] + zero[i], MidpointRounding.ToEven) / divisor;
            return (round(Math.Min(range.High, Math.Max(range.Low, y))) - zero[i] / divisor) * output[i];
        });
    }

    private static Tensor[] Each(OperatorCall call, Func<float, int, float> f)
    {
        Tensor x = call.Input(0);
        float[] from = call.Floats(x, "input"), to = new float[from.Length];
        for (int i = 0; i < to.Length; i++) to[i] = f(from[i], i);
        return [Casting.Rounded(x.Type, x.Shape, to)];
    }

    private static float[] Spread(OperatorCall call, int index, bool positive = false)
    {
        Tensor x = call.Input(0), t = call.Input(index);
        string what = positive ? "scale" : "zero point";
        float[] values = Numbers(call, t, what);
        if (positive && values.Any(s => !(s > 0) || !float.IsFinite(s))) throw call.Fail("every scale must be greater than 0 and finite");
        if (!positive && values.Any(z => !float.IsFinite(z))) throw call.Fail("every zero point must be finite");
        if (Shapes.Broadcast(x.Shape, t.Shape) is not { } shape || t.Count != 1 && !shape.SequenceEqual(x.Shape))
            throw call.Fail($"a {what} of shape {Shapes.Text(t.Shape)} does not broadcast to {Shapes.Text(x.Shape)}");
        return t.Count == 1 ? Broadcasting.Expand(values, [], x.Shape) : Broadcasting.Expand(values, t.Shape, x.Shape);
    }

    private static float One(OperatorCall call, int index, string what)
    {
        Tensor t = call.Input(index);
        return t.Count != 1 ? throw call.Fail($"{what} must be a scalar, found {Shapes.Text(t.Shape)}") : Numbers(call, t, what)[0];
    }

    // The value counts, whatever number type holds it.
    private static float[] Numbers(OperatorCall call, Tensor t, string what)
    {
        if (t.Type == ElementType.Bool) throw call.Fail($"{what} must be a number, found {t.Type}");
        var values = new float[t.Count];
        for (int i = 0; i < values.Length; i++) values[i] = (float)t.Real(i);
        return values;
    }
}
