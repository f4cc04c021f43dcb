using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Operators that move elements: Transpose, Concat, Split, Slice, Gather, Expand, Tile, DepthToSpace, SpaceToDepth.</summary>
internal static class Movement
{
    /// <summary>Result[i] = x[source[i]].</summary>
    internal static Tensor Rearrange(Tensor x, int[] shape, int[] source) => new(x.Type, shape, TensorStorage.Pick(x.Data, source));

    /// <summary>Result[index] = x[offset + Σ index·step] over the result's shape.</summary>
    internal static Tensor Strided(Tensor x, int[] shape, int[] steps, int offset = 0)
    {
        int count = Shapes.Count(shape);
        Array made = TensorStorage.Like(x.Data, count);
        // A piece at a time: places of all elements would take four bytes for one of int8.
        var source = new int[Math.Min(count, 1 << 14)];
        var index = new int[shape.Length];
        int at = offset;
        for (int i = 0; i < count; i++)
        {
            source[i % source.Length] = at;
            if ((i + 1) % source.Length == 0 || i + 1 == count) TensorStorage.Pick(x.Data, source.AsSpan(0, i % source.Length + 1), made,
                i - i % source.Length);
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                at += steps[d];
                if (++index[d] < shape[d]) break;
                at -= steps[d] * shape[d];
                index[d] = 0;
            }
        }
        return new Tensor(x.Type, shape, made);
    }

    internal static Tensor[] Transpose(OperatorCall call)
    {
        Tensor x = call.Input(0);
        return [Permuted(x, Permutation(call, x.Shape.Length))];
    }

    /// <summary>The tensor with its axes in another order.</summary>
    internal static Tensor Permuted(Tensor x, int[] perm)
    {
        int[] strides = Shapes.Strides(x.Shape);
        return Strided(x, [.. perm.Select(p => x.Shape[p])], [.. perm.Select(p => strides[p])]);
    }

    internal static StaticValue[] TransposeShape(ShapeCall call) =>
        call.Like([.. Permutation(call, call.In(0).Shape.Length).Select(p => call.In(0).Shape[p])]);

    private static int[] Permutation(OperatorCall call, int rank)
    {
        int[] perm = call.Ints("perm") ?? [.. Enumerable.Range(0, rank).Reverse()];
        return perm.Order().SequenceEqual(Enumerable.Range(0, rank)) ? perm
            : throw call.Fail($"perm {Shapes.Text(perm)} is no permutation of {rank} axes");
    }

    internal static StaticValue[] ConcatShape(ShapeCall call) => call.Like(Joined(call, call.In, out _));

    private static int[] Joined(OperatorCall call, Func<int, StaticValue> input, out int axis)
    {
        StaticValue first = input(0);
        if (!call.Has("axis")) throw call.Fail("attribute 'axis' is missing");
        int along = axis = call.Axis(call.Int("axis", 0), first.Shape.Length);
        int[] shape = (int[])first.Shape.Clone();
        for (int i = 1; i < call.InputCount; i++)
        {
            StaticValue t = input(i);
            if (t.Type != first.Type || t.Shape.Length != shape.Length || t.Shape.Where((d, k) => k != along && d != shape[k]).Any())
                throw call.Fail($"input {i} {t.Type} {Shapes.Text(t.Shape)} does not join {first.Type} {Shapes.Text(first.Shape)} along axis {axis}");
            shape[axis] += t.Shape[axis];
        }
        return shape;
    }

    internal static Tensor[] Concat(OperatorCall call)
    {
        Tensor first = call.Input(0);
        int[] shape = Joined(call, i => StaticValue.Of(call.Input(i)), out int axis);
        int outer = Shapes.Count(shape.AsSpan(0, axis)), row = Shapes.Count(shape.AsSpan(axis)), at = 0;
        Array result = Array.CreateInstance(first.Type.Storage(), Shapes.Count(shape));
        for (int i = 0; i < call.InputCount; i++)
        {
            Tensor t = call.Input(i);
            int part = Shapes.Count(t.Shape.AsSpan(axis));
            for (int o = 0; o < outer; o++) Array.Copy(t.Data, o * part, result, o * row + at, part);
            at += part;
        }
        return [new Tensor(first.Type, shape, result)];
    }

    internal static Tensor[] Split(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int[] sizes = Sizes(call, x.Shape, out int axis);
        int[] strides = Shapes.Strides(x.Shape);
        var results = new Tensor[sizes.Length];
        for (int i = 0, at = 0; i < sizes.Length; at += sizes[i++])
        {
            int[] shape = (int[])x.Shape.Clone();
            shape[axis] = sizes[i];
            results[i] = Strided(x, shape, strides, at * strides[axis]);
        }
        return results;
    }

    internal static StaticValue[] SplitShape(ShapeCall call)
    {
        StaticValue x = call.In(0);
        int[] sizes = Sizes(call, x.Shape, out int axis);
        return Array.ConvertAll(sizes, size => new StaticValue(x.Type, [.. x.Shape.Select((d, i) => i == axis ? size : d)]));
    }

    // What Split cuts its axis into.
    private static int[] Sizes(OperatorCall call, int[] x, out int axis)
    {
        axis = call.Axis(call.Int("axis", 0), x.Length);
        int total = x[axis], parts = call.Small(call.Int("num_outputs", call.OutputCount), "num_outputs");
        if (parts != call.OutputCount) throw call.Fail($"num_outputs {parts} is not the number of outputs, {call.OutputCount}");
        if (call.Has("num_outputs") && call.InputCount > 1
            && call.Optional(1) is not null) throw call.Fail("both num_outputs and sizes are given; allowed is one of them");
        if (parts < 1 || parts > Math.Max(total,
            call.OutputCount)) throw call.Fail($"num_outputs {parts} does not fit dimension {axis} of {Shapes.Text(x)}");
        int even = (total + parts - 1) / parts;
        int[] sizes = call.IntsFromInputOr(1, "split")
            ?? [.. Enumerable.Range(0, parts).Select(i => Math.Clamp(total - i * even, 0, even))];
        if (sizes.Length != call.OutputCount) throw call.Fail($"{sizes.Length} sizes do not fit {call.OutputCount} outputs");
        if (sizes.Sum() != total || sizes.Any(s =>
            s < 0)) throw call.Fail($"sizes {Shapes.Text(sizes)} do not add up to dimension {axis} of {Shapes.Text(x)}");
        return sizes;
    }

    internal static Tensor[] Slice(OperatorCall call)
    {
        Tensor x = call.Input(0);
        SlicePlan plan = SlicePlan.Of(call, x.Shape);
        return [Strided(x, plan.Shape, plan.Steps, plan.Offset)];
    }

    internal static StaticValue[] SliceShape(ShapeCall call) => call.Like(SlicePlan.Of(call, call.In(0).Shape).Shape);

    internal static Tensor[] Gather(OperatorCall call)
    {
        Tensor x = call.Input(0), indices = call.Input(1);
        int axis = call.Axis(call.Int("axis", 0), x.Shape.Length), inner = Shapes.Count(x.Shape.AsSpan(axis + 1)),
            outer = Shapes.Count(x.Shape.AsSpan(0, axis));
        int size = x.Shape[axis];
        int[] picks = Array.ConvertAll(call.Integers(indices, 1), i => i >= -size && i < size ? (int)(i < 0 ? i + size : i)
            : throw call.Fail($"index {i} is outside axis {axis} of {Shapes.Text(x.Shape)}; allowed are {-size} to {size - 1}"));
        var source = new int[Shapes.Count([outer, picks.Length, inner])];
        int to = 0;
        for (int o = 0; o < outer; o++)
            foreach (int pick in picks)
                for (int i = 0; i < inner; i++) source[to++] = (o * x.Shape[axis] + pick) * inner + i;
        return [Rearrange(x, [.. x.Shape[..axis], .. indices.Shape, .. x.Shape[(axis + 1)..]], source)];
    }

    internal static StaticValue[] GatherShape(ShapeCall call)
    {
        int[] x = call.In(0).Shape;
        int axis = call.Axis(call.Int("axis", 0), x.Length);
        if (call.In(1).Type.IsReal()) throw call.Fail($"input 1 must hold integers, found {call.In(1).Type}");
        return call.Like([.. x[..axis], .. call.In(1).Shape, .. x[(axis + 1)..]]);
    }

    internal static Tensor[] Expand(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int[] shape = Expanded(call, x.Shape);
        return [Strided(x, shape, Shapes.BroadcastStrides(x.Shape, shape.Length, shape))];
    }

    internal static StaticValue[] ExpandShape(ShapeCall call) => call.Like(Expanded(call, call.In(0).Shape));

    private static int[] Expanded(OperatorCall call, int[] x)
    {
        int[] wanted = call.IntsFromInputOr(1, "shape") ?? throw call.Fail("the shape is missing");
        return Shapes.Broadcast(x, wanted) ?? throw call.Fail($"{Shapes.Text(x)} does not broadcast to {Shapes.Text(wanted)}");
    }

    internal static Tensor[] Tile(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int[] repeats = Repeats(call, x.Shape);
        int[] strides = Shapes.Strides(x.Shape);
        // Each dimension becomes (repeat, size), the repeat with step 0.
        int[] shape = [.. x.Shape.SelectMany((d, i) => new[] { repeats[i], d })], steps = [.. strides.SelectMany(s => new[] { 0, s })];
        return [ShapeOperators.With(call, Strided(x, shape, steps), [.. x.Shape.Select((d, i) => d * repeats[i])])];
    }

    internal static StaticValue[] TileShape(ShapeCall call)
    {
        int[] x = call.In(0).Shape, repeats = Repeats(call, x);
        return call.Like([.. x.Select((d, i) => d * repeats[i])]);
    }

    private static int[] Repeats(OperatorCall call, int[] x)
    {
        int[] repeats = call.IntsFromInputOr(1, "repeats") ?? throw call.Fail("the repeats are missing");
        return repeats.Length == x.Length && repeats.All(r => r >= 0) ? repeats
            : throw call.Fail($"repeats {Shapes.Text(repeats)} do not fit {Shapes.Text(x)}");
    }

    private static bool DepthFirst(OperatorCall call) => call.Text("mode", "DCR") switch
    {
        "DCR" => true,
        "CRD" => false,
        string other => throw call.Fail($"mode '{other}' is not one of DCR, CRD"),
    };

    internal static StaticValue[] DepthToSpaceShape(ShapeCall call)
    {
        _ = DepthFirst(call);
        int[] x = call.In(0).Shape;
        int b = Block(call, x);
        return x[1] % (b * b) == 0 ? call.Like([x[0], x[1] / (b * b), x[2] * b, x[3] * b])
            : throw call.Fail($"blocksize {b} does not divide {x[1]} channels");
    }

    internal static StaticValue[] SpaceToDepthShape(ShapeCall call)
    {
        int[] x = call.In(0).Shape;
        int b = Block(call, x);
        return x[2] % b == 0 && x[3] % b == 0 ? call.Like([x[0], x[1] * b * b, x[2] / b, x[3] / b])
            : throw call.Fail($"blocksize {b} does not divide {Shapes.Text(x)}");
    }

    internal static Tensor[] DepthToSpace(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int b = Block(call, x.Shape);
        (int n, int c, int h, int w) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        if (c % (b * b) != 0) throw call.Fail($"blocksize {b} does not divide {c} channels");
        int small = c / (b * b), plane = h * w;
        bool depthFirst = DepthFirst(call);
        int blockY = depthFirst ? b * small * plane : b * plane, blockX = depthFirst ? small * plane : plane, channel = depthFirst ? plane
            : b * b * plane;
        return [ShapeOperators.With(call, Strided(x, [n, small, h, b, w, b], [c * plane, channel, w, blockY, 1, blockX]),
            [n, small, h * b, w * b])];
    }

    internal static Tensor[] SpaceToDepth(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int b = Block(call, x.Shape);
        (int n, int c, int h, int w) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        if (h % b != 0 || w % b != 0) throw call.Fail($"blocksize {b} does not divide {Shapes.Text(x.Shape)}");
        return [ShapeOperators.With(call, Strided(x, [n, b, b, c, h / b, w / b], [c * h * w, w, 1, h * w, b * w, b]),
            [n, c * b * b, h / b, w / b])];
    }

    private static int Block(OperatorCall call, int[] x)
    {
        int b = call.Small(call.Int("blocksize", 0), "blocksize");
        return x.Length == 4 && b >= 1 ? b
            : throw call.Fail($"needs a 4-D input and a blocksize of at least 1, found {Shapes.Text(x)} and {b}");
    }
}
