using System.CommandLine;
using System.Text.Json;
using Sim.Cli.Verbs.Bench;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>`sim bench NAME`: speed as ratios against a baseline measured in the same run.</summary>
internal sealed class BenchVerb : IVerb
{
    private const string All = "all";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public VerbCommand Build(Terminal terminal)
    {
        var name = new Argument<string>("NAME")
            { Description = $"{string.Join(", ", BenchCatalogue.All.Select(b => $"{b.Name}"))}, or {All}" };
        name.AcceptOnlyFromAmong([.. BenchCatalogue.All.Select(b => b.Name), All]);
        var markdown = new Option<string?>("--markdown") { Description = "Also write the tables to this Markdown file", HelpName = "FILE" };
        markdown.Validators.Add(given =>
        {
            string? folder = Path.GetDirectoryName(Path.GetFullPath(given.GetValueOrDefault<string>() ?? "."));
            if (!Directory.Exists(folder)) given.AddError($"--markdown: there is no folder '{folder}'");
        });
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("bench", "Measure speed as ratios against a baseline of the same run",
            "sim bench gemm", "sim bench all --markdown docs/performance.md") { name, markdown, json };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(name), parsed.GetValue(markdown), parsed.GetValue(json), terminal));
        return command;
    }

    private static int Run(string name, string? markdown, bool json, Terminal terminal)
    {
        var results = new List<(IBenchmark, IReadOnlyList<BenchRow>)>();
        foreach (IBenchmark benchmark in BenchCatalogue.All.Where(b => name == All || b.Name == name))
            results.Add((benchmark, benchmark.Run(what => terminal.Error.WriteLine($"{benchmark.Name}: {what}"))));
        if (markdown is not null) File.WriteAllText(markdown, BenchReport.Markdown(results));
        if (json) terminal.Out.WriteLine(BenchReport.Json(results).ToJsonString(Indented));
        else Print(results, terminal);
        return ExitCode.Ok;
    }

    private static void Print(List<(IBenchmark Benchmark, IReadOnlyList<BenchRow> Rows)> results, Terminal terminal)
    {
        terminal.Out.WriteLine(BenchReport.Machine());
        foreach ((IBenchmark benchmark, IReadOnlyList<BenchRow> rows) in results)
        {
            terminal.Out.WriteLine(benchmark.Summary);
            Table table = new Table().AddColumns("case", "how")
                .AddColumns(new[] { "best ms", "rate", "ratio", "goal" }.Select(t => new TableColumn(t).RightAligned()).ToArray());
            foreach (BenchRow row in rows)
            {
                string ratio = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{row.Ratio:F3}");
                table.AddRow(new[] { row.Case, row.How, BenchReport.Time(row), BenchReport.Rate(row), ratio,
                    BenchReport.Goal(row) }.Select(Markup.Escape).ToArray());
            }
            terminal.OutConsole.Write(table);
        }
    }
}
