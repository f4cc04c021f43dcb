using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Json.Nodes;

namespace Sim.Cli.Verbs.Bench;

/// <summary>Benchmark results as Markdown and JSON, with the machine that they were measured on.</summary>
internal static class BenchReport
{
    /// <summary>Processor, vector width in use, operating system and run time.</summary>
    public static string Machine()
    {
        string vector = Vector512.IsHardwareAccelerated ? "512-bit vectors" : Vector256.IsHardwareAccelerated ? "256-bit vectors"
            : "128-bit vectors";
        return $"{Processor()}, {Environment.ProcessorCount} logical processors, {vector}, {RuntimeInformation.OSArchitecture}, "
            + RuntimeInformation.FrameworkDescription;
    }

    /// <summary>docs/performance.md.</summary>
    public static string Markdown(IReadOnlyList<(IBenchmark Benchmark, IReadOnlyList<BenchRow> Rows)> results)
    {
        var text = new StringBuilder("# Performance\n\nWritten by `./sim bench all --markdown docs/performance.md`; every "
            + "ratio is against a baseline measured in the same run, ");
        text.Append(CultureInfo.InvariantCulture, $"best of several repetitions after warm-up.\n\nMachine: {Machine()}.\n");
        foreach ((IBenchmark benchmark, IReadOnlyList<BenchRow> rows) in results)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {benchmark.Name}\n\n`./sim bench {benchmark.Name}`. {benchmark.Summary}\n\n");
            string[] own = [.. DetailNames(rows)];
            text.Append(CultureInfo.InvariantCulture, $"| case | how | {benchmark.TimeName} | rate | ratio | goal |");
            text.Append(string.Concat(own.Select(n => $" {n} |"))).Append("\n|---|---|---:|---:|---:|---:|");
            text.Append(string.Concat(own.Select(_ => "---:|"))).Append('\n');
            foreach (BenchRow row in rows)
                text.Append(CultureInfo.InvariantCulture,
                    $"| {row.Case} | {row.How} | {Time(row)} | {Rate(row)} | {row.Ratio:F3} | {Goal(row)} |")
                    .Append(string.Concat(own.Select(n => $" {Detail(row, n)} |"))).Append('\n');
            foreach (string baseline in rows.Select(r => r.Baseline).Distinct()) text.Append(CultureInfo.InvariantCulture,
                $"\nRatios are against: {baseline}.\n");
        }
        return text.ToString();
    }

    /// <summary>The same as one JSON document.</summary>
    public static JsonObject Json(IReadOnlyList<(IBenchmark Benchmark, IReadOnlyList<BenchRow> Rows)> results) => new()
    {
        ["machine"] = Machine(),
        ["benchmarks"] = new JsonArray([.. results.Select(r => new JsonObject
        {
            ["name"] = r.Benchmark.Name,
            ["summary"] = r.Benchmark.Summary,
            ["rows"] = new JsonArray([.. r.Rows.Select(row => new JsonObject
            {
                ["case"] = row.Case,
                ["how"] = row.How,
                ["milliseconds"] = double.IsNaN(row.Milliseconds) ? null : row.Milliseconds,
                ["rate"] = row.Rate,
                ["unit"] = row.Unit,
                ["ratio"] = row.Ratio,
                ["baseline"] = row.Baseline,
                ["goal"] = row.Goal,
                ["details"] = row.Details.IsEmpty ? null : new JsonObject(row.Details.Select(d => KeyValuePair.Create(
                    d.Name.Replace(' ', '_'), double.IsFinite(d.Value) ? (JsonNode?)d.Value : null))),
            })]),
        })]),
    };

    /// <summary>Names of the columns that only this benchmark has.</summary>
    public static IEnumerable<string> DetailNames(IReadOnlyList<BenchRow> rows) =>
        rows.SelectMany(r => r.Details.Where(d => d.Text is not null).Select(d => d.Name)).Distinct();

    /// <summary>A row's text in such a column.</summary>
    public static string Detail(BenchRow row, string name) => row.Details.FirstOrDefault(d => d.Name == name)?.Text ?? "";

    /// <summary>Time in milliseconds.</summary>
    public static string Time(BenchRow row) =>
        double.IsNaN(row.Milliseconds) ? "" : row.Milliseconds.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>Rate with its unit.</summary>
    public static string Rate(BenchRow row) => string.Create(CultureInfo.InvariantCulture, $"{row.Rate:G4} {row.Unit}");

    /// <summary>The goal, if there is one.</summary>
    public static string Goal(BenchRow row) => row.Goal is double goal ? string.Create(CultureInfo.InvariantCulture, $"≥ {goal:G3}") : "";

    private static string Processor()
    {
        const string Information = "/proc/cpuinfo";
        string? line = File.Exists(Information) ? File.ReadLines(Information)
            .FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
