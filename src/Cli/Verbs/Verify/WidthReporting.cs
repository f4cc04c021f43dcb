using System.Collections.Immutable;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Exploration.Studies;
using Sim.Simulator.Inputs;
using Sim.Exploration.Widths;
using Sim.Foundation.Diagnostics;
using Sim.Reports;
using Sim.Reports.Widths;
using Sim.Verification;
using Sim.Verification.Claims;
using Sim.Verification.Observation;
using Sim.Verification.Records;
using Sim.Workloads.Integers;

namespace Sim.Cli.Verbs.Verify;

/// <summary>`sim verify --minimal --data X --report DIR`: proven, observed and failing widths, their prices, and accuracy against
/// width.</summary>
internal static class WidthReporting
{
    /// <summary>What is wrong with the options.</summary>
    internal static void Check(VerifyRequest request, ReadingRequest reading, DiagnosticBag bag)
    {
        if (request.Report is null)
        {
            foreach ((string option, bool given) in new[]
                { ("--labels", request.Labels is not null), ("--beside", !request.Beside.IsEmpty),
                ("--technology", request.Technology is not null) })
                if (given) bag.Error(new Location(option), "CLI002", $"{option} needs --report DIR");
            return;
        }
        if (!request.Minimal || request.Data is null) bag.Error(new Location("--report"), "CLI002",
            "--report needs --minimal and --data: it sets what is proved beside what data does");
        if (request.Order != "any" || request.Bias != "preloaded" || request.ZeroPoints != "folded")
            bag.Error(new Location("--report"), "CLI002",
                "--report observes and runs sums with a preloaded bias and folded zero points; allowed with it are --order any, --bias preloaded, --zero-points folded");
        if (request.Boxes is null) bag.Error(new Location("--inputs"), "CLI002",
            "what is proved of calibrated inputs holds for no others; allowed with --report are type and propagated");
        if (reading.WeightBits is not null || reading.Registers is not ("all" or "products")) bag.Error(new Location("--report"), "CLI002",
            "--report runs the accumulators of networks that are integers already: give no --weight-bits, and --registers products");
        if (!request.Layers.IsEmpty) bag.Error(new Location("--layer"), "CLI002", "--report is about all layers");
    }

    /// <summary>Runs the study, writes its files and returns their paths.</summary>
    internal static ImmutableArray<string> Write(VerifyRequest request, ReadingRequest reading, LoadedWorkload workload,
        VerifyOptions claims, VerifyRecord record, ImmutableArray<ObservedLayer> observed, Terminal terminal)
    {
        int threads = Environment.ProcessorCount;
        var prices = new CostModel(TechnologyCatalogue.Resolve(request.Technology ?? TechnologyCatalogue.DefaultName));
        try
        {
            WidthStudy study = WidthStudyRunner.Run(workload.Source.Name, workload.Graph, workload.Data!, record.Registers, observed,
                prices, threads, terminal.Cancellation);
            study = study with { Beside = [.. request.Beside.Select(path => Beside(path, request, reading, claims, threads, terminal))] };
            return ReportWriter.Write(WidthFiles.Of(study), request.Report!);
        }
        catch (NotSupportedException e)
        {
            throw new InvalidInputException(new Location(request.Model!), "VER004", e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Location(request.Report!), "REP002", $"the report cannot be written: {e.Message}");
        }
    }

    private static NetworkMadeForWidth Beside(string path, VerifyRequest request, ReadingRequest reading, VerifyOptions claims,
        int threads, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        LoadedWorkload? workload = Load(path, request, reading, bag);
        IntegerNetwork? network = workload is null ? null
            : IntegerNetworkReader.Read(workload.Graph, path, bag, new ReadingOptions { Boxes = request.Boxes ?? BoxRule.DataType });
        bag.ThrowIfErrors();
        // What ties the inputs of the network in question says nothing about this one.
        VerifyOptions own = new() { Overflow = claims.Overflow, Threads = claims.Threads };
        int proven = network!.Layers.Where(l => l.Weights.Length > 0)
            .Max(l => Verifier.Minimal(l, own, tight: false, terminal.Cancellation).Widest());
        return WidthStudyRunner.Beside(workload!.Source.Name, workload.Graph, workload.Data!, proven, threads, terminal.Cancellation);
    }

    /// <summary>A network with the data and labels of the request, in the shape and type of its input; null after recording what is
    /// wrong.</summary>
    internal static LoadedWorkload? Load(string model, VerifyRequest request, ReadingRequest reading, DiagnosticBag bag)
    {
        InputTransform? transform = reading.Offset == 0 && reading.Scale == 1 ? null : new(reading.Offset, reading.Scale);
        return WorkloadLoader.Load(new WorkloadFiles(Path.GetFileNameWithoutExtension(model), model, request.Data, request.Labels, null,
            transform, new Location(request.Data ?? model)), bag);
    }
}
