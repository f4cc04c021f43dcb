using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Constraints;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>A resource that bounds the cycles of a layer.</summary>
/// <param name="Name">How it is called in reports.</param>
/// <param name="Level">Its memory; -1 the compute units.</param>
/// <param name="Cycles">Cycles as a sum of products.</param>
internal sealed record LoadRow(string Name, int Level, PricedSum Cycles);

/// <summary>A limit: the sum may not exceed it.</summary>
internal sealed record LimitRow(string Name, PricedSum Sum, double Limit);

/// <summary>
/// Everything that one skeleton costs, as sums of products over the dimensions: energy, cycles of each resource, and what must fit.
/// </summary>
internal sealed class SkeletonModel
{
    private static readonly Operand[] All = [Operand.Activations, Operand.Weights, Operand.Outputs];

    private readonly MapProblem _problem;
    private readonly Dictionary<string, int> _keys = [];
    private readonly int[] _entryPlaces;

    /// <summary>Builds the sums of a skeleton.</summary>
    public SkeletonModel(MapProblem problem, Skeleton skeleton)
    {
        (_problem, Skeleton) = (problem, skeleton);
        Places = [.. skeleton.Places.Select(i => skeleton.Entries[i])];
        _entryPlaces = new int[skeleton.Entries.Length + 1];
        for (int i = 0; i < skeleton.Entries.Length; i++)
            _entryPlaces[i + 1] = _entryPlaces[i] + (skeleton.Entries[i].Kind is EntryKind.Slot or EntryKind.Axis ? 1 : 0);
        foreach (Operand operand in All) AddOperand(operand);
        Energy.Add(Product((_, _) => 0), problem.Layer.Macs * problem.Costs.ProductPicojoules);
        var steps = new PricedSum();
        steps.Add(Product((_, q) => Places[q].Kind == EntryKind.Axis ? -1 : 0), problem.Layer.Macs * problem.Costs.CyclesPerProduct);
        Loads.Insert(0, new("compute", -1, steps));
        AddMemories();
        if (!double.IsPositiveInfinity(problem.MostCycles))
            foreach (LoadRow load in Loads) Limits.Add(new($"cycles of {load.Name}", load.Cycles, problem.MostCycles));
        for (int q = 0; q < Places.Length; q++)
        {
            if (Places[q].Kind != EntryKind.Axis) continue;
            var used = new PricedSum();
            int place = q;
            used.Add(Product((_, other) => other == place ? 1 : 0), 1);
            FabricLevel fabric = problem.Hierarchy.Fabric(Places[q].Level);
            Limits.Add(new($"{fabric.Name}.{fabric.Axes[Places[q].Axis].Name}", used, fabric.Axes[Places[q].Axis].Size));
        }
        var rules = new RuleRows(problem, this);
        foreach (MapRule rule in problem.Constraints.Rules) rules.Add(rule);
    }

    /// <summary>The skeleton.</summary>
    public Skeleton Skeleton { get; }

    /// <summary>Its places.</summary>
    public ImmutableArray<Entry> Places { get; }

    /// <summary>All products.</summary>
    public List<Product> Products { get; } = [];

    /// <summary>Columns that lists of windows have.</summary>
    public List<WindowColumn> WindowColumns { get; } = [];

    /// <summary>pJ.</summary>
    public PricedSum Energy { get; } = new();

    /// <summary>Cycles by resource.</summary>
    public List<LoadRow> Loads { get; } = [];

    /// <summary>Whether a constraint asks for more of a dimension than there is.</summary>
    public bool Impossible { get; set; }

    /// <summary>What must fit.</summary>
    public List<LimitRow> Limits { get; } = [];

    private readonly Dictionary<(int Level, bool Write), List<(int Product, double Elements, double Least, Operand Operand)>> _moves = [];
    private readonly Dictionary<int, List<(int Product, Operand Operand)>> _tiles = [];

    internal int Product(Func<LoopDim, int, int> power, int window = -1)
    {
        var powers = new sbyte[LoopLayer.Dims][];
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++)
        {
            powers[(int)dim] = new sbyte[Places.Length];
            for (int q = 0; q < Places.Length; q++) powers[(int)dim][q] = (sbyte)power(dim, q);
        }
        bool rows = window >= 0 && _problem.HasWindow(Sliding.Rows), columns = window >= 0 && _problem.HasWindow(Sliding.Columns);
        return Add(new(powers, rows ? window : -1, columns ? window : -1));
    }

    private int Add(Product product)
    {
        string key = product.Key;
        if (_keys.TryGetValue(key, out int known)) return known;
        Products.Add(product);
        return _keys[key] = Products.Count - 1;
    }

    private void AddOperand(Operand operand)
    {
        int[] stores = Skeleton.Stores(operand);
        double size = _problem.PlainSize(operand);
        int slide = 0, direct = -1;
        Sliding slides = Sliding.None;
        for (int i = 0; i < stores.Length; i++)
        {
            if (i > 0) AddTile(operand, stores[i]);
            bool innermost = i == stores.Length - 1;
            int child = innermost ? Skeleton.Entries.Length : stores[i + 1];
            int boundary = innermost ? child : Skeleton.Boundary(child);
            if (innermost) direct = -1;
            else if (operand == Operand.Activations && Skeleton.Slides[slide++] is var now && now != Sliding.AsParent)
                (slides, direct) = (now, _entryPlaces[boundary] - 1);
            var edge = new WindowColumn(WindowPart.Up, _entryPlaces[stores[i]], _entryPlaces[child], _entryPlaces[boundary], direct,
                slides);
            AddEdge(operand, size, edge, Skeleton.Entries[stores[i]].Level, innermost ? -1 : Skeleton.Entries[child].Level);
        }
    }

    private void AddTile(Operand operand, int store)
    {
        int at = _entryPlaces[store];
        int level = Skeleton.Entries[store].Level;
        int product = Product((d, q) => q >= at && Plain(operand, d) ? 1 : 0,
            Window(operand, new(WindowPart.Tile, at, at, at, -1, Sliding.None)));
        if (!_tiles.TryGetValue(level, out var tiles)) _tiles[level] = tiles = [];
        tiles.Add((product, operand));
    }

    private int Window(Operand operand, WindowColumn column)
    {
        if (operand != Operand.Activations || !(_problem.HasWindow(Sliding.Rows) || _problem.HasWindow(Sliding.Columns))) return -1;
        int known = WindowColumns.IndexOf(column);
        if (known >= 0) return known;
        WindowColumns.Add(column);
        return WindowColumns.Count - 1;
    }

    // Indexed by a dimension that no window holds.
    private bool Plain(Operand operand, LoopDim dim) =>
        Skeleton.Indexes(operand, dim) && !(operand == Operand.Activations && _problem.InWindow(dim));

    private bool Shares(Operand operand, int place)
    {
        FabricAxis axis = _problem.Hierarchy.Fabric(Places[place].Level).Axes[Places[place].Axis];
        return operand == Operand.Outputs ? axis.Outputs != Reduction.None : axis.Of(operand) != Sharing.None;
    }

    private void AddEdge(Operand operand, double size, WindowColumn edge, int parent, int child)
    {
        bool Repeats(LoopDim d, int q) => !Skeleton.Indexes(operand, d) && Places[q].Kind == EntryKind.Slot && q < edge.Boundary;
        bool Copies(LoopDim d, int q, int before) => !Skeleton.Indexes(operand, d) && Places[q].Kind == EntryKind.Axis && q < before;
        int up = Product((d, q) => Repeats(d, q) || (Copies(d, q, edge.Child) && (q < edge.Parent || !Shares(operand, q))) ? 1 : 0,
            Window(operand, edge));
        int down = child < 0 ? -1 : Product((d, q) => Repeats(d, q) || Copies(d, q, edge.Child) ? 1 : 0,
            Window(operand, edge with { Part = WindowPart.Down }));
        if (operand != Operand.Outputs)
        {
            Move(parent, false, up, size, size, operand);
            if (child >= 0) Move(child, true, down, size, size, operand);
            return;
        }
        int first = Product((d, q) => Copies(d, q, edge.Parent) ? 1 : 0);
        MoveUp(parent, up, first, size);
        if (!_problem.Costs.AddsRead && child >= 0)
        {
            int back = Product((d, q) => Repeats(d, q) || Copies(d, q, edge.Parent) ? 1 : 0);
            MoveLater(parent, false, back, first, size);
        }
        if (child < 0) return;
        int held = Product((d, q) => Copies(d, q, edge.Child) ? 1 : 0);
        if (_problem.Costs.DrainReads) Move(child, false, down, size, size, operand);
        MoveLater(child, true, down, held, size);
    }

    // Sums that move at every stay but the first. In cycles nothing is sure of the difference.
    private void MoveLater(int level, bool write, int all, int first, double size)
    {
        StoreRate rate = _problem.Costs.Levels[level].Outputs;
        double price = write ? rate.Write : rate.Read;
        Energy.Add(all, size * price);
        Energy.Add(first, -size * price);
        Raw(level, write, all, size, 0, Operand.Outputs);
        Raw(level, write, first, -size, 0, Operand.Outputs);
    }

    // Partial sums that arrive at a store.
    private void MoveUp(int level, int up, int first, double size)
    {
        StoreRate rate = _problem.Costs.Levels[level].Outputs;
        bool read = _problem.Costs.AddsRead;
        double price = read ? rate.Write : rate.Update;
        StoreRate complete = level == 0 ? _problem.Costs.CompleteOutputs : rate;
        double last = read ? complete.Write : complete.Update;
        Energy.Add(up, size * price, size * Math.Min(price, last));
        Energy.Constant -= size * (price - last);
        Energy.Excess += size * Math.Max(0, price - last);
        Raw(level, true, up, size, size, Operand.Outputs);
        if (!read) return;
        MoveLater(level, false, up, first, size);
    }

    private void Move(int level, bool write, int product, double elements, double least, Operand operand)
    {
        StoreRate rate = _problem.Costs.Levels[level][operand];
        double price = write ? rate.Write : rate.Read;
        Energy.Add(product, elements * price, least * price);
        Raw(level, write, product, elements, least, operand);
    }

    private void Raw(int level, bool write, int product, double elements, double least, Operand operand)
    {
        if (!_moves.TryGetValue((level, write), out var moves)) _moves[(level, write)] = moves = [];
        moves.Add((product, elements, least, operand));
    }

    private void AddMemories()
    {
        for (int level = 0; level < _problem.Hierarchy.Levels.Length; level++)
        {
            if (_problem.Hierarchy.Levels[level] is not MemoryLevel memory) continue;
            new MemoryRows(_problem, this, level, memory).Add(_moves, _tiles);
        }
    }

    /// <summary>A product of the words of one instance of a memory.</summary>
    internal int PerInstance(int product, int level)
    {
        if (!Places.Any(p => p.Kind == EntryKind.Axis && p.Level < level)) return product;
        Product whole = Products[product];
        sbyte[][] powers = [.. whole.Powers.Select(row => row.Select((power, q) =>
            (sbyte)(Places[q].Kind == EntryKind.Axis && Places[q].Level < level ? power - 1 : power)).ToArray())];
        return Add(whole with { Powers = powers });
    }
}
