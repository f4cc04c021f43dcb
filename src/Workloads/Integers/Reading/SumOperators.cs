using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Registers that sum integers without weights of a network: average pooling, reductions, residual additions. Zero points are subtracted before the sum.</summary>
internal static class SumOperators
{
    /// <summary>AveragePool: a register sums a window of one channel; the division comes after.</summary>
    internal static void Window(GraphReading reading, Node node)
    {
        Averaged(reading, node, reading.Shape(node.Outputs[0]));
        int[] x = reading.Shape(node.Inputs[0]);
        if (Integers(reading, node) is not { } q || x.Length is not (3 or 4)) return;
        ConvGeometry g = WindowGeometry.Of(node, reading.Graph.Opset, x);
        // With ceil_mode the last windows may reach beyond all padding; what is there counts as little as padding does.
        g = g with { PadBottom = Math.Max(g.PadBottom, Beyond(g.OutputHeight, g.StrideHeight, g.KernelHeight, g.DilationHeight, g.InputHeight + g.PadTop)),
            PadRight = Math.Max(g.PadRight, Beyond(g.OutputWidth, g.StrideWidth, g.KernelWidth, g.DilationWidth, g.InputWidth + g.PadLeft)) };
        int k = g.KernelHeight * g.KernelWidth, channels = x[1];
        var shape = new GemmLayer(node.Name, node.OpType, channels, g.OutputHeight * g.OutputWidth, 1, k, (long)channels * g.InputHeight * g.InputWidth, g);
        Add(reading, node, shape, q, q.Integers.Box.Length == channels && q.Integers.Inner == g.InputHeight * g.InputWidth);
    }

    /// <summary>GlobalAveragePool: a register sums a channel.</summary>
    internal static void Plane(GraphReading reading, Node node)
    {
        Averaged(reading, node, reading.Shape(node.Outputs[0]));
        int[] x = reading.Shape(node.Inputs[0]);
        int inner = Shapes.Count(x.AsSpan(2));
        if (Integers(reading, node) is { } q) Add(reading, node, new GemmLayer(node.Name, node.OpType, x[1], 1, 1, inner, (long)x[1] * inner), q, q.Integers.Box.Length == x[1] && q.Integers.Inner == inner);
    }

    /// <summary>ReduceMean, ReduceSum: a register sums all that is reduced to one element.</summary>
    internal static void Reduced(GraphReading reading, Node node)
    {
        int[] x = reading.Shape(node.Inputs[0]), y = reading.Shape(node.Outputs[0]);
        long inputs = Shapes.Count(x), outputs = Shapes.Count(y);
        if (node.OpType == "ReduceMean" && reading.Options.Boxes == BoxRule.Propagated && Ranges.Of(reading, reading.Value(node, 0)) is { } range) reading.Set(node, range.Merged);
        if (outputs == 0 || inputs == 0 || Integers(reading, node) is not { } q) return;
        Add(reading, node, new GemmLayer(node.Name, node.OpType, 1, (int)outputs, 1, (int)(inputs / outputs), inputs / reading.Batch), q, byChannel: false);
    }

    /// <summary>
    /// Add and Sub of two dequantized tensors: both operands are brought to the larger of the two scales by multipliers of <see cref="ReadingOptions.MultiplierBits"/> bits, then
    /// added; with equal scales the integers themselves are.
    /// </summary>
    internal static void Residual(GraphReading reading, Node node)
    {
        Elementwise.Combined(reading, node);
        if (node.Inputs.Length != 2 || reading.Constant(node, 0) is not null || reading.Constant(node, 1) is not null) return;
        if (reading.Value(node, 0) is not Dequantized { Scales: [var sa], Zeros: [var za] } a || reading.Value(node, 1) is not Dequantized { Scales: [var sb], Zeros: [var zb] } b) return;
        if (float.IsNaN(sa) || float.IsNaN(sb)) return;
        (int ma, int mb) = sa == sb ? (1, 1) : Aligned(sa, sb, reading.Options.MultiplierBits);
        if (node.OpType == "Sub") mb = -mb;
        bool byChannel = a.Integers.Box.Length == b.Integers.Box.Length && a.Integers.Box.Length > 1 && a.Integers.Inner == b.Integers.Inner;
        int channels = byChannel ? a.Integers.Box.Length : 1, outputs = Shapes.Count(reading.Shape(node.Outputs[0])) / reading.Batch;
        var boxes = new Interval[2 * channels];
        for (int c = 0; c < channels; c++)
            (boxes[2 * c], boxes[2 * c + 1]) = ((byChannel ? a.Integers.Box[c] : a.Integers.Hull).Plus(-za), (byChannel ? b.Integers.Box[c] : b.Integers.Hull).Plus(-zb));
        var shape = new GemmLayer(node.Name, node.OpType, channels, outputs / channels, 1, 2, 2L * outputs);
        int bound = Math.Max(Math.Abs(ma), Math.Abs(mb));
        reading.Sums.Add(new IntegerLayer(node.Name, node.OpType, shape, [.. Enumerable.Repeat(new[] { ma, mb }, channels).SelectMany(m => m)], new(mb < 0 ? -bound : 0, bound), boxes));
    }

    private static int Beyond(int outputs, int stride, int kernel, int dilation, int size) => (outputs - 1) * stride + dilation * (kernel - 1) + 1 - size;

    // The larger scale is a power of two, so that it is exact; the smaller one is rounded to a whole number of its parts.
    private static (int A, int B) Aligned(float a, float b, int bits)
    {
        double unit = Math.ScaleB(1, bits - 1), large = Math.Max(a, b);
        return ((int)Math.Round(a / large * unit, MidpointRounding.ToEven), (int)Math.Round(b / large * unit, MidpointRounding.ToEven));
    }

    private static Dequantized? Integers(GraphReading reading, Node node) =>
        reading.Value(node, 0) is Dequantized { Scales: [var scale], Zeros.Length: 1, Integers.Constant: null } q && !float.IsNaN(scale) ? q : null;

    private static void Add(GraphReading reading, Node node, GemmLayer shape, Dequantized q, bool byChannel) =>
        reading.Sums.Add(new IntegerLayer(node.Name, node.OpType, shape, [.. Enumerable.Repeat(1, shape.Groups * shape.K)], new(0, 1), byChannel ? q.Integers.Box : [q.Integers.Hull])
        {
            InputZeroPoint = (int)q.Zeros[0], InputStep = q.Integers.Step,
        });

    // An average lies within the range of what is averaged, and in its channel; rounding keeps that, because both ends are float32 numbers. Padding that counts adds zeros.
    private static void Averaged(GraphReading reading, Node node, int[] shape)
    {
        if (reading.Options.Boxes == BoxRule.DataType || Ranges.Of(reading, reading.Value(node, 0)) is not { } range) return;
        bool zeros = node.Attributes.GetValueOrDefault("count_include_pad")?.Integer is > 0;
        reading.Set(node, new Reals([.. range.Low.Select(v => zeros ? Math.Min(v, 0) : v)], [.. range.High.Select(v => zeros ? Math.Max(v, 0) : v)], Shapes.Count(shape.AsSpan(2))));
    }
}
