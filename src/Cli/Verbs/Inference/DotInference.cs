using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Sim.ArchModel.Reading;
using Sim.Datapath.Formats;
using Sim.Datapath.Inference;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs.Inference;

/// <summary>`sim dot --infer ROWS.csv`: the datapaths that give every recorded answer, and what the rows do not tell.</summary>
internal static class DotInference
{
    private static readonly System.Text.Json.JsonSerializerOptions Indented = new() { WriteIndented = true };

    // About what a core adds up in a second over all datapaths.
    private const long ManyProducts = 5_000;

    // Four steps of the widest unit.
    private const int MostOfARow = 4 * DotUnitSpec.MaximumLanes;

    /// <summary>Exit code 0 when a datapath fits, 1 when none does.</summary>
    public static int Run(Terminal terminal, string file, string? operands, bool json)
    {
        (INumberFormat Activation, INumberFormat Weight)? formats = operands is null ? null : Formats(operands);
        RecordedRows rows = RecordedRows.Read(file);
        int[] widths = [.. rows.Widths.Where(w => formats is not { } f || CandidateGrid.Digits(f.Activation) == w)];
        if (widths.Length == 0) throw new InvalidInputException(new Location(file), "NUM001",
            $"not every row holds whole operand codes of {formats!.Value.Activation.Name}");
        if (widths.Where(w => rows.Of(w).All(r => r.A.Length <= MostOfARow)).ToArray() is { Length: > 0 } inReach) widths = inReach;
        else throw new InvalidInputException(new Location(file), "NUM001",
            $"a row holds {Number(rows.Of(widths[^1]).Max(r => r.A.Length))} products; allowed are {Number(MostOfARow)}: units take at "
                + $"most {Number(DotUnitSpec.MaximumLanes)} in a step, so that shorter rows tell as much");
        long products = widths.Max(w => rows.Of(w).Sum(r => (long)r.A.Length));
        if (products > ManyProducts) terminal.Error.WriteLine($"note thousands of datapaths are tried on up to {Number(products)} products; this may take minutes, and fewer rows or --operands less");
        (int Digits, RowFit Fit)[] all = [.. widths.Select(w => (w, RowFit.Of(rows.Of(w), w, rows.RegisterDigits, formats)))];
        if (all.All(a => a.Fit.Tried == 0)) throw new InvalidInputException(new Location("sim dot"), "CLI002",
            $"--operands: no float register takes products of {operands}");
        // Operands are all of one width; only chance lets codes fit at two, and then both are told.
        (int Digits, RowFit Fit)[] fits = [.. all.Where(a => !a.Fit.Fits.IsEmpty)];
        if (json) Json(terminal.Out, rows, all, fits);
        else if (fits.Length == 0) Miss(terminal.Out, rows, all);
        else foreach ((int digits, RowFit fit) in fits) Text(terminal.Out, rows, digits, fit);
        return fits.Length > 0 ? ExitCode.Ok : ExitCode.AnswerIsNo;
    }

    private static (INumberFormat, INumberFormat) Formats(string operands)
    {
        string[] names = operands.Split(',');
        var found = new List<INumberFormat>();
        foreach (string name in names)
        {
            if (!FormatCatalogue.TryParse(name, out INumberFormat? format,
                out string error)) throw new InvalidInputException(new Location("sim dot"), "CLI002", $"--operands: {error}");
            found.Add(format);
        }
        if (names.Length > 2 || CandidateGrid.Digits(found[0]) != CandidateGrid.Digits(found[^1]))
            throw new InvalidInputException(new Location("sim dot"), "CLI002",
                $"--operands takes the format of activations and, after a comma, that of weights, with codes as long; found '{operands}'");
        return (found[0], found[^1]);
    }

    private static void Text(TextWriter output, RecordedRows rows, int digits, RowFit fit)
    {
        output.WriteLine(Head(rows, digits, fit));
        DatapathSpec[] named = [.. fit.Fits.Where(f => f.Name.Length > 0)], others = [.. fit.Fits.Where(f => f.Name.Length == 0)];
        if (named.Length > 0) output.WriteLine($"fits: {string.Join(", ", named.Select(f => f.Name))}");
        else output.WriteLine($"no chip profile fits; one datapath that does, as a file:\n{ArchitectureJson.Write(others[0], named: false)}");
        if (others.Length > 0) output.WriteLine(named.Length > 0 ? "fit too; these rows do not tell them apart:"
            : "all that fit; these rows do not tell them apart:");
        foreach (string line in UnitText.Lines(others)) output.WriteLine($"  {line}");
        if (fit.TellingRow() is not { } telling)
        {
            if (fit.Fits.Length > 1)
                output.WriteLine(fit.Fits.Select(f => f with { Name = "" }).Distinct().Count() == 1
                    ? "they are one datapath under several names" : $"none of up to {RowFit.Trials} random rows tells them apart");
            return;
        }
        output.WriteLine($"a row that tells most of them apart (c,a_codes,b_codes), and what they answer:\n  {Row(rows, digits, telling.Row)}");
        foreach ((uint answer, ImmutableArray<DatapathSpec> datapaths) in telling.Groups) output.WriteLine($"  {rows.Text(answer)}  {string.Join("\n            ", UnitText.Lines(datapaths))}");
    }

    private static void Miss(TextWriter output, RecordedRows rows, (int Digits, RowFit Fit)[] all)
    {
        output.WriteLine($"no datapath fits: {Number(all.Sum(a => a.Fit.Tried))} tried on {Number(rows.Count)} rows");
        foreach ((_, RowFit fit) in all.Where(a => a.Fit.Nearest is not null).OrderByDescending(a => a.Fit.Nearest!.Value.Rows).Take(1))
        {
            (DatapathSpec datapath, int right, int first) = fit.Nearest!.Value;
            RecordedRow row = fit.Rows[first];
            output.WriteLine($"nearest profile: {datapath.Name}, right in {Number(right)}; first miss: row {Number(first + 1)}, recorded {rows.Text(row.D)}, {datapath.Name} gives {rows.Text(row.Answer(datapath))}");
        }
    }

    private static void Json(TextWriter output, RecordedRows rows, (int Digits, RowFit Fit)[] all, (int Digits, RowFit Fit)[] fits)
    {
        var found = new JsonArray();
        foreach ((int digits, RowFit fit) in fits)
        {
            var node = new JsonObject { ["operand_digits"] = digits, ["datapaths"] = new JsonArray([.. fit.Fits.Select(Node)]) };
            if (fit.TellingRow() is { } telling)
                node["telling_row"] = new JsonObject
                {
                    ["row"] = Row(rows, digits, telling.Row),
                    ["answers"] = new JsonArray([.. telling.Groups.Select(g =>
                        new JsonObject { ["code"] = rows.Text(g.Answer),
                        ["datapaths"] = new JsonArray([.. g.Datapaths.Select(d => (JsonNode)fit.Fits.IndexOf(d))]) })]),
                };
            found.Add(node);
        }
        var answer = new JsonObject { ["rows"] = rows.Count, ["tried"] = all.Sum(a => a.Fit.Tried), ["fits"] = found };
        if (fits.Length == 0 && all.Select(a => a.Fit.Nearest).OfType<(DatapathSpec Datapath, int Rows, int First)>()
            .OrderByDescending(n => n.Rows).FirstOrDefault() is { Datapath: { } nearest } miss)
            answer["nearest"] = new JsonObject { ["profile"] = nearest.Name, ["rows"] = miss.Rows, ["first_miss"] = miss.First + 1 };
        output.WriteLine(answer.ToJsonString(Indented));
    }

    private static JsonNode Node(DatapathSpec spec)
    {
        JsonObject datapath = JsonNode.Parse(ArchitectureJson.Write(spec, named: false))!.AsObject();
        return spec.Name.Length > 0 ? new JsonObject { ["profile"] = spec.Name, ["datapath"] = datapath }
            : new JsonObject { ["datapath"] = datapath };
    }

    private static string Head(RecordedRows rows, int digits, RowFit fit) =>
        $"{Number(rows.Count)} rows of up to {Number(fit.Rows.Max(r => r.A.Length))} products, operand codes of {Number(digits)} digits; {Number(fit.Tried)} datapaths tried, {Number(fit.Fits.Length)} fit";

    private static string Row(RecordedRows rows, int digits, RecordedRow row) =>
        $"{rows.Text(row.C)},{Codes(row.A, digits)},{Codes(row.B, digits)}";

    private static string Codes(uint[] words, int digits) =>
        string.Concat(words.Select(w => w.ToString($"x{digits}", CultureInfo.InvariantCulture)));

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
