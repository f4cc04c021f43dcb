using System.Collections.Immutable;
using System.CommandLine;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Exploration.Sweeps;
using Sim.Foundation.Diagnostics;
using Sim.Reports;

namespace Sim.Cli.Verbs;

/// <summary>`sim sweep STUDY.yaml`: every design of a study into a store, and its Pareto front.</summary>
internal sealed class SweepVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var study = new Argument<string>("STUDY") { Description = "Study file, or a name from configs/studies" };
        var resume = new Option<bool>("--resume") { Description = "Continue a sweep that was interrupted" };
        var force = new Option<bool>("--force") { Description = "Replace results that the store holds" };
        var jobs = new Option<int>("--jobs") { Description = "Designs at a time (default: the number of cores)", DefaultValueFactory = _ => Environment.ProcessorCount };
        jobs.Validators.Add(r =>
        {
            if (r.Tokens.Count > 0 && (!int.TryParse(r.Tokens[0].Value, out int n) || n < 1)) r.AddError($"'--jobs' must be a positive integer, found '{r.Tokens[0].Value}'");
        });
        var on = new Option<string>("--on") { Description = "Where to run: local", DefaultValueFactory = _ => "local" };
        on.AcceptOnlyFromAmong("local");
        var file = new Option<string?>("--store") { Description = "Result file (default: the study's file name with .db, in the working directory)" };
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("sweep", "Run every design of a study and find its Pareto front", "sim sweep configs/studies/demo.yaml --store digits.db", "sim sweep study.yaml --resume --jobs 8")
            { study, resume, force, jobs, on, file, json };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(study), store = parsed.GetValue(file) ?? Path.GetFileNameWithoutExtension(name) + ".db";
            LoadedStudy loaded = LoadedStudy.Load(name, Program.Version);
            Report report = Sweep(loaded, store, parsed.GetValue(resume), parsed.GetValue(force), parsed.GetValue(jobs), terminal);
            if (parsed.GetValue(json)) terminal.Out.WriteLine(Summary(report, store));
            else
            {
                FrontTable.Print(report, terminal);
                terminal.Out.WriteLine($"results: {store}    report: sim report {store}");
            }
            return report.Result.Points.Any(p => p.Status == PointStatus.Failed) || report.Result.Points.All(p => p.Record is null) ? ExitCode.AnswerIsNo : ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Runs what the store lacks. A store that cannot be used as asked is bad input.</summary>
    internal static Report Sweep(LoadedStudy study, string path, bool resume, bool force, int jobs, Terminal terminal)
    {
        try
        {
            using ResultStore store = resume ? ResultStore.Resume(path, study.Header) : ResultStore.Create(path, study.Header, force);
            store.DropFailures();
            var evaluator = new StudyEvaluator(study, store, jobs);
            ImmutableArray<PointResult> points = SweepProgressBar.Run(terminal, progress => SweepEngine.Run(study.Space.Study.Points().ToArray(), evaluator, store, jobs, progress, terminal.Cancellation));
            return Report.Of(new StudyResult(study.Header, points));
        }
        catch (StoreException e)
        {
            throw new InvalidInputException(new Location(path), "STO001", e.Message);
        }
    }

    private static string Summary(Report report, string store) => RecordJson.Write(new
    {
        Study = report.Result.Header.Name, Store = store, Designs = report.Result.Header.PointCount, Ran = report.Result.Points.Count(p => p.Status == PointStatus.Ok),
        Infeasible = report.Result.Points.Count(p => p.Status == PointStatus.Infeasible), Failed = report.Result.Points.Count(p => p.Status == PointStatus.Failed),
        report.Analysis.Fronts, report.Analysis.Warnings,
        Front = report.FrontPoints.Select(p => new
        {
            p.Point.Index, p.Point.Parameters,
            Objectives = report.Analysis.Objectives.ToDictionary(o => Exploration.Metrics.MetricCatalogue.Get(o.Metric).Column, o => Exploration.Metrics.MetricCatalogue.Get(o.Metric).Of(p.Point.Record!)),
        }),
    }, indented: true);
}
