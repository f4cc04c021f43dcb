using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Brings int32 sums to the output's scale: one multiplier and zero point for all, or one for each index that a channel function
/// gives.</summary>
internal sealed record Requantizer(ElementType Type, float[] Multiplier, long[] Zero)
{
    /// <summary>Scales of the left operand and the output are scalars, the right one's a scalar or one a channel; the output's zero point
    /// follows its scale.</summary>
    internal static Requantizer Of(OperatorCall call, int inputScale, int weightScale, int outputScale, int channels, float alpha = 1)
    {
        Tensor ys = call.Input(outputScale), zero = call.Input(outputScale + 1);
        if (ys.Count != 1 || zero.Count != 1) throw call.Fail("the output's scale and zero point must be scalars");
        float y = call.Floats(ys, "y_scale")[0];
        return Checked(call, zero, Array.ConvertAll(InputScales(call, inputScale, weightScale, channels, alpha), s => s / y));
    }

    /// <summary>alpha · x_scale · w_scale, each product rounded to float32: the scale of the sums.</summary>
    internal static float[] InputScales(OperatorCall call, int inputScale, int weightScale, int channels, float alpha)
    {
        Tensor xs = call.Input(inputScale), ws = call.Input(weightScale);
        if (xs.Count != 1) throw call.Fail("the input's scale must be a scalar");
        if (ws.Count != 1 && ws.Count != channels) throw call.Fail($"{ws.Count} weight scales do not fit {channels} output channels");
        float x = call.Floats(xs, "x_scale")[0];
        return Array.ConvertAll(call.Floats(ws, "w_scale"), w => alpha == 1 ? x * w : alpha * x * w);
    }

    /// <summary>QLinearMatMul: the left operand's scale a scalar or one a row, the right one's one a column, the output's one a row, each
    /// of any shape that broadcasts.</summary>
    internal static Requantizer OfMatrices(OperatorCall call, MatMulPlan plan)
    {
        Tensor zero = call.Input(7);
        int[] full = [.. plan.BatchShape, plan.M, plan.N];
        if (call.Input(1).Count == 1 && call.Input(4).Count == 1 && call.Input(6).Count == 1 && zero.Count == 1) full = [];
        float[] Wide(int index, Along along)
        {
            Tensor t = call.Input(index);
            return Broadcasting.Expand(call.Floats(t, $"input {index}"), Fitting(call, t, full, along), full);
        }
        float[] x = Wide(1, Along.Rows), w = Wide(4, Along.Columns), y = Wide(6, Along.Rows);
        float[] multiplier = [.. x.Select((a, i) => Requantization.Multiplier(a, w[i], y[i]))];
        Requantizer result = Checked(call, zero, multiplier);
        return result with { Zero = Broadcasting.Expand(result.Zero, Fitting(call, zero, full, Along.Rows), full) };
    }

    /// <summary>Sums as stored outputs; <paramref name="channel"/> gives the index of an element's multiplier.</summary>
    internal Tensor Apply(int[] sums, int[] shape, Func<int, int> channel)
    {
        (long low, long high) = Type.Range();
        var result = new long[sums.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int c = Multiplier.Length == 1 ? 0 : channel(i);
            result[i] = Requantization.Of(sums[i], Multiplier[c], Zero[Zero.Length == 1 ? 0 : c], low, high);
        }
        return new Tensor(Type, shape, result);
    }

    private static int[] Fitting(OperatorCall call, Tensor t, int[] full, Along along)
    {
        int[] shape = Spread.Shape(t, full.Length, along);
        return Shapes.Broadcast(shape, full) is { } wide && wide.SequenceEqual(full) ? shape
            : throw call.Fail($"a scale or zero point of shape {Shapes.Text(t.Shape)} does not fit the product {Shapes.Text(full)}");
    }

    private static Requantizer Checked(OperatorCall call, Tensor zero, float[] multiplier)
    {
        if (zero.Type is not (ElementType.Int8
            or ElementType.UInt8)) throw call.Fail($"the output must be Int8 or UInt8, found {zero.Type}");
        return multiplier.All(m => float.IsFinite(m)) ? new Requantizer(zero.Type, multiplier, zero.Integers)
            : throw call.Fail("scales and their quotients must be finite");
    }
}
