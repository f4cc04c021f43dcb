using Sim.Mapper.Nests;

namespace Sim.Mapper.Search.Lattice;

/// <summary>
/// Best-first search over partial nests, outermost store first. A partial nest is dropped when its bound is not below the best nest, when
/// its tiles do not fit, or when another one of the same state and tile is nowhere worse.
/// </summary>
internal sealed class LatticeSearch
{
    // A better nest must be better by more than rounding.
    private const double Better = 1 - 1e-12;

    private readonly LatticeModel _model;
    private readonly MapObjective _objective;
    private readonly Incumbent _incumbent;
    private readonly SearchEffort _effort;
    private readonly PartialBound _bound;
    private readonly PartialSteps _steps;
    private readonly RelaxationTuning _tuning;
    private readonly Dictionary<(StoreState, Crossed, int, double), List<PartialNest>> _seen = [];
    private readonly PriorityQueue<PartialNest, (double Bound, long Number)> _open = new();
    private long _number;

    /// <summary>Over a model.</summary>
    public LatticeSearch(LatticeModel model, MapObjective objective, Incumbent incumbent, SearchEffort effort)
    {
        (_model, _objective, _incumbent, _effort) = (model, objective, incumbent, effort);
        _bound = new(model, objective);
        _steps = new(model, _bound, effort);
        _tuning = new(model, objective, _bound, effort, Offer);
    }

    /// <summary>Tiles of the layer.</summary>
    public int Tiles => _model.Lattice.Count;

    /// <summary>Nests evaluated.</summary>
    public long Evaluated { get; private set; }

    /// <summary>Partial nests that were continued.</summary>
    public long Continued { get; private set; }

    /// <summary>A bound of all nests whose orders of loops were not all counted.</summary>
    public double Uncounted { get; private set; } = double.PositiveInfinity;

    private double Limit() => _incumbent.Value * Better;

    /// <summary>Finds bounds; first coarse ones, then fine ones. What they drop is dropped for good.</summary>
    public void Tune(bool coarse)
    {
        if (_open.Count == 0 && _number > 0) return;
        _open.Clear();
        if (!_tuning.Run(() => _incumbent.Value, coarse)) return;
        PartialNest root = _steps.Root();
        _open.Enqueue(root, (_bound.Root(root), _number++));
    }

    /// <summary>A bound of all nests that are not finished; infinite when nothing is left.</summary>
    public double Least => _open.TryPeek(out _, out (double Bound, long Number) at) && at.Bound < Limit() ? at.Bound
        : double.PositiveInfinity;

    /// <summary>Continues the partial nest of least bound.</summary>
    public void Continue()
    {
        PartialNest part = _open.Dequeue();
        if (Continued < 20 || (Continued & Continued - 1) == 0) Dive(part);
        Continued++;
        _steps.Continue(part, Limit, Push);
    }

    private void Push(PartialNest part)
    {
        if (part.Step.Kind == StepKind.End && part.Outer is not null)
        {
            Offer(part);
            return;
        }
        var key = (part.State, part.Crossed, part.Tile, part.Instances[^1]);
        if (!_seen.TryGetValue(key, out List<PartialNest>? others)) _seen[key] = others = [];
        bool energy = _objective != MapObjective.Latency;
        bool loads = _objective != MapObjective.Energy || !double.IsPositiveInfinity(_model.Problem.MostCycles);
        _effort.Add(200 + 10L * others.Count);
        foreach (PartialNest other in others)
            if (other.Covers(part, energy, loads)) return;
        others.RemoveAll(o => part.Covers(o, energy, loads));
        others.Add(part);
        _effort.Add(400);
        _open.Enqueue(part, (part.Bound, _number++));
    }

    // Follows the least bounds to a whole nest.
    private void Dive(PartialNest part)
    {
        for (PartialNest? at = part; at is not null;)
        {
            PartialNest? best = null;
            _steps.Continue(at, () => Math.Min(best?.Bound ?? double.PositiveInfinity, Limit()), found => best = found);
            if (best?.Step.Kind == StepKind.End)
            {
                Offer(best);
                return;
            }
            at = best;
        }
    }

    private void Offer(PartialNest whole)
    {
        Evaluated++;
        double value = _bound.Value(whole.Energy, whole.Loads, whole);
        if (!(value < Limit())) return;
        if (!_model.Windows.Any)
        {
            _incumbent.Offer(value, () => LatticeNest.Of(_model, whole));
            return;
        }
        foreach (LoopNest nest in LatticeNest.Some(_model, whole).DistinctBy(NestKey.Of))
        {
            _effort.Add(40_000);
            _incumbent.OfferExact(nest);
        }
        // Orders of loops that were not counted may move less, down to the bound.
        if (value < Limit()) Uncounted = Math.Min(Uncounted, value);
    }
}
