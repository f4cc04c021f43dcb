using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Sim.Datapath.Specs;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>The `multiplier` mapping of a datapath: `kind` and the keys of that kind.</summary>
internal static class MultiplierType
{
    private static readonly YamlField<int> LMulOffset = YamlField.Optional("offset", YamlTypes.Integer(1, 28),
        "l: 2^-l is added to the sum of the fractions. Left out: the paper's l(m), m up to 3 fraction bits, 3 for 4, 4 above.");
    private static readonly YamlField<int> PatternOffset = YamlField.Optional("offset", YamlTypes.Integer(-(1 << 22), 1 << 22), 0, "0",
        "Units of the last place added to every product.");
    private static readonly YamlField<int> Dropped = YamlField.Required("dropped_columns", YamlTypes.Integer(0, 56),
        "Lowest columns of the array without partial products.");
    private static readonly YamlField<int> Correction = YamlField.Optional("correction", YamlTypes.Integer(0, int.MaxValue), 0, "0",
        "Constant added to a product that is not zero, in units of its last place.");
    private static readonly YamlField<int> BitsPerCycle = YamlField.Optional("bits_per_cycle", YamlTypes.Integer(1, 32), 1, "1",
        "Bits of the serial operand that a cycle takes; a product takes ceil(bits / bits_per_cycle) cycles.");
    private static readonly YamlField<ProductOperand> Serial = YamlField.Optional("serial",
        YamlTypes.Choice(("activation", ProductOperand.Activation), ("weight", ProductOperand.Weight)), ProductOperand.Activation,
        "activation",
        "The operand that is cut into digits.");
    private static readonly YamlField<int> Terms = YamlField.Optional("terms", YamlTypes.Integer(1, 8), 1, "1",
        "Signed powers of two that a weight may be the sum of.");
    private static readonly YamlField<int> Group = YamlField.Optional("group", YamlTypes.Integer(1, GroupedLookupMultiplier.MaximumGroup),
        4, "4", "Activations whose sums a table holds.");
    private static readonly YamlField<bool> SymmetricTable = YamlField.Optional("symmetric", YamlTypes.Boolean, true, "true",
        "Weight bits read as 1 and -1: half a table and a conditional negation.");
    private static readonly YamlField<int> SharedBy = YamlField.Optional("shared_by", YamlTypes.Integer(1, 4096), 1, "1",
        "PEs that read one table.");
    private static readonly YamlField<string> File = YamlField.Optional("file", YamlTypes.Text,
        "Text file of 2^a rows (activation codes) of 2^b numbers (weight codes), separated by commas or spaces, # for comments; relative to this file.");
    private static readonly YamlField<ImmutableArray<string>> Rows = YamlField.Optional("rows", YamlTypes.List(YamlTypes.Text),
        "The rows of the table themselves, in place of 'file': numbers separated by spaces.");

    private static readonly YamlField<int> PowerBits = YamlField.Optional("bits", YamlTypes.Integer(1, LogMultiplier.MostBits),
        LogMultiplier.MostBits, "52", "Bits below the point of a table entry, each the nearest to its power of two.");
    private static readonly YamlField<int> Lookup = YamlField.Optional("lookup", YamlTypes.Integer(0, LogMultiplier.MostLookup),
        "High bits of the remainder that address the table; the rest f is taken as 2^f = 1 + f (Mitchell). Left out: all; 0: no table.");

    /// <summary>The type of the `multiplier` key; null is the exact one.</summary>
    public static YamlType<MultiplierSpec?> Instance { get; } = new YamlVariantType<MultiplierSpec?>("multiplier", "kind",
    [
        new("exact", new YamlSchema("exact multiplier", "Products are exact.", []),
            (YamlMap _, DiagnosticBag _, out MultiplierSpec? value) => (value = null) is null),
        new("lmul", new YamlSchema("L-Mul", "Exponent and fraction fields added as one integer (arXiv 2410.00907).", [LMulOffset]),
            (YamlMap map, DiagnosticBag bag, out MultiplierSpec? value) =>
        {
            bool given = LMulOffset.IsIn(map), good = LMulOffset.TryRead(map, bag, out int offset);
            value = new LMulMultiplier(given ? offset : null);
            return good || !given;
        }),
        new("mitchell", new YamlSchema("Mitchell multiplier", "Logarithms approximated by straight lines and added (Mitchell 1962).", []),
            (YamlMap _, DiagnosticBag _, out MultiplierSpec? value) => (value = new MitchellMultiplier()) is not null),
        new("piecewise_affine", new YamlSchema("piecewise-affine multiplier",
            "binary32 patterns added (arXiv 2305.17190), with that code's limits.", [PatternOffset]),
            (YamlMap map, DiagnosticBag bag, out MultiplierSpec? value) =>
                (value = new PiecewiseAffineMultiplier(PatternOffset.Read(map, bag))) is not null),
        new("truncated", new YamlSchema("truncated multiplier", "An array multiplier without the partial products of its lowest columns.",
            [Dropped, Correction]),
            (YamlMap map, DiagnosticBag bag, out MultiplierSpec? value) =>
            {
                bool good = Dropped.TryRead(map, bag, out int dropped);
                value = new TruncatedMultiplier(dropped, Correction.Read(map, bag));
                return good;
            }),
        new("log", new YamlSchema("logarithmic multiplier",
            "Logarithms added (operands lnsN_R), the product made linear by a table and Mitchell's line (LNS-Madam).", [PowerBits, Lookup]),
            (YamlMap map, DiagnosticBag bag, out MultiplierSpec? value) =>
            {
                bool given = Lookup.IsIn(map), good = Lookup.TryRead(map, bag, out int lookup);
                good |= !given;
                good &= PowerBits.TryRead(map, bag, out int bits);
                value = new LogMultiplier(bits, given ? lookup : null);
                return good;
            }),
        new("bit_serial", new YamlSchema("bit-serial multiplier",
            "Exact products, one operand a digit a cycle: other gates and time, same values.", [BitsPerCycle, Serial]),
            (YamlMap map, DiagnosticBag bag, out MultiplierSpec? value) =>
                (value = new BitSerialMultiplier(BitsPerCycle.Read(map, bag), Serial.Read(map, bag))) is not null),
        new("grouped_lookup", new YamlSchema("grouped lookup",
            "Exact products: tables of sums of activations, addressed by a bit of each weight of a group.",
            [Group, SymmetricTable, SharedBy]),
            (YamlMap map, DiagnosticBag bag, out MultiplierSpec? value) =>
                (value = new GroupedLookupMultiplier(Group.Read(map, bag), SymmetricTable.Read(map, bag),
                SharedBy.Read(map, bag))) is not null),
        new("shift_add", new YamlSchema("shift-add multiplier", "Exact products with weights that are sums of few powers of two.", [Terms]),
            (YamlMap map, DiagnosticBag bag, out MultiplierSpec? value) =>
                (value = new ShiftAddMultiplier(Terms.Read(map, bag))) is not null),
        new("lookup", new YamlSchema("lookup multiplier", "Exact products of two short codes from a table in the PE.", []),
            (YamlMap _, DiagnosticBag _, out MultiplierSpec? value) => (value = new LookupMultiplier()) is not null),
        new("table", new YamlSchema("product table", "Any product of two short codes, from a file or inline.", [File, Rows]), ReadTable),
    ]);

    /// <summary>The mapping that reads back as the multiplier.</summary>
    public static JsonObject ToNode(MultiplierSpec multiplier)
    {
        var node = new JsonObject { ["kind"] = multiplier.Kind };
        switch (multiplier)
        {
            case LMulMultiplier { Offset: { } offset }: node["offset"] = offset; break;
            case LogMultiplier l:
                node["bits"] = l.Bits;
                if (l.Lookup is { } lookup) node["lookup"] = lookup;
                break;
            case LMulMultiplier or MitchellMultiplier or LookupMultiplier: break;
            case BitSerialMultiplier b: (node["bits_per_cycle"], node["serial"]) = (b.BitsPerCycle, b.Serial == ProductOperand.Weight
                ? "weight" : "activation"); break;
            case GroupedLookupMultiplier g: (node["group"], node["symmetric"], node["shared_by"]) = (g.Group, g.Symmetric, g.SharedBy);
                break;
            case ShiftAddMultiplier s: node["terms"] = s.Terms; break;
            case PiecewiseAffineMultiplier p: node["offset"] = p.Offset; break;
            case TruncatedMultiplier t: (node["dropped_columns"], node["correction"]) = (t.Dropped, t.Correction); break;
            case TableMultiplier t:
                node["rows"] = new JsonArray([.. t.Products.Chunk(1 << t.WeightBits)
                    .Select(row => (JsonNode)string.Join(' ', row.Select(p => p.ToString("R", CultureInfo.InvariantCulture))))]);
                break;
            default: throw new ArgumentOutOfRangeException(nameof(multiplier), multiplier, "a kind of multiplier without a JSON form");
        }
        return node;
    }

    private static bool ReadTable(YamlMap map, DiagnosticBag bag, out MultiplierSpec? value)
    {
        value = null;
        if (File.IsIn(map) == Rows.IsIn(map))
        {
            bag.Error(map.Location, "CFG109", "a product table has either 'file' or 'rows'");
            return false;
        }
        if (Rows.IsIn(map))
        {
            if (!Rows.TryRead(map, bag, out ImmutableArray<string> rows)) return false;
            Location place = map[Rows.Name]!.Location;
            return TryParse(NumberFile.Lines(rows.Select(row => (row, place))), place, bag, out value);
        }
        return NumberFile.Read(File, map, bag) is { } lines
            && TryParse(lines, lines.Length > 0 ? lines[0].Place : map[File.Name]!.Location, bag, out value);
    }

    private static bool TryParse((string[] Words, Location Place)[] lines, Location whole, DiagnosticBag bag, out MultiplierSpec? value)
    {
        value = null;
        int before = bag.ErrorCount, columns = 0;
        List<float> products = [];
        int rows = 0;
        foreach ((string[] cells, Location place) in lines)
        {
            rows++;
            if (rows == 1) columns = cells.Length;
            if (cells.Length != columns) bag.Error(place, "CFG109",
                $"row {rows} of the product table has {cells.Length} numbers, the first has {columns}");
            foreach (string cell in cells)
            {
                if (StrictNumber.TryReal(cell, out float product)) products.Add(product);
                else bag.Error(place, "CFG109", $"row {rows} of the product table: '{cell}' is not a finite binary32 number");
            }
            if (bag.ErrorCount - before >= 20) return false;
        }
        if (bag.ErrorCount > before) return false;
        if (rows < 2 || columns < 2 || !BitOperations.IsPow2(rows) || !BitOperations.IsPow2(columns)
            || (long)rows * columns > 1 << TableMultiplier.MaximumBits)
        {
            bag.Error(whole, "CFG109", $"a product table has 2^a rows of 2^b numbers, at most 2^{TableMultiplier.MaximumBits} in all; found {rows} rows of {columns}");
            return false;
        }
        value = new TableMultiplier(BitOperations.Log2((uint)rows), BitOperations.Log2((uint)columns), [.. products]);
        return true;
    }
}
