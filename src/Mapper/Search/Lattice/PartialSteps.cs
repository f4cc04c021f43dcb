using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search.Lattice;

/// <summary>Everything that can follow a partial nest, with its costs and a bound.</summary>
internal sealed class PartialSteps(LatticeModel model, PartialBound bound, SearchEffort effort)
{
    private readonly List<int> _tiles = [];

    /// <summary>Whether tiles may overfill the room that memories share.</summary>
    public bool IgnoresRoom { get; init; }

    private double Room(int level) => IgnoresRoom ? double.PositiveInfinity : model.Room[level] * (1 + 1e-12);

    /// <summary>The outermost memory alone.</summary>
    public PartialNest Root()
    {
        var state = new StoreState(0, 0, 0, 0, -1, 0);
        return new()
        {
            Tile = model.Lattice.Count - 1, Above = model.Lattice.Count - 1, State = state, Crossed = Crossed.None, Energy = model.Products,
            Loads = new double[model.Loads.Length], Used = new double[model.Room.Length], Instances = [1],
        };
    }

    /// <summary>Gives all that continue a partial nest by one step, with bounds below a limit; those that do not fit are left
    /// out.</summary>
    public void Continue(PartialNest outer, Func<double> limit, Action<PartialNest> found)
    {
        foreach (Step step in model.Space.Steps(outer.State))
        {
            switch (step.Kind)
            {
                case StepKind.Store: Store(outer, step, limit, found); break;
                case StepKind.Mark: Mark(outer, step, limit, found); break;
                case StepKind.Cross: Cross(outer, step, limit, found); break;
                default: End(outer, step, limit, found); break;
            }
        }
    }

    // Loops that an operand does not have stand below its store: none is directly above it.
    private List<int> Tiles(PartialNest outer, Operand operand)
    {
        uint open = Relaxation.Open(model, outer.State);
        for (int d = 0; d < model.Lattice.Dims.Length; d++)
            if (!model.Lattice.Dims[d].Indexes(operand)) open &= ~(1u << d);
        return Tiles(outer, open);
    }

    private List<int> Tiles(PartialNest outer, uint open)
    {
        _tiles.Clear();
        model.Lattice.Divisors(outer.Tile, open, _tiles);
        effort.Add(4L * _tiles.Count);
        return _tiles;
    }

    private static Crossed Loose(PartialNest outer) => outer.Crossed.Window == 0 ? outer.Crossed : outer.Crossed with { IsLoose = true };

    // Whether loops over dimensions of windows stand between a partial nest and a tile.
    private bool Moves(PartialNest outer, int tile) => model.Windows.Part(outer.Tile) != model.Windows.Part(tile);

    private void Store(PartialNest outer, in Step step, Func<double> limit, Action<PartialNest> found)
    {
        bool pending = (int)step.Operand == outer.State.Pending, onward = pending && step.Next.Pending >= 0;
        int parent = outer.State.Last(step.Operand);
        Crossed crossed = outer.Crossed.Stored(step.Operand), loose = Loose(outer).Stored(step.Operand);
        var edge = new PartialEdge(model, step.Operand, parent, step.Level, outer.Crossed, outer.Instances, outer.Instances[^1]);
        PartialBound.At at = bound.Of(step.Next, crossed, outer), atLoose = loose == crossed ? at : bound.Of(step.Next, loose, outer);
        double[] down = model.Visits[step.Operand], up = model.UpVisits(step.Operand, outer.Crossed);
        double[] upLoose = model.UpVisits(step.Operand, Loose(outer));
        double[]? held = model.Held(step.Operand, step.Level);
        double room = Room(step.Level);
        foreach (int tile in Tiles(outer, step.Operand))
        {
            double takes = held is null ? 0 : held[tile];
            if (outer.Used[step.Level] + takes > room || double.IsPositiveInfinity(takes)) continue;
            bool moves = !ReferenceEquals(up, upLoose) || loose != crossed ? Moves(outer, tile) : false;
            var visits = new Visits((moves ? upLoose : up)[tile], down[tile]);
            if (pending) visits = At(outer.MarkRepeats, step.Operand, tile, visits);
            double markLeast = onward ? Least(outer.MarkRepeats, step.Operand, tile) : outer.MarkLeast;
            double energy = outer.Energy + edge.Energy(visits);
            double least = (moves ? atLoose : at).Least(tile, energy, edge, visits, step.Level, takes, step.Operand,
                onward ? markLeast : 0, crossed);
            if (!(least < limit())) continue;
            double[] used = outer.Used;
            if (takes > 0)
            {
                used = [.. used];
                used[step.Level] += takes;
            }
            found(new()
            {
                Outer = outer, Step = step, Above = tile, Tile = tile, State = step.Next, Crossed = moves ? loose : crossed,
                Energy = energy, Loads = edge.Loads(outer.Loads, visits), Used = used, Instances = outer.Instances, Compute = outer.Compute,
                MarkLeast = markLeast, MarkCrossed = onward ? crossed : outer.MarkCrossed,
                MarkRepeats = pending && !onward ? 0 : outer.MarkRepeats, Bound = Math.Max(least, outer.Bound),
            });
        }
    }

    // Visits where the loops that do not index an operand repeat it so often, in place of all above.
    private Visits At(double repeats, Operand operand, int tile, Visits all)
    {
        double share = repeats / model.Lattice.Repeats[operand][tile];
        return new(all.Up * share, all.Down * share);
    }

    private double Least(double repeats, Operand operand, int tile) =>
        repeats * model.LeastVisits[operand][tile] / model.Lattice.Repeats[operand][tile];

    private void Mark(PartialNest outer, in Step step, Func<double> limit, Action<PartialNest> found)
    {
        PartialBound.At tight = bound.Of(step.Next, outer.Crossed, outer), loose = bound.Of(step.Next, Loose(outer), outer);
        double[] visits = model.LeastVisits[step.Operand];
        foreach (int tile in Tiles(outer, step.Operand))
        {
            bool moves = outer.Crossed.Window != 0 && Moves(outer, tile);
            PartialBound.At at = moves ? loose : tight;
            double least = at.Least(tile, outer.Energy, null, default, 0, 0, step.Operand, visits[tile], outer.Crossed);
            if (!(least < limit())) continue;
            found(new()
            {
                Outer = outer, Step = step, Above = tile, Tile = tile, State = step.Next, Crossed = moves ? Loose(outer) : outer.Crossed,
                Energy = outer.Energy, Loads = outer.Loads, Used = outer.Used, Instances = outer.Instances, Compute = outer.Compute,
                MarkLeast = visits[tile], MarkCrossed = outer.Crossed, MarkRepeats = model.Lattice.Repeats[step.Operand][tile],
                Bound = Math.Max(least, outer.Bound),
            });
        }
    }

    private void Cross(PartialNest outer, in Step step, Func<double> limit, Action<PartialNest> found)
    {
        Operand? resolved = Relaxation.Resolved(outer.State, step);
        bool[]? inside = step.Next.Segment == model.Space.Blocks.Length ? model.IsInside : null;
        // Loops directly above fabrics count as those directly below them, but for a marked store and rules of what stands inside.
        // and for windows, of which neighbouring places share more the nearer their tiles lie.
        uint open = outer.State.Pending >= 0 || inside is not null ? Relaxation.Open(model, outer.State) : model.Windows.Dims;
        int[] tiles = [.. Tiles(outer, open)];
        if (outer.Crossed is { Window: not 0, IsLoose: false })
        {
            Cross(outer, step, limit, found, outer.Crossed, resolved, inside, [.. tiles.Where(t => !Moves(outer, t))]);
            Cross(outer, step, limit, found, Loose(outer), resolved, inside, [.. tiles.Where(t => Moves(outer, t))]);
        }
        else
        {
            Cross(outer, step, limit, found, outer.Crossed, resolved, inside, tiles);
        }
    }

    private void Cross(PartialNest outer, in Step step, Func<double> limit, Action<PartialNest> found, in Crossed crossed,
        Operand? resolved, bool[]? inside, int[] tiles)
    {
        bool innermost = step.Next.Segment == model.Space.Blocks.Length;
        foreach (SpatialUse use in model.Uses[outer.State.Segment])
        {
            double places = outer.Instances[^1] * use.Places;
            if (innermost && places < model.LeastPlaces) continue;
            if (crossed.Window > 0 && !model.Lattice.Divides(use.Window, model.Lattice.Count - 1 - crossed.Window)) continue;
            Crossed below = crossed.Below(use);
            bool onward = resolved is not null && step.Next.Pending >= 0;
            PartialEdge? edge = null;
            double repeats = outer.MarkRepeats;
            if (outer.State.Pending >= 0)
                repeats *= model.Lattice.Whole[(Operand)outer.State.Pending]
                    / model.Lattice.Repeats[(Operand)outer.State.Pending][use.Tile];
            double[] instances = [.. outer.Instances, places];
            double[]? held = null, wordsUp = null, wordsDown = null;
            if (resolved is { } operand)
            {
                if (operand == Operand.Activations) (wordsUp, wordsDown) = (model.Windows.Of(below.Window, false),
                    model.Windows.Of(0, false));
                edge = new(model, operand, outer.State.Last(operand), outer.State.Target, below, instances, places);
                held = model.Held(operand, outer.State.Target);
                below = below.Stored(operand);
            }
            double compute = outer.Compute + Relaxation.Compute(model, outer.State.Segment, use);
            PartialBound.At at = bound.Of(step.Next, below, outer, compute, places);
            double room = Room(outer.State.Target);
            effort.Add(20 + 4L * tiles.Length);
            foreach (int above in tiles)
            {
                if (!model.Lattice.Divides(use.Tile, above)) continue;
                int tile = above - use.Tile;
                if (inside is not null && !inside[tile]) continue;
                double takes = held is null ? 0 : held[tile];
                if (double.IsPositiveInfinity(takes) || (held is not null && outer.Used[outer.State.Target] + takes > room)) continue;
                var visits = new Visits(repeats * (wordsUp?[tile] ?? 1), repeats * (wordsDown?[tile] ?? 1));
                double energy = outer.Energy + (edge?.Energy(visits) ?? 0);
                double markLeast = onward ? Least(repeats, resolved!.Value, tile) : outer.MarkLeast;
                double least = at.Least(tile, energy, edge, visits, outer.State.Target, takes, resolved ?? default, onward ? markLeast : 0,
                    below);
                if (!(least < limit())) continue;
                double[] used = outer.Used;
                if (takes > 0)
                {
                    used = [.. used];
                    used[outer.State.Target] += takes;
                }
                found(new()
                {
                    Outer = outer, Step = step, Above = above, Tile = tile, Use = use, State = step.Next, Crossed = below,
                    Energy = energy, Loads = edge is null ? outer.Loads : edge.Loads(outer.Loads, visits), Used = used,
                    Instances = instances, Compute = compute, MarkLeast = markLeast, MarkCrossed = onward ? below : outer.MarkCrossed,
                    MarkRepeats = resolved is null || onward ? repeats : 0, Bound = Math.Max(least, outer.Bound),
                });
            }
        }
    }

    private void End(PartialNest outer, in Step step, Func<double> limit, Action<PartialNest> found)
    {
        double energy = outer.Energy;
        double[] loads = outer.Loads;
        Crossed crossed = Moves(outer, 0) ? Loose(outer) : outer.Crossed;
        foreach (Operand operand in Enum.GetValues<Operand>())
        {
            var edge = new PartialEdge(model, operand, outer.State.Last(operand), -1, crossed, outer.Instances, 1);
            double units = model.UnitVisits(operand, crossed);
            var visits = new Visits(units, units);
            energy += edge.Energy(visits);
            loads = edge.Loads(loads, visits);
        }
        if (outer.Instances[^1] < model.LeastPlaces) return;
        double value = bound.Value(energy, loads, outer);
        if (!(value < limit())) return;
        found(new()
        {
            Outer = outer, Step = step, Above = outer.Tile, Tile = 0, State = step.Next, Crossed = outer.Crossed, Energy = energy,
            Loads = loads, Used = outer.Used, Instances = outer.Instances, Bound = value,
        });
    }
}

/// <summary>How often each element is read above and arrives below.</summary>
internal readonly record struct Visits(double Up, double Down);

/// <summary>Energy and loads of one edge of a nest: exactly, at least where windows move.</summary>
internal sealed class PartialEdge
{
    private readonly (double Up, double Down, double Fixed) _energy;
    private readonly (double Up, double Down, double Fixed)[] _loads;

    /// <summary>Of an operand between two memories; -1: compute units.</summary>
    public PartialEdge(LatticeModel model, Operand operand, int parent, int child, in Crossed crossed, double[] instances, double children)
    {
        EdgeTraffic traffic = model.Traffic(operand, parent, child, crossed);
        _energy = model.Energy.Edge(operand, parent, child, traffic, 1, 1);
        double parents = instances[model.Space.Segment(parent)];
        _loads = new (double, double, double)[model.Loads.Length];
        for (int i = 0; i < _loads.Length; i++) _loads[i] = model.Loads[i].Edge(operand, parent, child, traffic, parents, children);
    }

    /// <summary>pJ at so many visits.</summary>
    public double Energy(Visits visits) => _energy.Up * visits.Up + _energy.Down * visits.Down + _energy.Fixed;

    /// <summary>Cycles of a load at so many visits.</summary>
    public double Load(int load, Visits visits) => _loads[load].Up * visits.Up + _loads[load].Down * visits.Down + _loads[load].Fixed;

    /// <summary>Loads with this edge.</summary>
    public double[] Loads(double[] before, Visits visits)
    {
        var loads = new double[before.Length];
        for (int i = 0; i < loads.Length; i++) loads[i] = before[i] + Load(i, visits);
        return loads;
    }
}
