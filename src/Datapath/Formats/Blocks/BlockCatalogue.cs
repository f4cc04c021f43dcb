using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Sim.Datapath.Formats;

/// <summary>Every block format by name: the explicit ordered list of named ones, then the names that carry parameters
/// (<see cref="BlockGrammar"/>).</summary>
public static class BlockCatalogue
{
    /// <summary>The block formats that have a name of their own, in the order in which they are listed.</summary>
    public static ImmutableArray<BlockFormat> Named { get; } =
    [
        // OCP Microscaling (MX) v1.0 §5: 32 elements, e8m0 scale; the element of MXINT8 has 6 bits below the point.
        Mx("mxfp8_e4m3", "e4m3"),
        Mx("mxfp8_e5m2", "e5m2"),
        Mx("mxfp6_e2m3", "e2m3"),
        Mx("mxfp6_e3m2", "e3m2"),
        Mx("mxfp4", "e2m1"),
        Mx("mxint8", "q2.6"),
        Mx("mxint4", "q2.2"),
        // NVIDIA Blackwell: 16 elements, e4m3 block scale, binary32 tensor scale; nvfp4_te in the operation order of TransformerEngine.
        new("nvfp4", Of("e2m1"), Of("e4m3"), 16, ScaleRule.Nearest, TwoLevel: true),
        new("nvfp4_te", Of("e2m1"), Of("e4m3"), 16, ScaleRule.Nearest, TwoLevel: true, Arithmetic: ScaleArithmetic.Binary32),
        // Integer counterpart (arXiv 2510.25602): the same scales, int4 from -7 to 7.
        new("nvint4", Of("int4"), Of("e4m3"), 16, ScaleRule.Nearest, TwoLevel: true, Symmetric: true),
        // An unsigned scale with one exponent bit more makes the tensor's scale unnecessary.
        new("fp4_ue5m3", Of("e2m1"), Of("ue5m3"), 16, ScaleRule.Nearest),
        // Microsoft floating point (Rouhani et al., NeurIPS 2020): bounding boxes of 16, sign and mantissa without hidden bit, 8-bit shared
        // exponent.
        new("msfp12", Of("sm2.2"), Of("e8m0"), 16, ScaleRule.Floor),
        new("msfp13", Of("sm2.3"), Of("e8m0"), 16, ScaleRule.Floor),
        new("msfp14", Of("sm2.4"), Of("e8m0"), 16, ScaleRule.Floor),
        new("msfp15", Of("sm2.5"), Of("e8m0"), 16, ScaleRule.Floor),
        new("msfp16", Of("sm2.6"), Of("e8m0"), 16, ScaleRule.Floor),
        // QRazor (arXiv 2501.13331): absmax integers of 16 or 8 bits, of which a group keeps sign and three bits from its leading one down.
        Razor("qrazor4_int16", 16),
        Razor("qrazor4_int8", 8),
    ];

    /// <summary>The names that carry parameters, for messages and documentation.</summary>
    public static string Grammar => BlockGrammar.Description;

    /// <summary>The block format of that name; else false and what is wrong with it, or null when it is no name of a block format at
    /// all.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out BlockFormat? format, out string? problem)
    {
        problem = null;
        format = Named.FirstOrDefault(f => f.Name == name);
        if (format is not null) return true;
        (format, problem) = BlockGrammar.Parse(name);
        if (problem is not null) problem = $"block format '{name}': {problem}";
        return format is not null;
    }

    /// <summary>The block format of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static BlockFormat Parse(string name) => TryParse(name, out BlockFormat? format, out string? problem)
        ? format
        : throw new ArgumentException(problem
            ?? $"unknown block format '{name}'; allowed are {string.Join(", ", Named.Select(f => f.Name))}, {BlockGrammar.Description}",
            nameof(name));

    /// <summary>null when a block format means something; else what is wrong with it.</summary>
    public static string? Refuses(BlockFormat format) => BlockGrammar.Refuses(format);

    /// <summary>The word that names a rule in configurations and format names.</summary>
    public static string RuleName(ScaleRule rule) => BlockGrammar.Rules.First(r => r.Rule == rule).Word;

    private static INumberFormat Of(string name) => FormatCatalogue.Parse(name);

    private static BlockFormat Mx(string name, string element) => new(name, Of(element), Of("e8m0"), 32, ScaleRule.Floor);

    private static BlockFormat Razor(string name, int bits) =>
        new(name, Of("sm4.0"), new ExponentFormat("shift4", 4, 0), 16, ScaleRule.Floor,
        TwoLevel: true, Base: new FixedFormat($"int{bits}", bits, 0, true));
}
