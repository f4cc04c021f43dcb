using System.CommandLine;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Exploration.Sweeps;
using Sim.Reports;
using Sim.Reports.Exporters;

namespace Sim.Cli.Verbs;

/// <summary>`sim demo`: the main job on the study that comes with the tool.</summary>
internal sealed class DemoVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var folder = new Option<string>("--out")
            { Description = "Output folder", DefaultValueFactory = _ => Path.Combine("reports", "demo") };
        var jobs = new Option<int>("--jobs") { Description = "Designs at a time (default: the number of cores)", DefaultValueFactory = _ =>
            Environment.ProcessorCount };
        var command = new VerbCommand("demo", "Sweep the embedded study of digit networks and write its report: under a minute",
            "sim demo", "sim demo --out /tmp/demo") { folder, jobs };
        command.SetAction(parsed =>
        {
            string target = parsed.GetValue(folder)!, store = Path.Combine(target, "demo.db");
            LoadedStudy study = SweepVerb.LoadStudy(Path.Combine(AppContext.BaseDirectory, "configs", "studies", "demo.yaml"), terminal);
            // The demo always starts afresh: it shows a sweep.
            Report report = SweepVerb.Sweep(study, store, resume: false, force: true, Math.Max(1, parsed.GetValue(jobs)), terminal);
            FrontTable.Print(report, terminal);
            using (ResultStore results = ResultStore.OpenRead(store)) ReportVerb.Write(Report.Of(results), ExporterCatalogue.All, target);
            terminal.Out.WriteLine($"report: {Path.Combine(target, "index.html")}    results: {store}");
            return report.Result.Points.Any(p => p.Status == PointStatus.Failed) ? ExitCode.AnswerIsNo : ExitCode.Ok;
        });
        return command;
    }
}
