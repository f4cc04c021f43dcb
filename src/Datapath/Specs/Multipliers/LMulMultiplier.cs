using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// L-Mul (Luo and Sun, arXiv 2410.00907): exponent and fraction fields added as one integer, less the bias, plus 2^(m-l), m being the
/// fraction bits. An operand with exponent field 0 (zero or subnormal) and a sum below zero give +0; a sum beyond all ones gives the
/// largest finite number. A sum between passes as it is, even where it is the code of a NaN or a subnormal; the adder knows neither NaN nor
/// Inf operands. So 1·1 is 1 + 2^-l, not 1.
/// </summary>
/// <param name="Offset">l; null: the paper's l(m) = m up to 3, 3 for m = 4, 4 above.</param>
public sealed record LMulMultiplier(int? Offset = null) : MultiplierSpec
{
    /// <inheritdoc/>
    public override string Kind => "lmul";

    /// <summary>l for a fraction of <paramref name="fractionBits"/> bits.</summary>
    public int OffsetFor(int fractionBits) => Offset ?? (fractionBits <= 3 ? fractionBits : fractionBits == 4 ? 3 : 4);

    /// <inheritdoc/>
    public override string? Refuses(INumberFormat activation, INumberFormat weight) => (activation, weight) switch
    {
        (FloatFormat a, FloatFormat w) when a with { Name = w.Name } != w =>
            $"L-Mul adds fields of one format, found {a.Name} and {w.Name}",
        (FloatFormat a, FloatFormat) when OffsetFor(a.FractionBits) > a.FractionBits =>
            $"the offset 2^-{OffsetFor(a.FractionBits)} is below the last of {a.FractionBits} fraction bits",
        (FloatFormat, FloatFormat) => null,
        _ => $"L-Mul needs float operands, found {activation.Name} and {weight.Name}",
    };

    /// <inheritdoc/>
    public override Exact Multiply(INumberFormat activation, INumberFormat weight, uint a, uint w) =>
        activation.Decode(MultiplyCodes((FloatFormat)activation, a, w));

    /// <summary>
    /// Products have the operands' format, and fields beyond the largest finite may be a NaN's: two binades below it leave room for the
    /// error of the product and for operands beyond those that calibration saw.
    /// </summary>
    public override double LargestProduct(INumberFormat activation, INumberFormat weight) => activation.Maximum.ToDouble() / 4;

    /// <summary>The code of the product.</summary>
    public uint MultiplyCodes(FloatFormat format, uint a, uint w)
    {
        uint signBit = 1u << format.Bits - 1, ones = signBit - 1;
        uint x = a & ones, y = w & ones;
        if (x >> format.FractionBits == 0 || y >> format.FractionBits == 0) return 0;
        long sum = (long)x + y - ((long)format.Bias << format.FractionBits) + (1L << format.FractionBits - OffsetFor(format.FractionBits));
        if (sum < 0) return 0;
        uint magnitude = sum > ones ? format.MaximumCode : (uint)sum;
        return magnitude == 0 && !format.HasNegativeZero ? 0 : magnitude | (a ^ w) & signBit;
    }

    /// <inheritdoc/>
    public override ProductShape Product(OperandShape activation, OperandShape weight) => Number(activation);

    /// <summary>One adder with a constant, sign, flush of small operands, clamp at both ends.</summary>
    public override Structure Logic(OperandShape activation, OperandShape weight)
    {
        int word = activation.ExponentBits + activation.SignificandBits - 1;
        return Structure.Empty
            .With("zero and subnormal detection", PrimitiveKind.Gate, 2 * activation.ExponentBits)
            .With("sign", PrimitiveKind.Xor, 1)
            .With("field adder", PrimitiveKind.Adder, word + 1, onPath: true)
            .With("bias and offset", PrimitiveKind.Incrementer, word + 2)
            .With("underflow masking", PrimitiveKind.Gate, word + 1)
            .With("overflow clamp", PrimitiveKind.Gate, word, onPath: true);
    }
}
