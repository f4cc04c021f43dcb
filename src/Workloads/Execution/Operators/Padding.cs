using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Pad in modes constant, reflect, edge and wrap; negative pads crop.</summary>
internal static class Padding
{
    internal static Tensor[] Pad(OperatorCall call)
    {
        Tensor x = call.Input(0);
        int rank = x.Shape.Length;
        int[] shape = Padded(call, x.Shape, out int[] begin);
        string mode = call.Text("mode", "constant");
        int[][] source = [.. Enumerable.Range(0, rank).Select(d => Sources(call, mode, x.Shape[d], begin[d], shape[d]))];
        Tensor fill = Fill(call, x);
        // The fill value sits behind the elements, so that one gather does it all.
        Array data = Array.CreateInstance(x.Type.Storage(), x.Count + 1);
        Array.Copy(x.Data, data, x.Count);
        Array.Copy(fill.Data, 0, data, x.Count, 1);
        return [Movement.Rearrange(new Tensor(x.Type, [x.Count + 1], data), shape, Indices(x, shape, source))];
    }

    internal static StaticValue[] Shape(ShapeCall call) => call.Like(Padded(call, call.In(0).Shape, out _));

    // The result's shape, and the first element's place in it.
    private static int[] Padded(OperatorCall call, int[] x, out int[] begin)
    {
        int rank = x.Length;
        int[] given = call.IntsFromInputOr(1, "pads") ?? throw call.Fail("the pads are missing");
        int[] axes = call.Optional(3) is { } a ? Array.ConvertAll(call.Integers(a, 3), v => call.Axis(v, rank))
            : [.. Enumerable.Range(0, rank)];
        if (given.Length != 2 * axes.Length) throw call.Fail($"pads must have {2 * axes.Length} entries, found {given.Length}");
        begin = new int[rank];
        int[] shape = (int[])x.Clone();
        for (int i = 0; i < axes.Length; i++)
        {
            begin[axes[i]] = given[i];
            shape[axes[i]] += given[i] + given[i + axes.Length];
        }
        return shape.All(d => d >= 0) ? shape : throw call.Fail($"pads {Shapes.Text(given)} crop more than {Shapes.Text(x)} has");
    }

    private static int[] Indices(Tensor x, int[] shape, int[][] source)
    {
        int[] strides = Shapes.Strides(x.Shape), result = new int[Shapes.Count(shape)], index = new int[shape.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int at = 0;
            for (int d = 0; d < index.Length && at >= 0; d++) at = source[d][index[d]] < 0 ? -1 : at + source[d][index[d]] * strides[d];
            result[i] = at < 0 ? x.Count : at;
            for (int d = index.Length - 1; d >= 0 && ++index[d] == shape[d]; d--) index[d] = 0;
        }
        return result;
    }

    // For each output coordinate of one dimension the input coordinate, -1 for the fill value.
    private static int[] Sources(OperatorCall call, string mode, int size, int begin, int length)
    {
        if (length < 0) throw call.Fail($"pads crop a dimension of {size} to {length}");
        if (size == 0 && mode != "constant" && length > 0) throw call.Fail($"mode '{mode}' cannot pad an empty dimension");
        var result = new int[length];
        for (int i = 0; i < length; i++)
        {
            int at = i - begin;
            result[i] = mode switch
            {
                "constant" => at >= 0 && at < size ? at : -1,
                "edge" => Math.Clamp(at, 0, size - 1),
                "wrap" => (at % size + size) % size,
                "reflect" => Reflect(at, size),
                _ => throw call.Fail($"mode '{mode}' is not one of constant, reflect, edge, wrap"),
            };
        }
        return result;
    }

    private static int Reflect(int at, int size)
    {
        if (size == 1) return 0;
        int period = 2 * (size - 1), m = (at % period + period) % period;
        return m < size ? m : period - m;
    }

    private static Tensor Fill(OperatorCall call, Tensor x)
    {
        Tensor fill = call.Optional(2) ?? Casting.To(x.Type, Tensor.OfFloats([call.Real("value", 0)]));
        return fill.Count == 1 && fill.Type == x.Type ? fill
            : throw call.Fail($"the constant value must be one {x.Type}, found {fill.Type} {Shapes.Text(fill.Shape)}");
    }
}
