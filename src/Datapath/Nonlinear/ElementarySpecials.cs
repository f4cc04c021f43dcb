using System.Numerics;
using Sim.Datapath.Nonlinear.Real;

namespace Sim.Datapath.Nonlinear;

/// <summary>Exact results of the elementary functions: NaN, infinities and zeros as their limits say; and the square root, whose result is
/// algebraic.</summary>
internal static class ElementarySpecials
{
    /// <summary>The function's value where it is no rounding question.</summary>
    public static bool TryAnswer(ElementaryKind kind, in Exact x, out Exact result)
    {
        result = Exact.NaN;
        if (x.Class == NumberClass.NaN) return true;
        if (kind == ElementaryKind.SquareRoot && x is { Negative: true, Class: not NumberClass.Zero }) return true;
        if (x.Class == NumberClass.Finite) return false;
        bool zero = x.Class == NumberClass.Zero;
        result = kind switch
        {
            ElementaryKind.Exp => zero ? Exact.Integer(1) : x.Negative ? Exact.Zero() : x,
            ElementaryKind.Sigmoid => zero ? Exact.Integer(1, -1) : x.Negative ? Exact.Zero() : Exact.Integer(1),
            ElementaryKind.Tanh or ElementaryKind.Erf => zero ? x : Exact.Integer(x.Negative ? -1 : 1),
            ElementaryKind.SquareRoot => x,
            // x·Φ(x) → -0 from below.
            _ => zero || !x.Negative ? x : Exact.Zero(true),
        };
        return true;
    }

    /// <summary>√x of a positive finite number to 64 bits and a sticky one.</summary>
    public static Exact SquareRoot(in Exact x)
    {
        int up = 128 + (x.Exponent & 1);
        BigInteger scaled = (BigInteger)x.Significand << up, root = IntegerRoot.Floor(scaled);
        BigInteger sticky = (root << 1) + (root * root == scaled ? 0 : 1);
        return CorrectRounding.ToExact(sticky, (x.Exponent - up) / 2 - 1);
    }
}
