using System.Collections.Immutable;
using Sim.Datapath.Formats;

namespace Sim.Workloads.Quantization;

/// <summary>
/// Weights stored in groups along K, each with its own scale and its own choice among formats (BitMoD, Chen et al., HPCA 2025, arXiv
/// 2411.11745: FP3 or FP4 with one of four additional values), or with one scale for positive and one for negative numbers (AFPQ, Zhang et
/// al., arXiv 2311.01792). See <see cref="GroupQuantizer"/>.
/// </summary>
/// <param name="Size">Weights of a group, the last of a row may have fewer.</param>
/// <param name="Formats">What a group may choose from, 1 to 256 formats of equal width.</param>
/// <param name="Scale">Format of scales, without a sign of its own meaning: scales are positive.</param>
/// <param name="TwoScales">Whether positive and negative numbers have a scale each.</param>
public sealed record WeightGroups(int Size, ImmutableArray<INumberFormat> Formats, INumberFormat Scale, bool TwoScales)
{
    /// <summary>Everything that changes a value, as text.</summary>
    public string Canonical => FormattableString.Invariant($"{Size},{string.Join('/', Formats.Select(f => f.Name))},{Scale.Name},{(TwoScales ? "two" : "one")}");

    /// <summary>Bits that one weight of a whole group takes: its code and its share of scales and choice.</summary>
    public double BitsAWeight => Formats[0].Bits + ((TwoScales ? 2.0 : 1.0) * Scale.Bits + ChoiceBits) / Size;

    /// <summary>Bits that name a group's format.</summary>
    public int ChoiceBits => Formats.Length == 1 ? 0 : System.Numerics.BitOperations.Log2((uint)Formats.Length - 1) + 1;

    /// <summary>null when it means something; else what is wrong with it.</summary>
    public string? Refuses()
    {
        if (Formats.IsDefaultOrEmpty || Formats.Length > 256) return $"a group chooses from 1 to 256 formats, found {(Formats.IsDefault ? 0 : Formats.Length)}";
        if (Formats.FirstOrDefault(f => f.Bits != Formats[0].Bits) is
            { } odd) return $"the formats of a group have equal widths, but {Formats[0].Name} has {Formats[0].Bits} bits and {odd.Name} {odd.Bits}";
        if (Formats.FirstOrDefault(f => f.Bits > 8 || f is ICodeArithmetic) is
            { } wide) return $"groups are stored in formats of at most 8 bits whose numbers are exact, found {wide.Name}";
        foreach (INumberFormat format in Formats)
            for (uint code = 0; code < 1u << format.Bits; code++)
                if (format.Decode(code).Class is Datapath.NumberClass.NaN
                    or Datapath.NumberClass.Infinity) return $"groups are stored in finite numbers, but {format.Name} has {format.Decode(code).Class} (code {code})";
        return Scale is FloatFormat { Bits: <= 32, FractionBits: <= 23 } or ExponentFormat && Scale.Maximum.LeadingExponent <= 127 ? null
            : $"scales are floats up to fp32, or e8m0, found {Scale.Name}";
    }

    /// <summary>Equal when they quantize equally.</summary>
    public bool Equals(WeightGroups? other) => other is not null && Canonical == other.Canonical;

    /// <inheritdoc/>
    public override int GetHashCode() => Canonical.GetHashCode(StringComparison.Ordinal);
}

/// <summary>What is stored of a group beside its codes: the index of its format and the codes of its scales (of negative numbers: the same
/// without a second scale).</summary>
public readonly record struct StoredGroup(byte Format, uint Scale, uint NegativeScale);
