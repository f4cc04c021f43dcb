using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Operators that change a tensor's shape but not its order of elements, and those that make or tell shapes.</summary>
internal static class ShapeOperators
{
    // Integers up to here are exact in a double.
    private const double MostExact = 9007199254740992;

    internal static Tensor[] Identity(OperatorCall call) => [call.Input(0)];

    internal static Tensor[] Dropout(OperatorCall call)
    {
        Tensor x = call.Input(0);
        if (call.Optional(1) is { } ratio
            && (!ratio.Type.IsReal() || ratio.Count
            != 1)) throw call.Fail($"the ratio must be a real scalar, found {ratio.Type} {Shapes.Text(ratio.Shape)}");
        if (call.Optional(2) is { } training
            && training is not { Type: ElementType.Bool, Count: 1 }) throw call.Fail("training_mode must be one Bool");
        if (call.Optional(2)?.Integer(0) == 1) throw call.Fail("training_mode = true is not supported; only inference is");
        if (call.OutputCount < 2) return [x];
        var mask = new long[x.Count];
        Array.Fill(mask, 1);
        return [x, new Tensor(ElementType.Bool, x.Shape, mask)];
    }

    internal static StaticValue[] DropoutShape(ShapeCall call)
    {
        if (call.InOrNull(1) is { } ratio && !ratio.Type.IsReal()) throw call.Fail($"the ratio must be a real scalar, found {ratio.Type}");
        if (call.InOrNull(2) is { } mode
            && (mode.Type != ElementType.Bool || Shapes.Count(mode.Shape) != 1)) throw call.Fail("training_mode must be one Bool");
        return [call.In(0), new StaticValue(ElementType.Bool, call.In(0).Shape)];
    }

    /// <summary>An operator that keeps the order of elements, from the shape that it gives a shape.</summary>
    internal static OperatorBody Of(Func<OperatorCall, int[], int[]> shape) =>
        call => [With(call, call.Input(0), shape(call, call.Input(0).Shape))];

    /// <summary>The rule of such an operator.</summary>
    internal static ShapeRule Rule(Func<OperatorCall, int[], int[]> shape) => call => call.Like(shape(call, call.In(0).Shape));

    internal static int[] Flatten(OperatorCall call, int[] x)
    {
        long wanted = call.Int("axis", 1);
        int axis = wanted == x.Length ? x.Length : call.Axis(wanted, x.Length);
        return [Shapes.Count(x.AsSpan(0, axis)), Shapes.Count(x.AsSpan(axis))];
    }

    internal static int[] Reshape(OperatorCall call, int[] x)
    {
        int count = Shapes.Count(x);
        int[] shape = (int[])(call.IntsFromInputOr(1, "shape") ?? throw call.Fail("the shape is missing")).Clone();
        bool keepZero = call.Flag("allowzero", false);
        int open = -1;
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 0 && !keepZero) shape[i] = i < x.Length ? x[i]
                : throw call.Fail($"entry {i} of the shape copies a dimension that {Shapes.Text(x)} has not");
            if (shape[i] < -1 || shape[i] == -1
                && open >= 0) throw call.Fail($"shape {Shapes.Text(shape)} has more than one -1 or a negative entry");
            if (shape[i] == -1) open = i;
        }
        if (open >= 0)
        {
            shape[open] = 1;
            int known = Shapes.Count(shape);
            if (known == 0 || count % known
                != 0) throw call.Fail($"{Shapes.Text(x)} does not divide into shape {Shapes.Text(shape)} with entry {open} open");
            shape[open] = count / known;
        }
        return Shapes.Count(shape) == count ? shape : throw call.Fail($"{Shapes.Text(x)} cannot be reshaped to {Shapes.Text(shape)}");
    }

    internal static int[] Squeeze(OperatorCall call, int[] x)
    {
        int[]? axes = call.IntsFromInputOr(1, "axes");
        var drop = new bool[x.Length];
        for (int i = 0; i < drop.Length; i++) drop[i] = axes is null && x[i] == 1;
        foreach (int a in axes ?? [])
        {
            int axis = call.Axis(a, drop.Length);
            if (x[axis] != 1) throw call.Fail($"dimension {axis} of {Shapes.Text(x)} is not 1");
            drop[axis] = true;
        }
        return [.. x.Where((_, i) => !drop[i])];
    }

    internal static int[] Unsqueeze(OperatorCall call, int[] x)
    {
        int[] axes = call.IntsFromInputOr(1, "axes") ?? throw call.Fail("the axes are missing");
        int rank = x.Length + axes.Length;
        var added = new bool[rank];
        foreach (int a in axes)
        {
            int axis = call.Axis(a, rank);
            if (added[axis]) throw call.Fail($"axis {a} occurs twice");
            added[axis] = true;
        }
        var shape = new int[rank];
        for (int i = 0, from = 0; i < rank; i++) shape[i] = added[i] ? 1 : x[from++];
        return shape;
    }

    internal static Tensor[] Shape(OperatorCall call) => [Dimensions(call, call.Input(0).Shape)];

    internal static StaticValue[] ShapeShape(ShapeCall call) => [StaticValue.Of(Dimensions(call, call.In(0).Shape))];

    private static Tensor Dimensions(OperatorCall call, int[] shape)
    {
        int Bound(long v) => (int)Math.Clamp(v < 0 ? v + shape.Length : v, 0, shape.Length);
        int start = Bound(call.Int("start", 0)), end = Bound(call.Int("end", shape.Length));
        long[] part = [.. shape.Skip(start).Take(Math.Max(0, end - start)).Select(d => (long)d)];
        return Tensor.OfIntegers(ElementType.Int64, part, part.Length);
    }

    internal static Tensor[] Size(OperatorCall call) => [Tensor.OfIntegers(ElementType.Int64, [call.Input(0).Count])];

    internal static StaticValue[] SizeShape(ShapeCall call) =>
        [StaticValue.Of(Tensor.OfIntegers(ElementType.Int64, [Shapes.Count(call.In(0).Shape)]))];

    internal static StaticValue[] ConstantShape(ShapeCall call) => [new StaticValue(Filling(call).Type, call.IntsFromInputOr(0, "shape")!)];

    internal static Tensor[] ConstantOfShape(OperatorCall call)
    {
        int[] shape = call.IntsFromInputOr(0, "shape")!;
        Tensor value = Filling(call);
        return [new Tensor(value.Type, shape, TensorStorage.Filled(value.Data, Shapes.Count(shape)))];
    }

    private static Tensor Filling(OperatorCall call)
    {
        Tensor value = Tensor.OfFloats([0f], 1);
        if (call.Node.Attributes.TryGetValue("value", out NodeAttribute? a)) value = a.Tensor
            ?? throw call.Fail("attribute 'value' must be a tensor");
        if (value.Count != 1) throw call.Fail("attribute 'value' must have one element");
        return value;
    }

    internal static StaticValue[] RangeShape(ShapeCall call) =>
        [new StaticValue(call.In(0).Type, [Steps(call, call.Input(0), call.Input(1), call.Input(2))])];

    private static int Steps(OperatorCall call, Tensor start, Tensor limit, Tensor delta)
    {
        if (start.Type != limit.Type || start.Type != delta.Type) throw call.Fail("start, limit and delta must have one type");
        if (start.Count != 1 || limit.Count != 1 || delta.Count != 1) throw call.Fail("start, limit and delta must be scalars");
        double a = Casting.AsDouble(start, 0), b = Casting.AsDouble(limit, 0), d = Casting.AsDouble(delta, 0);
        if (d == 0 || double.IsNaN(a + b + d)) throw call.Fail("delta must not be zero");
        double wanted = Math.Max(0, Math.Ceiling((b - a) / d));
        return wanted <= Shapes.MaximumElements ? (int)wanted
            : throw call.Fail(FormattableString.Invariant($"{wanted} elements are more than {Shapes.MaximumElements}"));
    }

    internal static Tensor[] Range(OperatorCall call)
    {
        Tensor start = call.Input(0), delta = call.Input(2);
        var values = new double[Steps(call, start, call.Input(1), delta)];
        double a = start.Real(0), d = delta.Real(0);
        for (int i = 0; i < values.Length; i++) values[i] = a + i * d;
        if (!start.Type.IsReal() && (Math.Abs(a) > MostExact || values.Length > 0
            && Math.Abs(values[^1]) > MostExact)) throw call.Fail("integers of more than 53 bits are not supported");
        return [Casting.To(start.Type, new Tensor(ElementType.Float64, [values.Length], values))];
    }

    /// <summary>The same elements under another shape of equal size.</summary>
    internal static Tensor With(OperatorCall call, Tensor x, int[] shape) =>
        Shapes.Count(shape) == x.Count ? With(x, shape)
            : throw call.Fail($"{Shapes.Text(x.Shape)} cannot be reshaped to {Shapes.Text(shape)}");

    private static Tensor With(Tensor x, int[] shape) => new(x.Type, shape, x.Data);
}
