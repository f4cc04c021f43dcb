using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;

namespace Sim.Mapper.Search.Lattice;

/// <summary>Places between the innermost stores of a nest so far and what comes next. Loose: loops in time over dimensions of windows stand
/// among them, so that the tiles of neighbouring places need not lie side by side.</summary>
internal readonly record struct Crossed(double Activations, double Weights, double Outputs, double Summed, double Above, int Window,
    bool IsLoose)
{
    /// <summary>At the outermost memory.</summary>
    public static Crossed None { get; } = new(1, 1, 1, 1, 1, 0, false);

    /// <summary>Of an operand.</summary>
    public EdgePlaces Of(Operand operand) => new(operand switch
    {
        Operand.Activations => Activations,
        Operand.Weights => Weights,
        _ => Outputs,
    }, Summed, Above);

    /// <summary>Below fabrics.</summary>
    public Crossed Below(SpatialUse use) => new(Activations * use.Shared.Activations, Weights * use.Shared.Weights,
        Outputs * use.Shared.Outputs, Summed * use.Summed, Above, Window + use.Window,
        IsLoose || (use.Spaces && Window + use.Window != 0));

    /// <summary>Below a store of an operand.</summary>
    public Crossed Stored(Operand operand) => operand switch
    {
        Operand.Activations => this with { Activations = 1, Window = 0, IsLoose = false },
        Operand.Weights => this with { Weights = 1 },
        _ => this with { Outputs = 1, Summed = 1, Above = Above * Summed },
    };
}

/// <summary>What a layer without windows costs on a hierarchy, over the lattice of its tiles.</summary>
internal sealed class LatticeModel
{
    private readonly double[]?[,] _held;
    private readonly int[]?[,] _fitting;
    private double[]? _leastUp;
    private readonly Dictionary<(int, bool), double[]> _upVisits = [];
    private readonly Dictionary<(int, int, int), int[]?> _reach = [];

    /// <summary>Of a problem whose constraints the lattice covers.</summary>
    public LatticeModel(MapProblem problem)
    {
        Problem = problem;
        Lattice = new(LatticeDim.Of(problem));
        Space = new(problem.Hierarchy);
        Windows = new(problem, Lattice);
        Uses = [.. Space.Blocks.Select(b => SpatialUse.Of(problem, Lattice, b, Windows))];
        double[] words = Windows.Of(0, false);
        Visits = PerOperand.Of(o => o == Operand.Activations ? Lattice.Repeats[o].Select((r, t) => r * words[t]).ToArray()
            : Lattice.Repeats[o]);
        LeastVisits = PerOperand.Of(o => Low(Visits[o], Lattice.Repeats[o], o == Operand.Activations ? words : null));
        MostPlaces = [.. Uses.Select(u => u.Select(s => s.Places).DefaultIfEmpty(1).Max())];
        Energy = PriceRow.Energy(problem);
        Loads = PriceRow.Loads(problem);
        Sizes = PerOperand.Of(problem.PlainSize);
        Products = problem.Layer.Macs * problem.Costs.ProductPicojoules;
        Steps = problem.Layer.Macs * problem.Costs.CyclesPerProduct;
        Room = new double[problem.Hierarchy.Levels.Length];
        Array.Fill(Room, double.PositiveInfinity);
        _held = new double[]?[3, Room.Length];
        _fitting = new int[]?[3, Room.Length];
        for (int level = 1; level < Room.Length; level++)
            if (problem.Hierarchy.Levels[level] is MemoryLevel memory) Hold(level, memory);
        double all = problem.Hierarchy.Instances(problem.Hierarchy.Levels.Length);
        LeastPlaces = problem.Constraints.Rules.OfType<UseRule>().Select(r => r.Least * all).DefaultIfEmpty(0).Max() * (1 - 1e-9);
        Inside = [.. problem.Constraints.Rules.OfType<BoundRule>().Where(r => r.Place == BoundPlace.Inside)];
        bool[] inside = [.. Enumerable.Range(0, Lattice.Count).Select(InsideHolds)];
        IsInside = inside.All(i => i) ? null : inside;
    }

    private LatticeModel(LatticeModel all, ImmutableArray<ImmutableArray<SpatialUse>> uses)
    {
        (Windows, Visits, LeastVisits) = (all.Windows, all.Visits, all.LeastVisits);
        (Problem, Lattice, Space, Energy, Loads, Sizes, Products, Steps, Room, _held, _fitting, LeastPlaces, Inside, IsInside) =
            (all.Problem, all.Lattice, all.Space, all.Energy, all.Loads, all.Sizes, all.Products, all.Steps, all.Room, all._held,
            all._fitting, all.LeastPlaces, all.Inside, all.IsInside);
        Uses = uses;
        MostPlaces = [.. Uses.Select(u => u.Select(s => s.Places).DefaultIfEmpty(1).Max())];
    }

    /// <summary>Parts of the uses of fabrics that together are all: most places first, for what counts cycles.</summary>
    public IEnumerable<LatticeModel> Parts(bool apart)
    {
        if (!apart || Uses.IsEmpty)
        {
            yield return this;
            yield break;
        }
        ImmutableArray<ImmutableArray<SpatialUse>> full = [.. Uses.Select((u, k) => Between(u, MostPlaces[k], double.PositiveInfinity))];
        yield return new(this, full);
        for (int k = 0; k < Uses.Length; k++)
            foreach ((double from, double to) in new[] { (MostPlaces[k] / 2, MostPlaces[k]), (0, MostPlaces[k] / 2) })
            {
                ImmutableArray<SpatialUse> some = Between(Uses[k], from, to);
                if (some.IsEmpty) continue;
                int block = k;
                yield return new(this, [.. Uses.Select((u, i) => i < block ? full[i] : i == block ? some : u)]);
            }
    }

    private static ImmutableArray<SpatialUse> Between(ImmutableArray<SpatialUse> uses, double from, double to) =>
        [.. uses.Where(u => u.Places >= from && u.Places < to)];

    /// <summary>The problem.</summary>
    public MapProblem Problem { get; }

    /// <summary>Tiles.</summary>
    public TileLattice Lattice { get; }

    /// <summary>Words of windows.</summary>
    public WindowWords Windows { get; }

    /// <summary>By operand and tile: how often each element arrives at a store above this tile; of windows, words for each element of the
    /// other dimensions.</summary>
    public PerOperand<double[]> Visits { get; }

    /// <summary>The same at least, where the tile of the store is a divisor of this one in dimensions of the operand.</summary>
    public PerOperand<double[]> LeastVisits { get; }

    /// <summary>States.</summary>
    public StoreSpace Space { get; }

    /// <summary>Ways to use each block of fabrics.</summary>
    public ImmutableArray<ImmutableArray<SpatialUse>> Uses { get; }

    /// <summary>Most places of each block.</summary>
    public ImmutableArray<double> MostPlaces { get; }

    /// <summary>pJ.</summary>
    public PriceRow Energy { get; }

    /// <summary>Cycles of ports and buses.</summary>
    public ImmutableArray<PriceRow> Loads { get; }

    /// <summary>Elements by operand.</summary>
    public PerOperand<double> Sizes { get; }

    /// <summary>pJ of all products.</summary>
    public double Products { get; }

    /// <summary>Cycles of all products on one place.</summary>
    public double Steps { get; }

    /// <summary>What each memory's tenants share: words, or bits; infinite where nothing is shared.</summary>
    public double[] Room { get; }

    /// <summary>Places that a constraint asks to use.</summary>
    public double LeastPlaces { get; }

    /// <summary>Tiles that may stand inside the innermost fabric; null: all.</summary>
    public bool[]? IsInside { get; }

    private ImmutableArray<BoundRule> Inside { get; }

    /// <summary>Room that a tile takes by tile; infinite where it does not fit.</summary>
    public double[]? Held(Operand operand, int level) => _held[(int)operand, level];

    /// <summary>Tiles that fit by themselves; null: all.</summary>
    public int[]? Fitting(Operand operand, int level) => _fitting[(int)operand, level];

    /// <summary>Tiles that may follow below the stores of a state, with all their divisors, rising; null: all.</summary>
    public int[]? Reach(StoreState state)
    {
        if (_reach.TryGetValue((state.Activations, state.Weights, state.Outputs), out int[]? known)) return known;
        IEnumerable<int>? reach = null;
        foreach (Operand operand in Enum.GetValues<Operand>())
            if (Fitting(operand, state.Last(operand)) is { } fitting) reach = reach?.Intersect(fitting) ?? fitting;
        int[]? tiles = reach is null ? null : [.. reach.Order()];
        return _reach[(state.Activations, state.Weights, state.Outputs)] = tiles;
    }

    /// <summary>Most instances of a memory.</summary>
    public double Instances(int level) => MostPlaces.Take(Space.Segment(level)).Aggregate(1.0, (all, places) => all * places);

    /// <summary>By tile: as <see cref="Visits"/>, what the parent reads, before it is divided by the places that share every
    /// word.</summary>
    public double[] UpVisits(Operand operand, in Crossed crossed)
    {
        if (operand != Operand.Activations || crossed.Window == 0) return Visits[operand];
        if (crossed.Window < 0) return _leastUp ??= [.. Windows.Least(SharedWindows()).Select((w, t) => w * Lattice.Repeats[operand][t])];
        if (_upVisits.TryGetValue((crossed.Window, crossed.IsLoose), out double[]? known)) return known;
        double[] words = Windows.Of(crossed.Window, crossed.IsLoose);
        return _upVisits[(crossed.Window, crossed.IsLoose)] = [.. words.Select((w, t) => w * Lattice.Repeats[operand][t])];
    }

    /// <summary>The same of compute units, which keep nothing.</summary>
    public double UnitVisits(Operand operand, in Crossed crossed) => Lattice.Repeats[operand][0]
        * (operand == Operand.Activations && Windows.Any
            ? crossed.Window < 0 ? SharedWindows().Append(0).Min(w => Windows.Units(w, true))
            : Windows.Units(crossed.Window, crossed.IsLoose) : 1);

    // What uses of one block or of several share of windows.
    private List<int> SharedWindows()
    {
        var sums = new HashSet<int> { 0 };
        foreach (ImmutableArray<SpatialUse> uses in Uses)
            sums.UnionWith([.. sums.SelectMany(s => uses.Select(u => u.Window).Distinct()
                .Where(w => Lattice.Divides(w, Lattice.Count - 1 - s)).Select(w => s + w))
                .Where(s => s < Lattice.Count)]);
        return [.. sums.Where(s => s > 0).Order()];
    }

    /// <summary>What moves on an edge.</summary>
    public EdgeTraffic Traffic(Operand operand, int parent, int child, in Crossed crossed) => EdgeTraffic.Of(operand, Sizes[operand],
        parent == 0, child < 0, crossed.Of(operand), Problem.Costs);

    private void Hold(int level, MemoryLevel memory)
    {
        foreach (Operand operand in Enum.GetValues<Operand>())
        {
            if (memory.Keeps[operand] == Keeping.Bypass) continue;
            double part = memory.PartitionBits[operand] ?? double.PositiveInfinity, shared = memory.CapacityBits
                ?? double.PositiveInfinity;
            if (double.IsPositiveInfinity(part) && double.IsPositiveInfinity(shared)) continue;
            var held = new double[Lattice.Count];
            double bits = Problem.Costs.Levels[level][operand].Bits * (memory.DoubleBuffered[operand] ? 2 : 1);
            for (int tile = 0; tile < held.Length; tile++)
            {
                double elements = Elements(operand, tile);
                held[tile] = Problem.Packing is { } packing
                    ? NestCapacity.Words(memory, operand, (long)elements, packing) : elements * bits;
                // Bits hold beside whole words.
                if (elements * bits > Math.Min(part, shared) * (1 + 1e-12)) held[tile] = double.PositiveInfinity;
                if (held[tile] > Whole(part, memory) * (1 + 1e-12)) held[tile] = double.PositiveInfinity;
                else if (!double.IsPositiveInfinity(part)) held[tile] = 0;
            }
            if (!double.IsPositiveInfinity(shared)) Room[level] = Whole(shared, memory);
            _held[(int)operand, level] = held;
            _fitting[(int)operand, level] = [.. Enumerable.Range(0, held.Length).Where(t => !double.IsPositiveInfinity(held[t]))];
        }
    }

    // Elements of a tile.
    private double Elements(Operand operand, int tile)
    {
        double elements = Lattice.Plain[operand][tile];
        if (operand != Operand.Activations || !Windows.Any) return elements;
        return elements / Lattice.Plain[operand][Windows.Part(tile)] * Windows.Tile(tile);
    }

    private double[] Low(double[] visits, double[] repeats, double[]? words)
    {
        if (words is null || !Windows.Any) return visits;
        double[] least = [.. words];
        Lattice.MinOverDivisors(least, Windows.Dims);
        return [.. least.Select((w, t) => w * repeats[t])];
    }

    private double Whole(double bits, MemoryLevel memory) => Problem.Packing is null ? bits : Math.Floor(bits / memory.WordBits);

    private bool InsideHolds(int tile)
    {
        foreach (BoundRule rule in Inside)
            for (int d = 0; d < Lattice.Dims.Length; d++)
                if (!LatticeRules.Holds(rule, Lattice.Dims[d], Lattice.Tiles[d][tile], Problem.Layer)) return false;
        return true;
    }
}
