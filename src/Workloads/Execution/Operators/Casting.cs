using Sim.Datapath;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Cast, CastLike, and the rounding of results to their element type.</summary>
internal static class Casting
{
    /// <summary>A tensor of type Float32, Float16 or BFloat16, its values rounded to the precision of the type.</summary>
    internal static Tensor Rounded(ElementType type, int[] shape, float[] values)
    {
        if (type != ElementType.Float32)
            for (int i = 0; i < values.Length; i++) values[i] = ElementCodes.Round(type, values[i]);
        return new Tensor(type, shape, values);
    }

    /// <summary>Integers wrapped into their type.</summary>
    internal static Tensor Wrapped(ElementType type, int[] shape, long[] values)
    {
        if (type is not (ElementType.Int64 or ElementType.UInt64))
            for (int i = 0; i < values.Length; i++) values[i] = type.Wrap(values[i]);
        return new Tensor(type, shape, values);
    }

    internal static Tensor[] Cast(OperatorCall call) => [To(Target(call), call.Input(0))];

    internal static StaticValue[] CastShape(ShapeCall call) => [new StaticValue(Target(call), call.In(0).Shape)];

    private static ElementType Target(OperatorCall call)
    {
        int code = call.Small(call.Int("to", 0), "to");
        return ElementTypes.FromOnnx(code) ?? throw call.Fail($"cannot cast to {ElementTypes.OnnxName(code)}; this element type is not supported");
    }

    internal static Tensor[] CastLike(OperatorCall call) => [To(call.Input(1).Type, call.Input(0))];

    /// <summary>Converts values: real to integer truncates towards zero and wraps, anything to Bool is "not zero".</summary>
    internal static Tensor To(ElementType type, Tensor t)
    {
        if (type == t.Type) return t;
        int n = t.Count;
        if (type == ElementType.Float64)
        {
            var doubles = new double[n];
            for (int i = 0; i < n; i++) doubles[i] = AsDouble(t, i);
            return new Tensor(type, t.Shape, doubles);
        }
        if (type.IsCoded())
        {
            var codes = new byte[n];
            var rounding = new Rounding(RoundingMode.NearestEven, OverflowPolicy.SaturateInfinity);
            for (int i = 0; i < n; i++) codes[i] = ElementCodes.Encode(type, t.Real(i), rounding);
            return new Tensor(type, t.Shape, codes);
        }
        if (type.IsReal())
        {
            var floats = new float[n];
            // 64-bit integers go to float32 without a stop at double; the others are exact there.
            for (int i = 0; i < n; i++)
                floats[i] = t.Type is ElementType.Int64 && type == ElementType.Float32 ? t.Integer(i)
                    : t.Type is ElementType.UInt64 && type == ElementType.Float32 ? unchecked((ulong)t.Integer(i)) : ElementCodes.Round(type, t.Real(i));
            return new Tensor(type, t.Shape, floats);
        }
        var integers = new long[n];
        for (int i = 0; i < n; i++) integers[i] = AsInteger(type, t, i);
        return Wrapped(type, t.Shape, integers);
    }

    /// <summary>Element i of any tensor as a double.</summary>
    internal static double AsDouble(Tensor t, int i) => t.Real(i);

    private static long AsInteger(ElementType type, Tensor t, int i)
    {
        if (!t.Type.IsReal()) return t.Integer(i);
        double v = AsDouble(t, i);
        if (type == ElementType.Bool) return v != 0 ? 1 : 0;
        return type == ElementType.UInt64 && v >= 9223372036854775808.0 ? unchecked((long)(ulong)v) : unchecked((long)v);
    }
}
