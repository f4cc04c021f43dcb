using Sim.Datapath.Arithmetic;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Mitchell's logarithmic multiplication (IRE Trans. EC-11, 1962): with |a| = 2^x(1+f) and |b| = 2^y(1+g), the product is 2^(x+y)(1+f+g),
/// or 2^(x+y+1)(f+g) when f+g ≥ 1: what adding the bit patterns of floats does. Never above the exact product, at most 1/9 below it.
/// Subnormal floats and integers are normalised first; nothing overflows or is rounded. Inf, NaN and zeros as in an exact product.
/// </summary>
public sealed record MitchellMultiplier : MultiplierSpec
{
    /// <inheritdoc/>
    public override string Kind => "mitchell";

    /// <inheritdoc/>
    public override string? Refuses(INumberFormat activation, INumberFormat weight) => null;

    /// <inheritdoc/>
    public override Exact Multiply(INumberFormat activation, INumberFormat weight, uint a, uint w)
    {
        Exact x = activation.Decode(a), y = weight.Decode(w);
        if (x.Class != NumberClass.Finite || y.Class != NumberClass.Finite)
        {
            RoundingFlags invalid = RoundingFlags.None;
            return ExactArithmetic.Multiply(x, y, ref invalid);
        }
        int fraction = Math.Max(x.Length, y.Length) - 1;
        UInt128 one = UInt128.One << fraction;
        // Fractions behind the leading ones, on the finer of the two grids.
        UInt128 sum = (x.Significand << fraction + 1 - x.Length) + (y.Significand << fraction + 1 - y.Length) - 2 * one;
        int exponent = x.LeadingExponent + y.LeadingExponent - fraction;
        bool negative = x.Negative != y.Negative;
        return sum < one ? Exact.Finite(negative, exponent, one + sum) : Exact.Finite(negative, exponent + 1, sum);
    }

    /// <summary>As many places as the exact product, of which only a significand's width is not zero.</summary>
    public override ProductShape Product(OperandShape activation, OperandShape weight)
    {
        var exact = new ProductShape(activation, weight);
        if (exact.IsInteger) return Number(OperandShape.Fixed(exact.SignificandBits, -exact.LeastExponent, activation.Signed
            || weight.Signed));
        int significand = Math.Max(activation.SignificandBits, weight.SignificandBits);
        return Number(new(significand, exact.ExponentBits, exact.WindowBits - significand, exact.LeastExponent, activation.Signed
            || weight.Signed, false, 0));
    }

    /// <summary>One adder over exponents and fractions; numbers without a leading one at a fixed place are normalised, integers shifted
    /// back.</summary>
    public override Structure Logic(OperandShape activation, OperandShape weight)
    {
        var exact = new ProductShape(activation, weight);
        int fraction = Math.Max(activation.SignificandBits, weight.SignificandBits) - 1;
        int exponent = Math.Max(exact.ExponentBits, System.Numerics.BitOperations.Log2((uint)exact.SignificandBits) + 1);
        Structure unit = Decoders(activation, weight) + Normaliser(activation, onPath: true) + Normaliser(weight, onPath: false);
        unit = unit.With("sign", PrimitiveKind.Xor, 1).With("logarithm adder", PrimitiveKind.Adder, exponent + fraction, onPath: true);
        return exact.IsFloat ? unit : unit.With("antilogarithm shifter", PrimitiveKind.LeftShifter, exact.SignificandBits, onPath: true)
            .With("product negation", PrimitiveKind.Incrementer, activation.Signed || weight.Signed ? exact.SignificandBits : 0);
    }

    private static Structure Normaliser(OperandShape shape, bool onPath) =>
        shape is { IsFloat: true, Subnormals: false } ? Structure.Empty : Structure.Empty
        .With("operand magnitude", PrimitiveKind.Incrementer, shape is { IsFloat: false, Signed: true } ? shape.SignificandBits : 0)
        .With("operand leading-zero counter", PrimitiveKind.LeadingZeroCounter, shape.SignificandBits, onPath: onPath)
        .With("operand normalising shifter", PrimitiveKind.LeftShifter, shape.SignificandBits, onPath: onPath);
}
