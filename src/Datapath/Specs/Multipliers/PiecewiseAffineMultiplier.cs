using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Piecewise-affine multiplication of binary32 patterns (Kosson and Jaggi, NeurIPS 2023, arXiv 2305.17190; the epfml CUDA code): patterns
/// added less that of 1, plus a constant. Where |a·b| is below 1e-37 the product is +0, from 1e37 on, or where it is NaN, it is NaN.
/// Between, it is Mitchell's product.
/// </summary>
/// <param name="Offset">Units of the last place that are added to every pattern: 0 as published, positive to centre the error.</param>
public sealed record PiecewiseAffineMultiplier(int Offset = 0) : MultiplierSpec
{
    private const uint One = 0x3f80_0000, Magnitude = 0x7fff_ffff, NaN = 0x7fff_ffff;

    /// <inheritdoc/>
    public override string Kind => "piecewise_affine";

    /// <inheritdoc/>
    public override string? Refuses(INumberFormat activation, INumberFormat weight) => IsBinary32(activation) && IsBinary32(weight) ? null
        : $"piecewise-affine multiplication adds binary32 patterns, found {activation.Name} and {weight.Name}; mitchell takes any format";

    /// <inheritdoc/>
    public override Exact Multiply(INumberFormat activation, INumberFormat weight, uint a, uint w) => activation.Decode(MultiplyBits(a, w));

    /// <summary>The pattern of a·b.</summary>
    public uint MultiplyBits(uint a, uint b)
    {
        // Two binary32 numbers multiply exactly in binary64.
        double exact = (double)BitConverter.UInt32BitsToSingle(a) * BitConverter.UInt32BitsToSingle(b);
        return Limited(Math.Abs(exact), (a ^ b) & ~Magnitude, unchecked((a & Magnitude) + (b & Magnitude) - One + (uint)Offset));
    }

    /// <summary>The pattern of a/b, piecewise affine in the same way.</summary>
    public uint DivideBits(uint a, uint b)
    {
        double quotient = (double)BitConverter.UInt32BitsToSingle(a) / BitConverter.UInt32BitsToSingle(b);
        return Limited(Math.Abs(quotient), (a ^ b) & ~Magnitude, unchecked((a & Magnitude) - (b & Magnitude) + One - (uint)Offset));
    }

    /// <inheritdoc/>
    public override ProductShape Product(OperandShape activation, OperandShape weight) => Number(activation);

    /// <summary>An adder over the pattern and the comparison of the exponent sum with both limits.</summary>
    public override Structure Logic(OperandShape activation, OperandShape weight) => Structure.Empty
        .With("zero detection", PrimitiveKind.Gate, 16)
        .With("sign", PrimitiveKind.Xor, 1)
        .With("pattern adder", PrimitiveKind.Adder, 32, onPath: true)
        .With("bias", PrimitiveKind.Incrementer, Offset == 0 ? 9 : 32)
        .With("limits", PrimitiveKind.Comparator, 31, count: 2)
        .With("limit masking", PrimitiveKind.Gate, 31, count: 2, onPath: true);

    private static uint Limited(double magnitude, uint sign, uint pattern) =>
        magnitude < 1e-37 ? 0 : !(magnitude < 1e37) ? NaN : sign | pattern & Magnitude;

    private static bool IsBinary32(INumberFormat format) =>
        format is FloatFormat { ExponentBits: 8, FractionBits: 23, Bias: 127, Specials: Specials.Ieee, Subnormals: true };
}
