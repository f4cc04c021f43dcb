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

    internal static Tensor[] Cast(OperatorCall call) => [To(Target(call), call.Input(0), call.Flag("saturate", true), RoundMode(call))];

    internal static StaticValue[] CastShape(ShapeCall call)
    {
        RoundMode(call);
        call.Flag("saturate", true);
        return [new StaticValue(Target(call), call.In(0).Shape)];
    }

    private static ElementType Target(OperatorCall call)
    {
        int code = call.Small(call.Int("to", 0), "to");
        return ElementTypes.FromOnnx(code)
            ?? throw call.Fail($"cannot cast to {ElementTypes.OnnxName(code)}; this element type is not supported");
    }

    internal static Tensor[] CastLike(OperatorCall call) =>
        [To(call.Input(1).Type, call.Input(0), call.Flag("saturate", true), RoundMode(call))];

    /// <summary>
    /// The code of a number in a float type of at most 8 bits, rounded once to nearest even. Beyond the range: the largest finite number
    /// when it saturates, else Inf or NaN as the type has it.
    /// </summary>
    internal static byte Code(ElementType type, double value, bool saturate, string roundMode = "up")
    {
        if (type == ElementType.Float8E8M0) return Exponent(value, saturate, roundMode);
        // Float4E2M1 has neither Inf nor NaN and always saturates.
        OverflowPolicy overflow = saturate || type == ElementType.Float4E2M1 ? OverflowPolicy.SaturateInfinity : OverflowPolicy.Ieee;
        return ElementCodes.Encode(type, value, new Rounding(RoundingMode.NearestEven, overflow));
    }

    // Float8E8M0 holds 2^(code − 127) alone, its last code is NaN. nearest: ties go up.
    private static byte Exponent(double value, bool saturate, string mode)
    {
        const byte nan = 255, most = 254;
        if (double.IsNaN(value)) return nan;
        double magnitude = Math.Abs(value);
        if (magnitude == 0 || double.IsInfinity(magnitude)) return !saturate ? nan : magnitude == 0 ? (byte)0 : most;
        int exponent = Math.ILogB(magnitude);
        double significand = Math.ScaleB(magnitude, -exponent);
        if (mode == "up" ? significand > 1 : mode == "nearest" && significand >= 1.5) exponent++;
        return exponent > 127 ? saturate ? most : nan : exponent < -127 ? saturate ? (byte)0 : nan : (byte)(exponent + 127);
    }

    private static string RoundMode(OperatorCall call) => call.Text("round_mode", "up") is var mode and ("up" or "down" or "nearest")
        ? mode : throw call.Fail($"round_mode '{call.Text("round_mode", "up")}' is not one of up, down, nearest");

    /// <summary>Converts values: real to integer truncates towards zero and wraps, anything to Bool is "not zero".</summary>
    internal static Tensor To(ElementType type, Tensor t, bool saturate = true, string roundMode = "up")
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
            for (int i = 0; i < n; i++) codes[i] = Code(type, Sticky(t, i), saturate, roundMode);
            return new Tensor(type, t.Shape, codes);
        }
        if (type.IsReal())
        {
            var floats = new float[n];
            // 64-bit integers go to float32 without a stop at double; the others are exact there.
            for (int i = 0; i < n; i++)
                floats[i] = t.Type is ElementType.Int64 && type == ElementType.Float32 ? t.Integer(i)
                    : t.Type is ElementType.UInt64 && type == ElementType.Float32 ? unchecked((ulong)t.Integer(i))
                        : ElementCodes.Round(type, Sticky(t, i));
            return new Tensor(type, t.Shape, floats);
        }
        var integers = new long[n];
        for (int i = 0; i < n; i++) integers[i] = AsInteger(type, t, i);
        return Wrapped(type, t.Shape, integers);
    }

    // An element as a double that a second rounding treats as the element itself: of integers beyond 53 bits the lost ones show in the last
    // bit (rounding to odd).
    private static double Sticky(Tensor t, int i)
    {
        if (t.Type is not (ElementType.Int64 or ElementType.UInt64)) return t.Real(i);
        long value = t.Integer(i);
        bool negative = t.Type == ElementType.Int64 && value < 0;
        ulong magnitude = unchecked(negative ? 0UL - (ulong)value : (ulong)value);
        double real = magnitude < 1UL << 53 ? magnitude : (double)(magnitude >> 11 | ((magnitude & 0x7FF) != 0 ? 1UL : 0)) * 2048;
        return negative ? -real : real;
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
