using System.Collections.Immutable;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Foundation.Diagnostics;
using Sim.Simulator;

namespace Sim.Exploration.Sweeps;

/// <summary>Runs the designs of a study through one <see cref="Evaluator"/>, whose shared values are kept in the store, so that a resumed
/// sweep has them too.</summary>
public sealed class StudyEvaluator(LoadedStudy study, ResultStore store, int jobs, Action<string>? note = null,
    CancellationToken cancellation = default) : IDesignEvaluator
{
    private readonly Evaluator _evaluator = new(study.Header.ToolVersion, jobs, new StoreAccuracies(store), note);

    public PointResult Evaluate(DesignPoint point)
    {
        ArgumentNullException.ThrowIfNull(point);
        ImmutableSortedDictionary<string, string> parameters = study.Space.Study.Parameters(point);
        PointResult Refused(string reason) => new(point.Index, parameters, PointStatus.Infeasible, reason, null);
        Design design = study.Space.Designs[point.Index];
        if (!design.Exists) return Refused(design.Reason);
        try
        {
            return new PointResult(point.Index, parameters, PointStatus.Ok, null,
                _evaluator.Evaluate(study.Inputs(design), 1, cancellation));
        }
        catch (InvalidInputException e)
        {
            return Refused(string.Join("; ", e.Diagnostics.Where(p => p.Severity == Severity.Error).Select(p => $"{p.Code}: {p.Message}")
                .Distinct()));
        }
#pragma warning disable CA1031 // One design that the tool fails on must not lose the others; the sweep exits 1 and shows the message.
        catch (Exception e) when (e is not (OperationCanceledException or StoreException))
#pragma warning restore CA1031
        {
            return new PointResult(point.Index, parameters, PointStatus.Failed, $"{e.GetType().Name}: {e.Message}", null);
        }
    }

    public IReadOnlyList<Action> SharedWork(IReadOnlyList<DesignPoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        return _evaluator.SharedWork(points.Select(p => study.Space.Designs[p.Index]).Where(d => d.Exists).Select(study.Inputs), jobs,
            cancellation);
    }
}
