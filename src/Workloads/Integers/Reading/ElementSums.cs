using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>
/// Add, Sub, Sum and Mean: a register sums one element of each operand. Operands of one scale add their integers; of several scales each is
/// brought to the largest by a multiplier of <see cref="ReadingOptions.MultiplierBits"/> bits. Float32 constants are rounded, halves to
/// even, to integers of that scale, as biases are.
/// </summary>
internal static class ElementSums
{
    internal static void Read(GraphReading reading, Node node)
    {
        if (node.Inputs.Length == 2 && node.OpType is "Add" or "Sub") Elementwise.Combined(reading, node);
        else if (node.Inputs.Length == 1) Views.Same(reading, node);
        else Added(reading, node);
        var terms = new Summand?[node.Inputs.Length];
        // Constants last: those of the scale of what they are added to are integers of that scale already.
        foreach (int i in Enumerable.Range(0, terms.Length).OrderBy(i => reading.Constant(node, i) is not null))
        {
            if (IsReal(reading, node, i, terms)) continue;
            if ((terms[i] = Summand.Of(reading, node, i, out string why)) is not null) continue;
            reading.Leave(node, why);
            return;
        }
        if (terms.Length > 1) Sum(reading, node, terms);
    }

    // A constant of float32 numbers, to be rounded to integers of the sum's scale: all but those that a quantizer gave another scale.
    private static bool IsReal(GraphReading reading, Node node, int index, Summand?[] before)
    {
        if (reading.Constant(node, index) is not { Type: ElementType.Float32, Count: > 0 }) return false;
        Summand? other = before.FirstOrDefault(t => t is { Constant: null });
        return other is not null && (other.IsSum || other.Scales.Length > 1
            || reading.Value(node, index) is not Dequantized { Scales: [var scale] } || Math.Abs(scale / other.Scales[0] - 1) < 1e-6f);
    }

    private static void Sum(GraphReading reading, Node node, Summand?[] terms)
    {
        int[] result = reading.Shape(node.Outputs[0]);
        int count = Shapes.Count(result);
        // Channels are those of the operands that have them in the shape of the result; one that is repeated along an axis counts with all
        // its channels.
        bool[] isWhole = [.. node.Inputs.Select(i => reading.Shape(i).SequenceEqual(result))];
        Summand? layout = terms.Where((t, i) => t?.Box.Length > 1 && isWhole[i] && count % (t.Box.Length * t.Inner) == 0).FirstOrDefault();
        bool Follows(int i) => layout is not null && terms[i] is { Box.Length: > 1 } t && isWhole[i] && t.Box.Length == layout.Box.Length
            && t.Inner == layout.Inner;
        int channels = layout?.Box.Length ?? 1;
        if (terms.Where((t, i) => t?.Scales.Length > 1 && !Follows(i)).Any() || Units(reading, terms, channels) is not { } found)
        {
            reading.Leave(node, "sums operands whose scales differ by channel, by more than a multiplier can bridge, or are not those of a quantizer");
            return;
        }
        (float[] unit, int[] multipliers, bool exact) = found;
        if (node.OpType == "Sub") multipliers[1] = -multipliers[1];
        var boxes = new Interval[terms.Length * channels];
        Int128 most = 0;
        for (int i = 0; i < terms.Length; i++)
        {
            bool follows = Follows(i);
            Interval[]? box = terms[i] is { Constant: null } t
                ? [.. Enumerable.Range(0, channels).Select(c => follows ? t.At(c) : t.Hull.Plus(-t.Zero))]
                : OfConstant(reading, node, i, terms[i]?.Constant, unit, layout, result);
            if (box is null)
            {
                reading.Leave(node, "adds a constant that is no integer of at most 53 bits in units of its other operand's scale");
                return;
            }
            for (int c = 0; c < channels; c++) boxes[c * terms.Length + i] = box[c];
            most += box.Max(b => Int128.Max(Int128.Abs(b.Low), Int128.Abs(b.High)));
        }
        double slack = Slack((double)most, unit.Max(), terms.Sum(t => t?.Slack ?? 0));
        int bound = multipliers.Max(Math.Abs), least = multipliers.Min();
        var shape = new GemmLayer(node.Name, node.OpType, channels, Math.Max(1, count / reading.Batch / channels), 1, terms.Length,
            (long)terms.Length * count / reading.Batch);
        var layer = new IntegerLayer(node.Name, node.OpType, shape, Enumerable.Repeat(multipliers, channels).SelectMany(m => m).ToArray(),
            new(Math.Min(0, least), bound), boxes);
        if (!reading.AddSum(node, layer) || !exact || node.OpType == "Mean") return;
        Set(reading, node, RowSums.Of(layer), layout?.Inner ?? 1, unit, slack);
    }

    /// <summary>What a register's integers become: integers of the output's type where they fit it, else real numbers of one
    /// scale.</summary>
    internal static void Set(GraphReading reading, Node node, Interval[] sums, int inner, float[] unit, double slack)
    {
        Interval hull = sums.Aggregate((a, b) => a.Hull(b));
        ElementType type = reading.Type(node.Outputs[0]);
        if (type.IsReal())
        {
            if (unit.Length != 1 || !float.IsFinite(unit[0])) return;
            reading.Set(node, new Dequantized(new Stored(null, hull, sums, inner), unit, [0]) { Slack = slack });
            return;
        }
        Interval range = Boxes.Of(type);
        reading.Set(node, new Stored(null, range, range.Contains(hull) ? sums : [range], range.Contains(hull) ? inner : 1));
    }

    /// <summary>How far float32 rounding can move a sum whose terms reach so many units together; a power of two as the unit keeps sums of
    /// up to 24 bits exact.</summary>
    internal static double Slack(double units, float unit, double before) =>
        before == 0 && units <= 1 << 24 && float.IsFinite(unit) && MathF.ScaleB(1, MathF.ILogB(unit)) == unit ? 0
            : units * unit * Math.ScaleB(1, -21) + before;

    // The unit of the sum, by channel or one; what each operand is multiplied with; whether that is exact.
    private static (float[] Unit, int[] Multipliers, bool Exact)? Units(GraphReading reading, Summand?[] terms, int channels)
    {
        Summand[] scaled = [.. terms.OfType<Summand>()];
        if (scaled.Length == 0) return null;
        int[] ones = [.. Enumerable.Repeat(1, terms.Length)];
        float[] first = scaled[0].Scales;
        if (scaled.All(t => t.Scales.SequenceEqual(first))) return first.Length == 1 || first.Length == channels ? (first, ones, true)
            : null;
        if (scaled.Any(t => t.Scales.Length > 1 || t.IsSum)) return null;
        // The larger scale is a power of two, so that it is exact; the smaller ones are rounded to a whole number of its parts.
        float large = scaled.Max(t => t.Scales[0]);
        double parts = Math.ScaleB(1, reading.Options.MultiplierBits - 1);
        int[] multipliers = [.. terms.Select(t => t is null ? 1
            : (int)Math.Round(t.Scales[0] / (double)large * parts, MidpointRounding.ToEven))];
        return multipliers.Contains(0) ? null : ([(float)(large / parts)], multipliers, false);
    }

    // What a constant adds to each channel, in units of the sum; integers of another scale than the sum's were given their multiplier
    // already.
    private static Interval[]? OfConstant(GraphReading reading, Node node, int index, Tensor? integers, float[] unit, Summand? layout,
        int[] result)
    {
        if (integers is not null && layout is null) return [new(integers.Integers.Min(), integers.Integers.Max())];
        if (integers is null && unit.Length == 1 && layout is null) return Whole(reading.Constant(node, index)!.Floats, _ => unit[0]) is
            { } all ? [new(all.Min(), all.Max())] : null;
        int channels = layout?.Box.Length ?? 1, inner = layout?.Inner ?? Shapes.Count(result);
        Tensor full = reading.Expanded(integers ?? reading.Constant(node, index)!, result);
        if ((integers is null ? Whole(full.Floats, i => unit[unit.Length == 1 ? 0 : i / inner % channels]) : full.Integers) is not
            { } whole) return null;
        var boxes = new Interval?[channels];
        for (int i = 0; i < whole.Length; i++)
        {
            int c = i / inner % channels;
            boxes[c] = boxes[c] is { } b ? b.Hull(new(whole[i], whole[i])) : new(whole[i], whole[i]);
        }
        return [.. boxes.Select(b => b ?? default(Interval))];
    }

    private static long[]? Whole(float[] values, Func<int, float> unit)
    {
        var whole = new long[values.Length];
        for (int i = 0; i < whole.Length; i++)
        {
            double units = Math.Round((double)values[i] / unit(i), MidpointRounding.ToEven);
            if (!(Math.Abs(units) <= 1L << 53)) return null;
            whole[i] = (long)units;
        }
        return whole;
    }

    // The range of a sum of several operands, as the executor adds them: in order, rounded at every step.
    private static void Added(GraphReading reading, Node node)
    {
        if (reading.Options.Boxes == BoxRule.DataType) return;
        double low = 0, high = 0, most = 0;
        for (int i = 0; i < node.Inputs.Length; i++)
        {
            if (Ranges.Of(reading, node, i) is not { Low.Length: > 0 } range) return;
            (float a, float b) = (range.Low.Min(), range.High.Max());
            (low, high, most) = (low + a, high + b, most + Math.Max(Math.Abs(a), Math.Abs(b)));
        }
        if (node.OpType == "Mean") (low, high, most) = (low / node.Inputs.Length, high / node.Inputs.Length, most / node.Inputs.Length);
        double error = most * node.Inputs.Length * Math.ScaleB(1, -22);
        if (double.IsFinite(error)) reading.Set(node, new Reals([(float)(low - error)], [(float)(high + error)]));
    }
}
