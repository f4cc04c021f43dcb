using System.Numerics;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>A function of two numbers that keeps their type. Integer results are wrapped into the tensor's type afterwards.</summary>
internal interface IBinaryFunction
{
    static abstract T Apply<T>(T a, T b) where T : unmanaged, INumber<T>;
}

/// <summary>Arithmetic of two tensors with numpy broadcasting: Add, Sub, Mul, Div, Mod, Pow and the n-ary Min, Max, Sum, Mean.</summary>
internal static class BinaryOperators
{
    private readonly struct AddFunction : IBinaryFunction
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => unchecked(a + b);
    }

    private readonly struct SubFunction : IBinaryFunction
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => unchecked(a - b);
    }

    private readonly struct MulFunction : IBinaryFunction
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => unchecked(a * b);
    }

    private readonly struct DivFunction : IBinaryFunction
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> =>
            typeof(T) == typeof(long) && b == -T.One ? unchecked(-a) : a / b;
    }

    private readonly struct MinFunction : IBinaryFunction
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => T.Min(a, b);
    }

    private readonly struct MaxFunction : IBinaryFunction
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => T.Max(a, b);
    }

    private readonly struct TruncatedModFunction : IBinaryFunction
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> => typeof(T) == typeof(long) && b == -T.One ? T.Zero : a % b;
    }

    private readonly struct FlooredModFunction : IBinaryFunction
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T>
        {
            T r = TruncatedModFunction.Apply(a, b);
            return r != T.Zero && (r < T.Zero) != (b < T.Zero) ? r + b : r;
        }
    }

    private readonly struct PowFunction : IBinaryFunction
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, INumber<T> =>
            T.CreateTruncating(Math.Pow(double.CreateTruncating(a), double.CreateTruncating(b)));
    }

    internal static Tensor[] Add(OperatorCall call) => [Two<AddFunction>(call)];

    internal static Tensor[] Sub(OperatorCall call) => [Two<SubFunction>(call)];

    internal static Tensor[] Mul(OperatorCall call) => [Two<MulFunction>(call)];

    internal static Tensor[] Div(OperatorCall call)
    {
        RejectZeroDivisor(call);
        return [Two<DivFunction>(call)];
    }

    internal static Tensor[] Mod(OperatorCall call)
    {
        RejectZeroDivisor(call);
        if (call.Flag("fmod", false)) return [Two<TruncatedModFunction>(call)];
        return call.Input(0).Type.IsReal() ? throw call.Fail("floating-point Mod needs fmod = 1") : [Two<FlooredModFunction>(call)];
    }

    internal static Tensor[] Pow(OperatorCall call)
    {
        Tensor a = call.Input(0), b = call.Input(1);
        // The exponent may have its own type; the result has the base's.
        Tensor exponent = a.Type.IsReal() ? Casting.To(a.Type, b) : Casting.To(ElementType.Float64, b);
        if (a.Type.IsReal()) return [Combine<PowFunction>(call, a, exponent)];
        if (!b.Type.IsReal() && a.Type != ElementType.UInt64 && b.Type != ElementType.UInt64)
        {
            int[] shape = Broadcasting.Shape(call, a.Shape, b.Shape);
            return [Casting.Wrapped(a.Type, shape, Broadcasting.Zip(a.Integers, a.Shape, b.Integers, b.Shape, shape, Power))];
        }
        return [Casting.To(a.Type, Combine<PowFunction>(call, Casting.To(ElementType.Float64, a), exponent))];
    }

    // Integer powers wrap; those of negative exponents are truncated towards 0.
    private static long Power(long value, long exponent)
    {
        if (exponent < 0) return value switch { 1 => 1, -1 => exponent % 2 == 0 ? 1 : -1, _ => 0 };
        long result = 1;
        for (; exponent > 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0) result = unchecked(result * value);
            value = unchecked(value * value);
        }
        return result;
    }

    internal static Tensor[] Min(OperatorCall call) => [Many<MinFunction>(call)];

    internal static Tensor[] Max(OperatorCall call) => [Many<MaxFunction>(call)];

    internal static Tensor[] Sum(OperatorCall call) => [Many<AddFunction>(call)];

    internal static Tensor[] Mean(OperatorCall call)
    {
        Tensor sum = Many<AddFunction>(call);
        return [Combine<DivFunction>(call, sum, Casting.To(sum.Type, Tensor.OfFloats([call.InputCount])))];
    }

    private static Tensor Two<TFunction>(OperatorCall call) where TFunction : struct, IBinaryFunction =>
        Combine<TFunction>(call, call.Input(0), call.Input(1));

    private static Tensor Many<TFunction>(OperatorCall call) where TFunction : struct, IBinaryFunction
    {
        Tensor result = call.Input(0);
        for (int i = 1; i < call.InputCount; i++) result = Combine<TFunction>(call, result, call.Input(i));
        return result;
    }

    private static Tensor Combine<TFunction>(OperatorCall call, Tensor a, Tensor b) where TFunction : struct, IBinaryFunction
    {
        if (a.Type != b.Type) throw call.Fail($"inputs have types {a.Type} and {b.Type}; both must be the same");
        int[] shape = Broadcasting.Shape(call, a, b);
        switch (a.Type)
        {
            case ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16:
                return Casting.Rounded(a.Type, shape, Broadcasting.Zip<float,
                    float>(a.Floats, a.Shape, b.Floats, b.Shape, shape, TFunction.Apply));
            case ElementType.Float64:
                return new Tensor(a.Type, shape, Broadcasting.Zip<double,
                    double>(a.Doubles, a.Shape, b.Doubles, b.Shape, shape, TFunction.Apply));
            case ElementType.UInt64:
                ulong[] left = Broadcasting.Unsigned(a), right = Broadcasting.Unsigned(b);
                return new Tensor(a.Type, shape,
                    Broadcasting.Signed(Broadcasting.Zip<ulong, ulong>(left, a.Shape, right, b.Shape, shape, TFunction.Apply)));
            default:
                return Casting.Wrapped(a.Type, shape, Broadcasting.Zip<long,
                    long>(a.Integers, a.Shape, b.Integers, b.Shape, shape, TFunction.Apply));
        }
    }

    private static void RejectZeroDivisor(OperatorCall call)
    {
        Tensor divisor = call.Input(1);
        if (!divisor.Type.IsReal() && Array.IndexOf(divisor.Integers, 0L) >= 0) throw call.Fail("an integer is divided by zero");
    }

    internal static StaticValue[] PowShape(ShapeCall call) => call.Like(Broadcasting.Shape(call, call.In(0).Shape, call.In(1).Shape));
}
