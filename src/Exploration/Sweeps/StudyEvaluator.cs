using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Specs;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Foundation.Diagnostics;
using Sim.Mapper;
using Sim.Simulator;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Exploration.Sweeps;

/// <summary>
/// Runs the designs of a study. What designs have in common is computed once: the float network and its calibration, and the values of a network under a datapath,
/// reduction order and recipe (kept in the store, so that a resumed sweep has them too).
/// </summary>
public sealed class StudyEvaluator(LoadedStudy study, ResultStore store, int jobs) : IDesignEvaluator
{
    private const string AccuracyKind = "accuracy";
    private readonly Shared<(int Workload, bool Fold, int Samples), PreparedNetwork> _networks = new();
    private readonly Shared<string, AccuracyResult> _accuracies = new();
    private readonly Shared<(int Workload, bool Fold), NetworkLayers> _layers = new();

    public PointResult Evaluate(DesignPoint point)
    {
        ArgumentNullException.ThrowIfNull(point);
        ImmutableSortedDictionary<string, string> parameters = study.Space.Study.Parameters(point);
        PointResult Refused(string reason) => new(point.Index, parameters, PointStatus.Infeasible, reason, null);
        Design design = study.Space.Designs[point.Index];
        if (!design.Exists) return Refused(Words(design.Problems));
        if (MappingProblems(design) is { Length: > 0 } problems) return Refused(problems);
        try
        {
            return new PointResult(point.Index, parameters, PointStatus.Ok, null, Run(design, parameters));
        }
        catch (InvalidInputException e)
        {
            return Refused(Words(e.Diagnostics));
        }
#pragma warning disable CA1031 // One design that the tool fails on must not lose the others; the sweep exits 1 and shows the message.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new PointResult(point.Index, parameters, PointStatus.Failed, $"{e.GetType().Name}: {e.Message}", null);
        }
    }

    public IReadOnlyList<Action> SharedWork(IReadOnlyList<DesignPoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        Design[] possible = [.. points.Select(p => study.Space.Designs[p.Index]).Where(d => d.Exists && study.Workloads[d.Point.Workload].Data is not null)];
        foreach (var network in possible.Select(d => (d, Key: NetworkKey(d))).DistinctBy(d => d.Key)) Network(network.d);
        var plans = new Dictionary<string, AccuracyPlan>(StringComparer.Ordinal);
        // Designs that differ only in what changes no value (buffers, clocks) have the same plan: it is made once for each set of what does.
        foreach (Design design in possible.DistinctBy(d => (d.Point.Workload, d.Architecture!.Architecture.Datapath with { Name = "", PipelineStages = 0 }, LayerMapper.OrderOf(d.Architecture.Architecture.Array), d.Recipe!.Canonical)))
        {
            try
            {
                AccuracyPlan plan = Plan(design);
                plans.TryAdd(plan.Key, plan);
            }
            catch (InvalidInputException)
            {
                // The point itself will say so.
            }
        }
        // As many at a time as there are workers; fewer plans than workers share the rest.
        int threads = Math.Max(1, jobs / Math.Max(1, plans.Count));
        return [.. plans.Values.Select(plan => (Action)(() => Try(plan, threads)))];
    }

    private void Try(AccuracyPlan plan, int threads)
    {
        try
        {
            Accuracy(plan, threads);
        }
#pragma warning disable CA1031 // Every design that needs these values meets the same fault, and records it.
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
        }
    }

    private RunRecord Run(Design design, ImmutableSortedDictionary<string, string> parameters)
    {
        LoadedWorkload workload = study.Workloads[design.Point.Workload];
        AccuracyResult? accuracy = workload.Data is null ? null : Accuracy(Plan(design), 1);
        return Simulator.Run.Execute(design.Architecture!, workload.Source.Name, workload.Graph, Layers(design), design.Recipe!, accuracy, parameters, study.Header.ToolVersion);
    }

    private AccuracyResult Accuracy(AccuracyPlan plan, int threads) => _accuracies.Get(plan.Key, key =>
    {
        if (store.FindSubResult(AccuracyKind, key) is { } kept) return RecordJson.Read<AccuracyResult>(kept);
        AccuracyResult result = AccuracyEvaluator.Evaluate(plan, threads);
        store.SaveSubResult(AccuracyKind, key, RecordJson.Write(result));
        return result;
    });

    private AccuracyPlan Plan(Design design)
    {
        Architecture architecture = design.Architecture!.Architecture;
        ReductionOrder order = LayerMapper.OrderOf(architecture.Array);
        return AccuracyPlan.Create(Network(design), architecture.Datapath, design.Recipe!, _ => order, vector: architecture.Vector.Program);
    }

    private PreparedNetwork Network(Design design) => _networks.Get(NetworkKey(design), _ =>
    {
        LoadedWorkload workload = study.Workloads[design.Point.Workload];
        return PreparedNetwork.Create(workload.Graph, workload.Data!, workload.Calibration, design.Recipe!, jobs);
    });

    private NetworkLayers Layers(Design design) => _layers.Get((design.Point.Workload, design.Recipe!.FoldBatchNormalization), key =>
    {
        NetworkGraph graph = study.Workloads[key.Workload].Graph;
        return LayerExtraction.Layers(key.Fold ? BatchNormFolding.Fold(graph) : graph);
    });

    private static (int, bool, int) NetworkKey(Design design) => (design.Point.Workload, design.Recipe!.FoldBatchNormalization, design.Recipe.CalibrationSamples);

    private string MappingProblems(Design design) =>
        string.Join("; ", Simulator.Timing.Estimator.Problems(design.Architecture!.Architecture, Layers(design).Gemms).Select(p => p.Message).Distinct());

    private static string Words(IEnumerable<Diagnostic> problems) => string.Join("; ", problems.Where(p => p.Severity == Severity.Error).Select(p => $"{p.Code}: {p.Message}").Distinct());
}
