using System.Collections.Immutable;

namespace Sim.Reports.Charts;

/// <summary>Colours that stay apart for colour-blind readers (Okabe and Ito, "Color Universal Design", 2008; the first six, then others)
/// and the greys of axes.</summary>
public static class Palette
{
    /// <summary>Categories, in order; repeats when there are more.</summary>
    public static ImmutableArray<string> Categories { get; } = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00",
        "#8C7AE6", "#7F8C8D", "#B7950B", "#A93226", "#17A589", "#AF7AC5", "#2E86C1", "#CA6F1E"];

    /// <summary>Text.</summary>
    public const string Ink = "#1f2933";

    /// <summary>Secondary text and axis lines.</summary>
    public const string Quiet = "#64707d";

    /// <summary>Grid lines.</summary>
    public const string Grid = "#e3e7eb";

    /// <summary>The front.</summary>
    public const string Front = "#c0392b";

    /// <summary>The colour of category <paramref name="index"/> ≥ 0.</summary>
    public static string Category(int index) => Categories[index % Categories.Length];
}
