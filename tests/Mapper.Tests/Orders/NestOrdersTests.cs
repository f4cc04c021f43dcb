using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Specs;
using Sim.Mapper.Nests;
using Sim.Mapper.Orders;
using Sim.Mapper.Tests.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Orders;

/// <summary>Orders of nests that one can add up by hand; random ones are run on the machine (Simulator.Tests).</summary>
public class NestOrdersTests
{
    private static readonly StoreNode[] Outermost = [.. Enum.GetValues<Operand>().Select(o => new StoreNode(o, 0))];

    private static Hierarchy Levels(Reduction reduction, bool lanes = false) => new("h",
    [
        NestSamples.Memory("L0"), NestSamples.Memory("L1"),
        new FabricLevel("f", [new("x", 16, Sharing.Multicast, Sharing.None, reduction) { SumsOnly = lanes }]), NestSamples.Memory("L2"),
    ]);

    private static string Order(LoopLayer layer, Hierarchy hierarchy, int lanes, params NestNode[] nodes)
    {
        var nest = new LoopNest(layer, [.. Outermost, .. nodes]);
        Assert.That(NestLegality.Check(nest, hierarchy), Is.Empty);
        return NestOrders.Of(nest, hierarchy, lanes).Single!.Value.Key;
    }

    private static StoreNode Sums(int level) => new(Operand.Outputs, level);

    private static LoopNode Time(LoopDim dim, long count, long tile) => new(dim, count, tile);

    private static SpatialNode Space(LoopDim dim, long count, long tile) => new(dim, count, tile, 2, 0);

    // K = 10 on columns of 4: the systolic array's chain, the accumulator below it.
    [Test]
    public void AWeightStationaryColumnIsChunks() => Assert.That(Order(LoopLayer.Gemm("g", 1, 2, 3, 10, true), Levels(Reduction.Chain), 1,
        Time(LoopDim.M, 3, 1), Time(LoopDim.C, 3, 4), Time(LoopDim.P, 2, 1), Sums(1), Space(LoopDim.C, 4, 1)), Is.EqualTo("4"));

    [Test]
    public void AnOutputStationaryUnitIsOneChain() => Assert.That(Order(LoopLayer.Gemm("g", 1, 2, 3, 10, true), Levels(Reduction.Chain), 1,
        Time(LoopDim.P, 2, 1), Space(LoopDim.M, 3, 1), Sums(3), Time(LoopDim.C, 10, 1)), Is.EqualTo("0"));

    [Test]
    public void ATreeAddsNeighboursFirst() => Assert.That(Order(LoopLayer.Gemm("g", 1, 1, 1, 10, true), Levels(Reduction.Tree), 1,
        Time(LoopDim.C, 2, 5), Space(LoopDim.C, 5, 1)), Is.EqualTo("0 (1) (2 (3)) (4) (5 (6) (7 (8)) (9))"));

    // Unreduced places deliver one after the other into the same sum.
    [Test]
    public void PlacesThatReduceNothingDeliverInTurn() => Assert.That(Order(LoopLayer.Gemm("g", 1, 1, 1, 6, true),
        Levels(Reduction.None), 1, Time(LoopDim.C, 3, 2), Space(LoopDim.C, 2, 1)), Is.EqualTo("0"));

    [Test]
    public void LanesAddInOneStep() => Assert.That(Order(LoopLayer.Gemm("g", 1, 1, 1, 5, true), Levels(Reduction.Tree, true), 2,
        Time(LoopDim.C, 3, 2), Space(LoopDim.C, 2, 1)), Is.EqualTo("0"));

    // Four places with five k each, whose sums stay in them.
    [Test]
    public void SumsInPlacesAreAddedWhenTheyLeave() => Assert.That(Order(LoopLayer.Gemm("g", 1, 1, 1, 20, true), Levels(Reduction.Chain), 1,
        Space(LoopDim.C, 4, 5), Sums(3), Time(LoopDim.C, 5, 1)), Is.EqualTo("5"));

    // Rows come in between, so the sums leave after each half; the first place goes on with what came back.
    [Test]
    public void SumsThatLeaveInBetweenComeBackToTheFirstPlace() => Assert.That(Order(LoopLayer.Gemm("g", 1, 2, 1, 8, true),
        Levels(Reduction.Chain), 1, Time(LoopDim.C, 2, 4), Time(LoopDim.P, 2, 1), Space(LoopDim.C, 2, 2), Sums(3), Time(LoopDim.C, 2, 1)),
        Is.EqualTo("0..1 (2..3) 4..5 (6..7)"));

    // Three columns by two: the last alone has no other in its tile, so its sums stay while those of the others leave.
    [Test]
    public void ShorterTilesHaveAnOrderOfTheirOwn()
    {
        var nest = new LoopNest(LoopLayer.Gemm("g", 1, 1, 3, 8, true), [.. Outermost, Time(LoopDim.M, 2, 2), Time(LoopDim.C, 2, 4),
            Time(LoopDim.M, 2, 1), Space(LoopDim.C, 2, 2), Sums(3), Time(LoopDim.C, 2, 1)]);
        NestOrders orders = NestOrders.Of(nest, Levels(Reduction.Chain));
        Assert.That(orders.Single, Is.Null);
        string[] keys = [.. Enumerable.Range(0, 3).Select(m => orders.Orders[orders.IndexOf(0, 0, m, 0, 0)].Key)];
        Assert.That(keys, Is.EqualTo(new[] { "0..1 (2..3) 4..5 (6..7)", "0..1 (2..3) 4..5 (6..7)", "0..1 4..5 (2..3 6..7)" }));
    }

    // r outside c: k is permuted, and a plain chain after that.
    [Test]
    public void LoopsPermuteTheProducts()
    {
        var nest = new LoopNest(LoopLayer.Conv("c", 1, 1, 1, 2, 1, 1, 3, 1), [.. Outermost, Time(LoopDim.R, 3, 1), Time(LoopDim.C, 2, 1)]);
        ReductionOrder order = NestOrders.Of(nest, Levels(Reduction.Chain)).Single!.Value;
        Assert.That(order.Key, Is.EqualTo("0 3 1 4 2 5"));
        Assert.That(order.Nested!.PlainChunk(), Is.Zero);
    }
}
