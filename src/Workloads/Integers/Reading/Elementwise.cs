using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Operators on float32 values between layers: those that keep a layer's sums recognisable, and the ranges of all
/// others.</summary>
internal static class Elementwise
{
    /// <summary>Relu cuts at 0: a smallest sum, or the zero point.</summary>
    internal static void Relu(GraphReading reading, Node node)
    {
        switch (reading.Value(node, 0))
        {
            case Sums s: reading.Set(node, s with { ClipLow = Math.Max(s.ClipLow, 0), ClipHigh = Math.Max(s.ClipHigh, 0) }); break;
            case Dequantized { Scales.Length: 1, Zeros: [var zero], Integers: { Constant: null, Step: 1 } q } d:
                Interval Cut(Interval b) => new(Int128.Max(b.Low, zero), Int128.Max(b.High, zero));
                LayerSource? source = q.Source is { } made ? made with { Low = Math.Max(made.Low, zero), High = Math.Max(made.High, zero) }
                    : null;
                reading.Set(node, d with { Integers = q with { Box = reading.Options.Boxes == BoxRule.DataType ? q.Box
                    : [.. q.Box.Select(Cut)], Source = source } });
                break;
            default: Rising(reading, node); break;
        }
    }

    /// <summary>Clip of integers narrows them, whatever their container; of sums it moves the ends; of other numbers the range.</summary>
    internal static void Clip(GraphReading reading, Node node)
    {
        if (reading.Value(node, 0) is Stored or Dequantized { Scales.Length: 1, Zeros.Length: 1 } && Clips.Read(reading, node)) return;
        if (reading.Value(node, 0) is not Sums s)
        {
            Rising(reading, node);
            return;
        }
        // The operator itself says what it does to the ends.
        float End(float value) => reading.Apply(node,
            [Tensor.OfFloats([value], 1), .. node.Inputs.Skip(1).Select((_, i) => reading.Constant(node, i + 1))]).Floats[0];
        if (node.Inputs.Skip(1).Select((_, i) => i + 1).All(i => !reading.Has(node, i) || reading.Constant(node, i) is not null))
            reading.Set(node, s with { ClipLow = End(s.ClipLow), ClipHigh = End(s.ClipHigh) });
    }

    /// <summary>Functions of one number that rise with it; HardSigmoid falls where alpha is negative.</summary>
    internal static void Rising(GraphReading reading, Node node)
    {
        if (reading.Options.Boxes == BoxRule.DataType || Ranges.Of(reading, reading.Value(node, 0)) is not { } range) return;
        Tensor?[] rest = [.. node.Inputs.Skip(1).Select((_, i) => reading.Constant(node, i + 1))];
        if (rest.Where((t, i) => t is null && reading.Has(node, i + 1)).Any()) return;
        float[] Ends(float[] values) => reading.Apply(node, [Tensor.OfFloats(values, values.Length), .. rest]).Floats;
        (float[] first, float[] second) = (Ends(range.Low), Ends(range.High));
        // An end without a value (the root of a negative number) tells nothing about the numbers between.
        if (first.Concat(second).Any(float.IsNaN)) return;
        reading.Set(node, new Reals([.. first.Zip(second, Math.Min)], [.. first.Zip(second, Math.Max)], range.Inner));
    }

    /// <summary>Cast of sums to float32 changes nothing that is known: the executor rounds sums to float32 anyway. Integers stay what they
    /// are in any type that holds them.</summary>
    internal static void Cast(GraphReading reading, Node node)
    {
        ElementType to = reading.Type(node.Outputs[0]);
        if (reading.Value(node, 0) is Stored q)
        {
            Interval exact = new(-(1 << 24), 1 << 24);
            if (to == ElementType.Float32 && exact.Contains(q.Hull)) reading.Set(node,
                new Dequantized(q with { Constant = null }, [1], [0]));
            else if (!to.IsReal() && to != ElementType.Bool && Boxes.Of(to).Contains(q.Hull)) reading.Set(node,
                q with { Type = new(Int128.Max(q.Type.Low, Boxes.Of(to).Low), Int128.Min(q.Type.High, Boxes.Of(to).High)) });
            return;
        }
        if (reading.Type(node.Outputs[0]) == ElementType.Float32 && reading.Value(node, 0) is Sums or Reals
            or Dequantized) reading.Set(node, reading.Value(node, 0)!);
    }

    /// <summary>Mul and Div: positive constants, one or one a row, scale the sums of a layer; otherwise the range. Products of two operands
    /// of integers have a register.</summary>
    internal static void Scaled(GraphReading reading, Node node)
    {
        if (node.OpType == "Mul" && ElementProducts.IsProduct(reading, node))
        {
            Combined(reading, node);
            ElementProducts.Read(reading, node);
            return;
        }
        bool divides = node.OpType == "Div";
        int constant = reading.Constant(node, 1) is not null ? 1 : 0;
        if (reading.Value(node, 1 - constant) is Sums s && reading.Constant(node, constant) is { Type: ElementType.Float32 } t
            && (!divides || constant == 1)
            && t.Floats.All(v => v > 0 && float.IsFinite(v)) && ByRow(reading, node, s, t) is { } factors)
        {
            float Times(float value, float factor) => divides ? value / factor : value * factor;
            bool clipped = float.IsFinite(s.ClipLow) && s.ClipLow != 0 || float.IsFinite(s.ClipHigh);
            if (!clipped || factors.Length == 1)
            {
                float[] scales = [.. Enumerable.Range(0, Math.Max(s.Scales.Length, factors.Length))
                    .Select(i => Times(At(s.Scales, i), At(factors, i)))];
                reading.Set(node, s with { Scales = scales, ClipLow = Times(s.ClipLow, factors[0]),
                    ClipHigh = Times(s.ClipHigh, factors[0]) });
                return;
            }
        }
        Combined(reading, node);
        // One factor for all gives integers another scale.
        if (reading.Value(node, 1 - constant) is Dequantized { Scales: [var scale], Zeros.Length: 1, Integers.Constant: null } d
            && (!divides || constant == 1)
            && reading.Constant(node, constant) is { Type: ElementType.Float32, Floats: [> 0 and < float.PositiveInfinity and var factor] })
        {
            float made = divides ? scale / factor : scale * factor,
                most = d.Integers.Box.Max(b => (float)Int128.Max(Int128.Abs(b.Low - d.Zeros[0]), Int128.Abs(b.High - d.Zeros[0])));
            if (made > 0 && float.IsFinite(made)) reading.Set(node,
                d with { Scales = [made], Slack = ElementSums.Slack(most, made, (divides ? d.Slack / factor : d.Slack * factor)) });
        }
    }

    /// <summary>Add, Sub, Mul, Div of ranges: the ends are among the results of the operands' ends.</summary>
    internal static void Combined(GraphReading reading, Node node)
    {
        if (reading.Options.Boxes == BoxRule.DataType || Operand(reading, node, 0) is not { } a
            || Operand(reading, node, 1) is not { } b) return;
        if (node.OpType == "Div" && b.Low.Zip(b.High).Any(r => r.First <= 0 && r.Second >= 0)) return;
        if (!a.Matches(b))
        {
            if (a.Low.Length > 1 && b.Low.Length > 1) (a, b) = (a.Merged, b.Merged);
        }
        int channels = Math.Max(a.Low.Length, b.Low.Length);
        float[] low = new float[channels], high = new float[channels];
        for (int c = 0; c < channels; c++)
        {
            float[] ends = [.. Corners(node.OpType, At(a.Low, c), At(a.High, c), At(b.Low, c), At(b.High, c))];
            if (ends.Any(float.IsNaN)) return;
            (low[c], high[c]) = (ends.Min(), ends.Max());
        }
        reading.Set(node, new Reals(low, high, a.Low.Length == channels ? a.Inner : b.Inner));
    }

    /// <summary>BatchNormalization: a straight line of each channel, its ends by the operator itself.</summary>
    internal static void Normalized(GraphReading reading, Node node)
    {
        if (reading.Options.Boxes == BoxRule.DataType || Ranges.Of(reading, reading.Value(node, 0)) is not { } range) return;
        int[] shape = reading.Shape(node.Inputs[0]);
        Tensor?[] rest = [.. Enumerable.Range(1, 4).Select(i => reading.Constant(node, i))];
        int channels = shape[1], inner = Shapes.Count(shape.AsSpan(2));
        if (rest.Any(t => t is null)) return;
        if (range.Low.Length != 1 && (range.Low.Length != channels || range.Inner != inner)) range = range.Merged;
        float[] Ends(float[] values) =>
            reading.Apply(node, [Tensor.OfFloats([.. Enumerable.Range(0, channels).Select(c => At(values, c))], 1, channels),
            .. rest]).Floats;
        float[] first = Ends(range.Low), second = Ends(range.High);
        if (first.Concat(second).Any(float.IsNaN)) return;
        reading.Set(node, new Reals([.. first.Zip(second, Math.Min)], [.. first.Zip(second, Math.Max)], inner));
    }

    /// <summary>Softmax: shares of a whole.</summary>
    internal static void Share(GraphReading reading, Node node) => reading.Set(node, new Reals([0], [1]));

    private static IEnumerable<float> Corners(string op, float a, float b, float c, float d) => op switch
    {
        "Add" => [a + c, b + d],
        "Sub" => [a - d, b - c],
        "Mul" => [a * c, a * d, b * c, b * d],
        _ => [a / c, a / d, b / c, b / d],
    };

    // A computed operand that is repeated along an axis has other channels than the result: then one range for all.
    private static Reals? Operand(GraphReading reading, Node node, int index)
    {
        if (Ranges.Of(reading, node, index) is not { } range) return null;
        int[] result = reading.Shape(node.Outputs[0]);
        if (reading.Constant(node, index) is { Count: > 1 } t)
        {
            // Constants by channel of the other operand.
            if (Ranges.Of(reading, node, 1 - index) is not { Low.Length: > 1 } other) return range;
            float[] all = reading.Expanded(t, result).Floats, low = [.. Enumerable.Repeat(float.PositiveInfinity, other.Low.Length)],
                high = [.. Enumerable.Repeat(float.NegativeInfinity, other.Low.Length)];
            for (int i = 0; i < all.Length; i++)
            {
                int c = i / other.Inner % low.Length;
                (low[c], high[c]) = (Math.Min(low[c], all[i]), Math.Max(high[c], all[i]));
            }
            return new(low, high, other.Inner);
        }
        return reading.Shape(node.Inputs[index]).SequenceEqual(result) ? range : range.Merged;
    }

    // A constant as one factor, or one for each row of the layer; null when it differs within a row.
    private static float[]? ByRow(GraphReading reading, Node node, Sums s, Tensor t)
    {
        if (t.Count == 1) return t.Floats;
        GemmLayer shape = reading.Layers[s.Layer].Shape;
        int rows = reading.Layers[s.Layer].Rows, inner = s.Inner(reading.Layers[s.Layer]);
        if (!Boxes.IsByChannel(shape)) return null;
        float[] all = reading.Expanded(t, reading.Shape(node.Outputs[0])).Floats, byRow = new float[rows];
        for (int i = 0; i < all.Length; i++)
        {
            int row = i / inner % rows;
            if (i < inner * rows && i % inner == 0) byRow[row] = all[i];
            if (all[i] != byRow[row]) return null;
        }
        return byRow;
    }

    private static float At(float[] values, int index) => values[values.Length == 1 ? 0 : index];
}
