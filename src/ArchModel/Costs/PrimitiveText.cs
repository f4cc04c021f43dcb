using System.Globalization;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Costs;

/// <summary>A primitive in words: `multiplier 8x8`, `adder 24`, `placer 36, 5 stages`.</summary>
public static class PrimitiveText
{
    /// <summary>The primitive's word and widths.</summary>
    public static string Of(Primitive primitive) =>
        string.Create(CultureInfo.InvariantCulture, $"{PrimitiveWords.WordOf(primitive.Kind)} {primitive.Width}")
        + (primitive.Kind, primitive.Width2) switch
    {
        (_, 0) => "",
        (PrimitiveKind.Multiplier or PrimitiveKind.Table, var m) => string.Create(CultureInfo.InvariantCulture, $"x{m}"),
        (_, var m) => string.Create(CultureInfo.InvariantCulture, $", {m} stages"),
    };
}
