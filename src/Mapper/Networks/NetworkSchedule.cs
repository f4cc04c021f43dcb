using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Graph;

namespace Sim.Mapper.Networks;

/// <summary>A layer or a group of layers in a schedule.</summary>
/// <param name="Item">What runs and how.</param>
/// <param name="Time">When.</param>
/// <param name="Tiling">Tiles of a matrix layer that runs alone.</param>
/// <param name="Fusion">Tiles of a group.</param>
/// <param name="LoadedBits">Bits that it reads from DRAM to stay.</param>
/// <param name="StayingBits">Bits of tensors that are on chip meanwhile.</param>
public sealed record ScheduledItem(ScheduleItem Item, ItemTime Time, LayerTiling? Tiling, FusionPlan? Fusion, long LoadedBits,
    long StayingBits);

/// <summary>A tensor that stays on chip, from one layer to another.</summary>
public sealed record StayingTensor(string Name, long Bits, string From, string To);

/// <summary>
/// The schedule of a whole network on an accelerator: which layers run as one, in which tiles, what stays on chip, when everything runs,
/// and how far from the best it can be.
/// </summary>
/// <param name="Architecture">The accelerator.</param>
/// <param name="Workload">The network.</param>
/// <param name="Objective">What was made least, over items one after the other.</param>
/// <param name="Fused">Whether groups of layers were considered.</param>
/// <param name="Memory">The memory that tensors stay in.</param>
/// <param name="RoomBits">Its bits.</param>
/// <param name="Basis">What costs of matrix layers are.</param>
/// <param name="Layers">Layers in the order of the network.</param>
/// <param name="Items">Items in the same order.</param>
/// <param name="Tensors">The tensors that layers and items number.</param>
/// <param name="Staying">What stays.</param>
/// <param name="DramBits">Bits that cross the DRAM's bus.</param>
/// <param name="DramBitsAlone">The same when nothing stays and no group runs tile by tile.</param>
/// <param name="CompulsoryBits">The same when every weight, input, result and parameter crosses it once and nothing else does.</param>
/// <param name="Picojoules">Energy.</param>
/// <param name="SequentialCycles">Cycles of the items one after the other.</param>
/// <param name="Timeline">Items side by side where they can.</param>
/// <param name="Best">Value of the objective with its lower bound.</param>
/// <param name="Cores">Plans for several cores; null: there is one.</param>
public sealed record NetworkSchedule(string Architecture, string Workload, ScheduleObjective Objective, bool Fused, string Memory,
    long RoomBits, string Basis, ImmutableArray<ScheduleLayer> Layers, ImmutableArray<ScheduledItem> Items,
    ImmutableArray<ScheduleTensor> Tensors, ImmutableArray<StayingTensor> Staying, long DramBits, long DramBitsAlone, long CompulsoryBits,
    double Picojoules, long SequentialCycles, ScheduleTimeline Timeline, BestSchedule Best, CorePlan? Cores)
{
    /// <summary>How far the value may be above the best, as a part of the bound.</summary>
    public double Gap => Best.Bound > 0 ? Math.Max(0, (Best.Value / Best.Bound) - 1) : Best.Value > 0 ? double.PositiveInfinity : 0;

    /// <summary>Whether a tensor never leaves its group of layers.</summary>
    public bool IsInside(int tensor) => Tensors[tensor] is { Producer: >= 0, IsResult: false, MayStay: true } t
        && Items.Any(i => i.Item.First <= t.Producer && i.Item.Last > t.Producer && i.Item.Last >= t.Last);

    /// <summary>Schedules a network on one core's memory; several cores each run so. What cannot be is said in words.</summary>
    public static (NetworkSchedule? Schedule, string? Problem) Of(HierarchicalArchitecture architecture, ScheduleMachine machine,
        StageMemory stage, NetworkLayers network, string workload, ILayerCosts costs, ScheduleObjective objective, bool fuse)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(stage);
        ArgumentNullException.ThrowIfNull(costs);
        ScheduleNetwork layers = ScheduleNetwork.Of(network, PerOperand.Of(architecture.PackingOf), costs);
        var items = new NetworkItems(layers, stage, fuse);
        var search = new ScheduleSearch(items, machine);
        Task<BestSchedule?> alone = Task.Run(() => ScheduleByObjective.Best(
            new ScheduleSearch(new NothingStays(items.Unfused()), machine), objective));
        BestSchedule? found = ScheduleByObjective.Best(search, objective), before = alone.GetAwaiter().GetResult();
        if (found is not { } best || before is null) return (null, Unfit(layers, stage));
        ScheduleTimeline timeline = ScheduleTimeline.Of(best.Schedule, items, machine);
        int cores = OneCore.Count(architecture.Hierarchy);
        ImmutableArray<ScheduledItem> scheduled = [.. best.Schedule.Items.Select((item, i) => new ScheduledItem(item, timeline.Items[i],
            items.Tiling(item), items.Plan(item), item.Loaded.Sum(t => layers.Tensors[t].Bits),
            item.OnChip.Sum(t => layers.Tensors[t].Bits)))];
        string memory = OneCore.Of(architecture.Hierarchy).Levels[stage.Level].Name;
        return (new(architecture.Name, workload, objective, fuse, memory, machine.RoomBits, costs.Basis, layers.Layers, scheduled,
            layers.Tensors, Stays(best.Schedule, layers), Moved(best.Schedule, layers),
            Moved(before.Schedule, layers), Compulsory(layers), best.Schedule.Picojoules, best.Schedule.Cycles, timeline, best,
            cores > 1 ? CorePlan.Of(search, layers.Layers.Length, cores, timeline) : null), null);
    }

    private static long Moved(FoundSchedule schedule, ScheduleNetwork network) => schedule.Items.Sum(i =>
        i.Choice.ReadBits + i.Choice.WriteBits + i.Loaded.Sum(t => network.Tensors[t].Bits));

    private static ImmutableArray<StayingTensor> Stays(FoundSchedule schedule, ScheduleNetwork network) =>
        [.. schedule.Items.SelectMany(i => i.OnChip).Distinct().Order().Select(t => network.Tensors[t]).Select(t =>
            new StayingTensor(t.Name, t.Bits, network.Layers[t.First].Name, network.Layers[t.Last].Name))];

    // Tensors in DRAM from the start are read, results written; parts that layers leave out are not known to be left out by all.
    private static long Compulsory(ScheduleNetwork network)
    {
        long bits = network.Layers.Sum(l => l.ParameterBits);
        for (int t = 0; t < network.Tensors.Length; t++)
        {
            ScheduleTensor tensor = network.Tensors[t];
            if (tensor.Producer < 0 && tensor.Consumers.Length > 0)
                bits += tensor.Consumers.Max(c => Math.Min(tensor.Bits, network.LeastRead(network.Layers[c], t)));
            if (tensor.Producer >= 0 && tensor.IsResult)
                bits += Math.Min(tensor.Bits, network.Made(network.Layers[tensor.Producer]));
        }
        return bits + network.Layers.Where(l => l.Matrix is not null && l.Outputs.IsEmpty).Sum(network.Unconnected);
    }

    private static string Unfit(ScheduleNetwork network, StageMemory stage)
    {
        var items = new NetworkItems(network, stage, false);
        for (int i = 0; i < network.Layers.Length; i++)
            if (!items.Choices(i, i, 0).Any(c => c.RoomBits <= stage.RoomBits))
                return $"no tile of '{network.Layers[i].Name}' fits: its smallest input, weight and output tiles do not lie in the "
                    + "memories next to DRAM at once";
        return "no schedule fits";
    }

    private sealed class NothingStays(NetworkItems items) : IScheduleItems
    {
        public ImmutableArray<ScheduleTensor> Tensors { get; } = [.. items.Tensors.Select(t => t with { MayStay = false })];

        public int Layers => items.Layers;

        public int Longest(int first) => items.Longest(first);

        public ImmutableArray<int> Touched(int first, int last) => [];

        public ImmutableArray<ItemChoice> Choices(int first, int last, ulong onChip) => items.Choices(first, last, 0);
    }
}
