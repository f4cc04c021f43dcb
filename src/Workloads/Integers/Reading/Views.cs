using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Operators that make no values: views keep everything that is known; those that move or choose elements keep the range. Integers
/// of constants move with them.</summary>
internal static class Views
{
    // Element i of these is element i of their input.
    private static readonly string[] KeepsOrder = ["Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze"];

    /// <summary>Identity, Dropout, Flatten, Reshape, Squeeze, Unsqueeze: the elements of a sample keep their order.</summary>
    internal static void Same(GraphReading reading, Node node)
    {
        Known? value = reading.Value(node, 0);
        if (value is Dequantized { Integers.Constant: not null } d) reading.Set(node, Applied(reading, node, d));
        else if (value is not (null or Stored { Constant: not null })) reading.Set(node, value);
    }

    /// <summary>Transpose, Slice, Gather of values, …: every element of the output is one of the input.</summary>
    internal static void Moved(GraphReading reading, Node node)
    {
        switch (reading.Value(node, 0))
        {
            case Stored value: reading.SetAll(node, new Stored(null, value.Type, [value.Hull]) { Step = value.Step }); break;
            case Dequantized { Integers.Constant: not null } d when reading.IsConstant(node): reading.Set(node, Applied(reading, node, d));
                break;
            case Dequantized { Scales.Length: 1, Zeros.Length: 1 } d: reading.SetAll(node,
                d with { Integers = new(null, d.Integers.Type, [d.Integers.Hull]) { Step = d.Integers.Step } }); break;
            case { } other when reading.Options.Boxes == BoxRule.Propagated
                && Ranges.Of(reading, other) is { } range: reading.SetAll(node, range.Merged); break;
        }
    }

    /// <summary>MaxPool, GlobalMaxPool: elements chosen within a channel. Which sum they come from depends on the data, so the link ends
    /// here.</summary>
    internal static void Chosen(GraphReading reading, Node node)
    {
        int[] x = reading.Shape(node.Inputs[0]);
        int inner = Shapes.Count(reading.Shape(node.Outputs[0]).AsSpan(2));
        // After a Reshape the channels of the box need not be those that the window stays in.
        Stored In(Stored s) => new(null, s.Type, s.Box.Length == 1 || Summand.IsByChannel(x, s.Box.Length, s.Inner) ? s.Box : [s.Hull],
            inner) { Step = s.Step };
        switch (reading.Value(node, 0))
        {
            case Stored s: reading.Set(node, In(s)); break;
            case Dequantized d: reading.Set(node, d with { Integers = In(d.Integers) }); break;
            case Sums s when Boxes.IsByChannel(reading.Layers[s.Layer].Shape)
                && Summand.IsByChannel(x, reading.Layers[s.Layer].Rows, s.Inner(reading.Layers[s.Layer])): reading.Set(node,
                s with { Pooled = inner }); break;
            case { } other when reading.Options.Boxes == BoxRule.Propagated && Ranges.Of(reading, other) is { } range:
                reading.Set(node, range.Low.Length == 1 || Summand.IsByChannel(x, range.Low.Length, range.Inner)
                    ? range with { Inner = inner } : range.Merged);
                break;
        }
    }

    private static Dequantized Applied(GraphReading reading, Node node, Dequantized d)
    {
        Tensor q = d.Integers.Constant!;
        Tensor Apply(Tensor t) => reading.Apply(node, [t, .. node.Inputs.Skip(1).Select((_, i) => reading.Constant(node, i + 1))]);
        Tensor made = Apply(q);
        Repeated<float> scales = Keeps(d.Scales.Length, d.Scales.Inner) is { } s ? new Repeated<float>([.. d.Scales], s)
            : Apply(Tensor.OfFloats(d.Scales.Elements(q.Count), q.Shape)).Floats;
        Repeated<long> zeros = Keeps(d.Zeros.Length, d.Zeros.Inner) is { } z ? new Repeated<long>([.. d.Zeros], z)
            : Apply(Tensor.OfIntegers(ElementType.Int64, d.Zeros.Elements(q.Count), q.Shape)).Integers;
        return new(d.Integers with { Constant = made }, scales, zeros);

        // How many neighbours share a number of the view; null: it has to be found element by element.
        int? Keeps(int numbers, int inner) => numbers == 1 || KeepsOrder.Contains(node.OpType) ? inner : node.OpType == "Transpose"
            ? Moved(reading, node, q.Shape, numbers, inner) : null;
    }

    // Where Transpose takes the axis that the numbers follow.
    private static int? Moved(GraphReading reading, Node node, int[] shape, int numbers, int inner)
    {
        int axis = Array.FindIndex([.. Enumerable.Range(0, shape.Length)], a => shape[a] == numbers
            && Shapes.Count(shape.AsSpan(a + 1)) == inner);
        if (axis < 0) return null;
        int[] order = node.Attributes.GetValueOrDefault("perm") is { Integers: { IsDefault: false } given }
            ? [.. given.Select(v => (int)v)] : [.. Enumerable.Range(0, shape.Length).Reverse()];
        return Shapes.Count(reading.Shape(node.Outputs[0]).AsSpan(Array.IndexOf(order, axis) + 1));
    }
}
