using System.Numerics;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>
/// I-ViT's shift exponential (arXiv 2207.01405 Algorithm 1): I_p = I + (I &gt;&gt; 1) - (I &gt;&gt; 4), which is I·log2(e) with log2(e) ≈
/// 1.0111b; I_0 = ⌈1/S⌉; I_p ← max(I_p, -N·I_0); q = ⌊I_p/-I_0⌋, r = I_p + q·I_0; result = ⌊(r/2 + I_0)·2^(N - q)⌋ at scale S/2^N. The
/// ceiling and the bound are those of the authors' released code.
/// </summary>
internal sealed record ShiftExp(BigInteger Unit, int Places)
{
    private static readonly BigInteger Largest = int.MaxValue;

    /// <summary>For one scale; null after noting that it cannot be.</summary>
    public static ShiftExp? Create(double scale, int places, MethodOptions options)
    {
        if (options.Problem.Length > 0) return null;
        (BigInteger over, BigInteger under) = IntegerWords.Ratio(scale);
        var shift = new ShiftExp(-IntegerWords.Floor(-under, over), places);
        if (shift.Unit << places <= Largest) return shift;
        options.Fail($"1 is {shift.Unit}·2^{places} with this scale, more than 31 bits; the scale must be larger");
        return null;
    }

    /// <summary>The exponential of one integer.</summary>
    public BigInteger Of(BigInteger value)
    {
        BigInteger power = BigInteger.Max(value + (value >> 1) - (value >> 4), -Places * Unit);
        BigInteger q = IntegerWords.Floor(-power, Unit);
        // -power/Unit rounded down is ⌊power/-Unit⌋.
        BigInteger rest = power + q * Unit;
        return IntegerWords.Shift(rest + 2 * Unit, Places - (int)q - 1);
    }

    /// <summary>IntDiv of the paper: ⌊e·⌊(2^31 - 1)/min(s, 2^31 - 1)⌋ / 2^(32 - k)⌋, at scale 2^-(k-1).</summary>
    public static BigInteger Divide(BigInteger exponential, BigInteger sum, int bits) =>
        exponential * (Largest / BigInteger.Min(sum, Largest)) >> 32 - bits;

    /// <summary>Two shifted additions, the division by a constant, the output shift.</summary>
    public Structure Hardware(int inputBits)
    {
        int unit = IntegerWords.Bits(0, Unit);
        return Structure.Empty
            .With("log2(e) additions", PrimitiveKind.Adder, inputBits + 1, count: 2, onPath: true)
            .With("lower bound", PrimitiveKind.Comparator, inputBits + 1)
            .With("quotient by the unit (reciprocal multiplication)", PrimitiveKind.Multiplier, inputBits + 1, inputBits + 2, onPath: true)
            .With("remainder multiplication", PrimitiveKind.Multiplier, 5, unit, onPath: true)
            .With("remainder subtraction", PrimitiveKind.Adder, inputBits + 1, onPath: true)
            .With("unit addition", PrimitiveKind.Adder, unit + 1, onPath: true)
            .With("power-of-two shift", PrimitiveKind.LeftShifter, 32, onPath: true);
    }

    /// <summary>The reciprocal and the product of IntDiv.</summary>
    public static Structure DivisionHardware(int bits) => IntegerRows.Divider(32, 31)
        .With("reciprocal product", PrimitiveKind.Multiplier, 31, 31, onPath: true)
        .With("output register", PrimitiveKind.Register, bits);
}
