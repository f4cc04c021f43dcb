using System.Buffers;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Conv over one or two spatial dimensions, with groups.</summary>
internal static class Convolution
{
    internal static Tensor[] Conv(OperatorCall call)
    {
        Tensor x = call.Input(0), w = call.Input(1);
        float[] input = call.Floats(x, "input"), weight = call.Floats(w, "weight");
        ConvPlan plan = ConvPlan.Of(call, x.Shape, w.Shape);
        float[]? bias = Bias(call, plan);
        var output = new float[Shapes.Count(plan.OutputShape)];
        int pixels = plan.Pixels, groupOutputs = plan.GroupOutputs, k = plan.K, sampleSize = input.Length / Math.Max(1, plan.Samples);
        void RunGroup(int task)
        {
            int sample = task / plan.Groups, group = task % plan.Groups;
            float[] columns = ArrayPool<float>.Shared.Rent(k * pixels);
            Im2Col.Columns(input.AsSpan(sample * sampleSize, sampleSize), plan.Geometry, group * plan.GroupInputs, plan.GroupInputs, 0f,
                columns.AsSpan());
            int to = (sample * plan.Groups + group) * groupOutputs * pixels;
            if (bias is not null)
                for (int o = 0; o < groupOutputs; o++) output.AsSpan(to + o * pixels, pixels).Fill(bias[group * groupOutputs + o]);
            if (plan.Samples * plan.Groups == 1) FloatGemm.AccumulateParallel(weight, 0, columns, 0, output, to, groupOutputs, pixels, k);
            else FloatGemm.Accumulate(weight.AsSpan(group * groupOutputs * k), columns, output.AsSpan(to), groupOutputs, pixels, k);
            ArrayPool<float>.Shared.Return(columns);
        }
        if (plan.Samples * plan.Groups == 1) RunGroup(0);
        else Parallel.For(0, plan.Samples * plan.Groups, RunGroup);
        return [Casting.Rounded(x.Type, plan.OutputShape, output)];
    }

    private static float[]? Bias(OperatorCall call, ConvPlan plan)
    {
        if (call.Optional(2) is not { } b) return null;
        return b.Count == plan.Groups * plan.GroupOutputs && b.Shape.Length == 1
            ? call.Floats(b, "bias")
            : throw call.Fail($"bias must have shape [{plan.Groups * plan.GroupOutputs}], found {Shapes.Text(b.Shape)}");
    }

    internal static StaticValue[] Shape(ShapeCall call)
    {
        StaticValue x = call.In(0), w = call.In(1);
        call.RequireFloats(x.Type, "input");
        call.RequireFloats(w.Type, "weight");
        ConvPlan plan = ConvPlan.Of(call, x.Shape, w.Shape);
        if (call.InOrNull(2) is { } b && !b.Shape.AsSpan().SequenceEqual([plan.Groups * plan.GroupOutputs]))
            throw call.Fail($"bias must have shape [{plan.Groups * plan.GroupOutputs}], found {Shapes.Text(b.Shape)}");
        return call.Like(plan.OutputShape);
    }
}

/// <summary>Shape work that float and quantized convolutions share.</summary>
internal sealed record ConvPlan(int Samples, int Groups, int GroupInputs, int GroupOutputs, ConvGeometry Geometry, int[] OutputShape)
{
    internal int K => GroupInputs * Geometry.KernelHeight * Geometry.KernelWidth;

    internal int Pixels => Geometry.OutputHeight * Geometry.OutputWidth;

    internal static ConvPlan Of(OperatorCall call, int[] x, int[] w)
    {
        if (x.Length is not (3 or 4) || w.Length != x.Length)
            throw call.Fail($"input {Shapes.Text(x)} and weight {Shapes.Text(w)}: supported are 1-D [N,C,L] and 2-D [N,C,H,W] convolutions");
        int groups = call.Small(call.Int("group", 1), "group"), channels = x[1], outputs = w[0];
        if (groups < 1 || channels % groups != 0 || outputs % groups != 0)
            throw call.Fail($"group {groups} does not divide {channels} input and {outputs} output channels");
        if (w[1] != channels / groups)
            throw call.Fail($"weight {Shapes.Text(w)} expects {w[1]} input channels a group, the input {Shapes.Text(x)} has {channels / groups}");
        int[] kernel = w[2..];
        if (call.Ints("kernel_shape") is { } stated && !stated.SequenceEqual(kernel))
            throw call.Fail($"kernel_shape {Shapes.Text(stated)} differs from the weight's {Shapes.Text(kernel)}");
        WindowAttributes win = WindowAttributes.Of(call, x, kernel);
        var plan = new ConvPlan(x[0], groups, channels / groups, outputs / groups, Window(x, win), [x[0], outputs, .. win.Output]);
        // Convolutions run as products: each window becomes a column.
        double columns = (double)plan.GroupInputs * plan.Geometry.KernelHeight * plan.Geometry.KernelWidth * plan.Geometry.OutputHeight
            * plan.Geometry.OutputWidth;
        return columns <= Shapes.MaximumElements ? plan
            : throw call.Fail($"windows of {Shapes.Text(kernel)} over {Shapes.Text(x)} hold more than {Shapes.MaximumElements} elements");
    }

    /// <summary>Resolved windows over an input of one or two spatial dimensions.</summary>
    internal static ConvGeometry Window(int[] x, WindowAttributes win)
    {
        bool flat = win.Kernel.Length == 1;
        int At(int[] list, bool vertical, int absent) => flat ? vertical ? absent : list[0] : list[vertical ? 0 : 1];
        return new(x[1], flat ? 1 : x[2], x[^1], At(win.Kernel, true, 1), At(win.Kernel, false, 1),
            At(win.Strides, true, 1), At(win.Strides, false, 1), At(win.PadBegin, true, 0), At(win.PadBegin, false, 0),
                At(win.PadEnd, true, 0), At(win.PadEnd, false, 0),
            At(win.Dilations, true, 1), At(win.Dilations, false, 1), At(win.Output, true, 1), At(win.Output, false, 1));
    }
}
