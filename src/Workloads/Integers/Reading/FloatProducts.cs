using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers.Reading;

/// <summary>
/// Conv, Gemm and MatMul of dequantized operands: integer hardware sums the integers, and the scales multiply the sums. A bias is in units
/// of the product's scale:
/// the integers of a DequantizeLinear, or the float bias rounded half to even.
/// </summary>
internal static class FloatProducts
{
    internal static void Read(GraphReading reading, Node node)
    {
        GemmLayer shape = reading.Gemm(node);
        if (reading.Quantizer?.Leaves(node) is { } reason)
        {
            reading.Note(node, reason);
            return;
        }
        if (Operand(reading, node, 0) is not { } x) return;
        bool isConstant = reading.IsConstant(node, 1);
        Dequantized? w = isConstant && reading.Value(node, 1) is not Dequantized ? null : Operand(reading, node, 1);
        if (w is null && (!isConstant || reading.Quantizer is null))
        {
            if (isConstant) NotQuantized(reading, node, 1);
            return;
        }
        if (!isConstant && reading.IsOpen(shapes => shapes(node.Inputs[0])[^1]))
        {
            reading.Note(node, "sums products whose number the graph leaves open");
            return;
        }
        // Of a transposed matrix the operands of a row lie apart: neither channels nor layers are theirs.
        if (node.OpType == "Gemm" && LayerWeights.Flag(node, "transA")) x = x with
            { Integers = new(x.Integers.Constant, x.Integers.Type, [x.Integers.Hull]) { Step = x.Integers.Step } };
        if (x.Scales.Length > 1 || x.Zeros.Length > 1 || w is { Integers.Constant: null } && (w.Scales.Length > 1 || w.Zeros.Length > 1))
        {
            reading.Error(node, "INT004",
                "the scale of an operand differs within a sum; allowed is one for the tensor, and for constant weights one an output channel");
            return;
        }
        IntegerRows? rows = w is null ? reading.Quantizer!.Weights(reading, node, shape, reading.Constant(node, 1)!.Floats)
            : Rows(reading, node, shape, w);
        float alpha = node.OpType == "Gemm" ? node.Attributes.GetValueOrDefault("alpha")?.Real ?? 1 : 1;
        if (!(alpha > 0) || !float.IsFinite(alpha))
        {
            reading.Error(node, "INT001", FormattableString.Invariant($"alpha = {alpha} must be greater than 0 and finite"));
            return;
        }
        if (rows is null) return;
        float[] products = [.. rows.Scales.Select(s => x.Scales[0] * s * alpha)];
        if (Bias(reading, node, shape, products) is not { } bias) return;
        var layer = new IntegerLayer(node.Name, node.OpType, shape, rows.Weights, rows.Type, Boxes.Inputs(x.Integers, shape))
        {
            InputZeroPoint = (int)x.Zeros[0], InputStep = x.Integers.Step, WeightZeroPoints = rows.Zeros, Bias = bias,
                Source = Boxes.Link(x.Integers.Source, reading.Layers, shape),
        };
        if (GraphReading.IsBeyond(layer))
        {
            reading.Note(node, "multiplies integers of more than 32 bits or sums beyond 62");
            return;
        }
        reading.Add(node, layer, x.Scales[0], x.Integers.Type);
        if (!float.IsNaN(products[0])) reading.Set(node,
            new Sums(reading.Layers.Count - 1, products.Distinct().Count() == 1 ? [products[0]] : products));
    }

    private static Dequantized? Operand(GraphReading reading, Node node, int index)
    {
        if (reading.Value(node, index) is Dequantized d) return d;
        if (reading.Quantizer is { } quantizer) return quantizer.Activation(reading, node, index);
        NotQuantized(reading, node, index);
        return null;
    }

    private static void NotQuantized(GraphReading reading, Node node, int index) =>
        reading.Note(node, $"has no integer semantics: operand '{node.Inputs[index]}' is not quantized");

    private static IntegerRows? Rows(GraphReading reading, Node node, GemmLayer shape, Dequantized w)
    {
        int count = w.Integers.Constant?.Count ?? 1;
        if (OfRows(reading, node, shape, w.Scales, count, "scale") is not { } scales
            || OfRows(reading, node, shape, w.Zeros, count, "zero point") is not { } zeros) return null;
        IntegerWeights weights = w.Integers.Constant is { } constant ? IntegerProducts.Rows(node, shape, constant) : IntegerWeights.None;
        return new(weights, w.Integers.Constant is null ? w.Integers.Hull : w.Integers.Type, scales, Array.ConvertAll(zeros, z => (int)z));
    }

    // One a row: elements of a row may not differ.
    private static T[]? OfRows<T>(GraphReading reading, Node node, GemmLayer shape, Repeated<T> values, int count, string what) where T
        : struct, IEquatable<T>
    {
        int rows = shape.Groups * shape.N;
        if (values.Length == 1) return [.. Enumerable.Repeat(values[0], rows)];
        if (IsByRow(node, shape, values.Length, values.Inner)) return [.. values];
        T[] elements = LayerWeights.Rows(node, shape, values.Elements(count));
        for (int i = 0; i < elements.Length; i++)
        {
            if (elements[i].Equals(elements[i - i % shape.K])) continue;
            reading.Error(node, "INT004",
                $"the {what} of its weights differs within an output channel; allowed is one for the tensor or one an output channel");
            return null;
        }
        return [.. Enumerable.Range(0, rows).Select(r => elements[r * shape.K])];
    }

    // Whether numbers repeat as rows do: a row's weights lie together, or each row is a column of the stored matrix.
    private static bool IsByRow(Node node, GemmLayer shape, int numbers, int inner) =>
        numbers == shape.Groups * shape.N && (LayerWeights.RowsFirst(node, shape) ? inner == shape.K : shape.Groups == 1 && inner == 1);

    private static long[]? Bias(GraphReading reading, Node node, GemmLayer shape, float[] products)
    {
        int index = LayerWeights.BiasIndex(node);
        if (!reading.Has(node, index) || reading.Quantizer?.LeavesOutBias == true) return [];
        if (float.IsNaN(products[0]))
        {
            reading.Error(node, "INT005",
                "its bias has no integers, because the range of its input is unknown; allowed are calibration data, or a bias that is left out of the accumulator");
            return null;
        }
        int rows = shape.Groups * shape.N;
        if (reading.Constant(node, index) is not { Type: ElementType.Float32 } t || !IntegerProducts.IsByColumn(t, rows))
        {
            reading.Error(node, "INT004", "its bias is no constant of one number an output channel");
            return null;
        }
        float beta = node.OpType == "Gemm" ? node.Attributes.GetValueOrDefault("beta")?.Real ?? 1 : 1;
        var stated = reading.Value(node, index) as Dequantized;
        long[] bias = new long[rows];
        for (int r = 0; r < rows; r++)
        {
            int i = t.Count == 1 ? 0 : r;
            // A quantizer's product of the two scales may differ from ours in the last place: then its integers are meant.
            if (stated is { Zeros: [0] } && beta == 1 && Math.Abs(stated.Scales.At(i) / products[r] - 1) < 1e-6f) bias[r] =
                stated.Integers.Constant!.Integer(i);
            else
            {
                double units = Math.Round((double)t.Floats[i] * beta / products[r], MidpointRounding.ToEven);
                if (!(Math.Abs(units) <= 1L << 53))
                {
                    reading.Error(node, "INT001",
                        FormattableString.Invariant($"bias {t.Floats[i]:G9} of output channel {r} is no integer of at most 2^53 in units of the product's scale {products[r]:G9}"));
                    return null;
                }
                bias[r] = (long)units;
            }
        }
        return bias;
    }
}
