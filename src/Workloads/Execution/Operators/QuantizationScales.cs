using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Scales and zero points of a tensor: one for all, one for each index of an axis (Block = 0), or one for each block of Block
/// elements along an axis.</summary>
internal sealed record QuantizationScales(double[] Scale, double[] Zeros, int Length, int Step, int Block = 0)
{
    /// <summary>Index of the scale of an element.</summary>
    internal int Channel(int element)
    {
        if (Scale.Length == 1) return 0;
        int along = element / Step % Length;
        if (Block == 0) return along;
        int blocks = (Length + Block - 1) / Block, outer = element / Step / Length;
        return (outer * blocks + along / Block) * Step + element % Step;
    }

    internal double Zero(int channel) => Zeros.Length == 1 ? Zeros[0] : Zeros[channel];

    /// <summary>
    /// Checks scale and zero point against the tensor. <paramref name="axis"/> is null where the operator has no axis: then there is one
    /// scale.
    /// <paramref name="divides"/>: the scale is a divisor and must not be 0.
    /// </summary>
    internal static QuantizationScales Of(OperatorCall call, int[] x, Tensor scale, Tensor? zero, long? axis, bool divides)
    {
        double[] scales = Numbers(scale), zeros = zero is null ? [0] : Numbers(zero);
        if (scales.Any(s => !double.IsFinite(s))) throw call.Fail("every scale must be finite");
        if (divides && scales.Any(s => s == 0)) throw call.Fail("a scale is 0, and values are divided by it");
        if (zeros.Any(z => !double.IsFinite(z))) throw call.Fail("every zero point must be finite");
        int block = call.Small(call.Int("block_size", 0), "block_size");
        if (block < 0) throw call.Fail($"block_size {block} is negative");
        if (block > 0) return Blocked(call, x, scale, zero, scales, zeros, call.Axis(axis ?? 1, x.Length), block);
        if (scale.Shape.Length > 1) throw call.Fail($"a scale of shape {Shapes.Text(scale.Shape)} needs a block_size");
        if (zeros.Length != scales.Length
            && zeros.Length != 1) throw call.Fail($"{zeros.Length} zero points do not fit {scales.Length} scales");
        if (scales.Length == 1) return new QuantizationScales(scales, zeros, 1, 1);
        if (axis is not { } along) throw call.Fail($"{scales.Length} scales need an axis; without one there is one scale");
        // A vector has one axis, whatever the default says.
        int at = x.Length == 1 ? 0 : call.Axis(along, x.Length);
        if (scales.Length != x[at]) throw call.Fail($"{scales.Length} scales do not fit axis {at} of {Shapes.Text(x)}");
        return new QuantizationScales(scales, zeros, x[at], Shapes.Count(x.AsSpan(at + 1)));
    }

    private static QuantizationScales Blocked(OperatorCall call, int[] x, Tensor scale, Tensor? zero, double[] scales, double[] zeros,
        int axis, int block)
    {
        int[] expected = [.. x.Select((d, i) => i == axis ? (d + block - 1) / block : d)];
        if (!scale.Shape.SequenceEqual(expected) || zero is not null && !zero.Shape.SequenceEqual(expected))
            throw call.Fail($"blocks of {block} along axis {axis} of {Shapes.Text(x)} need scales and zero points of shape {Shapes.Text(expected)}, " +
                $"found {Shapes.Text(scale.Shape)}{(zero is null ? "" : $" and {Shapes.Text(zero.Shape)}")}");
        return new QuantizationScales(scales, zeros, x[axis], Shapes.Count(x.AsSpan(axis + 1)), block);
    }

    private static double[] Numbers(Tensor t)
    {
        var numbers = new double[t.Count];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = t.Real(i);
        return numbers;
    }
}
