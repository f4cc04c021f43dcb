using System.Collections.Immutable;
using Sim.Datapath.Formats.Logarithmic;

namespace Sim.Datapath.Formats;

/// <summary>Every number format by name: the explicit ordered list of named ones, then the families whose names carry their
/// parameters.</summary>
public static class FormatCatalogue
{
    /// <summary>The formats that have a name of their own, in the order in which they are listed.</summary>
    public static ImmutableArray<INumberFormat> Named { get; } =
    [
        // OCP Microscaling (MX) v1.0 §5.3: no Inf, no NaN.
        new FloatFormat("e2m1", 2, 1, 1, Specials.Finite),
        new FloatFormat("e2m3", 2, 3, 1, Specials.Finite),
        new FloatFormat("e3m2", 3, 2, 3, Specials.Finite),
        // OCP OFP8 v1.0 §5: E4M3 without Inf, E5M2 as IEEE.
        new FloatFormat("e4m3", 4, 3, 7, Specials.FiniteNaN),
        new FloatFormat("e5m2", 5, 2, 15, Specials.Ieee),
        // Noune et al., arXiv 2206.02915: no -0, bias one higher; B11 as in ml_dtypes.
        new FloatFormat("e4m3fnuz", 4, 3, 8, Specials.FiniteNaNUnsignedZero),
        new FloatFormat("e5m2fnuz", 5, 2, 16, Specials.FiniteNaNUnsignedZero),
        new FloatFormat("e4m3b11fnuz", 4, 3, 11, Specials.FiniteNaNUnsignedZero),
        // OCP Microscaling (MX) v1.0 §5.4.1: the scale of a block.
        new ExponentFormat("e8m0", 8, 127),
        // Unsigned scales: PTX ISA ue4m3 (e4m3 without sign), and its neighbour with one exponent bit more; the all-ones code is NaN.
        new UnsignedFloatFormat("ue4m3", new FloatFormat("e4m3", 4, 3, 7, Specials.FiniteNaN)),
        new UnsignedFloatFormat("ue5m3", new FloatFormat("e5m3_fn", 5, 3, 15, Specials.FiniteNaN)),
        new FloatFormat("e3m4", 3, 4, 3, Specials.Ieee),
        new FloatFormat("e4m3_ieee", 4, 3, 7, Specials.Ieee),
        new FloatFormat("bf16", 8, 7, 127, Specials.Ieee),
        new FloatFormat("fp16", 5, 10, 15, Specials.Ieee),
        new FloatFormat("tf32", 8, 10, 127, Specials.Ieee, WordBits: 32),
        new FloatFormat("fp32", 8, 23, 127, Specials.Ieee),
        new HiFloat8Format("hif8"),
        Codebooks.Nf4,
        Codebooks.BitsAndBytesFp4,
        Codebooks.Ternary,
        Codebooks.Binary,
    ];

    /// <summary>The families, in the order in which a name is tried on them.</summary>
    public static ImmutableArray<FormatFamily> Families { get; } =
    [
        new(typeof(FloatFormat), FloatGrammar.Description, FloatGrammar.Parse),
        new(typeof(FixedFormat), FixedGrammar.Description, FixedGrammar.Parse),
        new(typeof(SignMagnitudeFormat), SignMagnitudeGrammar.Description, SignMagnitudeGrammar.Parse),
        new(typeof(PositFormat), PositGrammar.Description, PositGrammar.Parse),
        new(typeof(LogFormat), LogGrammar.Description, LogGrammar.Parse),
        new(typeof(P3109Format), P3109Grammar.Description, P3109Grammar.Parse),
        new(typeof(CodebookFormat), CodebookGrammar.Description, CodebookGrammar.Parse),
    ];

    /// <summary>The format of that name; else false and a message that says what is wrong and what is allowed.</summary>
    public static bool TryParse(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out INumberFormat? format,
        out string error)
    {
        error = "";
        format = Named.FirstOrDefault(f => f.Name == name);
        foreach (FormatFamily family in Families)
        {
            if (format is not null) return true;
            (format, string? problem) = family.Parse(name);
            if (problem is null) continue;
            error = $"number format '{name}': {problem}";
            return false;
        }
        if (format is not null) return true;
        if (BlockCatalogue.TryParse(name, out _, out string? block) || block is not null)
        {
            error = block ?? $"'{name}' is a block format; here a format of single numbers is needed";
            return false;
        }
        if (name == ComplexUnitFormat.Name)
        {
            error = $"'{name}' holds complex numbers; a datapath takes their real and imaginary parts as 'ternary' weights";
            return false;
        }
        string nearest = Named.Select(f => f.Name).OrderBy(n => Distance(n, name)).First();
        error = $"unknown number format '{name}'; nearest is '{nearest}'; allowed are {string.Join(", ", Named.Select(f => f.Name))}, "
            + string.Join(", ", Families.Select(f => f.Grammar))
                + $"; block formats, where those are taken, are {string.Join(", ", BlockCatalogue.Named.Select(f => f.Name))}";
        return false;
    }

    /// <summary>The format of that name.</summary>
    /// <exception cref="ArgumentException">There is none; the message says what is allowed.</exception>
    public static INumberFormat Parse(string name) =>
        TryParse(name, out INumberFormat? format, out string error) ? format : throw new ArgumentException(error, nameof(name));

    // Levenshtein distance, one row at a time.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
