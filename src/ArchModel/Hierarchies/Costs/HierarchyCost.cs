using System.Collections.Immutable;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Technologies;
using Sim.Foundation.Diagnostics;

namespace Sim.ArchModel.Hierarchies.Costs;

/// <summary>
/// Area, leakage and energy per action of an accelerator of any memories and fabrics. Energy of a run = Σ counts × energies; leakage × time
/// is separate. Off-chip memories have energy only, wires none unless stated.
/// </summary>
public sealed class HierarchyCost
{
    private readonly ImmutableArray<PerOperand<MemoryCost?>> _memories;
    private readonly ImmutableArray<FabricCost?> _fabrics;
    private readonly ComputeCost _compute;
    private readonly VectorCost _vector;
    private readonly int _flipFlopBytes;

    /// <summary>Prices the accelerator.</summary>
    /// <exception cref="InvalidInputException">COST001, COST004: everything that has no price, at its place.</exception>
    public HierarchyCost(LoadedHierarchy loaded) : this((loaded ?? throw new ArgumentNullException(nameof(loaded))).Architecture,
        loaded.Technology, loaded.PlaceOf)
    {
    }

    /// <summary>Prices the accelerator; <paramref name="place"/> says where a part stands in the file.</summary>
    public HierarchyCost(HierarchicalArchitecture architecture, Technology technology, Func<string, Location>? place = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(technology);
        (Architecture, _flipFlopBytes) = (architecture, technology.RegisterFileLimitBytes.Value);
        place ??= _ => new Location(architecture.Name);
        var bag = new DiagnosticBag();
        var missing = new List<string>();
        var model = new CostModel(technology, missing);
        ImmutableArray<HierarchyLevel> levels = architecture.Hierarchy.Levels;
        _memories = [.. levels.Select((l, i) => l is MemoryLevel m
            ? Price(m, !levels.Skip(i + 1).Any(KeepsOutputs), model, problem => bag.Error(place(m.Name), "COST001", problem))
            : default)];
        _fabrics = [.. levels.Select((l, i) => l is not FabricLevel f ? null : new FabricCost(f, architecture,
            levels.Skip(i).Any(KeepsOutputs), model))];
        _compute = new ComputeCost(architecture, model);
        _vector = new VectorCost(architecture, model, problem => bag.Error(place(ActionNames.Vector), "COST004", problem));
        foreach (string problem in missing) bag.Error(place("technology"), "COST001", problem);
        bag.ThrowIfErrors();
        Area = [.. AreaLines()];
        AreaSquareMicrometres = Area.Sum(a => a.SquareMicrometres);
        LeakageMilliwatts = Leakage() * 1e-6;
        Clock = ClockOf(architecture);
        Warnings = [.. Clock.Warnings, .. levels.OfType<MemoryLevel>().Where(ManyPorts).Select(m =>
            FormattableString.Invariant($"COST006: memory '{m.Name}' has {m.Ports.Read + m.Ports.Write + m.Ports.Shared} ports a ")
                + "bank; the technology's macros read and write one word a cycle, so its area, leakage and energy are lower bounds")];
        Actions = HierarchyActions.Of(this, _fabrics, _compute, _vector);
    }

    /// <summary>Records what has no price (COST001, COST004), and as a warning a clock that is too fast (COST002).</summary>
    public static void Check(LoadedHierarchy loaded, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        ArgumentNullException.ThrowIfNull(bag);
        try
        {
            var cost = new HierarchyCost(loaded);
            if (cost.Clock.Problem is { } slow) bag.Warning(loaded.PlaceOf(""), "COST002", slow);
        }
        catch (InvalidInputException e)
        {
            bag.AddRange(e.Diagnostics);
        }
    }

    /// <summary>What was priced.</summary>
    public HierarchicalArchitecture Architecture { get; }

    /// <summary>Area by component and role; sums to <see cref="AreaSquareMicrometres"/>.</summary>
    public ImmutableArray<AreaItem> Area { get; }

    /// <summary>Total on-chip area, µm², without wires, clock tree, control and pads.</summary>
    public double AreaSquareMicrometres { get; }

    /// <summary>Leakage of logic and on-chip memories, mW.</summary>
    public double LeakageMilliwatts { get; }

    /// <summary>The clock beside every path that it has to wait for.</summary>
    public ClockCheck Clock { get; }

    /// <summary>Every action with its price.</summary>
    public ImmutableArray<UnitAction> Actions { get; }

    /// <summary>What the designer should know.</summary>
    public ImmutableArray<string> Warnings { get; }

    /// <summary>pJ of one word of an operand in the memory at a level; an operand that passes it by throws.</summary>
    public double Word(int level, Operand operand, AccessKind access) => MemoryOf(level, operand).Of(access);

    /// <summary>pJ of one element of an operand, its share of a full word (or all the words it takes).</summary>
    public double Element(int level, Operand operand, AccessKind access, Packing packing) =>
        Word(level, operand, access) * packing.AccessesPerElement(Architecture.Hierarchy.Memory(level).WordBits);

    /// <summary>pJ of one element over one hop of the fabric at a level; null: hops of the operand are not priced (wires).</summary>
    public double? Hop(int level, Operand operand) => _fabrics[level]!.Hop(operand);

    /// <summary>pJ of one addition of partial sums in the fabric at a level, at the accumulator's width.</summary>
    public double Add(int level) => _fabrics[level]!.Adders == 0 ? 0 : _fabrics[level]!.Adder.EnergyFemtojoules / 1000;

    /// <summary>pJ of one product with its addition, at the datapath's formats.</summary>
    public double Product() => Product(Architecture.Datapath.Activation.Bits, Architecture.Datapath.Weight.Bits);

    /// <summary>pJ of one product of operands of these widths.</summary>
    public double Product(int activationBits, int weightBits) => _compute.Product(activationBits, weightBits);

    internal string SourceOf(int level, Operand operand) => MemoryOf(level, operand).EnergySource;

    private MemoryCost MemoryOf(int level, Operand operand) => _memories[level][operand]
        ?? throw new ArgumentException($"'{Architecture.Hierarchy.Levels[level].Name}' keeps no {OperandWords.NameOf(operand)}");

    private static bool KeepsOutputs(HierarchyLevel level) => level is MemoryLevel memory && memory.Keeps.Outputs != Keeping.Bypass;

    private static PerOperand<MemoryCost?> Price(MemoryLevel memory, bool addsInPlace, CostModel model, Action<string> tell)
    {
        long total = OperandWords.All.Sum(o => memory.PartitionBits[o] ?? 0);
        MemoryCost? shared = total > 0 ? null : MemoryCost.Of(memory, memory.CapacityBits, 1, addsInPlace, model, tell);
        return PerOperand.Of(o => memory.Keeps[o] == Keeping.Bypass ? null
            : memory.PartitionBits[o] is { } own ? MemoryCost.Of(memory, own, (double)own / total, addsInPlace, model, tell) : shared);
    }

    private bool ManyPorts(MemoryLevel memory) => memory.DramKind is null && memory.Stated.AreaSquareMicrometres is null
        && memory.Ports is { Read: var r, Write: var w, Shared: var s } && (r + s > 1 || w + s > 1)
        && OperandWords.All.Any(o => (memory.PartitionBits[o] ?? memory.CapacityBits ?? 0) / 8.0 / memory.Banks > _flipFlopBytes);

    // A shared memory is one, whoever is kept in it.
    private IEnumerable<(MemoryLevel Level, string Role, MemoryCost Cost, long Instances)> Memories()
    {
        for (int i = 0; i < _memories.Length; i++)
        {
            if (Architecture.Hierarchy.Levels[i] is not MemoryLevel level) continue;
            long instances = Architecture.Hierarchy.Instances(i);
            bool parted = OperandWords.All.Any(o => level.PartitionBits[o] is not null);
            foreach (Operand operand in OperandWords.All)
            {
                if (_memories[i][operand] is not { } cost) continue;
                yield return (level, parted ? OperandWords.NameOf(operand) : "banks", cost, instances);
                if (!parted) break;
            }
        }
    }

    private IEnumerable<AreaItem> AreaLines()
    {
        foreach ((MemoryLevel level, string role, MemoryCost cost, long instances) in Memories())
            if (cost.Area > 0) yield return new AreaItem(level.Name, role, "", checked(instances * level.Banks), cost.Area * instances,
                cost.AreaSource);
        for (int i = 0; i < _fabrics.Length; i++)
            if (_fabrics[i] is { } fabric)
                foreach (AreaItem item in fabric.Area(Architecture.Hierarchy.Instances(i))) yield return item;
        foreach (AreaItem item in _compute.Area(Architecture.Units)) yield return item;
        foreach (AreaItem item in _vector.Area()) yield return item;
    }

    private double Leakage() => Memories().Sum(m => m.Cost.LeakageNanowatts * m.Instances)
        + _fabrics.Select((f, i) => (f?.LeakageNanowatts ?? 0) * Architecture.Hierarchy.Instances(i)).Sum()
        + (_compute.LeakageNanowatts * Architecture.Units) + _vector.LeakageNanowatts;

    private ClockCheck ClockOf(HierarchicalArchitecture architecture)
    {
        int stages = architecture.Datapath.PipelineStages;
        var paths = ImmutableArray.CreateBuilder<TimedPath>();
        paths.Add(new TimedPath($"a MAC of datapath '{architecture.Datapath.Name}' with {stages} pipeline stages",
            _compute.DelayNanoseconds));
        foreach ((MemoryLevel level, string role, MemoryCost cost, _) in Memories())
            if (cost.AccessNanoseconds is { } access) paths.Add(new TimedPath(
                $"an access to memory '{level.Name}'{(role == "banks" ? "" : $" ({role})")}", access));
        return new ClockCheck(1e9 / architecture.ClockHertz, stages, paths.ToImmutable());
    }
}
