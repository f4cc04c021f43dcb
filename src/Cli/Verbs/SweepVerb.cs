using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using Sim.Exploration.Metrics;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Exploration.Sweeps;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Reports;
using Sim.Simulator;
using Sim.Workloads.Graph;

namespace Sim.Cli.Verbs;

/// <summary>`sim sweep STUDY.yaml`: every design of a study into a store, and its Pareto front.</summary>
internal sealed class SweepVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var study = new Argument<string>("STUDY") { Description = "Study file, or a name from configs/studies" };
        var resume = new Option<bool>("--resume") { Description = "Continue a sweep that was interrupted" };
        var force = new Option<bool>("--force") { Description = "Replace results that the store holds" };
        var jobs = new Option<int>("--jobs") { Description = "Designs at a time (default: the number of cores)", DefaultValueFactory = _ =>
            Environment.ProcessorCount };
        jobs.Validators.Add(r =>
        {
            if (r.Tokens.Count > 0 && StrictNumber.TryWhole(r.Tokens[0].Value, out int n)
                && n < 1) r.AddError($"'--jobs' must be a positive integer, found '{r.Tokens[0].Value}'");
        });
        var on = new Option<string>("--on") { Description = "Where to run: local", DefaultValueFactory = _ => "local" };
        on.AcceptOnlyFromAmong("local");
        var file = new Option<string?>("--store")
            { Description = "Result file (default: the study's file name with .db, in the working directory)" };
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("sweep", "Run every design of a study and find its Pareto front",
            "sim sweep configs/studies/demo.yaml --store digits.db", "sim sweep study.yaml --resume --jobs 8")
            { study, resume, force, jobs, on, file, json };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(study), store = parsed.GetValue(file) ?? ConfigCatalogue.NameOf(name) + ".db";
            LoadedStudy loaded = LoadStudy(name, terminal);
            Report report = Sweep(loaded, store, parsed.GetValue(resume), parsed.GetValue(force), parsed.GetValue(jobs), terminal);
            if (parsed.GetValue(json)) terminal.Out.WriteLine(Summary(report, store));
            else
            {
                FrontTable.Print(report, terminal);
                terminal.Out.WriteLine($"results: {store}    report: sim report {store}");
            }
            return report.Result.Points.Any(p => p.Status == PointStatus.Failed) || report.Result.Points.All(p => p.Record is null)
                ? ExitCode.AnswerIsNo : ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Reads a study; one that takes long to read says how far it is.</summary>
    internal static LoadedStudy LoadStudy(string name, Terminal terminal)
    {
        var waited = Stopwatch.StartNew();
        return LoadedStudy.Load(name, Program.Version, (done, total) =>
        {
            if (waited.ElapsedMilliseconds < 1500 || done == total) return;
            waited.Restart();
            terminal.Error.WriteLine($"reading designs: {done} of {total}");
        });
    }

    /// <summary>Runs what the store lacks. A store that cannot be used as asked is bad input. The report is for tables and fronts; to write
    /// files, open the store again.</summary>
    internal static Report Sweep(LoadedStudy study, string path, bool resume, bool force, int jobs, Terminal terminal)
    {
        try
        {
            using ResultStore store = resume ? ResultStore.Resume(path, study.Header) : ResultStore.Create(path, study.Header, force);
            store.DropFailures();
            return SweepProgressBar.Run(terminal, progress =>
            {
                SweepEngine.Fill([.. study.Space.Study.Points()],
                    new StudyEvaluator(study, store, jobs, progress.Note, terminal.Cancellation), store, jobs, progress,
                    terminal.Cancellation);
                return Report.Of(store);
            });
        }
        catch (NetworkException e)
        {
            throw new InvalidInputException(new Location(study.Space.Study.Name), "NET001", e.Message);
        }
        catch (StoreException e)
        {
            throw new InvalidInputException(new Location(path.Length == 0 ? "--store" : path), "STO001", e.Message);
        }
    }

    private static string Summary(Report report, string store)
    {
        int Count(PointStatus status) => report.Result.Points.Count(p => p.Status == status);
        return RecordJson.Write(new Dictionary<string, object>
        {
            ["study"] = report.Result.Header.Name,
            ["store"] = store,
            ["designs"] = report.Result.Header.PointCount,
            ["ran"] = Count(PointStatus.Ok),
            ["infeasible"] = Count(PointStatus.Infeasible),
            ["failed"] = Count(PointStatus.Failed),
            ["fronts"] = report.Analysis.Fronts,
            ["warnings"] = report.Analysis.Warnings,
            ["front"] = report.FrontPoints.Select(p => new Dictionary<string, object>
            {
                ["index"] = p.Point.Index,
                ["parameters"] = p.Point.Parameters,
                ["objectives"] = report.Analysis.Objectives.Select(o => MetricCatalogue.Get(o.Metric))
                    .ToDictionary(m => m.Column, m => m.Of(p.Point.Record!)),
            }),
        }, indented: true);
    }
}
