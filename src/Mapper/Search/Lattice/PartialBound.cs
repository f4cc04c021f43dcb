using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search.Lattice;

/// <summary>Lower bounds of the objective over everything that continues a partial nest, from relaxations of energy, cycles and a mix of
/// both.</summary>
internal sealed class PartialBound(LatticeModel model, MapObjective objective)
{
    /// <summary>How much rounding may lift a bound, as a share.</summary>
    private const double Rounding = 1 - 1e-13;

    /// <summary>A bound of pJ; null: none yet.</summary>
    public Relaxation? Energy { get; set; }

    /// <summary>A bound of cycles: its weights of loads and compute units sum to 1.</summary>
    public Relaxation? Cycles { get; set; }

    /// <summary>A bound of weighted energy and cycles together.</summary>
    public Relaxation? Mix { get; set; }

    /// <summary>Whether the bound of energy alone counts: what a relaxation finds least, whatever its value as a mapping is.</summary>
    public bool IsRelaxed { get; init; }

    /// <summary>The exact objective of a whole nest; of a relaxation its weighted sum.</summary>
    public double Value(double energy, double[] loads, PartialNest nest)
    {
        double cycles = model.Steps / nest.Instances[^1];
        if (IsRelaxed)
        {
            double sum = Energy!.EnergyWeight * energy + Energy.ComputeWeight * nest.Compute;
            for (int i = 0; i < loads.Length; i++) sum += Energy.LoadWeights[i] * loads[i];
            for (int level = 0; level < nest.Used.Length; level++)
                if (Energy.RoomPrices[level] > 0) sum += Energy.RoomPrices[level] * (nest.Used[level] / model.Room[level] - 1);
            return sum;
        }
        foreach (double load in loads) cycles = Math.Max(cycles, load);
        if (cycles > model.Problem.MostCycles * (1 + 1e-12)) return double.PositiveInfinity;
        return objective switch { MapObjective.Energy => energy, MapObjective.Latency => cycles, _ => energy * cycles };
    }

    /// <summary>The bound of everything.</summary>
    public double Root(PartialNest root) => Of(root.State, root.Crossed, root).Least(root.Tile, root.Energy, null, default, 0, 0);

    /// <summary>Bounds of what follows a state.</summary>
    public At Of(StoreState next, in Crossed crossed, PartialNest outer, double compute = -1, double places = 0) =>
        new(this, next, crossed, outer, compute < 0 ? outer.Compute : compute, places <= 0 ? outer.Instances[^1] : places);

    /// <summary>Bounds at one state, by tile.</summary>
    internal sealed class At
    {
        private readonly PartialBound _bound;
        private readonly LatticeModel _model;
        private readonly PartialNest _outer;
        private readonly StoreState _state;
        private readonly double _steps, _compute;
        private readonly (Relaxation Relaxation, double[] Table, double Base)[] _parts;
        private readonly int _energy = -1, _cycles = -1, _mix = -1;

        public At(PartialBound bound, StoreState state, in Crossed crossed, PartialNest outer, double compute, double places)
        {
            (_bound, _model, _outer, _state, _compute) = (bound, bound.Model, outer, state, compute);
            double most = places;
            for (int k = state.Segment; k < _model.MostPlaces.Length; k++) most *= _model.MostPlaces[k];
            _steps = _model.Steps / most;
            var parts = new List<(Relaxation, double[], double)>();
            int Add(Relaxation? relaxation, Crossed at)
            {
                if (relaxation is null) return -1;
                parts.Add((relaxation, relaxation.Table(state, at), Base(relaxation)));
                return parts.Count - 1;
            }
            _energy = Add(bound.Energy, crossed);
            _cycles = Add(bound.Cycles, crossed);
            _mix = Add(bound.Mix, crossed);
            _parts = [.. parts];
        }

        // What is known without the step: loads and room so far, all room taken off, and a store that is still pending.
        private double Base(Relaxation relaxation)
        {
            double sum = relaxation.ComputeWeight * _compute;
            for (int i = 0; i < _outer.Loads.Length; i++) sum += relaxation.LoadWeights[i] * _outer.Loads[i];
            for (int level = 0; level < _outer.Used.Length; level++)
                if (relaxation.RoomPrices[level] > 0)
                    sum += relaxation.RoomPrices[level] * (_outer.Used[level] / _model.Room[level] - 1);
            if (_outer.State.Pending < 0 || _state.Pending < 0) return sum;
            // Unless the step was its store: then the step says what is pending now.
            var pending = (Operand)_outer.State.Pending;
            if (_state.Last(pending) != _outer.State.Last(pending)) return sum;
            (double up, double down, double rest) = relaxation.Edge(pending, _outer.State.Last(pending), _state.Target, _outer.MarkCrossed);
            return sum + (up + down) * _outer.MarkLeast + rest;
        }

        /// <summary>The bound at a tile. <paramref name="energy"/> holds the step; <paramref name="edge"/> its loads.</summary>
        public double Least(int tile, double energy, PartialEdge? edge, Visits visits, int level, double takes, Operand marked = default,
            double markVisits = 0, Crossed markCrossed = default)
        {
            double cycles = _steps;
            for (int i = 0; i < _outer.Loads.Length; i++)
                cycles = Math.Max(cycles, _outer.Loads[i] + (edge?.Load(i, visits) ?? 0));
            double leastEnergy = energy, mix = 0;
            for (int p = 0; p < _parts.Length; p++)
            {
                (Relaxation relaxation, double[] table, double sum) = _parts[p];
                sum += table[tile] + relaxation.EnergyWeight * energy;
                if (takes > 0) sum += relaxation.RoomPrice(level) * takes;
                if (edge is not null)
                    for (int i = 0; i < _outer.Loads.Length; i++)
                        if (relaxation.LoadWeights[i] != 0) sum += relaxation.LoadWeights[i] * edge.Load(i, visits);
                if (markVisits > 0)
                {
                    (double up, double down, double rest) = relaxation.Edge(marked, _state.Last(marked), _state.Target, markCrossed);
                    sum += (up + down) * markVisits + rest;
                }
                if (p == _energy) leastEnergy = sum * Rounding;
                else if (p == _cycles) cycles = Math.Max(cycles, sum * Rounding);
                else mix = sum * Rounding;
            }
            return _bound.Least(leastEnergy, cycles, mix);
        }
    }

    /// <summary>The model.</summary>
    public LatticeModel Model => model;

    // Least energy × cycles where both have bounds and their weighted sum too: the product is least at an end of that line.
    private double Least(double energy, double cycles, double mix)
    {
        if (IsRelaxed) return energy;
        if (cycles > model.Problem.MostCycles * (1 + 1e-9)) return double.PositiveInfinity;
        if (objective == MapObjective.Energy) return energy;
        if (objective == MapObjective.Latency) return cycles;
        if (Mix is { } both)
        {
            double e = both.EnergyWeight, c = both.LoadWeights.Sum() + both.ComputeWeight;
            if (e * energy + c * cycles < mix)
                return Math.Min(energy * ((mix - e * energy) / c), cycles * ((mix - c * cycles) / e));
        }
        return energy * cycles;
    }
}
