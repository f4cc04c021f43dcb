using System.Numerics;

namespace Sim.Checker.Model;

internal sealed partial class ModelReading
{
    private Known Quantize(Node node)
    {
        // The type is that of the zero point, else the one that output_dtype names, else uint8.
        long named = node.Int("output_dtype", 0);
        int made = node.Has(2) ? Need(node, 2, "zero point").Type : named == 0 ? 2 : (int)Math.Clamp(named, 0, 1000);
        if (named != 0 && named != made) throw new Fault("output_dtype is not the type of its zero point");
        Range type = Tensor.TypeRange(made) ?? throw new Fault("it makes no integers");
        float[] scales = Scales(node, 1);
        long[] zeros = Zeros(node, 2);
        if (Constant(node, 0) is { IsFloat: true } x)
        {
            (Func<int, float> scale, Func<int, long> zero) = ByAxis(node, x.Shape, scales, zeros);
            return new Grid(x.Shape, type,
                i => (long)Math.Clamp(Math.Round((double)(x.Real(i) / scale(i)), MidpointRounding.ToEven) + zero(i), (double)type.Low,
                (double)type.High), _ => 1, _ => 0);
        }
        return scales.Length == 1 && zeros.Length == 1 ? Quantized(Value(node, 0), scales[0], zeros[0], type) : new(type, [type]);
    }

    private Integers Quantized(Known? value, float scale, long zero, Range type) => value switch
    {
        Scaled s when s.Scale == scale && s.Zero == zero && type.Holds(s.Q.Type) => s.Q with { Type = type },
        NetworkInput input => new(type, [type]) { Source = new(input.Shape, false, scale, zero, (long)type.Low, (long)type.High) },
        Reals r when _propagate => new(type,
            [.. r.Low.Zip(r.High, (a, b) => new Range(Nearest(a / scale, zero, type), Nearest(b / scale, zero, type)))], r.Inner),
        Sums sums => sums.Quantized(scale, zero, type, _propagate),
        _ => new(type, [type]),
    };

    private static BigInteger Nearest(float units, long zero, Range type) =>
        new(Math.Clamp(Math.Round((double)units, MidpointRounding.ToEven) + zero, (double)type.Low, (double)type.High));

    private Known? Dequantize(Node node)
    {
        float[] scales = Scales(node, 1);
        long[] zeros = Zeros(node, 2);
        switch (Value(node, 0))
        {
            case Grid g:
                (Func<int, float> scale, Func<int, long> zero) = ByAxis(node, g.Shape, scales, zeros);
                return g with { Scale = scale, Zero = zero };
            case Integers q: return new Scaled(q, One(scales, "scales of activations"), One(zeros, "zero points of activations"));
            case Sums s when scales.Length == 1 && zeros is [0]: return s with { Scales = [.. s.Scales.Select(v => v * scales[0])] };
            default: return null;
        }
    }

    // One scale and zero point, or one for each place of an axis.
    private static (Func<int, float> Scale, Func<int, long> Zero) ByAxis(Node node, int[] shape, float[] scales, long[] zeros)
    {
        if (scales.Length == 1 && zeros.Length == 1) return (_ => scales[0], _ => zeros[0]);
        int axis = (int)Math.Clamp(node.Int("axis", 1), -shape.Length, shape.Length);
        axis = axis < 0 ? axis + shape.Length : axis;
        if (axis >= shape.Length || node.Int("block_size", 0) != 0 || scales.Length != shape[axis] || zeros.Length != 1
            && zeros.Length != scales.Length) throw new Fault("its scales are not one for each place of an axis");
        int stride = Elements(shape.Skip(axis + 1)), count = scales.Length;
        return (i => scales[i / stride % count], i => zeros[zeros.Length == 1 ? 0 : i / stride % count]);
    }

    // Quant, IntQuant, BipolarQuant of QONNX: clip(x / scale + zero), rounded; integers and scales in float32.
    private Known Qonnx(Node node)
    {
        bool bipolar = node.Op == "BipolarQuant", signed = node.Int("signed", 1) != 0, narrow = node.Int("narrow", 0) != 0;
        float bits = bipolar ? 1 : One(Need(node, 3, "bit width") is { IsFloat: true } t ? t.Reals()
            : [.. Need(node, 3, "bit width").Integers().Select(b => (float)b)], "bit widths");
        if (!(bits >= 1 && bits <= 32) || bits != MathF.Floor(bits)) throw new Fault("its bit width is not 1 to 32");
        string mode = node.Text("rounding_mode", "ROUND").ToUpperInvariant();
        bool even = mode is "ROUND" or "HALF_EVEN";
        bipolar |= bits == 1 && signed;
        float half = MathF.ScaleB(1, (int)bits - 1), low = bipolar ? -1 : signed ? narrow ? 1 - half : -half : 0, high = bipolar ? 1
            : signed ? half - 1 : 2 * half - (narrow ? 2 : 1);
        var type = new Range(new BigInteger(low), new BigInteger(high));
        Tensor scale = Need(node, 1, "scale");
        Tensor? zero = node.Op == "BipolarQuant" ? null : Need(node, 2, "zero point");
        _ = Scales(node, 1);
        if (Constant(node, 0) is { IsFloat: true } x)
        {
            Func<int, float> s = Spread(scale, x.Shape), z = zero is null ? _ => 0 : Spread(zero, x.Shape);
            long Integer(int i)
            {
                float y = node.Op == "BipolarQuant" ? x.Real(i) : x.Real(i) / s(i) + z(i);
                if (float.IsNaN(y)) throw new Fault("a weight is no number");
                return bipolar ? y >= 0 ? 1 : -1 : (long)Rounded(mode, Math.Clamp(y, low, high));
            }
            return new Grid(x.Shape, type, Integer, s, i => (long)z(i));
        }
        float zeroPoint = zero is null ? 0 : One(zero.Reals(), "zero points of activations"),
            one = One(scale.Reals(), "scales of activations");
        if (zeroPoint != MathF.Floor(zeroPoint)) throw new Fault("its zero point is no integer");
        // Here the zero point is added before rounding, by QuantizeLinear after: only with none, or for integers that are those already, is
        // it the same.
        bool same = zeroPoint == 0 || Value(node, 0) is Scaled v && v.Scale == one && v.Zero == (long)zeroPoint && type.Holds(v.Q.Type);
        Integers q = even && !bipolar && same ? Quantized(Value(node, 0), one, (long)zeroPoint, type) : new(type, [type]);
        return new Scaled(q with { IsBipolar = bipolar }, one, (long)zeroPoint);
    }

    private static float Rounded(string mode, float x) => mode switch
    {
        "ROUND" or "HALF_EVEN" => MathF.Round(x, MidpointRounding.ToEven),
        "CEIL" => MathF.Ceiling(x),
        "FLOOR" => MathF.Floor(x),
        "DOWN" => MathF.Truncate(x),
        "UP" => MathF.Sign(x) * MathF.Ceiling(MathF.Abs(x)),
        "HALF_UP" => MathF.Sign(x) * MathF.Floor(MathF.Abs(x) + 0.5f),
        "HALF_DOWN" => MathF.Sign(x) * MathF.Ceiling(MathF.Abs(x) - 0.5f),
        _ => throw new Fault("its rounding mode is not known"),
    };

    // An element of a tensor repeated to a shape by the rules of broadcasting.
    private static Func<int, float> Spread(Tensor t, int[] shape)
    {
        if (t.Count == 1) return _ => t.Real(0);
        int[] from = [.. Enumerable.Repeat(1, Math.Max(0, shape.Length - t.Shape.Length)), .. t.Shape];
        if (from.Length != shape.Length || from.Where((d, i) => d != 1 && d != shape[i])
            .Any()) throw new Fault("a scale or zero point does not fit what it scales");
        return i =>
        {
            int at = 0, step = 1;
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                if (from[d] != 1) at += i % shape[d] * step;
                step *= from[d];
                i /= shape[d];
            }
            return t.Real(at);
        };
    }
}
