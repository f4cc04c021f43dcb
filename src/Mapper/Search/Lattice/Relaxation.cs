using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search.Lattice;

/// <summary>
/// A lower bound of a weighted sum of energy and loads over all nests at once: capacities are priced in place of kept, so that the best
/// rest of a nest depends only on its state and tile, and one table by tile for each state holds it (dynamic programming, innermost
/// first). Loads of memories below fabrics count as if all their instances were in use.
/// </summary>
internal sealed class Relaxation
{
    private readonly LatticeModel _model;
    private readonly SearchEffort _effort;
    private readonly Dictionary<(StoreState State, Crossed Crossed), double[]> _tables = [];
    private readonly Dictionary<(StoreState State, StoreState Next, Crossed Crossed), double[]> _crossings = [];

    private readonly PerOperand<double>[]? _most;

    /// <summary>With weights of the energy, of each load and of the compute units' cycles, and prices of each memory's room. A
    /// <paramref name="coarse"/> one takes, for activations and weights, the most that any use of the fabrics shares.</summary>
    public Relaxation(LatticeModel model, double energy, double[] loads, double compute, double[] room, SearchEffort effort,
        bool coarse = false)
    {
        (_model, _effort) = (model, effort);
        (EnergyWeight, LoadWeights, ComputeWeight, RoomPrices) = (energy, loads, compute, room);
        if (coarse)
            _most = [.. model.Uses.Select(uses => PerOperand.Of(o => uses.Select(u => u.Shared[o]).DefaultIfEmpty(1).Max()))];
        Row = PriceRow.Mix([(model.Energy, energy, false), .. model.Loads.Select((l, i) => (l, loads[i], true))], model);
    }

    /// <summary>Weight of energy.</summary>
    public double EnergyWeight { get; }

    /// <summary>Weights of the loads.</summary>
    public double[] LoadWeights { get; }

    /// <summary>Weight of the compute units' cycles.</summary>
    public double ComputeWeight { get; }

    /// <summary>Prices of a memory's whole room.</summary>
    public double[] RoomPrices { get; }

    /// <summary>The mixed prices.</summary>
    public PriceRow Row { get; }

    /// <summary>Takes over the tables of another one of the same weights that no changed price of a room touches.</summary>
    public void Reuse(Relaxation other)
    {
        if (EnergyWeight != other.EnergyWeight || ComputeWeight != other.ComputeWeight || _most != other._most
            || !LoadWeights.AsSpan().SequenceEqual(other.LoadWeights)) return;
        int changed = -1;
        for (int level = 0; level < RoomPrices.Length; level++)
            if (RoomPrices[level] != other.RoomPrices[level]) changed = Math.Max(changed, _model.Space.Segment(level));
        foreach (((StoreState State, Crossed Crossed) key, double[] table) in other._tables)
            if (key.State.Segment > changed) _tables[key] = table;
        foreach (((StoreState State, StoreState Next, Crossed Crossed) key, double[] table) in other._crossings)
            if (key.State.Segment >= changed) _crossings[key] = table;
    }

    /// <summary>Price of an edge.</summary>
    public (double Up, double Down, double Fixed) Edge(Operand operand, int parent, int child, in Crossed crossed) =>
        Row.Edge(operand, parent, child, _model.Traffic(operand, parent, child, crossed), 1, 1);

    /// <summary>Share of the compute units' cycles that falls to the use of one block: all blocks together give at most the
    /// cycles.</summary>
    public static double Compute(LatticeModel model, int block, SpatialUse use)
    {
        double others = 1;
        for (int k = 0; k < model.MostPlaces.Length; k++)
            if (k != block) others *= model.MostPlaces[k];
        return model.Steps / (use.Places * others) / model.MostPlaces.Length;
    }

    /// <summary>By tile: the least that is still to come at a state.</summary>
    public double[] Table(StoreState state, in Crossed crossed)
    {
        if (_tables.TryGetValue((state, crossed), out double[]? known)) return known;
        TileLattice lattice = _model.Lattice;
        var least = new double[lattice.Count];
        Array.Fill(least, double.PositiveInfinity);
        Step[] steps = _model.Space.Steps(state);
        foreach (Step step in steps)
        {
            switch (step.Kind)
            {
                case StepKind.Store when (int)step.Operand == state.Pending:
                    AddPending(least, step, crossed.Stored(step.Operand));
                    break;
                case StepKind.Store:
                    AddStore(least, state, step, crossed, Table(step.Next, crossed.Stored(step.Operand)), true);
                    break;
                case StepKind.Mark:
                    AddStore(least, state, step, crossed, Table(step.Next, crossed), false);
                    break;
                case StepKind.Cross:
                    double[] below = Crossings(state, step, crossed);
                    for (int i = 0; i < least.Length; i++) least[i] = Math.Min(least[i], below[i]);
                    break;
                default:
                    least[0] = Math.Min(least[0], End(state, crossed));
                    break;
            }
        }
        bool tight = crossed is { Window: > 0, IsLoose: false };
        uint open = Open(_model, state) & ~(tight ? _model.Windows.Dims : 0);
        if (_model.Reach(state) is { } reach)
        {
            lattice.MinOverDivisors(least, open, reach);
            _effort.Add(lattice.Count / 4 + 8L * reach.Length);
        }
        else
        {
            lattice.MinOverDivisors(least, open);
            _effort.Add(4L * lattice.Count);
        }
        // With loops over dimensions of windows here the places crossed are loose.
        if (tight)
        {
            double[] loose = Table(state, crossed with { IsLoose = true });
            for (int i = 0; i < least.Length; i++) least[i] = Math.Min(least[i], loose[i]);
        }
        return _tables[(state, crossed)] = least;
    }

    /// <summary>Dimensions that may have loops at a state.</summary>
    public static uint Open(LatticeModel model, StoreState state)
    {
        uint mask = 0;
        for (int d = 0; d < model.Lattice.Dims.Length; d++)
            if (state.Pending < 0 || !model.Lattice.Dims[d].Indexes((Operand)state.Pending)) mask |= 1u << d;
        return mask;
    }

    /// <summary>What the compute units read and write.</summary>
    public double End(StoreState state, in Crossed crossed)
    {
        double sum = 0;
        foreach (Operand operand in Enum.GetValues<Operand>())
        {
            (double up, _, double rest) = Edge(operand, state.Last(operand), -1, crossed);
            sum += up * _model.UnitVisits(operand, crossed) + rest;
        }
        return sum;
    }

    private void AddStore(double[] least, StoreState state, in Step step, in Crossed crossed, double[] next, bool holds)
    {
        (double up, double down, double rest) = Edge(step.Operand, state.Last(step.Operand), step.Level, crossed);
        double[] arrivals = (holds ? _model.Visits : _model.LeastVisits)[step.Operand];
        double[] reads = holds ? _model.UpVisits(step.Operand, crossed) : arrivals;
        if (ReferenceEquals(reads, arrivals)) (up, down) = (0, up + down);
        double[]? held = holds ? _model.Held(step.Operand, step.Level) : null;
        double room = RoomPrice(step.Level);
        int[]? reach = _model.Reach(step.Next);
        _effort.Add(reach?.Length ?? least.Length);
        if (reach is null)
            for (int i = 0; i < least.Length; i++) least[i] = Math.Min(least[i], up * reads[i] + down * arrivals[i] + rest + next[i]);
        else if (held is null || room == 0)
            foreach (int i in reach) least[i] = Math.Min(least[i], up * reads[i] + down * arrivals[i] + rest + next[i]);
        else
            foreach (int i in reach) least[i] = Math.Min(least[i], up * reads[i] + down * arrivals[i] + rest + room * held[i] + next[i]);
    }

    // The store whose repeats were counted at its mark.
    private void AddPending(double[] least, in Step step, in Crossed stored)
    {
        double[] next = Table(step.Next, stored);
        double[]? held = _model.Held(step.Operand, step.Level);
        double room = RoomPrice(step.Level);
        foreach (int tile in _model.Reach(step.Next) ?? [.. Enumerable.Range(0, least.Length)])
        {
            double value = next[tile] + Onward(step.Operand, step.Next, stored, tile);
            if (held is not null && double.IsPositiveInfinity(held[tile])) continue;
            if (held is not null && room > 0) value += room * held[tile];
            least[tile] = Math.Min(least[tile], value);
        }
    }

    // Where an operand stays pending below its store: the least that its next one costs, each element arriving once.
    private double Onward(Operand operand, StoreState next, in Crossed stored, int tile)
    {
        if (next.Pending < 0) return 0;
        (double up, double down, double rest) = Edge(operand, next.Last(operand), next.Target, stored);
        double visits = operand == Operand.Outputs ? stored.Above * stored.Summed
            : _model.LeastVisits[operand][tile] / _model.Lattice.Repeats[operand][tile];
        return (up + down) * visits + rest;
    }

    /// <summary>Price of a unit of a memory's room.</summary>
    public double RoomPrice(int level) => RoomPrices[level] == 0 ? 0 : RoomPrices[level] / _model.Room[level];

    // Independent of the prices of rooms above.
    private double[] Crossings(StoreState state, in Step step, in Crossed crossed)
    {
        if (_crossings.TryGetValue((state, step.Next, crossed), out double[]? least)) return least;
        least = new double[_model.Lattice.Count];
        Array.Fill(least, double.PositiveInfinity);
        Operand? resolved = Resolved(state, step);
        bool[]? inside = step.Next.Segment == _model.Space.Blocks.Length ? _model.IsInside : null;
        foreach (SpatialUse use in _model.Uses[state.Segment])
        {
            // Uses of two blocks that together are more than the layer.
            if (crossed.Window > 0 && !_model.Lattice.Divides(use.Window, _model.Lattice.Count - 1 - crossed.Window)) continue;
            Crossed below = Below(crossed, state.Segment, use);
            if (resolved is { } operand) below = below.Stored(operand);
            double[] next = Table(step.Next, below);
            double compute = ComputeWeight == 0 ? 0 : ComputeWeight * Compute(_model, state.Segment, use);
            double[]? held = resolved is { } o ? _model.Held(o, state.Target) : null;
            double room = resolved is null ? 0 : RoomPrice(state.Target);
            _effort.Add(_model.Lattice.Count / 2);
            foreach ((int first, int length) in _model.Lattice.Multiples(use.Tile))
                for (int i = first; i < first + length; i++)
                {
                    int tile = i - use.Tile;
                    if (inside is not null && !inside[tile]) continue;
                    double value = compute + next[tile];
                    if (resolved is { } onward) value += Onward(onward, step.Next, below, tile);
                    if (held is not null)
                    {
                        if (double.IsPositiveInfinity(held[tile])) continue;
                        value += room * held[tile];
                    }
                    least[i] = Math.Min(least[i], value);
                }
        }
        return _crossings[(state, step.Next, crossed)] = least;
    }

    // What is crossed below a use; activations and weights as shared as anywhere when coarse.
    private Crossed Below(in Crossed crossed, int block, SpatialUse use) => _most is null ? crossed.Below(use) : crossed.Below(use) with
    {
        Activations = crossed.Activations * _most[block].Activations,
        Window = use.Window == 0 && crossed.Window >= 0 ? crossed.Window : -1,
        IsLoose = use.Window != 0 || crossed.IsLoose,
        Weights = crossed.Weights * _most[block].Weights,
    };

    /// <summary>The operand whose store stands directly below the fabrics that a step crosses.</summary>
    public static Operand? Resolved(StoreState state, in Step step) =>
        state.Pending >= 0 && step.Next.Last((Operand)state.Pending) == state.Target ? (Operand)state.Pending : null;
}
