using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Weights that are sums of at most <paramref name="Terms"/> signed powers of two (one: DeepShift, arXiv 1905.13298; more: APoT, arXiv
/// 1909.13144) multiply by shifting and adding. The weight memory holds shift distances and signs. A float activation and one term only add
/// to its exponent.
/// </summary>
/// <param name="Terms">Shifters of the unit, 1 to 8.</param>
public sealed record ShiftAddMultiplier(int Terms = 1) : ExactMultiplier
{
    private const int WidestWeight = 16;

    /// <inheritdoc/>
    public override string Kind => "shift_add";

    /// <inheritdoc/>
    public override string? Refuses(INumberFormat activation, INumberFormat weight)
    {
        ArgumentNullException.ThrowIfNull(activation);
        ArgumentNullException.ThrowIfNull(weight);
        if (weight.Bits > WidestWeight) return $"shift-add weights have at most {WidestWeight} bits, found {weight.Name}";
        if (activation.Shape.IsFloat && Terms > 1) return $"shifted terms of a float activation ({activation.Name}) do not add up without a float adder; use one term or integer activations";
        for (uint code = 0; code < 1u << weight.Bits; code++)
        {
            Exact value = weight.Decode(code);
            if (value.Class is NumberClass.Infinity
                or NumberClass.NaN) return $"shift-add has no weight that is {value.Class}, but {weight.Name} has one (code {code})";
            if (value.Class == NumberClass.Finite && SignedPowers(value.Significand) is var powers && powers > Terms)
                return $"the weight {value} of {weight.Name} (code {code}) takes {powers} powers of two, the unit adds {Terms}; po2_N has one for each weight";
        }
        return null;
    }

    /// <summary>Fewest signed powers of two that add up to a number: digits of its non-adjacent form that are not 0.</summary>
    public static int SignedPowers(UInt128 significand)
    {
        UInt128 tripled = checked(significand * 3);
        return (int)UInt128.PopCount(significand ^ tripled);
    }

    /// <inheritdoc/>
    public override ProductShape Product(OperandShape activation, OperandShape weight)
    {
        int places = Places(weight), least = activation.LeastExponent + weight.LeastExponent;
        return Number(activation.IsFloat
            ? activation with { ExponentBits = Math.Max(activation.ExponentBits, BitOperations.Log2((uint)places + 1)) + 1,
                Range = activation.Range + places, LeastExponent = least, Signed = true }
            : OperandShape.Fixed(activation.SignificandBits + places + 1, -least, activation.Signed || weight.Signed));
    }

    /// <summary>A shifter and a conditional negation a term, adders between; an exponent adder for float activations.</summary>
    public override Structure Logic(OperandShape activation, OperandShape weight)
    {
        int places = Places(weight);
        if (activation.IsFloat)
            return TaperedUnits.Decoder(activation)
                .With("zero detection", PrimitiveKind.Gate, activation.ExponentBits + activation.SignificandBits)
                .With("sign", PrimitiveKind.Xor, 1)
                .With("exponent adder", PrimitiveKind.Adder, activation.ExponentBits + 1, onPath: true);
        int window = activation.SignificandBits + places;
        return Structure.Empty
            .With("zero weight gating", PrimitiveKind.Gate, activation.SignificandBits, count: Terms, onPath: true)
            .With("term shifter", PrimitiveKind.Placer, places == 0 ? 0 : window, places == 0 ? 0 : BitOperations.Log2((uint)places) + 1,
                Terms, onPath: true)
            .With("term negation", PrimitiveKind.Xor, weight.Signed ? window : 0, count: Terms)
            .With("term adder", PrimitiveKind.Adder, window + 1, count: Terms - 1, onPath: true);
    }

    // Distances 0 to Places; the sign bit of a codebook's fixed-point numbers is no place.
    private static int Places(OperandShape weight) =>
        weight.Range + weight.SignificandBits - (weight is { DecodeTable: true, IsFloat: false } ? 2 : 1);
}
