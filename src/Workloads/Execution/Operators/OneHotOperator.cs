using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>OneHot: a new axis of `depth` that holds the on value at each index and the off value elsewhere; an index outside [−depth,
/// depth − 1] gives only off values.</summary>
internal static class OneHotOperator
{
    internal static Tensor[] Run(OperatorCall call)
    {
        Tensor indices = call.Input(0), values = call.Input(2);
        if (values.Count != 2) throw call.Fail($"values must be [off, on], found {Shapes.Text(values.Shape)}");
        if (indices.Type.IsStorageOnly()
            || indices.Type == ElementType.Bool) throw call.Fail($"indices must be numbers, found {indices.Type}");
        int[] shape = Widened(call, indices.Shape, out int axis);
        int wide = shape[axis];
        int step = Shapes.Count(indices.Shape.AsSpan(axis));
        var source = new int[Shapes.Count(shape)];
        for (int i = 0; i < indices.Count; i++)
        {
            // Indices of a float type are cast to integers first.
            double at = Math.Truncate(indices.Real(i));
            if (at >= -wide && at < wide) source[(i / step * wide + (int)(at < 0 ? at + wide : at)) * step + i % step] = 1;
        }
        return [Movement.Rearrange(values, shape, source)];
    }

    internal static StaticValue[] Shape(ShapeCall call) => [new StaticValue(call.In(2).Type, Widened(call, call.In(0).Shape, out _))];

    private static int[] Widened(OperatorCall call, int[] indices, out int axis)
    {
        Tensor depth = call.Input(1);
        if (depth.Count != 1 || depth.Shape.Length > 1) throw call.Fail($"depth must be a scalar or one element, found {Shapes.Text(depth.Shape)}");
        double size = Math.Truncate(depth.Real(0));
        if (!(size is >= 0 and <= Shapes.MaximumElements)) throw call.Fail(FormattableString.Invariant($"depth {size} is not a size that a tensor can have"));
        axis = call.Axis(call.Int("axis", -1), indices.Length + 1);
        return [.. indices[..axis], (int)size, .. indices[axis..]];
    }
}
