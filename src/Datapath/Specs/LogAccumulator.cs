using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Formats.Logarithmic;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// A register that holds a logarithm: products are sums of logarithms, exactly, and every step adds one by the format's own adder, rounded
/// once, max(p, s) + log2(1 ± 2^-|p-s|). Nothing is ever made linear. Operands are logarithms with the register's fraction bits, at most as
/// wide.
/// </summary>
/// <param name="Format">Format of the register; its name says how sums are found (exact, lookup, Arnold-Bailey).</param>
/// <param name="Rounding">Rounding of a step, in the logarithm.</param>
public sealed record LogAccumulator(LogFormat Format, RoundingMode Rounding) : AccumulatorSpec
{
    /// <inheritdoc/>
    public override INumberFormat? ResultFormat => Format;

    /// <inheritdoc/>
    public override int RegisterBits(ProductShape product) => Format.Bits;

    /// <summary>Difference and choice of the larger, both corrections by table of the distance, the sum, and limits. Beyond the table's
    /// distances a correction rounds to zero.</summary>
    public override Structure Step(ProductShape product)
    {
        int distances = Format.FractionBits + BitOperations.Log2((uint)Format.FractionBits + 2) + 1;
        return Structure.Empty
            .With("zero and NaN detection", PrimitiveKind.Gate, 2 * Format.Bits)
            .With("logarithm difference", PrimitiveKind.Adder, Format.Bits, onPath: true)
            .With("larger logarithm", PrimitiveKind.Mux, Format.Bits)
            .With("distance magnitude", PrimitiveKind.Xor, Format.Bits)
            .With("distance limit", PrimitiveKind.Gate, Format.Bits)
            + ConstantTable.Of(distances + 1, Format.Bits)
            + Structure.Empty
                .With("corrected logarithm", PrimitiveKind.Adder, Format.Bits + 1, onPath: true)
                .With("range limits", PrimitiveKind.Mux, Format.Bits, count: 2, onPath: true);
    }

    /// <inheritdoc/>
    public override Structure Combine(ProductShape product) => Step(product);

    /// <summary>The hardware of a product: an adder of logarithms.</summary>
    public Structure Multiplier => Structure.Empty
        .With("product sign", PrimitiveKind.Xor, 1)
        .With("logarithm adder", PrimitiveKind.Adder, Format.Bits, onPath: true);

    /// <summary>null when the register means something in this datapath; else what is wrong.</summary>
    public string? Refuses(DatapathSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Multiplier is { } multiplier) return $"a register of logarithms adds them itself and takes no multiplier of kind {multiplier.Kind}";
        if (spec.Dot is not null) return "a register of logarithms takes one product a step and no dot unit";
        if (Format.Bits - 1 - Format.FractionBits > 8) return $"a register of logarithms stays within 2^±128 (8 bits above the point), found {Format.Name}";
        if (Rounding == RoundingMode.Stochastic) return "stochastic rounding needs random bits, which an accumulator does not carry";
        foreach (INumberFormat operand in new[] { spec.Activation, spec.Weight })
            if (operand is not LogFormat log || log.FractionBits != Format.FractionBits || log.Bits > Format.Bits)
                return $"a register of logarithms {Format.Name} takes logarithms with {Format.FractionBits} fraction bits and at most {Format.Bits} bits, found {operand.Name}";
        return null;
    }
}
