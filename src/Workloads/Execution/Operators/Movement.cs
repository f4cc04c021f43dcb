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
        var source = new int[Shapes.Count(shape)];
        var index = new int[shape.Length];
        int at = offset;
        for (int i = 0; i < source.Length; i++)
        {
            source[i] = at;
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                at += steps[d];
                if (++index[d] < shape[d]) break;
                at -= steps[d] * shape[d];
                index[d] = 0;
            }
        }
        return Rearrange(x, shape, source);
    }

    internal static Tensor[] Transpose(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int rank = x.Shape.Length;
        int[] perm = call.Ints("perm") ?? [.. Enumerable.Range(0, rank).Reverse()];
        if (!perm.Order().SequenceEqual(Enumerable.Range(0, rank))) throw call.Fail($"perm {Shapes.Text(perm)} is no permutation of {rank} axes");
        int[] strides = Shapes.Strides(x.Shape);
        return [Strided(x, [.. perm.Select(p => x.Shape[p])], [.. perm.Select(p => strides[p])])];
    }

    internal static Tensor[] Concat(OperatorCall call)
    {
        Tensor first = call.Input(0);
        if (!call.Has("axis")) throw call.Fail("attribute 'axis' is missing");
        int axis = call.Axis(call.Int("axis", 0), first.Shape.Length);
        int[] shape = (int[])first.Shape.Clone();
        for (int i = 1; i < call.InputCount; i++)
        {
            Tensor t = call.Input(i);
            if (t.Type != first.Type || t.Shape.Length != shape.Length || t.Shape.Where((d, k) => k != axis && d != shape[k]).Any())
                throw call.Fail($"input {i} {t.Type} {Shapes.Text(t.Shape)} does not join {first.Type} {Shapes.Text(first.Shape)} along axis {axis}");
            shape[axis] += t.Shape[axis];
        }
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
        int axis = call.Axis(call.Int("axis", 0), x.Shape.Length), total = x.Shape[axis], parts = call.Small(call.Int("num_outputs", call.OutputCount), "num_outputs");
        if (parts < 1) throw call.Fail("num_outputs must be at least 1");
        int even = (total + parts - 1) / parts;
        int[] sizes = call.IntsFromInputOr(1, "split") ?? [.. Enumerable.Range(0, parts).Select(i => Math.Clamp(total - i * even, 0, even))];
        if (sizes.Sum() != total || sizes.Any(s => s < 0)) throw call.Fail($"sizes {Shapes.Text(sizes)} do not add up to dimension {axis} of {Shapes.Text(x.Shape)}");
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

    internal static Tensor[] Slice(OperatorCall call)
    {
        Tensor x = call.Input(0);
        long[] starts = Bounds(call, 1, "starts"), ends = Bounds(call, 2, "ends");
        int[] axes = call.IntsFromInputOr(3, "axes") ?? [.. Enumerable.Range(0, starts.Length)], steps = call.IntsFromInputOr(4, "steps") ?? [.. Enumerable.Repeat(1, starts.Length)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length) throw call.Fail("starts, ends, axes and steps have different lengths");
        int[] shape = (int[])x.Shape.Clone(), strides = Shapes.Strides(x.Shape), step = (int[])strides.Clone();
        int offset = 0;
        for (int i = 0; i < starts.Length; i++)
        {
            int axis = call.Axis(axes[i], shape.Length), d = x.Shape[axis], s = steps[i];
            if (s == 0) throw call.Fail("a step is 0");
            long from = Math.Clamp(starts[i] < 0 ? starts[i] + d : starts[i], 0, s > 0 ? d : d - 1);
            long to = Math.Clamp(ends[i] < 0 && ends[i] >= -d ? ends[i] + d : ends[i], s > 0 ? 0 : -1, d);
            shape[axis] = (int)Math.Max(0, s > 0 ? (to - from + s - 1) / s : (from - to - s - 1) / -s);
            step[axis] = s * strides[axis];
            offset += shape[axis] == 0 ? 0 : (int)from * strides[axis];
        }
        return [Strided(x, shape, step, offset)];
    }

    // INT64_MIN and INT64_MAX mean "as far as there is", so bounds stay 64 bits wide.
    private static long[] Bounds(OperatorCall call, int index, string attribute) => call.Optional(index) is { } t
        ? Array.ConvertAll(call.Integers(t, index), v => Math.Max(v, long.MinValue / 2))
        : Array.ConvertAll(call.Ints(attribute) ?? throw call.Fail($"{attribute} is missing"), v => (long)v);

    internal static Tensor[] Gather(OperatorCall call)
    {
        Tensor x = call.Input(0), indices = call.Input(1);
        int axis = call.Axis(call.Int("axis", 0), x.Shape.Length), inner = Shapes.Count(x.Shape.AsSpan(axis + 1)), outer = Shapes.Count(x.Shape.AsSpan(0, axis));
        int[] picks = Array.ConvertAll(call.Integers(indices, 1), i => call.Axis(i, x.Shape[axis]));
        var source = new int[Shapes.Count([outer, picks.Length, inner])];
        int to = 0;
        for (int o = 0; o < outer; o++)
            foreach (int pick in picks)
                for (int i = 0; i < inner; i++) source[to++] = (o * x.Shape[axis] + pick) * inner + i;
        return [Rearrange(x, [.. x.Shape[..axis], .. indices.Shape, .. x.Shape[(axis + 1)..]], source)];
    }

    internal static Tensor[] Expand(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int[] wanted = call.IntsFromInputOr(1, "shape") ?? throw call.Fail("the shape is missing");
        int[] shape = Shapes.Broadcast(x.Shape, wanted) ?? throw call.Fail($"{Shapes.Text(x.Shape)} does not broadcast to {Shapes.Text(wanted)}");
        return [Strided(x, shape, Shapes.BroadcastStrides(x.Shape, shape.Length, shape))];
    }

    internal static Tensor[] Tile(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int[] repeats = call.IntsFromInputOr(1, "repeats") ?? throw call.Fail("the repeats are missing");
        if (repeats.Length != x.Shape.Length || repeats.Any(r => r < 0)) throw call.Fail($"repeats {Shapes.Text(repeats)} do not fit {Shapes.Text(x.Shape)}");
        int[] strides = Shapes.Strides(x.Shape);
        // Each dimension becomes (repeat, size), the repeat with step 0.
        int[] shape = [.. x.Shape.SelectMany((d, i) => new[] { repeats[i], d })], steps = [.. strides.SelectMany(s => new[] { 0, s })];
        return [ShapeOperators.With(call, Strided(x, shape, steps), [.. x.Shape.Select((d, i) => d * repeats[i])])];
    }

    internal static Tensor[] DepthToSpace(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int b = Block(call, x);
        (int n, int c, int h, int w) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        if (c % (b * b) != 0) throw call.Fail($"blocksize {b} does not divide {c} channels");
        int small = c / (b * b), plane = h * w;
        bool depthFirst = call.Text("mode", "DCR") == "DCR";
        int blockY = depthFirst ? b * small * plane : b * plane, blockX = depthFirst ? small * plane : plane, channel = depthFirst ? plane : b * b * plane;
        return [ShapeOperators.With(call, Strided(x, [n, small, h, b, w, b], [c * plane, channel, w, blockY, 1, blockX]), [n, small, h * b, w * b])];
    }

    internal static Tensor[] SpaceToDepth(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int b = Block(call, x);
        (int n, int c, int h, int w) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        if (h % b != 0 || w % b != 0) throw call.Fail($"blocksize {b} does not divide {Shapes.Text(x.Shape)}");
        return [ShapeOperators.With(call, Strided(x, [n, b, b, c, h / b, w / b], [c * h * w, w, 1, h * w, b * w, b]), [n, c * b * b, h / b, w / b])];
    }

    private static int Block(OperatorCall call, Tensor x)
    {
        int b = call.Small(call.Int("blocksize", 0), "blocksize");
        return x.Shape.Length == 4 && b >= 1 ? b : throw call.Fail($"needs a 4-D input and a blocksize of at least 1, found {Shapes.Text(x.Shape)} and {b}");
    }
}
