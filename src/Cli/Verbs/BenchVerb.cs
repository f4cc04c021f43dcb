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
        var architecture = new Option<string[]>("--architecture")
            { Description = "map: only this architecture (may be repeated)", HelpName = "ARCH" };
        var workload = new Option<string[]>("--workload") { Description = "map: only this network (may be repeated)", HelpName = "W" };
        var all = new Option<bool>("--all") { Description = "map: every shipped sim.architecture/2, in place of a few (takes long)" };
        Option<string> effort = EffortOption.Create();
        effort.Description = "map: " + effort.Description;
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("bench", "Measure speed as ratios against a baseline of the same run",
            "sim bench gemm", "sim bench map --architecture eyeriss_v1 --workload resnet50",
            "sim bench all --markdown docs/performance.md") { name, architecture, workload, all, effort, markdown, json };
        command.Validators.Add(given =>
        {
            IBenchmark? chosen = BenchCatalogue.All.FirstOrDefault(b => b.Name == given.GetValue(name));
            if (chosen is { TakesDesigns: true }) return;
            foreach (Option option in new Option[] { architecture, workload, all, effort })
                if (given.GetResult(option) is { Implicit: false }) given.AddError($"{option.Name}: only `sim bench map` takes it");
        });
        command.Validators.Add(given =>
        {
            if (given.GetValue(all) && given.GetValue(architecture) is { Length: > 0 })
                given.AddError("--all: every shipped architecture; leave --architecture out");
        });
        command.SetAction(parsed => Run(parsed.GetRequiredValue(name), new([.. parsed.GetValue(architecture) ?? []],
            [.. parsed.GetValue(workload) ?? []], parsed.GetValue(all), EffortOption.Parse(parsed.GetRequiredValue(effort))!.Value),
            parsed.GetValue(markdown), parsed.GetValue(json), terminal));
        return command;
    }

    private static int Run(string name, BenchDesigns designs, string? markdown, bool json, Terminal terminal)
    {
        var results = new List<(IBenchmark, IReadOnlyList<BenchRow>)>();
        foreach (IBenchmark benchmark in BenchCatalogue.All.Where(b => name == All || b.Name == name))
        {
            void Progress(string what) => terminal.Error.WriteLine($"{benchmark.Name}: {what}");
            results.Add((benchmark, benchmark.TakesDesigns && name != All ? benchmark.Run(designs, Progress) : benchmark.Run(Progress)));
        }
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
            string[] own = [.. BenchReport.DetailNames(rows)];
            string[] columns = [benchmark.TimeName, "rate", "ratio", "goal", .. own];
            Table table = new Table().AddColumns("case", "how").AddColumns([.. columns.Select(t => new TableColumn(t).RightAligned())]);
            foreach (BenchRow row in rows)
            {
                string ratio = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{row.Ratio:F3}");
                table.AddRow(new[] { row.Case, row.How, BenchReport.Time(row), BenchReport.Rate(row), ratio,
                    BenchReport.Goal(row) }.Concat(own.Select(n => BenchReport.Detail(row, n))).Select(Markup.Escape).ToArray());
            }
            terminal.OutConsole.Write(table);
        }
    }
}
