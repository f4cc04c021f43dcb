using System.Collections.Immutable;
using System.Text.Json;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Reports;

/// <summary>Reports of single records without a study, with the default objectives.</summary>
public static class RunReport
{
    /// <summary>The axis that tells runs apart: the names of their files.</summary>
    public const string RunAxis = "run";

    /// <summary>A report of records with the paths of their files.</summary>
    public static Report Of(IReadOnlyList<(string Path, RunRecord Record)> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        string[] names = Names([.. runs.Select(r => r.Path)]), networks = [.. runs.Select(r => r.Record.Network).Distinct()];
        bool several = runs.Count > 1;
        ImmutableArray<string> axes =
            [.. several ? [RunAxis] : Array.Empty<string>(), .. runs.SelectMany(r => r.Record.Parameters.Keys).Distinct()
                .Where(a => a != RunAxis).Order(StringComparer.Ordinal)];
        string version = string.Join(", ", runs.Select(r => r.Record.ToolVersion).Distinct().Order(StringComparer.Ordinal));
        string title = several ? networks.Length == 1 ? $"{runs.Count} runs of {networks[0]}"
            : $"{runs.Count} runs of {networks.Length} networks" : $"{networks[0]} on {Architecture(runs[0].Record)}";
        string description = several ? "" : $"One design, from {runs[0].Path}.";
        // Nobody asked for accuracy where no run had labels.
        ImmutableArray<Objective> objectives =
            [.. StudyHeader.DefaultObjectives.Where(o => runs.Any(r => MetricCatalogue.Get(o.Metric).Of(r.Record) is not null))];
        var header = new StudyHeader(title, description, "", version, runs.Count, axes, objectives, [], networks.Length > 1
            ? FrontScope.PerNetwork : FrontScope.Joint, "");
        return Report.Of(new StudyResult(header, [.. runs.Select((r, i) =>
            new PointResult(i, several ? r.Record.Parameters.SetItem(RunAxis, names[i]) : r.Record.Parameters, PointStatus.Ok, null,
                r.Record))])) with { Kind = several ? "Runs" : "Run" };
    }

    // `sim run --out A` writes A/record.json: then the folder is the name. Equal names get a number.
    private static string[] Names(string[] paths)
    {
        string[] names = [.. paths.Select(p => Path.GetFileNameWithoutExtension(p) is var file && file != "record" ? file
            : Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(p))) is { Length: > 0 } folder ? folder : file)];
        var seen = new Dictionary<string, int>();
        return [.. names.Select(n => (seen[n] = seen.GetValueOrDefault(n) + 1) is var count and > 1 ? $"{n} ({count})" : n)];
    }

    private static string Architecture(RunRecord record)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(record.ArchitectureJson);
            return json.RootElement.TryGetProperty("name", out JsonElement name) && name.GetString() is { Length: > 0 } text ? text
                : "one design";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "one design";
        }
    }
}
