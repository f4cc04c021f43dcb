using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Reports;
using Sim.Reports.Exporters;
using Sim.Simulator;

namespace Sim.Cli.Verbs;

/// <summary>`sim report STORE|RECORD...`: pages, tables and figures from records alone.</summary>
internal sealed class ReportVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var inputs = new Argument<string[]>("INPUT") { Description = "One result store, or run records (.json)",
            Arity = ArgumentArity.OneOrMore };
        var folder = new Option<string?>("--out") { Description = "Output folder (default: reports/NAME)" };
        var formats = new Option<string>("--format")
            { Description = "Comma-separated: " + string.Join(", ", ExporterCatalogue.All.Select(e => e.Format)) + " (default: all)" };
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("report", "Write pages, tables and figures from results",
            "sim report digits.db --out reports/digits", "sim report digits.db --format csv,svg") { inputs, folder, formats, json };
        command.SetAction(parsed =>
        {
            string[] names = parsed.GetRequiredValue(inputs);
            ImmutableArray<IExporter> exporters = Exporters(parsed.GetValue(formats));
            string target = parsed.GetValue(folder) ?? Path.Combine("reports", Path.GetFileNameWithoutExtension(names[0]));
            ImmutableArray<string> written = Export(names, exporters, target);
            if (parsed.GetValue(json)) terminal.Out.WriteLine(RecordJson.Write(new Dictionary<string, object> { ["files"] = written },
                indented: true));
            else foreach (string file in written) terminal.Out.WriteLine(file);
            return ExitCode.Ok;
        });
        return command;
    }

    internal static ImmutableArray<string> Write(Report report, ImmutableArray<IExporter> exporters, string folder)
    {
        try
        {
            return ReportWriter.Write(report, exporters, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Location(folder), "REP002", $"the report cannot be written: {e.Message}");
        }
    }

    private static ImmutableArray<IExporter> Exporters(string? list)
    {
        if (list is null) return ExporterCatalogue.All;
        var bag = new DiagnosticBag();
        var exporters = ImmutableArray.CreateBuilder<IExporter>();
        foreach (string word in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct())
        {
            if (ExporterCatalogue.Find(word) is { } exporter) exporters.Add(exporter);
            else
            {
                string[] known = [.. ExporterCatalogue.All.Select(e => e.Format)];
                bag.Error(new Location("--format"), "REP001",
                    $"there is no format '{word}'{NearestName.Hint(word, known)} (known: {string.Join(", ", known)})");
            }
        }
        bag.ThrowIfErrors();
        if (exporters.Count == 0) throw new InvalidInputException(new Location("--format"), "REP001", "names no format");
        return exporters.ToImmutable();
    }

    private static ImmutableArray<string> Export(string[] names, ImmutableArray<IExporter> exporters, string target)
    {
        var bag = new DiagnosticBag();
        if (names.Length > 1 && names.FirstOrDefault(n => !IsRecord(n)) is { } other)
            bag.Error(new Location(other), "REP003", "is not a .json record; give one store alone, or any number of records");
        bag.ThrowIfErrors();
        if (IsRecord(names[0])) return Write(ReadRecords(names, bag), exporters, target);
        try
        {
            // Designs are read from the store as they are written: it stays open until the report is there.
            using ResultStore store = ResultStore.OpenRead(names[0]);
            return Write(Report.Of(store), exporters, target);
        }
        catch (StoreException e)
        {
            throw new InvalidInputException(new Location(names[0]), "STO001", e.Message);
        }
    }

    private static bool IsRecord(string name) => name.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private static Report ReadRecords(string[] names, DiagnosticBag bag)
    {
        var records = new List<(string Path, RunRecord Record)>();
        foreach (string name in names)
        {
            try
            {
                records.Add((name, RecordJson.ReadRun(RegularFile.ReadText(name, 1L << 30))));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
            {
                bag.Error(new Location(name), "REP003", $"cannot be read as a run record: {e.Message}");
            }
        }
        bag.ThrowIfErrors();
        return RunReport.Of(records);
    }
}
