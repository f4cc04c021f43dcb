using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Operators whose every element is one of several operands' elements (Concat, Max, Min, Where) or the operand's or a constant
/// (Pad): no sums, and integers where all have one scale.</summary>
internal static class Joins
{
    internal static void Read(GraphReading reading, Node node)
    {
        int[] operands = [.. Enumerable.Range(node.OpType == "Where" ? 1 : 0, node.Inputs.Length - (node.OpType == "Where" ? 1 : 0))];
        if (reading.Options.Boxes == BoxRule.Propagated && operands.Select(i => Ranges.Of(reading, node, i)).ToArray() is var ranges
            && ranges.All(r => r is not null))
            reading.Set(node, new Reals([ranges.Min(r => r!.Low.Min())], [ranges.Max(r => r!.High.Max())]));
        Known?[] values = [.. operands.Select(i => reading.Value(node, i))];
        if (Array.TrueForAll(values, v => v is Stored)) reading.Set(node, Joined(reading, node, [.. values.Cast<Stored>()]));
        else if (values[0] is Dequantized { Scales: [var scale], Zeros: [var zero] }
            && Array.TrueForAll(values, v => v is Dequantized { Scales: [var s], Zeros: [var z] } && s == scale && z == zero))
            reading.Set(node, new Dequantized(Joined(reading, node, [.. values.Cast<Dequantized>().Select(d => d.Integers)]), [scale],
                [zero]) { Slack = values.Cast<Dequantized>().Max(d => d.Slack) });
    }

    /// <summary>Pad: zeros or a constant around the operand; modes that repeat elements add none.</summary>
    internal static void Pad(GraphReading reading, Node node)
    {
        string mode = node.Attributes.GetValueOrDefault("mode")?.Text ?? "constant";
        float? real = node.Attributes.GetValueOrDefault("value")?.Real;
        if (reading.Has(node, 2) && reading.Constant(node, 2) is null) return;
        Tensor? with = reading.Has(node, 2) ? reading.Constant(node, 2) : null;
        if (with is { Count: not 1 }) return;
        switch (reading.Value(node, 0))
        {
            case Stored q when with is null || !with.Type.IsReal():
                reading.Set(node, Around(q, mode == "constant" ? with?.Integers[0] ?? 0 : null));
                break;
            case Dequantized { Scales: [var scale], Zeros: [var zero] } d:
                double units = ((with is { Type: ElementType.Float32 } ? with.Floats[0] : real) ?? 0) / (double)scale;
                if (mode != "constant") reading.Set(node, d with { Integers = Around(d.Integers, null) });
                else if (units == Math.Round(units) && Math.Abs(units) < 1L << 53) reading.Set(node,
                    d with { Integers = Around(d.Integers, (long)units + zero) });
                break;
            case { } other when reading.Options.Boxes == BoxRule.Propagated && Ranges.Of(reading, other)?.Merged is { } range:
                float value = mode != "constant" ? range.Low[0] : (with is { Type: ElementType.Float32 } ? with.Floats[0] : real) ?? 0;
                reading.Set(node, new Reals([Math.Min(range.Low[0], value)], [Math.Max(range.High[0], value)]));
                break;
        }
    }

    private static Stored Around(Stored q, long? value)
    {
        Interval Hull(Interval b) => value is { } v ? b.Hull(new(v, v)) : b;
        // A padding value off the grid of bipolar integers leaves no grid.
        return new(null, Hull(q.Type), [Hull(q.Hull)]) { Step = value is { } at && (at - q.Hull.Low) % q.Step != 0 ? 1 : q.Step };
    }

    private static Stored Joined(GraphReading reading, Node node, Stored[] parts)
    {
        Interval type = parts.Select(p => p.Type).Aggregate((a, b) => a.Hull(b));
        int step = parts.All(p => p.Step == parts[0].Step && (p.Hull.Low - parts[0].Hull.Low) % p.Step == 0) ? parts[0].Step : 1;
        int[] result = reading.Shape(node.Outputs[0]);
        // Channels laid beside each other stay channels.
        bool channels = node.OpType == "Concat" && result.Length > 1 && node.Attributes.GetValueOrDefault("axis")?.Integer is { } axis
            && (axis < 0 ? axis + result.Length : axis) == 1;
        Interval[]? boxes = channels ? [.. parts.SelectMany((p, i) => OfChannels(p, reading.Shape(node.Inputs[i])) ?? [])] : null;
        if (boxes?.Length == (result.Length > 1 ? result[1] : 0) && boxes!.Length > 0) return new(null, type, boxes,
            Shapes.Count(result.AsSpan(2))) { Step = step };
        return new(null, type, [parts.Select(p => p.Hull).Aggregate((a, b) => a.Hull(b))]) { Step = step };
    }

    private static Interval[]? OfChannels(Stored part, int[] shape) => shape.Length < 2 ? null
        : part.Box.Length == 1 ? [.. Enumerable.Repeat(part.Box[0], shape[1])]
        : Summand.IsByChannel(shape, part.Box.Length, part.Inner) ? part.Box : null;
}
