using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Operators that change a tensor's shape but not its order of elements, and those that make or tell shapes.</summary>
internal static class ShapeOperators
{
    internal static Tensor[] Identity(OperatorCall call) => [call.Input(0)];

    internal static Tensor[] Dropout(OperatorCall call)
    {
        Tensor x = call.Input(0);
        if (call.Optional(2) is { } training && training.Integer(0) != 0) throw call.Fail("training_mode = true is not supported; only inference is");
        if (call.OutputCount < 2) return [x];
        var mask = new long[x.Count];
        Array.Fill(mask, 1);
        return [x, new Tensor(ElementType.Bool, x.Shape, mask)];
    }

    internal static Tensor[] Flatten(OperatorCall call)
    {
        Tensor x = call.Input(0);
        long wanted = call.Int("axis", 1);
        int axis = wanted == x.Shape.Length ? x.Shape.Length : call.Axis(wanted, x.Shape.Length);
        int rows = Shapes.Count(x.Shape.AsSpan(0, axis));
        return [With(x, [rows, Shapes.Count(x.Shape.AsSpan(axis))])];
    }

    internal static Tensor[] Reshape(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int[] shape = (int[])(call.IntsFromInputOr(1, "shape") ?? throw call.Fail("the shape is missing")).Clone();
        bool keepZero = call.Flag("allowzero", false);
        int open = -1;
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 0 && !keepZero) shape[i] = i < x.Shape.Length ? x.Shape[i] : throw call.Fail($"entry {i} of the shape copies a dimension that {Shapes.Text(x.Shape)} has not");
            if (shape[i] < -1 || shape[i] == -1 && open >= 0) throw call.Fail($"shape {Shapes.Text(shape)} has more than one -1 or a negative entry");
            if (shape[i] == -1) open = i;
        }
        if (open >= 0)
        {
            shape[open] = 1;
            int known = Shapes.Count(shape);
            if (known == 0 || x.Count % known != 0) throw call.Fail($"{Shapes.Text(x.Shape)} does not divide into shape {Shapes.Text(shape)} with entry {open} open");
            shape[open] = x.Count / known;
        }
        return [With(call, x, shape)];
    }

    internal static Tensor[] Squeeze(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int[]? axes = call.IntsFromInputOr(1, "axes");
        var drop = new bool[x.Shape.Length];
        for (int i = 0; i < drop.Length; i++) drop[i] = axes is null && x.Shape[i] == 1;
        foreach (int a in axes ?? [])
        {
            int axis = call.Axis(a, drop.Length);
            if (x.Shape[axis] != 1) throw call.Fail($"dimension {axis} of {Shapes.Text(x.Shape)} is not 1");
            drop[axis] = true;
        }
        return [With(x, [.. x.Shape.Where((_, i) => !drop[i])])];
    }

    internal static Tensor[] Unsqueeze(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int[] axes = call.IntsFromInputOr(1, "axes") ?? throw call.Fail("the axes are missing");
        int rank = x.Shape.Length + axes.Length;
        var added = new bool[rank];
        foreach (int a in axes)
        {
            int axis = call.Axis(a, rank);
            if (added[axis]) throw call.Fail($"axis {a} occurs twice");
            added[axis] = true;
        }
        var shape = new int[rank];
        for (int i = 0, from = 0; i < rank; i++) shape[i] = added[i] ? 1 : x.Shape[from++];
        return [With(x, shape)];
    }

    internal static Tensor[] Shape(OperatorCall call)
    {
        int[] shape = call.Input(0).Shape;
        int Bound(long v) => (int)Math.Clamp(v < 0 ? v + shape.Length : v, 0, shape.Length);
        int start = Bound(call.Int("start", 0)), end = Bound(call.Int("end", shape.Length));
        long[] part = [.. shape.Skip(start).Take(Math.Max(0, end - start)).Select(d => (long)d)];
        return [Tensor.OfIntegers(ElementType.Int64, part, part.Length)];
    }

    internal static Tensor[] Size(OperatorCall call) => [Tensor.OfIntegers(ElementType.Int64, [call.Input(0).Count])];

    internal static Tensor[] ConstantOfShape(OperatorCall call)
    {
        int[] shape = call.IntsFromInputOr(0, "shape")!;
        Tensor value = Tensor.OfFloats([0f], 1);
        if (call.Node.Attributes.TryGetValue("value", out NodeAttribute? a)) value = a.Tensor ?? throw call.Fail("attribute 'value' must be a tensor");
        if (value.Count != 1) throw call.Fail("attribute 'value' must have one element");
        return [Movement.Rearrange(value, shape, new int[Shapes.Count(shape)])];
    }

    internal static Tensor[] Range(OperatorCall call)
    {
        Tensor start = call.Input(0), limit = call.Input(1), delta = call.Input(2);
        if (start.Type != limit.Type || start.Type != delta.Type) throw call.Fail("start, limit and delta must have one type");
        double a = Casting.AsDouble(start, 0), b = Casting.AsDouble(limit, 0), d = Casting.AsDouble(delta, 0);
        if (d == 0 || double.IsNaN(a + b + d)) throw call.Fail("delta must not be zero");
        double wanted = Math.Max(0, Math.Ceiling((b - a) / d));
        if (wanted > Array.MaxLength) throw call.Fail($"{wanted} elements are more than an array can hold");
        var values = new double[(int)wanted];
        for (int i = 0; i < values.Length; i++) values[i] = a + i * d;
        return [Casting.To(start.Type, new Tensor(ElementType.Float64, [values.Length], values))];
    }

    /// <summary>The same elements under another shape of equal size.</summary>
    internal static Tensor With(OperatorCall call, Tensor x, int[] shape) =>
        Shapes.Count(shape) == x.Count ? With(x, shape) : throw call.Fail($"{Shapes.Text(x.Shape)} cannot be reshaped to {Shapes.Text(shape)}");

    private static Tensor With(Tensor x, int[] shape) => new(x.Type, shape, x.Data);
}
