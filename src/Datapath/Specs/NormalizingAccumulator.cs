using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>How far a sum's leading zeros are shifted out. Approximate looks at groups of bits only, so results may keep leading zeros;
/// None shifts never.</summary>
public enum Normalization : byte { None, Approximate, Full }

/// <summary>
/// Fused multiply-add into a float register that need not be normalised. One step: the exact product (not renormalised, two integer places)
/// and the register are placed with their top places at the larger of the two, and cut to P + Guard places, P being the precision of the
/// format; they are added exactly. A carry moves the top one place up. Otherwise the sum is shifted left: Approximate by 0 when any of its
/// top k places is set, else by k when any of the next λ is, else by k+λ; Full by its leading zeros; None not at all. Never so far that the
/// top place falls below the smallest normal exponent. Then it is cut, or rounded to nearest even, to P places. A sum beyond the largest
/// exponent is Inf.
/// Source of the idea: Alexandridis, Peltekis, Filippas, Dimitrakopoulos, arXiv 2408.11997.
/// </summary>
/// <param name="Format">IEEE-like format of the register: its precision and exponents.</param>
/// <param name="Normalization">How sums are shifted.</param>
/// <param name="K">Top places that ask for no shift, 1 or more.</param>
/// <param name="Lambda">Places below them that ask for a shift of K, 1 or more.</param>
/// <param name="Guard">Places kept below the register's in the adder, 0 to 40.</param>
/// <param name="Rounding">ToZero or NearestEven.</param>
public sealed record NormalizingAccumulator(FloatFormat Format, Normalization Normalization, int K, int Lambda, int Guard,
    RoundingMode Rounding) : AccumulatorSpec
{
    /// <summary>Most guard places.</summary>
    public const int MaximumGuard = 40;

    /// <inheritdoc/>
    public override INumberFormat? ResultFormat => Format;

    /// <summary>One more bit than the format: the leading one of an unnormalised significand is not hidden.</summary>
    public override int RegisterBits(ProductShape product) => Format.Bits + 1;

    /// <inheritdoc/>
    public override Structure Step(ProductShape product)
    {
        int window = Format.Precision + Guard, exponent = Math.Max(product.ExponentBits, Format.ExponentBits);
        Structure unit = Structure.Empty
            .With("exponent difference", PrimitiveKind.Adder, exponent)
            .With("aligner", PrimitiveKind.RightShifter, window, onPath: true, activity: FloatUnits.WindowActivity)
            .With("conditional negation", PrimitiveKind.Xor, window, activity: FloatUnits.WindowActivity)
            .With("significand adder", PrimitiveKind.Adder, window + 1, onPath: true, activity: FloatUnits.WindowActivity)
            .With("carry shift", PrimitiveKind.Mux, window, onPath: true)
            .With("exponent adjustment", PrimitiveKind.Adder, exponent);
        unit = Normalization switch
        {
            Normalization.Full => unit.With("leading-zero counter", PrimitiveKind.LeadingZeroCounter, window, onPath: true)
                .With("normalising shifter", PrimitiveKind.LeftShifter, window, onPath: true),
            // Two multiplexers in place of counter and shifter; the tests are two OR trees.
            Normalization.Approximate => unit.With("leading places test", PrimitiveKind.Gate, K + Lambda)
                .With("normalising multiplexer", PrimitiveKind.Mux, window, count: 2, onPath: true),
            _ => unit,
        };
        return unit + FloatUnits.Rounder(Format.Shape, Guard, Rounding);
    }

    /// <inheritdoc/>
    public override Structure Combine(ProductShape product) => FloatUnits.Adder(Format.Shape, Format.Shape, Rounding);

    /// <summary>The finished register is normalised once.</summary>
    public override Structure OutputConverter(ProductShape product) =>
        Normalization == Normalization.Full ? Structure.Empty : FloatUnits.FromFixed(Format.Precision, Format.Shape, RoundingMode.ToZero);

    /// <summary>null when it means something; else what is wrong with it.</summary>
    public string? Refuses()
    {
        if (Format is not { Specials: Specials.Ieee,
            Subnormals: true }) return $"the register needs an IEEE format with subnormals, found {Format.Name}";
        if (Rounding is not (RoundingMode.ToZero or RoundingMode.NearestEven)) return "sums are rounded to_zero or nearest_even";
        if (Guard is < 0 or > MaximumGuard) return $"the adder keeps 0 to {MaximumGuard} guard places, found {Guard}";
        if (Normalization == Normalization.Approximate && (K < 1 || Lambda < 1 || K + Lambda > Format.Precision + Guard))
            return $"k and lambda are 1 or more, and together at most the adder's {Format.Precision + Guard} places; found {K} and {Lambda}";
        return null;
    }
}
