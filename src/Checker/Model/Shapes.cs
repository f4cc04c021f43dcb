namespace Sim.Checker.Model;

internal sealed partial class ModelReading
{
    // The shape of a node's first output; null where it is not known.
    private int[]? Shape(Node node)
    {
        if (!node.Has(0) || !_shapes.TryGetValue(node.Inputs[0], out int[]? x)) return null;
        switch (node.Op)
        {
            case "Conv" or "QLinearConv" or "ConvInteger":
                return _shapes.GetValueOrDefault(node.Inputs[WeightInput(node)]) is { Length: > 2 } w && WindowOf(node, x, w[2..]) is { } g
                    ? Spatial(x, w[0], g) : null;
            case "MaxPool" or "AveragePool":
                return node.Ints("kernel_shape") is { } kernel && node.Int("ceil_mode", 0) == 0 && WindowOf(node, x, kernel) is { } p
                    ? Spatial(x, x[1], p) : null;
            case "GlobalAveragePool" or "GlobalMaxPool":
                return x.Length > 2 ? [x[0], x[1], .. x.Skip(2).Select(_ => 1)] : null;
            case "Gemm" or "QGemm":
                return x.Length == 2 && _shapes.GetValueOrDefault(node.Inputs[WeightInput(node)]) is { Length: 2 } b
                    ? [x[node.Int("transA", 0) == 0 ? 0 : 1], b[node.Int("transB", 0) == 0 ? 1 : 0]] : null;
            case "MatMul" or "MatMulInteger" or "QLinearMatMul":
                return x.Length > 1 && _shapes.GetValueOrDefault(node.Inputs[WeightInput(node)]) is { Length: > 1 } m
                    && m.Length <= x.Length ? [.. x[..^1], m[^1]] : null;
            case "Flatten":
                int axis = (int)Math.Clamp(node.Int("axis", 1), -x.Length, x.Length);
                return [Elements(x.Take(axis < 0 ? axis + x.Length : axis)), Elements(x.Skip(axis < 0 ? axis + x.Length : axis))];
            case "Reshape":
                return Constant(node, 1) is { Type: 7 } to ? Reshaped(x, to.Integers()) : null;
            case "Transpose":
                return Order(node, x.Length) is { } order ? [.. order.Select(o => x[o])] : null;
            case "Add" or "Sub" or "Sum":
                return node.Inputs.All(i => _shapes.GetValueOrDefault(i) is { } y && y.SequenceEqual(x)) ? x : null;
            case "QuantizeLinear" or "DequantizeLinear" or "Quant" or "IntQuant" or "BipolarQuant" or "Identity" or "Dropout" or "Relu"
                or "Clip" or "Cast":
                return x;
            default: return null;
        }
    }

    private static int WeightInput(Node node) => node.Op is "QLinearConv" or "QLinearMatMul" or "QGemm" ? 3 : 1;

    private static int[] Spatial(int[] x, int channels, Window g) =>
        x.Length == 3 ? [x[0], channels, g.Columns] : [x[0], channels, g.Rows, g.Columns];

    private static int[]? Reshaped(int[] x, long[] to)
    {
        int[] shape = [.. to.Select((d, i) => d == 0 && i < x.Length ? x[i] : (int)Math.Clamp(d, -1, int.MaxValue))];
        int known = Elements(shape.Where(d => d >= 0)), all = Elements(x);
        if (known == 0 || shape.Count(d => d < 0) > 1 || all % known != 0) return null;
        return [.. shape.Select(d => d < 0 ? all / known : d)];
    }

    private static int[]? Order(Node node, int rank)
    {
        int[] order = node.Ints("perm") ?? [.. Enumerable.Range(0, rank).Reverse()];
        return order.Order().SequenceEqual(Enumerable.Range(0, rank)) ? order : null;
    }

    // Windows over one or two spatial dimensions; null when the attributes do not fit.
    private static Window? WindowOf(Node node, int[] x, int[] kernel)
    {
        int rank = kernel.Length;
        if (rank is not (1 or 2) || x.Length != rank + 2 || x.Skip(2).Any(d => d is < 1 or > 1 << 16)) return null;
        int[] strides = node.Ints("strides") ?? [1, 1], dilations = node.Ints("dilations") ?? [1, 1], pads = node.Ints("pads")
            ?? [0, 0, 0, 0];
        if (strides.Length < rank || dilations.Length < rank || pads.Length < 2 * rank || strides.Concat(dilations).Concat(kernel)
            .Any(v => v is < 1 or > 1 << 20)) return null;
        int[] begin = pads[..rank], end = pads[rank..(2 * rank)];
        string auto = node.Text("auto_pad", "NOTSET");
        for (int i = 0; i < rank && auto.Length > 0 && auto != "NOTSET"; i++)
        {
            int span = dilations[i] * (kernel[i] - 1) + 1,
                total = Math.Max(0, ((x[i + 2] + strides[i] - 1) / strides[i] - 1) * strides[i] + span - x[i + 2]);
            if (auto == "VALID") total = 0;
            else if (auto is not ("SAME_UPPER" or "SAME_LOWER")) return null;
            begin[i] = auto == "SAME_LOWER" ? total - total / 2 : total / 2;
            end[i] = total - begin[i];
        }
        int At(int[] list, bool vertical, int absent) => rank == 1 ? vertical ? absent : list[0] : list[vertical ? 0 : 1];
        var window = new Window(x[1], At([.. x.Skip(2)], true, 1), At([.. x.Skip(2)], false, 1), At(kernel, true, 1), At(kernel, false, 1),
            At(strides, true, 1), At(strides, false, 1),
            At(begin, true, 0), At(begin, false, 0), At(end, true, 0), At(end, false, 0), At(dilations, true, 1), At(dilations, false, 1));
        return window.Height + window.Top + window.Bottom > window.DilationY * (window.KernelY - 1) && window.Width + window.Left
            + window.Right > window.DilationX * (window.KernelX - 1) ? window : null;
    }
}
