using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Reduce* over axes, ArgMax, ArgMin. Real sums run in double in ascending order of the reduced elements and are rounded
/// once.</summary>
internal static class Reductions
{
    internal static OperatorBody Of(double initial, Func<double, double, double> step, Func<double, int, double>? finish = null) =>
        call => [Reduce(call, initial, step, finish)];

    private static Tensor Reduce(OperatorCall call, double initial, Func<double, double, double> step, Func<double, int, double>? finish)
    {
        Tensor x = call.Input(0);
        int rank = x.Shape.Length;
        bool[] reduced = Reduced(call, rank);
        int[] kept = [.. x.Shape.Select((d, i) => reduced[i] ? 1 : d)];
        var sums = new double[Shapes.Count(kept)];
        Array.Fill(sums, initial);
        int[] steps = Shapes.BroadcastStrides(kept, rank, x.Shape), index = new int[rank];
        for (int d = 0; d < rank; d++)
            if (reduced[d]) steps[d] = 0;
        for (int i = 0; i < x.Count; i++)
        {
            int at = 0;
            for (int d = 0; d < rank; d++) at += index[d] * steps[d];
            sums[at] = step(sums[at], Casting.AsDouble(x, i));
            for (int d = rank - 1; d >= 0 && ++index[d] == x.Shape[d]; d--) index[d] = 0;
        }
        int count = sums.Length == 0 ? 0 : x.Count / sums.Length;
        if (finish is not null)
            for (int i = 0; i < sums.Length; i++) sums[i] = finish(sums[i], count);
        int[] shape = call.Flag("keepdims", true) ? kept : [.. kept.Where((_, i) => !reduced[i])];
        // Integers of more than 53 bits would lose digits in a double.
        if (!x.Type.IsReal() && sums.Any(s => Math.Abs(s) > 9007199254740992)) throw call.Fail("an integer result has more than 53 bits");
        return Casting.To(x.Type, new Tensor(ElementType.Float64, shape, sums));
    }

    internal static StaticValue[] Shape(ShapeCall call)
    {
        int[] x = call.In(0).Shape;
        bool[] reduced = Reduced(call, x.Length);
        return call.Like(call.Flag("keepdims", true) ? [.. x.Select((d, i) => reduced[i] ? 1 : d)] : [.. x.Where((_, i) => !reduced[i])]);
    }

    // Which axes are reduced.
    private static bool[] Reduced(OperatorCall call, int rank)
    {
        int[]? axes = call.IntsFromInputOr(1, "axes");
        if (axes is null or { Length: 0 } && call.Flag("noop_with_empty_axes", false)) axes = [];
        else if (axes is null or { Length: 0 }) axes = [.. Enumerable.Range(0, rank)];
        var reduced = new bool[rank];
        foreach (int a in axes) reduced[call.Axis(a, rank)] = true;
        return reduced;
    }

    internal static StaticValue[] ArgShape(ShapeCall call)
    {
        int[] x = call.In(0).Shape;
        int axis = call.Axis(call.Int("axis", 0), x.Length);
        return [new StaticValue(ElementType.Int64, call.Flag("keepdims", true) ? [.. x.Select((d, i) => i == axis ? 1 : d)]
            : [.. x[..axis], .. x[(axis + 1)..]])];
    }

    internal static Tensor[] ArgMax(OperatorCall call) => Arg(call, 1);

    internal static Tensor[] ArgMin(OperatorCall call) => Arg(call, -1);

    // The order of two elements, exact for 64-bit integers; a NaN is neither above nor below.
    private static int Order(Tensor x, int a, int b)
    {
        if (x.Type == ElementType.UInt64) return x.Span<ulong>()[a].CompareTo(x.Span<ulong>()[b]);
        if (!x.Type.IsReal()) return x.Integer(a).CompareTo(x.Integer(b));
        (double left, double right) = (x.Real(a), x.Real(b));
        return left > right ? 1 : left < right ? -1 : 0;
    }

    private static Tensor[] Arg(OperatorCall call, int sign)
    {
        Tensor x = call.Input(0);
        int axis = call.Axis(call.Int("axis", 0), x.Shape.Length), length = x.Shape[axis], step = Shapes.Count(x.Shape.AsSpan(axis + 1));
        bool last = call.Flag("select_last_index", false);
        if (length == 0) throw call.Fail($"axis {axis} of {Shapes.Text(x.Shape)} is empty");
        var result = new long[x.Count / length];
        for (int row = 0; row < result.Length; row++)
        {
            int start = row / step * length * step + row % step, best = 0;
            for (int i = 1; i < length; i++)
            {
                int order = sign * Order(x, start + i * step, start + best * step);
                if (order > 0 || last && order == 0) best = i;
            }
            result[row] = best;
        }
        int[] shape = [.. x.Shape.Select((d, i) => i == axis ? 1 : d)];
        return [Tensor.OfIntegers(ElementType.Int64, result, call.Flag("keepdims", true) ? shape
            : [.. x.Shape[..axis], .. x.Shape[(axis + 1)..]])];
    }
}
