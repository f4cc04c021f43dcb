using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Nonlinear.Real;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// Softmax without a maximum pass (Dukhan and Ablavatski, arXiv 2001.04438, Algorithm 3): exponentials are pairs e^x = m·2^n with n =
/// x·log2(e) to the nearest integer, ties to even, and m = round(e^(x - n·ln 2)). First pass, in order: N = max(n, n_sum), m_sum =
/// round(m·2^(n - N) + m_sum·2^(n_sum - N)).
/// Second: r = round(1/m_sum), y = round(round(m·r)·2^(n - n_sum)).
/// </summary>
internal sealed class TwoPassSoftmax(FloatUnit unit) : VectorFunction
{
    public static VectorMethod Method
        { get; } = new("two_pass", "[format=FORMAT]",
        "mantissa and exponent pairs, no maximum pass (Dukhan and Ablavatski, arXiv 2001.04438)",
        [VectorFunctionKind.Softmax],
        (kind, name, options) => new TwoPassSoftmax(new FloatUnit(options.Float("format", "fp32")))
            { Kind = kind, Text = $"{name} {options.Canonical}" });

    public override INumberFormat Input => unit.Format;

    public override bool IsElementwise => false;

    public override Structure? Structure => FloatUnitStructures.Exp(unit) is not { } table ? null
        : (table + FloatUnitStructures.Table("exponent table", unit.Format.Bits, unit.Format.Shape.ExponentBits + 8))
            .With("exponent comparison", PrimitiveKind.Comparator, unit.Format.Shape.ExponentBits + 8)
            .With("exponent difference", PrimitiveKind.Adder, unit.Format.Shape.ExponentBits + 8, count: 2)
            .With("sum register", PrimitiveKind.Register, unit.Format.Bits + unit.Format.Shape.ExponentBits + 8)
            + FloatUnitStructures.Adder(unit) + FloatUnitStructures.Multiplier(unit) + FloatUnitStructures.Divider(unit);

    public override void Apply(ReadOnlySpan<uint> row, Span<uint> result)
    {
        uint sum = unit.Zero;
        BigInteger? exponent = null;
        var exponents = new BigInteger?[row.Length];
        bool bad = false;
        for (int i = 0; i < row.Length; i++)
        {
            Exact x = unit.Format.Decode(row[i]);
            // An infinity has no pair; -Inf is e^x = 0.
            bad |= x.Class == NumberClass.NaN || x is { Class: NumberClass.Infinity, Negative: false };
            if (x.Class is NumberClass.NaN or NumberClass.Infinity)
            {
                result[i] = unit.Zero;
                continue;
            }
            BigInteger n = NearestPower(x);
            exponents[i] = n;
            result[i] = unit.ReducedExp(x, n);
            BigInteger larger = exponent is { } before ? BigInteger.Max(n, before) : n;
            sum = exponent is { } old ? unit.Add(Scale(result[i], n - larger), Scale(sum, old - larger)) : result[i];
            exponent = larger;
        }
        bad |= exponent is null;
        uint inverse = bad ? unit.Of(Exact.NaN) : unit.Divide(unit.One, sum);
        for (int i = 0; i < row.Length; i++)
            result[i] = bad ? inverse : exponents[i] is { } n ? Scale(unit.Multiply(result[i], inverse), n - exponent!.Value) : unit.Zero;
    }

    // Places are never above 0; a hundred thousand below underflow every format.
    private uint Scale(uint code, BigInteger places)
    {
        Exact x = unit.Format.Decode(code);
        return x.Class == NumberClass.Finite ? unit.Of(x with { Exponent = x.Exponent + (int)BigInteger.Max(places, -100_000) }) : code;
    }

    // x/ln 2 is irrational, so it never lies on a half; 192 bits place every 32-bit float well within a unit.
    private static BigInteger NearestPower(in Exact x)
    {
        if (x.Class == NumberClass.Zero) return 0;
        int bits = 192 + Math.Max(0, x.LeadingExponent);
        Ball quotient = Ball.Divide(Ball.Of(x), RealFunctions.Ln2(bits), bits);
        Ball shifted = Ball.Add(quotient, Ball.Of(1, -1), bits + 64);
        BigInteger low = Floor(shifted.Low, shifted.Exponent), high = Floor(shifted.High, shifted.Exponent);
        if (low != high) throw new ArithmeticException("a quotient by ln 2 was not placed");
        return low;
    }

    private static BigInteger Floor(in BigInteger value, int exponent) => exponent >= 0 ? value << exponent : value >> -exponent;
}
