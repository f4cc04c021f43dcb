using System.Collections.Immutable;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Technologies;

/// <summary>How technology files call primitives and the bases of laws.</summary>
public static class PrimitiveWords
{
    /// <summary>Every primitive with its word, in the order of files.</summary>
    public static ImmutableArray<(PrimitiveKind Kind, string Word)> Kinds { get; } =
    [
        (PrimitiveKind.Multiplier, "multiplier"), (PrimitiveKind.Adder, "adder"), (PrimitiveKind.Incrementer, "incrementer"),
        (PrimitiveKind.Comparator, "comparator"), (PrimitiveKind.Mux, "mux"), (PrimitiveKind.LeftShifter, "left_shifter"),
        (PrimitiveKind.RightShifter, "right_shifter"), (PrimitiveKind.Placer, "placer"),
            (PrimitiveKind.LeadingZeroCounter, "leading_zero_counter"),
        (PrimitiveKind.Xor, "xor"), (PrimitiveKind.Gate, "gate"), (PrimitiveKind.Register, "register"), (PrimitiveKind.Table, "table"),
    ];

    /// <summary>Every basis with its word and what it stands for.</summary>
    public static ImmutableArray<(LawBasis Basis, string Word, string Meaning)> Bases { get; } =
    [
        (LawBasis.Constant, "constant", "1"), (LawBasis.Width, "width", "n"), (LawBasis.WidthSum, "width_sum", "n + m"),
        (LawBasis.Product, "product", "n·m"), (LawBasis.ProductLog, "product_log", "n·m·log2(n·m)"),
            (LawBasis.Stages, "stages", "shifter stages"),
        (LawBasis.WidthStages, "width_stages", "n·stages"), (LawBasis.TableBits, "table_bits", "2^n·m"),
    ];

    /// <summary>The word of a primitive.</summary>
    public static string WordOf(PrimitiveKind kind) => Kinds.First(k => k.Kind == kind).Word;

    /// <summary>The word of a basis.</summary>
    public static string WordOf(LawBasis basis) => Bases.First(b => b.Basis == basis).Word;
}
