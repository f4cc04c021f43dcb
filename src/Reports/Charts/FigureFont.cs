using System.Reflection;
using System.Text;
using ScottPlot;
using Sim.Foundation.Text;
using SkiaSharp;

namespace Sim.Reports.Charts;

/// <summary>
/// The font of every figure: DejaVu Sans, embedded at build time. Skia knows the fonts of /usr/share/fonts alone, and where there are none
/// it leaves every label out without a word; where there are some, figures of two machines would differ.
/// </summary>
internal static class FigureFont
{
    /// <summary>The family's name, with families of about the same widths for readers of an SVG who do not have it.</summary>
    public const string Family = "DejaVu Sans", Stack = "DejaVu Sans, Verdana, sans-serif";

    private static readonly Lazy<SKTypeface?> Face = new(Register);

    /// <summary>Whether this build has the font; without it figures have no labels and say so.</summary>
    public static bool IsThere => Face.Value is not null;

    /// <summary>
    /// The text as the font can show it: control characters and characters that it lacks as `\u{4e2d}`, so that nothing vanishes, and no
    /// more than <paramref name="longest"/>
    /// characters, the middle left out.
    /// </summary>
    public static string Shown(string text, int longest = 200)
    {
        ArgumentNullException.ThrowIfNull(text);
        var shown = new StringBuilder();
        foreach (Rune rune in Printable.OneLine(text).EnumerateRunes())
        {
            if (rune.Value < 0x7f || Face.Value is not { } face || face.GetGlyph(rune.Value) != 0) shown.Append(rune.ToString());
            else shown.Append("\\u{").Append(rune.Value.ToString("x", System.Globalization.CultureInfo.InvariantCulture)).Append('}');
        }
        string all = shown.ToString();
        // The end of a layer's name tells it apart from its neighbours as often as the beginning.
        return all.Length <= longest ? all : all[..((longest - 1) / 2)] + "…" + all[^(longest - 1 - (longest - 1) / 2)..];
    }

    private static SKTypeface? Register()
    {
        using Stream? stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("font/regular.ttf");
        if (stream is null) return null;
        SKTypeface face = SKTypeface.FromStream(stream);
        Fonts.FontResolvers.Insert(0, new Resolver(face));
        Fonts.Default = Family;
        return face;
    }

    // From memory, where Fonts.AddFontFile would need a file on the disk of whoever runs Sim.
    private sealed class Resolver(SKTypeface face) : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
            CreateTypeface(fontName, false, false);

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Family ? face : null;
    }
}
