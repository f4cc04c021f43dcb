using System.Numerics;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Comparisons, Boolean and bitwise operators, Where, Not.</summary>
internal static class LogicOperators
{
    internal static Tensor[] Equal(OperatorCall call) => Compare(call, static (a, b) => a == b, static c => c == 0);

    internal static Tensor[] Greater(OperatorCall call) => Compare(call, static (a, b) => a > b, static c => c > 0);

    internal static Tensor[] GreaterOrEqual(OperatorCall call) => Compare(call, static (a, b) => a >= b, static c => c >= 0);

    internal static Tensor[] Less(OperatorCall call) => Compare(call, static (a, b) => a < b, static c => c < 0);

    internal static Tensor[] LessOrEqual(OperatorCall call) => Compare(call, static (a, b) => a <= b, static c => c <= 0);

    internal static Tensor[] And(OperatorCall call) => Bits(call, true, static (a, b) => a & b);

    internal static Tensor[] Or(OperatorCall call) => Bits(call, true, static (a, b) => a | b);

    internal static Tensor[] Xor(OperatorCall call) => Bits(call, true, static (a, b) => a ^ b);

    internal static Tensor[] BitwiseAnd(OperatorCall call) => Bits(call, false, static (a, b) => a & b);

    internal static Tensor[] BitwiseOr(OperatorCall call) => Bits(call, false, static (a, b) => a | b);

    internal static Tensor[] BitwiseXor(OperatorCall call) => Bits(call, false, static (a, b) => a ^ b);

    internal static Tensor[] Not(OperatorCall call)
    {
        Tensor x = call.Input(0);
        return x.Type == ElementType.Bool ? [new Tensor(x.Type, x.Shape, Array.ConvertAll(x.Integers, v => 1 - v))]
            : throw call.Fail($"takes Bool, found {x.Type}");
    }

    internal static Tensor[] Where(OperatorCall call)
    {
        Tensor condition = call.Input(0), x = call.Input(1), y = call.Input(2);
        if (condition.Type != ElementType.Bool) throw call.Fail($"the condition must be Bool, found {condition.Type}");
        if (x.Type != y.Type) throw call.Fail($"X and Y have types {x.Type} and {y.Type}; both must be the same");
        int[] inner = Broadcasting.Shape(call, x, y);
        int[] shape = Shapes.Broadcast(condition.Shape, inner)
            ?? throw call.Fail($"shapes {Shapes.Text(condition.Shape)} and {Shapes.Text(inner)} do not broadcast");
        long[] pick = Broadcasting.Expand(condition.Integers, condition.Shape, shape);
        Array data = x.Type switch
        {
            ElementType.Float64 => Select(pick, x.Doubles, x.Shape, y.Doubles, y.Shape, shape),
            ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 => Select(pick, x.Floats, x.Shape, y.Floats, y.Shape, shape),
            _ => Select(pick, x.Integers, x.Shape, y.Integers, y.Shape, shape),
        };
        return [new Tensor(x.Type, shape, data)];
    }

    private static T[] Select<T>(long[] pick, T[] x, int[] shapeX, T[] y, int[] shapeY, int[] shape)
    {
        T[] left = Broadcasting.Expand(x, shapeX, shape), right = Broadcasting.Expand(y, shapeY, shape), result = new T[pick.Length];
        for (int i = 0; i < result.Length; i++) result[i] = pick[i] != 0 ? left[i] : right[i];
        return result;
    }

    // Reals compare as doubles, which is exact; NaN compares false. Integers compare by their order, UInt64 as unsigned.
    private static Tensor[] Compare(OperatorCall call, Func<double, double, bool> reals, Func<int, bool> order)
    {
        Tensor a = call.Input(0), b = call.Input(1);
        if (a.Type != b.Type) throw call.Fail($"inputs have types {a.Type} and {b.Type}; both must be the same");
        int[] shape = Broadcasting.Shape(call, a, b);
        long[] result = a.Type switch
        {
            ElementType.Float64 => Broadcasting.Zip(a.Doubles, a.Shape, b.Doubles, b.Shape, shape, (x, y) => reals(x, y) ? 1L : 0L),
            ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 =>
                Broadcasting.Zip(a.Floats, a.Shape, b.Floats, b.Shape, shape, (x, y) => reals(x, y) ? 1L : 0L),
            ElementType.UInt64 => Broadcasting.Zip(Broadcasting.Unsigned(a), a.Shape, Broadcasting.Unsigned(b), b.Shape, shape,
                (x, y) => order(x.CompareTo(y)) ? 1L : 0L),
            _ => Broadcasting.Zip(a.Integers, a.Shape, b.Integers, b.Shape, shape, (x, y) => order(x.CompareTo(y)) ? 1L : 0L),
        };
        return [new Tensor(ElementType.Bool, shape, result)];
    }

    private static Tensor[] Bits(OperatorCall call, bool boolean, Func<long, long, long> f)
    {
        Tensor a = call.Input(0), b = call.Input(1);
        if (a.Type != b.Type || a.Type.IsReal() || boolean != (a.Type == ElementType.Bool))
            throw call.Fail($"takes two {(boolean ? "Bool" : "integer")} tensors of one type, found {a.Type} and {b.Type}");
        int[] shape = Broadcasting.Shape(call, a, b);
        return [Casting.Wrapped(a.Type, shape, Broadcasting.Zip(a.Integers, a.Shape, b.Integers, b.Shape, shape, f))];
    }

    internal static StaticValue[] WhereShape(ShapeCall call)
    {
        (StaticValue condition, StaticValue x, StaticValue y) = (call.In(0), call.In(1), call.In(2));
        if (condition.Type != ElementType.Bool) throw call.Fail($"the condition must be Bool, found {condition.Type}");
        if (x.Type != y.Type) throw call.Fail($"X and Y have types {x.Type} and {y.Type}; both must be the same");
        return [new StaticValue(x.Type, Broadcasting.Shape(call, condition.Shape, Broadcasting.Shape(call, x.Shape, y.Shape)))];
    }

    internal static StaticValue[] BoolShape(ShapeCall call) => BitsShape(call, true);

    internal static StaticValue[] IntegerShape(ShapeCall call) => BitsShape(call, false);

    internal static StaticValue[] NotShape(ShapeCall call) =>
        call.In(0).Type == ElementType.Bool ? ShapeRules.Same(call) : throw call.Fail($"takes Bool, found {call.In(0).Type}");

    private static StaticValue[] BitsShape(ShapeCall call, bool boolean)
    {
        ElementType a = call.In(0).Type, b = call.In(1).Type;
        return a == b && !a.IsReal() && boolean == (a == ElementType.Bool)
            ? ShapeRules.Broadcast(call) : throw call.Fail($"takes two {(boolean ? "Bool" : "integer")} tensors of one type, found {a} and {b}");
    }
}
