using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>
/// Resize (nearest, linear, cubic; every coordinate and nearest mode) and Upsample. Coordinates and weights are doubles, each axis is
/// resized after the other, and the result is rounded once. Until opset 10 coordinates are asymmetric; nearest takes the pixel below when
/// it enlarges, the pixel above when it shrinks.
/// </summary>
internal static class Resizing
{
    internal static Tensor[] Upsample(OperatorCall call)
    {
        Tensor x = call.Input(0);
        return [Resized(call, x, UpsamplePlan(call, x.Shape), old: true)];
    }

    internal static StaticValue[] UpsampleShape(ShapeCall call) => Planned(call, UpsamplePlan(call, call.In(0).Shape));

    internal static Tensor[] Resize(OperatorCall call)
    {
        Tensor x = call.Input(0);
        return [Resized(call, x, Plan(call, x.Shape), call.Opset < 11)];
    }

    internal static StaticValue[] ResizeShape(ShapeCall call) => Planned(call, Plan(call, call.In(0).Shape));

    private static StaticValue[] Planned(ShapeCall call, ResizeAxis[] plan)
    {
        Judge(call, call.In(0).Type);
        return call.Like([.. plan.Select(a => a.Output)]);
    }

    private static ResizeAxis[] UpsamplePlan(OperatorCall call, int[] x)
    {
        float[] scales = call.InputCount > 1 ? call.Floats(call.Input(1), "scales") : call.Reals("scales")
            ?? throw call.Fail("the scales are missing");
        if (scales.Length != x.Length) throw call.Fail($"{scales.Length} scales do not fit {Shapes.Text(x)}");
        return [.. scales.Select((s, i) => ResizeAxis.OfScale(call, x, i, s, "asymmetric", 0, 0))];
    }

    private static ResizeAxis[] Plan(OperatorCall call, int[] x)
    {
        int rank = x.Length;
        bool old = call.Opset < 11;
        Tensor? scales = Given(call, old ? 1 : 2), sizes = old ? null : Given(call, 3);
        if ((scales is null) == (sizes is null)) throw call.Fail("needs scales or sizes, one of them");
        int[] axes = call.Ints("axes") is { } stated ? [.. stated.Select(a => call.Axis(a, rank))] : [.. Enumerable.Range(0, rank)];
        if (axes.Distinct().Count() != axes.Length) throw call.Fail("an axis occurs twice");
        if ((scales ?? sizes)!.Count != axes.Length) throw call.Fail($"{(scales ?? sizes)!.Count} {(scales is null ? "sizes" : "scales")} do not fit {axes.Length} axes");
        string mode = old ? "asymmetric" : call.Text("coordinate_transformation_mode", "half_pixel"),
            policy = call.Text("keep_aspect_ratio_policy", "stretch");
        ResizeAxis.CheckMode(call, mode);
        float[] roi = mode == "tf_crop_and_resize" ? Roi(call, axes.Length) : [];
        (double, double) Region(int i) => roi.Length == 0 ? (0, 1) : (roi[i], roi[i + axes.Length]);
        ResizeAxis[] plan = [.. Enumerable.Range(0, rank).Select(d => ResizeAxis.Kept(x, d))];
        if (scales is not null)
        {
            if (policy != "stretch") throw call.Fail($"keep_aspect_ratio_policy '{policy}' needs sizes, and scales are given");
            float[] factors = call.Floats(scales, "scales");
            for (int i = 0; i < axes.Length; i++) plan[axes[i]] = ResizeAxis.OfScale(call, x, axes[i], factors[i], mode, Region(i).Item1,
                Region(i).Item2);
            return plan;
        }
        int[] wanted = Array.ConvertAll(call.Integers(sizes!, 3), v => v >= 0 ? call.Small(v, "size")
            : throw call.Fail($"size {v} is negative"));
        double[] ratios = [.. wanted.Select((w, i) => (double)w / Math.Max(1, x[axes[i]]))];
        double? common = policy switch
        {
            "stretch" => null,
            "not_larger" => ratios.Min(),
            "not_smaller" => ratios.Max(),
            _ => throw call.Fail($"keep_aspect_ratio_policy '{policy}' is not one of stretch, not_larger, not_smaller"),
        };
        for (int i = 0; i < axes.Length; i++) plan[axes[i]] = ResizeAxis.OfSize(x, axes[i], wanted[i], common, mode, Region(i).Item1,
            Region(i).Item2);
        return plan;
    }

    private static void Judge(OperatorCall call, ElementType type)
    {
        string mode = call.Text("mode", "nearest"), nearest = call.Text("nearest_mode", "round_prefer_floor");
        if (mode is not ("nearest" or "linear" or "cubic")) throw call.Fail($"mode '{mode}' is not one of nearest, linear, cubic");
        if (nearest is not ("round_prefer_floor" or "round_prefer_ceil" or "floor" or "ceil"))
            throw call.Fail($"nearest_mode '{nearest}' is not one of round_prefer_floor, round_prefer_ceil, floor, ceil");
        if (call.Flag("antialias", false) && mode == "nearest") throw call.Fail("antialias has no part in mode nearest");
        bool computed = type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16
            || mode == "linear" && type is ElementType.Int8 or ElementType.UInt8 or ElementType.Int32;
        if (mode != "nearest" && !computed) throw call.Fail($"mode '{mode}' does not take {type}");
    }

    private static Tensor Resized(OperatorCall call, Tensor x, ResizeAxis[] plan, bool old)
    {
        int[] shape = [.. plan.Select(a => a.Output)];
        if (Shapes.Count(shape) == 0) return Tensor.Zeros(x.Type, shape);
        if (x.Count == 0) throw call.Fail($"{Shapes.Text(x.Shape)} holds nothing to resize to {Shapes.Text(shape)}");
        Judge(call, x.Type);
        string mode = call.Text("mode", "nearest");
        bool antialias = call.Flag("antialias", false);
        double outside = call.Real("extrapolation_value", 0);
        if (mode == "nearest")
        {
            string nearest = old ? "" : call.Text("nearest_mode", "round_prefer_floor");
            Tensor picked = x;
            for (int d = 0; d < plan.Length; d++) picked = plan[d].IsKept ? picked : Picked(picked, d, plan[d], plan[d].Nearest(nearest));
            bool cropped = plan.Any(a => a.AnyOutside);
            if (!cropped) return picked;
            Tensor fill = Casting.To(x.Type, new Tensor(ElementType.Float64, [1], new[] { outside }));
            return Cropped(picked, plan, fill);
        }
        var values = new double[x.Count];
        for (int i = 0; i < values.Length; i++) values[i] = x.Real(i);
        int[] current = (int[])x.Shape.Clone();
        for (int d = plan.Length - 1; d >= 0; d--)
        {
            if (plan[d].IsKept) continue;
            (int[] first, double[][] weights) = plan[d].Weights(call, mode, antialias);
            values = Weighted(values, current, d, first, weights, plan[d], outside);
            current[d] = plan[d].Output;
        }
        // Integers are truncated, as a cast does.
        return Casting.To(x.Type, new Tensor(ElementType.Float64, shape, values));
    }

    private static double[] Weighted(double[] from, int[] shape, int axis, int[] first, double[][] weights, ResizeAxis plan, double outside)
    {
        int length = shape[axis], step = Shapes.Count(shape.AsSpan(axis + 1)), outer = Shapes.Count(shape.AsSpan(0, axis));
        var to = new double[Shapes.Count([outer, plan.Output, step])];
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < plan.Output; i++)
            {
                Span<double> row = to.AsSpan((o * plan.Output + i) * step, step);
                if (plan.IsOutside(i))
                {
                    row.Fill(outside);
                    continue;
                }
                for (int w = 0; w < weights[i].Length; w++)
                {
                    if (weights[i][w] == 0) continue;
                    ReadOnlySpan<double> source = from.AsSpan((o * length + Math.Clamp(first[i] + w, 0, length - 1)) * step, step);
                    for (int s = 0; s < step; s++) row[s] += weights[i][w] * source[s];
                }
            }
        }
        return to;
    }

    private static Tensor Picked(Tensor x, int axis, ResizeAxis plan, int[] picks)
    {
        int length = x.Shape[axis], step = Shapes.Count(x.Shape.AsSpan(axis + 1)), outer = Shapes.Count(x.Shape.AsSpan(0, axis)), to = 0;
        int[] shape = [.. x.Shape[..axis], plan.Output, .. x.Shape[(axis + 1)..]], source = new int[Shapes.Count(shape)];
        for (int o = 0; o < outer; o++)
            foreach (int pick in picks)
                for (int s = 0; s < step; s++) source[to++] = (o * length + pick) * step + s;
        return Movement.Rearrange(x, shape, source);
    }

    private static Tensor Cropped(Tensor x, ResizeAxis[] plan, Tensor fill)
    {
        Array data = Array.CreateInstance(x.Type.Storage(), x.Count + 1);
        Array.Copy(x.Data, data, x.Count);
        Array.Copy(fill.Data, 0, data, x.Count, 1);
        int[] strides = Shapes.Strides(x.Shape);
        int[] source = [.. Enumerable.Range(0, x.Count)
            .Select(i => plan.Where((a, d) => a.IsOutside(i / strides[d] % x.Shape[d])).Any() ? x.Count : i)];
        return Movement.Rearrange(new Tensor(x.Type, [x.Count + 1], data), x.Shape, source);
    }

    // An empty tensor stands for an input that is not given.
    private static Tensor? Given(OperatorCall call, int index) => call.Optional(index) is { Count: > 0 } t ? t : null;

    private static float[] Roi(OperatorCall call, int axes) => Given(call, 1) is { } roi && roi.Count == 2 * axes
        ? [.. Enumerable.Range(0, roi.Count).Select(i => (float)roi.Real(i))]
            : throw call.Fail($"tf_crop_and_resize needs a roi of {2 * axes} numbers");
}
