using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// The dot unit of tensor cores: the exact significand products, not renormalised, and the accumulator are shifted to the largest exponent
/// among them, truncated there to a number of fraction bits, added exactly, and converted once into the register. Zero terms have no
/// exponent. The exponent of a float is that of its binade (subnormals: the smallest normal's); of a product, the sum of its operands'.
/// Sources: Fasi et al., PeerJ CS 7:e330; Khattak and Mikaitis, arXiv 2512.07004; MMA-Sim, arXiv 2511.10909.
/// </summary>
/// <param name="Lanes">Products of a step.</param>
/// <param name="Fraction">Fraction bits kept below the largest exponent, 1 to 96; null keeps everything (an exact sum).</param>
/// <param name="Alignment">How terms are shortened: to_zero truncates magnitudes, down two's complement words.</param>
/// <param name="Result">Format that a sum is rounded into before it goes into the register (e8m13 truncates an fp32 result to 13 fraction
/// bits); null: the register's.</param>
/// <param name="Scales">Scales of blocks of operands, or none.</param>
/// <param name="LeastExponent">Terms are aligned to this exponent where all of theirs are smaller; null: to the largest, however
/// small.</param>
public sealed record AlignedDotUnit(int Lanes, int? Fraction, RoundingMode Alignment = RoundingMode.ToZero, INumberFormat? Result = null,
    BlockScales? Scales = null,
    int? LeastExponent = null) : DotUnitSpec(Lanes)
{
    /// <summary>Most fraction bits that alignment may keep.</summary>
    public const int MaximumFraction = 96;

    /// <summary>Bounds of <see cref="LeastExponent"/>: no product of operands reaches further down, and no sum further up.</summary>
    public const int LowestExponent = -4096, HighestExponent = 1023;

    /// <inheritdoc/>
    public override int Segment => Scales?.Block ?? 0;

    /// <inheritdoc/>
    public override INumberFormat? ActivationScale => Scales?.Format;

    /// <inheritdoc/>
    public override INumberFormat? WeightScale => Scales?.Format;

    /// <inheritdoc/>
    public override string? Refuses(AccumulatorSpec accumulator)
    {
        if (RefusesAlignment(Fraction, Alignment, LeastExponent) is { } reason) return reason;
        if (Scales is { } s && (s.Group < 1 || s.Block % s.Group != 0 || Lanes % s.Block != 0))
            return $"groups of {s.Group} must divide blocks of {s.Block}, and these the {Lanes} lanes";
        return base.Refuses(accumulator);
    }

    internal static string? RefusesAlignment(int? fraction, RoundingMode alignment, int? least)
    {
        if (fraction is < 1 or > MaximumFraction) return $"alignment keeps 1 to {MaximumFraction} fraction bits, found {fraction}";
        if (alignment == RoundingMode.Stochastic) return "stochastic alignment needs random bits, which a dot unit does not carry";
        if (least is { } e && (e < LowestExponent
            || e > HighestExponent)) return $"the least exponent of an alignment is {LowestExponent} to {HighestExponent}, found {e}";
        return least is not null && fraction is null ? "an exact sum has no least exponent of alignment" : null;
    }

    /// <inheritdoc/>
    public override Structure Step(ProductShape product, FloatAccumulator register)
    {
        int exponent = Math.Max(product.ExponentBits, register.Format.Shape.ExponentBits) + 1;
        int terms = Lanes / (Scales?.Group ?? 1), termBits = product.SignificandBits;
        Structure unit = Structure.Empty;
        if (Scales is { } scales)
        {
            // Products of a group are placed in their exact window and added there; the group's scales multiply the sum.
            unit += (FixedAccumulator.Place(product, product.WindowBits, dropped: 0, RoundingMode.ToZero).Times(scales.Group)
                + AdderTree("group adder", scales.Group, product.WindowBits + 1)).Times(terms);
            int scaleBits = 2 * scales.Format.Shape.SignificandBits;
            termBits = product.WindowBits + 1 + BitOperations.Log2((uint)scales.Group);
            unit = unit.With("scale exponent adder", PrimitiveKind.Adder, exponent, count: terms);
            if (scaleBits > 2)
            {
                unit = unit.With("scale multiplier", PrimitiveKind.Multiplier, scaleBits / 2, scaleBits / 2, terms)
                    .With("scaling multiplier", PrimitiveKind.Multiplier, termBits, scaleBits, terms, onPath: true);
                termBits += scaleBits;
            }
        }
        // An exact sum needs no more than every product's window and, below it, the register's significand as one sticky-collecting shift.
        int window = Fraction is { } kept ? Math.Max(termBits, kept + 2) : product.WindowBits + register.Format.Shape.SignificandBits + 2;
        int sum = window + 1 + BitOperations.Log2((uint)terms) + 1;
        return unit + AlignedSum(exponent, terms, 1, window, Alignment)
            + FloatUnits.FromFixed(sum, (Result ?? register.Format).Shape, register.Rounding);
    }

    // Largest exponent of the terms, aligners, adders. The register is one term more.
    internal static Structure AlignedSum(int exponent, int terms, int registers, int window, RoundingMode alignment) => Structure.Empty
        .With("maximum-exponent comparator", PrimitiveKind.Comparator, exponent, count: terms + registers - 1)
        .With("maximum-exponent multiplexer", PrimitiveKind.Mux, exponent, count: terms + registers - 1)
        .With("alignment distance", PrimitiveKind.Adder, exponent, count: terms + registers)
        .With("aligner", PrimitiveKind.RightShifter, window, count: terms + registers, onPath: true, activity: FloatUnits.WindowActivity)
        .With("conditional negation", PrimitiveKind.Xor, window, count: terms + registers, activity: FloatUnits.WindowActivity)
        .With("alignment rounding", PrimitiveKind.Incrementer, alignment is RoundingMode.ToZero or RoundingMode.Down ? 0 : window,
            count: terms + registers)
        + AdderTree("sum adder", terms + registers, window + 1);

    // A balanced tree: each level halves the words and adds one carry bit.
    internal static Structure AdderTree(string role, int words, int bits)
    {
        Structure tree = Structure.Empty;
        for (int left = words; left > 1; left = (left + 1) / 2, bits++)
            tree = tree.With(role, PrimitiveKind.Adder, bits, count: left / 2, onPath: true, activity: FloatUnits.WindowActivity);
        return tree;
    }
}

/// <summary>
/// One scale for every <paramref name="Block"/> operands of each side. Products of <paramref name="Group"/> neighbours within a block are
/// added exactly as fixed-point numbers; the sum times both scales is one term, whose exponent is the sum of the scales'.
/// </summary>
/// <param name="Format">Format of the scales (e8m0, e4m3).</param>
/// <param name="Block">Operands that share a scale.</param>
/// <param name="Group">Products added exactly before scaling; divides Block.</param>
public sealed record BlockScales(INumberFormat Format, int Block, int Group)
{
    /// <summary>
    /// How numbers become such blocks: the named block format of that element, scale and size (mxfp4, nvfp4), or one whose scale follows by
    /// the usual rule: floor for powers of two, nearest else.
    /// </summary>
    public BlockFormat Blocks(INumberFormat element) =>
        BlockCatalogue.Named.FirstOrDefault(b => b.Element.Equals(element) && b.Scale.Equals(Format) && b.Size == Block)
            ?? new BlockFormat(FormattableString.Invariant($"{element.Name}_x{Block}_{Format.Name}"), element, Format, Block,
                Format is ExponentFormat ? ScaleRule.Floor : ScaleRule.Nearest);
}
