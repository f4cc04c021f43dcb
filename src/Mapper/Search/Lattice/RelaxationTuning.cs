namespace Sim.Mapper.Search.Lattice;

/// <summary>
/// Chooses the prices and weights of the relaxations: raises the price of a memory whose room the relaxed nest overfills and the weight
/// of the load that binds (subgradient steps), and offers the nests that it meets.
/// </summary>
internal sealed class RelaxationTuning(LatticeModel model, MapObjective objective, PartialBound bound, SearchEffort effort,
    Action<PartialNest> offer)
{
    private const int Rounds = 8, SideRounds = 2;

    // A gap that leaves little to search.
    private const double Close = 1e-6, Near = 0.994;

    private PartialNest? _best;
    private double _value = double.PositiveInfinity;

    /// <summary>Fills in the bounds; false when they show that nothing is better than the best. Coarse ones do not tell apart how much
    /// activations and weights are shared, which is much less work.</summary>
    public bool Run(Func<double> best, bool coarse) => coarse ? Run(best, 1, 2, coarse) : Run(best, SideRounds, Rounds, coarse);

    private bool Run(Func<double> best, int side, int main, bool coarse)
    {
        if (objective != MapObjective.Latency) bound.Energy = Tune(0, 1, objective == MapObjective.Energy ? main : side, coarse, best);
        if (objective == MapObjective.Energy || IsDone(best)) return !IsDone(best);
        bound.Cycles = Tune(1, 0, objective == MapObjective.Latency ? main : side, coarse, best);
        if (objective == MapObjective.Edp && !IsDone(best) && _best is { } nest)
            bound.Mix = Tune(1 / Cycles(nest), 1 / nest.Energy, main, coarse, best);
        return !IsDone(best);
    }

    private bool IsDone(Func<double> best) => Root() >= best() * (1 - 1e-12);

    private double Root() => bound.Root(new PartialSteps(model, bound, effort).Root());

    private double Cycles(PartialNest nest) => nest.Loads.Append(model.Steps / nest.Instances[^1]).Max();

    // The weight of cycles spreads over loads and compute units, that of energy is given.
    private Relaxation Tune(double cycles, double energy, int rounds, bool coarse, Func<double> best)
    {
        var rooms = new double[model.Room.Length];
        var shares = new double[model.Loads.Length + 1];
        if (cycles > 0) Start(shares);
        Relaxation? kept = null, last = null;
        double most = double.NegativeInfinity, step = 1;
        int late = 0;
        for (int round = 0; round < rounds; round++)
        {
            var now = new Relaxation(model, energy, [.. shares[..^1].Select(s => s * cycles)], shares[^1] * cycles, [.. rooms], effort,
                coarse);
            if (kept is not null) now.Reuse(last!);
            last = now;
            (double value, PartialNest? path) = Look(now);
            if (value > most) (most, kept, late) = (value, now, 0);
            else (step, late) = (step / 2, late + 1);
            if (late > 2 || (round > 0 && effort.Spent > effort.Limit / 2)) break;
            if (path is null || double.IsPositiveInfinity(value) || Holds(now, energy, cycles, best)) break;
            if (!Move(path, rooms, shares, energy, cycles, value, step)) break;
        }
        return kept!;
    }

    // Whether the bound with this relaxation shows that nothing is better, or so little that looking for it is less work than a better
    // bound.
    private bool Holds(Relaxation now, double energy, double cycles, Func<double> best)
    {
        if (energy > 0 && cycles > 0) bound.Mix = now;
        else if (energy > 0) bound.Energy = now;
        else bound.Cycles = now;
        return Root() >= best() * Near;
    }

    private void Start(double[] shares)
    {
        if (_best is { } nest)
        {
            double most = Cycles(nest);
            for (int i = 0; i < shares.Length; i++)
                shares[i] = Math.Pow((i < nest.Loads.Length ? nest.Loads[i] : model.Steps / nest.Instances[^1]) / most, 64);
        }
        else
        {
            Array.Fill(shares, 1);
        }
        double sum = shares.Sum();
        for (int i = 0; i < shares.Length; i++) shares[i] /= sum;
    }

    // The bound, and the nest that the relaxation finds least; one that fits is offered.
    private (double Bound, PartialNest? Path) Look(Relaxation relaxation)
    {
        var alone = new PartialBound(model, MapObjective.Energy) { Energy = relaxation, IsRelaxed = true };
        var relaxed = new PartialSteps(model, alone, effort) { IgnoresRoom = true };
        PartialNest root = relaxed.Root();
        double value = relaxation.EnergyWeight * model.Products - relaxation.RoomPrices.Sum()
            + relaxation.Table(root.State, root.Crossed)[root.Tile];
        PartialNest? path = Follow(relaxed, root);
        var fitting = new PartialSteps(model, alone, effort);
        if (path is not null && !Fits(path)) Offer(Follow(fitting, fitting.Root()));
        else Offer(path);
        return (value, path);
    }

    private bool Fits(PartialNest path)
    {
        for (int level = 0; level < model.Room.Length; level++)
            if (path.Used[level] > model.Room[level] * (1 + 1e-12)) return false;
        return true;
    }

    private void Offer(PartialNest? nest)
    {
        if (nest is null) return;
        double value = bound.Value(nest.Energy, nest.Loads, nest);
        if (value < _value) (_best, _value) = (nest, value);
        offer(nest);
    }

    private static PartialNest? Follow(PartialSteps steps, PartialNest root)
    {
        for (PartialNest? at = root; at is not null;)
        {
            PartialNest? best = null;
            steps.Continue(at, () => best?.Bound ?? double.PositiveInfinity, found => best = found);
            if (best?.Step.Kind == StepKind.End) return best;
            at = best;
        }
        return null;
    }

    // False when nothing is overfilled, nothing priced is left free, and no other load binds.
    private bool Move(PartialNest path, double[] rooms, double[] shares, double energy, double cycles, double value, double step)
    {
        double busiest = Cycles(path), known = energy > 0 && cycles > 0 ? 2 : energy > 0 ? _best?.Energy ?? value * 1.2
            : _best is { } b ? Cycles(b) : value * 1.2;
        double missing = Math.Max(known - value, Close * Math.Abs(value));
        double norm = 0;
        var slope = new double[rooms.Length];
        for (int level = 0; level < rooms.Length; level++)
        {
            if (double.IsPositiveInfinity(model.Room[level])) continue;
            double over = path.Used[level] / model.Room[level] - 1;
            if (rooms[level] == 0 && over <= 1e-12) continue;
            slope[level] = over;
            norm += over * over;
        }
        bool moves = norm > 0 && known - value > Close * Math.Abs(value);
        if (moves)
            for (int level = 0; level < rooms.Length; level++)
                rooms[level] = Math.Max(0, rooms[level] + step * missing / norm * slope[level]);
        if (cycles == 0) return moves;
        double sum = 0;
        double mean = 0;
        for (int i = 0; i < shares.Length; i++) mean += shares[i] * Load(path, i);
        bool bound = busiest > mean * (1 + 1e-9);
        for (int i = 0; i < shares.Length; i++)
            sum += shares[i] = (shares[i] + 1e-4) * Math.Exp(2 * step * (Load(path, i) / busiest - 1));
        for (int i = 0; i < shares.Length; i++) shares[i] /= sum;
        return moves || bound;
    }

    private double Load(PartialNest path, int load) => load < path.Loads.Length ? path.Loads[load] : model.Steps / path.Instances[^1];
}
