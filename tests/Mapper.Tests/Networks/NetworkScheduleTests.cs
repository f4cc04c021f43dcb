using NUnit.Framework;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Networks;
using Sim.Workloads.Generators;
using Sim.Workloads.Graph;

namespace Sim.Mapper.Tests.Networks;

/// <summary>Schedules of generated networks: traffic is conserved, fusing and room never make them worse, the same every time.</summary>
[TestFixture]
public sealed class NetworkScheduleTests
{
    private static readonly PerOperand<Packing> Packing = new(new(8), new(8), new(32));

    private static readonly (string Name, NetworkSizes Network, RunSizes Run)[] Networks =
    [
        ("resnet", new ResNet(18, true, 64, 10), new RunSizes()),
        ("resnet of two samples", new ResNet(18, true, 32, 10), new RunSizes { Batch = 2 }),
        ("mobilenet", new MobileNetV2(64, 10), new RunSizes()),
        ("bert", new Bert(2, 64, 4, 256, 100, 64), new RunSizes { Sequence = 64 }),
    ];

    private sealed class UnitCosts : ILayerCosts
    {
        public string Basis => "one cycle and pJ a hundred operations";

        public LayerCost Of(GemmLayer layer) => new((layer.Macs + 99) / 100, layer.Macs / 100.0);

        public LayerCost Of(VectorLayer layer) => new((layer.Operations + 99) / 100, layer.Operations / 100.0, layer.Operations / 200.0);
    }

    private static IEnumerable<TestCaseData> Cases() => Networks.SelectMany(n => new long[] { 64, 512, 4096 }.SelectMany(kib =>
        Enum.GetValues<ScheduleObjective>().Select(o => new TestCaseData(n.Name, kib, o))));

    [TestCaseSource(nameof(Cases))]
    public void Traffic_is_conserved_and_fusing_is_never_worse(string name, long kib, ScheduleObjective objective)
    {
        (ScheduleNetwork network, StageMemory stage, ScheduleMachine machine) = Prepare(name, kib);
        double before = double.PositiveInfinity;
        foreach (bool fuse in new[] { false, true })
        {
            var items = new NetworkItems(network, stage, fuse);
            BestSchedule best = ScheduleByObjective.Best(new ScheduleSearch(items, machine), objective)!;
            Assert.That(best.Value, Is.LessThanOrEqualTo(before * (1 + 1e-12)));
            Assert.That(best.Bound, Is.EqualTo(best.Value));
            before = best.Value;
            Conserved(network, items, best.Schedule, machine);
        }
    }

    [Test]
    public void More_room_is_never_worse_and_all_the_room_leaves_what_must_move()
    {
        foreach ((string name, _, _) in Networks)
        {
            double before = double.PositiveInfinity;
            foreach (long kib in new long[] { 32, 64, 128, 256, 1024, 65536 })
            {
                (ScheduleNetwork network, StageMemory stage, ScheduleMachine machine) = Prepare(name, kib);
                var items = new NetworkItems(network, stage, false);
                BestSchedule best = ScheduleByObjective.Best(new ScheduleSearch(items, machine), ScheduleObjective.Energy)!;
                Assert.That(best.Value, Is.LessThanOrEqualTo(before * (1 + 1e-12)), $"{name} {kib} KiB");
                before = best.Value;
                if (kib < 65536) continue;
                long moved = best.Schedule.Items.Sum(i => i.Choice.ReadBits + i.Choice.WriteBits + i.Loaded.Sum(t =>
                    network.Tensors[t].Bits));
                long must = network.Layers.Sum(l => l.ParameterBits) + network.Tensors.Where(t => t.IsResult
                    || (t.Producer < 0 && t.Consumers.Length > 0)).Sum(t => t.Bits);
                Assert.That(moved, Is.EqualTo(must), name);
            }
        }
    }

    private static (ScheduleNetwork, StageMemory, ScheduleMachine) Prepare(string name, long kib)
    {
        (_, NetworkSizes sizes, RunSizes run) = Networks.First(n => n.Name == name);
        NetworkLayers layers = new GeneratedWorkload(name, sizes, run, Optimizer.Sgd).Layers();
        MemoryLevel stage = new("stage", kib * 8192, default, 64, 1, new(1, 1, 0), null, 0, 0, PerOperand.Of(_ => Keeping.May), default);
        var hierarchy = new Hierarchy("two levels", [stage with { Name = "dram", CapacityBits = null }, stage]);
        return (ScheduleNetwork.Of(layers, Packing, new UnitCosts()), StageMemory.Of(hierarchy).Stage!,
            new ScheduleMachine(kib * 8192, 64, 2, 3));
    }

    // What is made and read outside of its item is written once unless it stays, and then read by everything that needs it.
    private static void Conserved(ScheduleNetwork network, NetworkItems items, FoundSchedule schedule, ScheduleMachine machine)
    {
        Assert.That(schedule.Items.SelectMany(i => Enumerable.Range(i.First, i.Last - i.First + 1)),
            Is.EqualTo(Enumerable.Range(0, network.Layers.Length)));
        foreach (ScheduleItem item in schedule.Items)
        {
            Assert.That(item.OnChip.Sum(t => network.Tensors[t].Bits) + item.Choice.RoomBits, Is.LessThanOrEqualTo(machine.RoomBits));
            long sums = items.Tiling(item) is { } tiling ? tiling.SumTransfers * 32 : 0;
            long written = Enumerable.Range(0, network.Tensors.Length).Select(t => (Index: t, Tensor: network.Tensors[t]))
                .Where(t => t.Tensor.Producer >= item.First && t.Tensor.Producer <= item.Last
                    && (t.Tensor.IsResult || (!item.OnChip.Contains(t.Index) && (t.Tensor.Last > item.Last || t.Tensor.Last < 0))))
                .Sum(t => t.Tensor.Bits);
            Assert.That(item.Choice.WriteBits, Is.EqualTo(written + sums));
            long least = Enumerable.Range(item.First, item.Last - item.First + 1).Sum(l => network.Layers[l].ParameterBits)
                + Enumerable.Range(item.First, item.Last - item.First + 1).Where(l => network.Layers[l].Second is >= 0 and var s
                    && !item.OnChip.Contains(s)).Sum(l => network.Tensors[network.Layers[l].Second].Bits);
            Assert.That(item.Choice.ReadBits, Is.GreaterThanOrEqualTo(least + sums));
            // Where all that a vector layer reads is whole, it reads exactly that.
            if (item.First == item.Last && network.Layers[item.First] is { Vector: not null } vector)
                Assert.That(item.Choice.ReadBits, Is.EqualTo(vector.ParameterBits + vector.Inputs.Where(t => !item.OnChip.Contains(t))
                    .Sum(t => network.Tensors[t].Bits)));
        }
    }
}
