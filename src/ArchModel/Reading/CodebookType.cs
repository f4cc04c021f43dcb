using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Sim.Datapath.Formats;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>
/// A codebook without a name: `{table: [v0, v1, …]}` or `{file: values.txt}`, the number of every code in order (any4 and other learned
/// tables). It is the same format as the name `table[v0,v1,…]` of the grammar, so that equal tables are one design wherever they come from.
/// </summary>
internal static class CodebookType
{
    private static readonly YamlField<ImmutableArray<YamlNode>> Values = YamlField.Optional("table",
        YamlTypes.List(YamlTypes.Node("a number", () => new JsonObject { ["type"] = "number" }), 2),
            "The number of every code: 2, 4, 8 ... 4096 of them, each rounded once to binary32.");
    private static readonly YamlField<string> FilePath = YamlField.Optional("file", YamlTypes.Text,
        "Text file of these numbers in place of 'table', separated by commas, blanks or lines, # for comments; relative to this file.");

    /// <summary>The keys.</summary>
    public static YamlSchema Schema { get; } = new("codebook", "A table of 2^n numbers, one a code.", [Values, FilePath]);

    /// <summary>Whether a mapping is meant to be a codebook.</summary>
    public static bool IsMeant(YamlMap map) => Values.IsIn(map) || FilePath.IsIn(map);

    /// <summary>Reads a mapping; false after recording everything wrong with it.</summary>
    public static bool TryRead(YamlMap map, DiagnosticBag bag, out INumberFormat value)
    {
        value = null!;
        int before = bag.ErrorCount;
        Schema.CheckKeys(map, bag);
        if (Values.IsIn(map) && FilePath.IsIn(map)) bag.Error(map.Location, "CFG011", "a codebook has either 'table' or 'file'");
        List<(string Word, Location Place)> words = [];
        if (Values.TryRead(map, bag, out ImmutableArray<YamlNode> nodes)) words.AddRange(nodes.Select(n =>
            (n is YamlScalar s ? s.Text : "", n.Location)));
        else if (FilePath.IsIn(map) && NumberFile.Read(FilePath, map, bag) is
            { } lines) words.AddRange(lines.SelectMany(l => l.Words.Select(w => (w, l.Place))));
        var numbers = new List<float>();
        foreach ((string word, Location place) in words)
        {
            if (StrictNumber.TryReal(word, out float number)) numbers.Add(number);
            else bag.Error(place, "CFG011", $"'{word}' in a codebook is not a finite binary32 number");
            if (bag.ErrorCount - before >= 20) return false;
        }
        if (bag.ErrorCount > before) return false;
        string name = $"table[{string.Join(',', numbers.Select(n => n.ToString("R", CultureInfo.InvariantCulture)))}]";
        if (FormatCatalogue.TryParse(name, out INumberFormat? format, out _))
        {
            value = format;
            return true;
        }
        bag.Error(map.Location, "CFG011", CodebookFormat.Problem([.. numbers])
            ?? $"a codebook given as a table has at most 4096 numbers, found {numbers.Count}");
        return false;
    }
}
