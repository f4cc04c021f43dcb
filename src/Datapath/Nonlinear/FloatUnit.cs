using System.Collections.Concurrent;
using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Nonlinear.Real;

namespace Sim.Datapath.Nonlinear;

/// <summary>Elementary functions of one argument that a float unit rounds correctly.</summary>
public enum ElementaryKind : byte { Exp, Sigmoid, Tanh, Erf, Gelu, GeluTanh, Silu, SquareRoot }

/// <summary>
/// Arithmetic on codes of one float format: every operation is exact, then rounded once. Transcendental functions are rounded correctly; of
/// formats of at most 16 bits each result is kept, so that a tensor costs a look-up an element.
/// </summary>
public sealed class FloatUnit
{
    private const int MostKeptBits = 16;

    private static readonly ConcurrentDictionary<(FloatFormat, Rounding, ElementaryKind), long[]> Kept = new();

    /// <summary>A unit of that format; <paramref name="rounding"/> is any but stochastic.</summary>
    public FloatUnit(FloatFormat format, Rounding rounding = default)
    {
        ArgumentNullException.ThrowIfNull(format);
        if (rounding.Mode == RoundingMode.Stochastic) throw new ArgumentException("a vector unit does not round stochastically",
            nameof(rounding));
        Format = format;
        Rounding = rounding;
        Zero = Of(Exact.Zero());
        One = Of(Exact.Integer(1));
    }

    /// <summary>The format of operands and results.</summary>
    public FloatFormat Format { get; }

    /// <summary>How every result is rounded.</summary>
    public Rounding Rounding { get; }

    /// <summary>+0.</summary>
    public uint Zero { get; }

    /// <summary>1.</summary>
    public uint One { get; }

    /// <summary>The code of a number.</summary>
    public uint Of(in Exact value) => Format.Encode(value, Rounding, out _);

    /// <summary>a+b.</summary>
    public uint Add(uint a, uint b) => Format.Add(a, b, Rounding, out _);

    /// <summary>a-b.</summary>
    public uint Subtract(uint a, uint b) => Format.Subtract(a, b, Rounding, out _);

    /// <summary>a·b.</summary>
    public uint Multiply(uint a, uint b) => Format.Multiply(a, b, Rounding, out _);

    /// <summary>a·b+c with one rounding.</summary>
    public uint MultiplyAdd(uint a, uint b, uint c) => Format.MultiplyAdd(a, b, c, Rounding, out _);

    /// <summary>a/b.</summary>
    public uint Divide(uint a, uint b) => Format.Divide(a, b, Rounding, out _);

    /// <summary>-a. A NaN stays a NaN.</summary>
    public uint Negate(uint a) => Of(Format.Decode(a).Negated);

    /// <summary>The larger of two codes; NaN when either is (IEEE 754-2019 maximum), +0 above -0.</summary>
    public uint Maximum(uint a, uint b)
    {
        Exact x = Format.Decode(a), y = Format.Decode(b);
        if (x.Class == NumberClass.NaN || y.Class == NumberClass.NaN) return Of(Exact.NaN);
        return Compare(x, y) >= 0 ? a : b;
    }

    /// <summary>-1, 0 or 1 as x is below, equal to or above y, with -0 below +0; neither is NaN.</summary>
    public static int Compare(in Exact x, in Exact y)
    {
        if (x.Negative != y.Negative) return x.Negative ? -1 : 1;
        int magnitude = Rank(x.Class) != Rank(y.Class) ? Rank(x.Class).CompareTo(Rank(y.Class))
            : x.Class != NumberClass.Finite ? 0
            : x.LeadingExponent != y.LeadingExponent ? x.LeadingExponent.CompareTo(y.LeadingExponent)
            : (x.Significand << 128 - x.Length).CompareTo(y.Significand << 128 - y.Length);
        return x.Negative ? -magnitude : magnitude;
    }

    /// <summary>
    /// Sum of a row. Sequential: ((x0 + x1) + x2) + …; tree: neighbours are added pairwise, level by level, an odd last element passing on
    /// unchanged.
    /// </summary>
    public uint Sum(ReadOnlySpan<uint> row, bool tree)
    {
        if (row.IsEmpty) return Zero;
        if (!tree)
        {
            uint sum = row[0];
            foreach (uint x in row[1..]) sum = Add(sum, x);
            return sum;
        }
        uint[] level = row.ToArray();
        for (int count = level.Length; count > 1; count = (count + 1) / 2)
            for (int i = 0; i < count; i += 2)
                level[i / 2] = i + 1 < count ? Add(level[i], level[i + 1]) : level[i];
        return level[0];
    }

    /// <summary>The correctly rounded function of a code.</summary>
    public uint Apply(ElementaryKind kind, uint x)
    {
        if (Format.Bits > MostKeptBits) return Compute(kind, x);
        // A long holds result + 1 so that 0 means not known; every thread would write the same.
        long[] table = Kept.GetOrAdd((Format, Rounding, kind), key => new long[1 << key.Item1.Bits]);
        long known = Volatile.Read(ref table[x]);
        if (known != 0) return (uint)(known - 1);
        uint result = Compute(kind, x);
        Volatile.Write(ref table[x], result + 1L);
        return result;
    }

    /// <summary>e^(x - n·ln 2), correctly rounded.</summary>
    public uint ReducedExp(in Exact x, BigInteger n)
    {
        Ball argument = Ball.Of(x);
        return x.Class != NumberClass.Finite || n.IsZero ? Compute(ElementaryKind.Exp, Of(x))
            : CorrectRounding.Round(Format, Rounding, bits =>
            {
                int wide = bits + (int)BigInteger.Abs(n).GetBitLength() + 32;
                return RealFunctions.Exp(Ball.Subtract(argument, Ball.Multiply(Ball.Of(n), RealFunctions.Ln2(wide), wide), wide), bits);
            });
    }

    private uint Compute(ElementaryKind kind, uint code)
    {
        Exact x = Format.Decode(code);
        if (ElementarySpecials.TryAnswer(kind, x, out Exact special)) return Of(special);
        if (kind == ElementaryKind.SquareRoot) return Of(ElementarySpecials.SquareRoot(x));
        Ball argument = Ball.Of(x);
        // |x·Φ(x)| and the tanh form fall faster than e^(-x²/2); well below half the smallest number nothing but the sign matters.
        if (kind is ElementaryKind.Gelu or ElementaryKind.GeluTanh && x.Negative && IsFarBelow(x))
            return Of(Exact.Finite(true, Format.SmallestPositive.Exponent - 64, 1));
        return CorrectRounding.Round(Format, Rounding, kind switch
        {
            ElementaryKind.Exp => bits => RealFunctions.Exp(argument, bits),
            ElementaryKind.Sigmoid => bits => RealFunctions.Sigmoid(argument, bits),
            ElementaryKind.Tanh => bits => RealFunctions.Tanh(argument, bits),
            ElementaryKind.Erf => bits => RealFunctions.Erf(argument, bits),
            ElementaryKind.Gelu => bits => Ball.Multiply(argument, RealFunctions.Normal(argument, bits), bits),
            ElementaryKind.GeluTanh => bits =>
                Ball.Multiply(argument, RealFunctions.Sigmoid(GeluArgument(argument, bits + 16), bits), bits),
            _ => bits => Ball.Multiply(argument, RealFunctions.Sigmoid(argument, bits), bits),
        });
    }

    // e^(-x²/2) = 2^(-x²·log2(e)/2) and log2(e)/2 > 0.72.
    private bool IsFarBelow(in Exact x)
    {
        int need = 80 - Format.SmallestPositive.LeadingExponent;
        if (x.LeadingExponent > 16) return true;
        var square = new Ball(x.Significand, 0, x.Exponent);
        square = Ball.Multiply(square, square, 64);
        BigInteger whole = square.Exponent >= 0 ? square.Low << square.Exponent : square.Low >> -square.Exponent;
        return need > 0 && whole * 72 > (BigInteger)need * 100;
    }

    // (1 + tanh u)/2 = σ(2u), u = √(2/π)·(x + 0.044715·x³) (Hendrycks and Gimpel, arXiv 1606.08415).
    private static Ball GeluArgument(in Ball x, int bits)
    {
        Ball cube = Ball.Multiply(Ball.Multiply(x, x, bits), x, bits);
        Ball inner = Ball.Add(x, Ball.Divide(Ball.Multiply(cube, Ball.Of(44715), bits), Ball.Of(1000000), bits), bits);
        return Ball.Multiply(inner, Ball.SquareRoot(Ball.Divide(Ball.Of(2), RealFunctions.Pi(bits), bits), bits), bits).Scaled(1);
    }

    private static int Rank(NumberClass value) => value switch { NumberClass.Zero => 0, NumberClass.Finite => 1, _ => 2 };
}
