using System.Numerics;

namespace Sim.Checker.Model;

internal sealed partial class ModelReading
{
    // The elements of a sample keep their order.
    private Known? View(Node node) => node.Op == "Dropout" && node.Has(2) ? throw new Fault("Dropout in training mode is not understood")
        : Value(node, 0) is Grid g ? _shapes.TryGetValue(node.Outputs[0], out int[]? shape) ? g.Moved(shape, i => i) : null
        : Value(node, 0);

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
        // After a Reshape the channels of the boxes need not be those that a window stays in.
        int[] x = ShapeOf(node.Inputs[0]);
        bool ByChannel(int channels, int plane) => x.Length > 1 && x[1] == channels && Elements(x.Skip(2)) == plane;
        Integers In(Integers q) => new(q.Type, q.Boxes.Length == 1 || ByChannel(q.Boxes.Length, q.Inner) ? q.Boxes : [q.Hull], inner)
            { IsBipolar = q.IsBipolar };
        return Value(node, 0) switch
        {
            Integers q => In(q),
            Scaled s => s with { Q = In(s.Q) },
            Sums s when (s.Layer.Window is not null || s.Layer.Groups == 1)
                && ByChannel(s.Layer.Rows, s.Pooled > 0 ? s.Pooled : s.Layer.Places) => s with { Pooled = inner },
            _ => null,
        };
    }

    // Relu and Clip of sums move their ends; Relu of integers is part of their boxes; Clip of integers (QCDQ) narrows their type, whatever
    // its container.
    private Known? Clipped(Node node)
    {
        bool isClip = node.Op == "Clip";
        (double low, double high) = isClip ? (Bound(1, "min", double.NegativeInfinity), Bound(2, "max", double.PositiveInfinity))
            : (0, double.PositiveInfinity);
        switch (Value(node, 0))
        {
            case Sums s: return s with { Low = (float)Math.Min(Math.Max(s.Low, low), high),
                High = (float)Math.Min(Math.Max(s.High, low), high) };
            case Grid g when isClip && g.Count > 0 && Enumerable.Range(0, g.Count).All(i => g.Scale(i) == 1 && g.Zero(i) == 0):
                Range ends = Ends(g.Type, 1, 0);
                return g with { Type = To(g.Type, ends), Q = i => (long)To(Range.Of(g.Q(i)), ends).Low };
            case Integers { IsBipolar: false } q when isClip: return Cut(q, Ends(q.Type, 1, 0), true);
            case Scaled { Q.IsBipolar: false } s: return s with
                { Q = Cut(s.Q, isClip ? Ends(s.Q.Type, s.Scale, s.Zero) : new(s.Zero, BigInteger.Max(s.Zero, s.Q.Type.High)), isClip) };
            default: return null;
        }

        double Bound(int input, string name, double absent) =>
            !node.Has(input) ? node.Attributes.ContainsKey(name) ? node.Real(name, 0) : absent
            : Need(node, input, "bound") is { Count: 1 } t ? t.IsFloat ? t.Real(0) : t.Integer(0)
                : throw new Fault("its bounds are no constants");

        Range Ends(Range type, float scale, long zero) => new(End(low, type.Low, scale, zero), End(high, type.High, scale, zero));

        BigInteger End(double end, BigInteger absent, float scale, long zero)
        {
            double units = double.IsInfinity(end) ? end : end / scale;
            if (double.IsInfinity(units)) return absent;
            return Math.Abs(units) < 1L << 53 && (units == Math.Round(units) || (float)Math.Round(units) * scale == (float)end)
                ? new BigInteger(Math.Round(units)) + zero : throw new Fault("it clips between two integers");
        }
    }

    // ONNX: min(max(x, low), high).
    private static Range To(Range b, Range ends) =>
        new(BigInteger.Min(BigInteger.Max(b.Low, ends.Low), ends.High), BigInteger.Min(BigInteger.Max(b.High, ends.Low), ends.High));

    private Integers Cut(Integers q, Range ends, bool type)
    {
        Link? link = q.Link is { } l ? l with { Low = To(Range.Of(l.Low), ends).Low, High = To(Range.Of(l.High), ends).High } : null;
        return q with { Type = type ? To(q.Type, ends) : q.Type, Boxes = type || _propagate ? [.. q.Boxes.Select(b => To(b, ends))]
            : q.Boxes, Link = link, Source = null };
    }

    // A register sums a window or a plane of one channel, or all elements along axes; zero points are subtracted before.
    private Known? Summed(Node node)
    {
        int[] x = ShapeOf(node.Inputs[0]);
        if (Value(node, 0) is not Scaled s || x.Length < 2
            || node.Int("ceil_mode", 0) != 0) throw new Fault("its inputs are not quantized by the model, or its windows are not understood");
        int plane = Elements(x.Skip(2)), k = plane;
        bool byChannel = s.Q.Boxes.Length > 1 && s.Q.Boxes.Length == x[1] && s.Q.Inner == plane;
        Window? window = null;
        if (node.Op == "AveragePool")
        {
            window = WindowOf(node, x, node.Ints("kernel_shape") ?? []) ?? throw new Fault("its windows are not understood");
            k = window.KernelY * window.KernelX;
        }
        else if (node.Op is "ReduceSum" or "ReduceMean")
        {
            long[] axes = node.Has(1) ? Need(node, 1, "axes").Integers() : node.Attributes.GetValueOrDefault("axes")?.Ints ?? [];
            int[] from = [.. (axes.Length == 0 ? Enumerable.Range(0, x.Length) : axes.Select(a => (int)(a < 0 ? a + x.Length : a)))
                .Distinct()];
            if (from.Any(a => a < 0 || a >= x.Length) || axes.Length == 0
                && node.Int("noop_with_empty_axes", 0) != 0) throw new Fault("its axes are not understood");
            k = Elements(from.Select(a => x[a]));
            byChannel &= axes.Length > 0 && from.All(a => a > 1);
        }
        int channels = byChannel || node.Op is "AveragePool" or "GlobalAveragePool" ? x[1] : 1;
        if (channels > MostRows) throw new Fault("its sizes are not understood");
        var layer = new Layer(node.Name, node.Op, channels, channels, k, (_, _) => 1, new(0, 1), new long[channels], new long[channels],
            byChannel ? s.Q.Boxes : [s.Q.Hull], s.Zero, window, null) { IsBipolar = s.Q.IsBipolar };
        Layers.TryAdd(node.Name, layer);
        // Elements that are left of a channel's plane lie beside each other.
        if (node.Op == "ReduceSum") return Added(layer, byChannel ? plane / k : 1, s.Scale);
        // An average lies within the range of what is averaged; padding that counts adds zeros.
        if (!_propagate || node.Op == "ReduceMean" || !_shapes.TryGetValue(node.Outputs[0], out int[]? y)) return null;
        bool zeros = node.Int("count_include_pad", 0) > 0;
        Range[] boxes = byChannel || s.Q.Boxes.Length == 1 ? s.Q.Boxes : [s.Q.Hull];
        float At(BigInteger q, bool low) => (long)(q - s.Zero) * s.Scale is var v && zeros ? low ? Math.Min(v, 0) : Math.Max(v, 0) : v;
        return new Reals([.. boxes.Select(b => At(b.Low, true))], [.. boxes.Select(b => At(b.High, false))], Elements(y.Skip(2)));
    }

    // Sums of integers of one scale are integers of that scale.
    private static Scaled Added(Layer layer, int inner, float scale)
    {
        Range[] sums = [.. Enumerable.Range(0, layer.Rows).Select(layer.Sum)];
        return new(new(sums.Aggregate((a, b) => a.Hull(b)), sums, inner), scale, 0);
    }

    // Tensors of one shape: their integers are added, zero points subtracted before. Of several scales, the largest is 2^30 parts and the
    // others the nearest number of them.
    private Known? Residual(Node node)
    {
        Scaled[] terms = [.. node.Inputs.Select((_, i) => Value(node, i) as Scaled
            ?? throw new Fault("its operands are not quantized by the model"))];
        int[] shape = ShapeOf(node.Inputs[0]);
        if (terms.Length < 2 || node.Inputs.Any(i => !ShapeOf(i).SequenceEqual(shape))) throw new Fault("its operands have several shapes");
        Integers? layout = terms.Select(t => t.Q).FirstOrDefault(q => q.Boxes.Length > 1);
        int channels = layout?.Boxes.Length ?? 1, n = terms.Length;
        double large = terms.Max(t => t.Scale);
        bool same = terms.All(t => t.Scale == terms[0].Scale);
        int[] factors = [.. terms.Select((t, i) => (same ? 1 : (int)Math.Round(t.Scale / large * (1 << 30), MidpointRounding.ToEven))
            * (node.Op == "Sub" && i == 1 ? -1 : 1))];
        if (factors.Contains(0)) throw new Fault("its scales are too far apart");
        Range Box(int i)
        {
            Integers q = terms[i % n].Q;
            return (layout is not null && q.Boxes.Length == channels && q.Inner == layout.Inner ? q.Boxes[i / n] : q.Hull)
                + Range.Of(-terms[i % n].Zero);
        }
        var type = new Range(Math.Min(0, factors.Min()), factors.Max(Math.Abs));
        var layer = new Layer(node.Name, node.Op, channels, channels, n, (_, k) => factors[k], type, new long[channels],
            new long[channels], [.. Enumerable.Range(0, n * channels).Select(Box)], 0, null, null);
        Layers.TryAdd(node.Name, layer);
        return same ? Added(layer, layout?.Inner ?? 1, terms[0].Scale) : null;
    }
}
