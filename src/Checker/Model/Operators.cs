using System.Numerics;

namespace Sim.Checker.Model;

internal sealed partial class ModelReading
{
    // The elements of a sample keep their order.
    private Known? View(Node node) => Value(node, 0) is Grid g ? _shapes.TryGetValue(node.Outputs[0], out int[]? shape) ? g.Moved(shape, i => i) : null : Value(node, 0);

    private Known? Transpose(Node node)
    {
        if (Value(node, 0) is Integers q) return new Integers(q.Type, [q.Hull]) { IsBipolar = q.IsBipolar };
        if (Value(node, 0) is Scaled s) return s with { Q = new Integers(s.Q.Type, [s.Q.Hull]) { IsBipolar = s.Q.IsBipolar } };
        if (Value(node, 0) is not Grid g || Order(node, g.Shape.Length) is not { } order) return null;
        int[] shape = [.. order.Select(o => g.Shape[o])];
        return g.Moved(shape, i =>
        {
            int from = 0;
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                from += i % shape[d] * Elements(g.Shape.Skip(order[d] + 1));
                i /= shape[d];
            }
            return from;
        });
    }

    // MaxPool: elements chosen within a channel. Which sum they come from depends on the data, so the link ends.
    private Known? Chosen(Node node)
    {
        if (!_shapes.TryGetValue(node.Outputs[0], out int[]? shape)) return null;
        int inner = Elements(shape.Skip(2));
        Integers In(Integers q) => new(q.Type, q.Boxes, inner) { IsBipolar = q.IsBipolar };
        return Value(node, 0) switch
        {
            Integers q => In(q),
            Scaled s => s with { Q = In(s.Q) },
            Sums s when s.Layer.Window is not null || s.Layer.Groups == 1 => s with { Pooled = inner },
            _ => null,
        };
    }

    // Relu and Clip, on numbers or on stored integers.
    private Known? Clipped(Node node)
    {
        (double low, double high) = node.Op == "Relu" ? (0, double.PositiveInfinity) : (Bound(1, "min", double.NegativeInfinity), Bound(2, "max", double.PositiveInfinity));
        switch (Value(node, 0))
        {
            case Sums s: return s with { Low = (float)Math.Min(Math.Max(s.Low, low), high), High = (float)Math.Min(Math.Max(s.High, low), high) };
            case Integers q when node.Op == "Clip" && !q.IsBipolar: return Cut(q, End(q, low), End(q, high));
            case Scaled { Q.IsBipolar: false } s when node.Op == "Relu": return s with { Q = Cut(s.Q, s.Zero, s.Q.Type.High) };
            default: return null;
        }

        double Bound(int input, string name, double absent) => !node.Has(input) ? node.Attributes.ContainsKey(name) ? node.Real(name, 0) : absent
            : Need(node, input, "bound") is { Count: 1 } t ? t.IsFloat ? t.Real(0) : t.Integer(0) : throw new Fault("its bounds are no constants");

        BigInteger End(Integers q, double end) => double.IsNegativeInfinity(end) ? q.Type.Low : double.IsPositiveInfinity(end) ? q.Type.High : new BigInteger(end);
    }

    // The type of Relu's result stays; a Clip of integers narrows what is known of them whatever the rule of boxes.
    private Integers Cut(Integers q, BigInteger low, BigInteger high)
    {
        Range To(Range b) => new(BigInteger.Min(BigInteger.Max(b.Low, low), high), BigInteger.Max(BigInteger.Min(b.High, high), low));
        Link? link = q.Link is { } l ? l with { Low = BigInteger.Min(BigInteger.Max(l.Low, low), high), High = BigInteger.Max(BigInteger.Min(l.High, high), low) } : null;
        return q with { Boxes = _propagate ? [.. q.Boxes.Select(To)] : q.Boxes, Link = link, Source = null };
    }

    // A register sums a window of one channel; zero points are subtracted before.
    private Known? Averaged(Node node)
    {
        int[] x = ShapeOf(node.Inputs[0]);
        if (Value(node, 0) is not Scaled s || x.Length < 3 || node.Int("ceil_mode", 0) != 0) throw new Fault("its inputs are not quantized by the model, or its windows are not understood");
        int plane = Elements(x.Skip(2)), k = plane;
        Window? window = null;
        if (node.Op == "AveragePool")
        {
            window = WindowOf(node, x, node.Ints("kernel_shape") ?? []) ?? throw new Fault("its windows are not understood");
            k = window.KernelY * window.KernelX;
        }
        Range[] boxes = s.Q.Boxes.Length == x[1] && s.Q.Inner == plane ? s.Q.Boxes : [s.Q.Hull];
        Layers.TryAdd(node.Name, new(node.Name, node.Op, x[1], x[1], k, (_, _) => 1, new(0, 1), new long[x[1]], new long[x[1]], boxes, s.Zero, window, null) { IsBipolar = s.Q.IsBipolar });
        return null;
    }

    // Two tensors of one scale: their integers are added, zero points subtracted before.
    private Known? Residual(Node node)
    {
        if (Value(node, 0) is not Scaled a || Value(node, 1) is not Scaled b || a.Scale != b.Scale) throw new Fault("its operands are not quantized by the model with one scale");
        bool byChannel = a.Q.Boxes.Length == b.Q.Boxes.Length && a.Q.Boxes.Length > 1 && a.Q.Inner == b.Q.Inner;
        int channels = byChannel ? a.Q.Boxes.Length : 1, sign = node.Op == "Sub" ? -1 : 1;
        Range Less(Integers q, int c, long zero) => (byChannel ? q.Boxes[c] : q.Hull) + new Range(-zero, -zero);
        Range[] boxes = [.. Enumerable.Range(0, 2 * channels).Select(i => i % 2 == 0 ? Less(a.Q, i / 2, a.Zero) : Less(b.Q, i / 2, b.Zero))];
        Layers.TryAdd(node.Name, new(node.Name, node.Op, channels, channels, 2, (_, k) => k == 0 ? 1 : sign, new(sign < 0 ? -1 : 0, 1), new long[channels], new long[channels], boxes, 0, null, null));
        return null;
    }
}
