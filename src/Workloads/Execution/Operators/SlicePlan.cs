using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>What a Slice takes of an input: the result's shape, its steps through the input's elements and where it begins.</summary>
internal sealed record SlicePlan(int[] Shape, int[] Steps, int Offset)
{
    internal static SlicePlan Of(OperatorCall call, int[] x)
    {
        long[] starts = Bounds(call, 1, "starts"), ends = Bounds(call, 2, "ends");
        int[] axes = call.IntsFromInputOr(3, "axes") ?? [.. Enumerable.Range(0, starts.Length)], steps = call.IntsFromInputOr(4, "steps")
            ?? [.. Enumerable.Repeat(1, starts.Length)];
        if (ends.Length != starts.Length || axes.Length != starts.Length
            || steps.Length != starts.Length) throw call.Fail("starts, ends, axes and steps have different lengths");
        int[] shape = (int[])x.Clone(), strides = Shapes.Strides(x), step = (int[])strides.Clone();
        int offset = 0;
        var seen = new HashSet<int>();
        for (int i = 0; i < starts.Length; i++)
        {
            int axis = call.Axis(axes[i], shape.Length), d = x[axis], s = steps[i];
            if (s == 0) throw call.Fail("a step is 0");
            if (!seen.Add(axis)) throw call.Fail($"axis {axis} is sliced twice");
            if (d == 0) continue;
            long from = Math.Clamp(starts[i] < 0 ? starts[i] + d : starts[i], 0, s > 0 ? d : d - 1);
            long to = Math.Clamp(ends[i] < 0 && ends[i] >= -d ? ends[i] + d : ends[i], s > 0 ? 0 : -1, d);
            shape[axis] = (int)Math.Max(0, s > 0 ? (to - from + s - 1) / s : (from - to - s - 1) / -s);
            step[axis] = s * strides[axis];
            offset += shape[axis] == 0 ? 0 : (int)from * strides[axis];
        }
        return new SlicePlan(shape, step, offset);
    }

    // INT64_MIN and INT64_MAX mean "as far as there is", so bounds stay 64 bits wide.
    private static long[] Bounds(OperatorCall call, int index, string attribute) =>
        Array.ConvertAll(call.Optional(index) is { } t ? call.Integers(t, index) : call.Longs(attribute)
            ?? throw call.Fail($"{attribute} is missing"), v => Math.Max(v, long.MinValue / 2));
}
