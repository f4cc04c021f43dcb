using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Registers that sum many elements of one operand without weights: average pooling and reductions. Zero points are subtracted
/// before the sum.</summary>
internal static class SumOperators
{
    /// <summary>AveragePool: a register sums a window of one channel; the division comes after.</summary>
    internal static void Window(GraphReading reading, Node node)
    {
        Averaged(reading, node, reading.Shape(node.Outputs[0]));
        int[] x = reading.Shape(node.Inputs[0]);
        if (x.Length is not (3 or 4))
        {
            reading.Leave(node, $"has windows of {x.Length - 2} dimensions; allowed are one or two");
            return;
        }
        if (Operand(reading, node) is not { } q) return;
        ConvGeometry g = WindowGeometry.Of(node, reading.Graph.Opset, x);
        // With ceil_mode the last windows may reach beyond all padding; what is there counts as little as padding does.
        g = g with { PadBottom = Math.Max(g.PadBottom,
            Beyond(g.OutputHeight, g.StrideHeight, g.KernelHeight, g.DilationHeight, g.InputHeight + g.PadTop)),
            PadRight = Math.Max(g.PadRight, Beyond(g.OutputWidth, g.StrideWidth, g.KernelWidth, g.DilationWidth, g.InputWidth + g.PadLeft))
                };
        int k = g.KernelHeight * g.KernelWidth, channels = x[1];
        var shape = new GemmLayer(node.Name, node.OpType, channels, g.OutputHeight * g.OutputWidth, 1, k,
            (long)channels * g.InputHeight * g.InputWidth, g);
        Add(reading, node, shape, q, q.IsByChannel(x));
    }

    /// <summary>GlobalAveragePool: a register sums a channel.</summary>
    internal static void Plane(GraphReading reading, Node node)
    {
        Averaged(reading, node, reading.Shape(node.Outputs[0]));
        int[] x = reading.Shape(node.Inputs[0]);
        if (Operand(reading, node) is not { } q) return;
        if (reading.IsOpen(shape => Shapes.Count(shape(node.Inputs[0]).AsSpan(2))))
        {
            reading.Leave(node, "sums a plane whose size the graph leaves open");
            return;
        }
        int inner = Shapes.Count(x.AsSpan(2));
        Add(reading, node, new GemmLayer(node.Name, node.OpType, x[1], 1, 1, inner, (long)x[1] * inner), q, q.IsByChannel(x));
    }

    /// <summary>ReduceMean, ReduceSum: a register sums all that is reduced to one element.</summary>
    internal static void Reduced(GraphReading reading, Node node)
    {
        int[] x = reading.Shape(node.Inputs[0]), y = reading.Shape(node.Outputs[0]);
        long inputs = Shapes.Count(x), outputs = Shapes.Count(y);
        if (node.OpType == "ReduceMean" && reading.Options.Boxes == BoxRule.Propagated
            && Ranges.Of(reading, reading.Value(node, 0)) is { } range) reading.Set(node, range.Merged);
        if (outputs == 0 || inputs == 0)
        {
            reading.Leave(node, "sums nothing: a dimension has size 0");
            return;
        }
        if (Operand(reading, node) is not { } q) return;
        if (reading.Has(node, 1) && reading.Constant(node, 1) is null
            || reading.IsOpen(shape => Shapes.Count(shape(node.Inputs[0])) / Math.Max(1, Shapes.Count(shape(node.Outputs[0])))))
        {
            reading.Leave(node, "sums elements whose number the graph leaves open");
            return;
        }
        int k = (int)(inputs / outputs);
        // Sums that stay within a channel: the output then has as many elements a channel as are left of its plane.
        bool byChannel = q.IsByChannel(x) && Axes(reading, node, x.Length) is { } axes && axes.All(a => a > 1);
        int channels = byChannel ? q.Box.Length : 1;
        var shape = new GemmLayer(node.Name, node.OpType, channels, (int)Math.Max(1, outputs / reading.Batch / channels), 1, k,
            inputs / reading.Batch);
        if (!Add(reading, node, shape, q, byChannel) || node.OpType == "ReduceMean") return;
        double most = q.Box.Max(b => (double)Int128.Max(Int128.Abs(b.Low - q.Zero), Int128.Abs(b.High - q.Zero)));
        ElementSums.Set(reading, node, RowSums.Of(reading.Sums[^1]), byChannel ? (int)(outputs / x[0] / channels) : 1, q.Scales,
            ElementSums.Slack(most * k, q.Scales.Max(), q.Slack * k));
    }

    private static int Beyond(int outputs, int stride, int kernel, int dilation, int size) =>
        (outputs - 1) * stride + dilation * (kernel - 1) + 1 - size;

    // Axes from 0 up; null when they are not stated: all, or none.
    private static int[]? Axes(GraphReading reading, Node node, int rank)
    {
        long[]? axes = node.Attributes.GetValueOrDefault("axes") is { } a ? [.. a.Integers] : reading.Has(node, 1)
            ? reading.Constant(node, 1)!.Integers : null;
        return axes is null || axes.Length == 0 ? null : [.. axes.Select(v => (int)(v < 0 ? v + rank : v))];
    }

    private static Summand? Operand(GraphReading reading, Node node)
    {
        Summand? q = Summand.Of(reading, node, 0, out string why);
        if (q is null) reading.Leave(node, why);
        return q;
    }

    private static bool Add(GraphReading reading, Node node, GemmLayer shape, Summand q, bool byChannel)
    {
        if (q.Zero is < int.MinValue or > int.MaxValue || q.Scales.Length > 1 && !byChannel)
        {
            reading.Leave(node, q.Scales.Length > 1 ? "sums elements of several channels whose scales differ"
                : "sums integers with a zero point beyond 32 bits");
            return false;
        }
        return reading.AddSum(node, new IntegerLayer(node.Name, node.OpType, shape,
            IntegerWeights.Of([.. Enumerable.Repeat((sbyte)1, shape.Groups * shape.K)]), new(0, 1), byChannel ? q.Box : [q.Hull])
        {
            InputZeroPoint = (int)q.Zero, InputStep = q.Step,
        });
    }

    // An average lies within the range of what is averaged, and in its channel; rounding keeps that, because both ends are float32 numbers.
    // Padding that counts adds zeros.
    private static void Averaged(GraphReading reading, Node node, int[] shape)
    {
        if (reading.Options.Boxes == BoxRule.DataType || Ranges.Of(reading, reading.Value(node, 0)) is not { } range) return;
        if (range.Low.Length > 1 && !Summand.IsByChannel(reading.Shape(node.Inputs[0]), range.Low.Length, range.Inner)) range =
            range.Merged;
        bool zeros = node.Attributes.GetValueOrDefault("count_include_pad")?.Integer is > 0;
        reading.Set(node, new Reals([.. range.Low.Select(v => zeros ? Math.Min(v, 0) : v)],
            [.. range.High.Select(v => zeros ? Math.Max(v, 0) : v)], Shapes.Count(shape.AsSpan(2))));
    }
}
