using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Search;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Search;

/// <summary>What is said where nothing fits: operand, memory and bytes that are lacking, by hand.</summary>
public sealed class MapLackTests
{
    private static readonly LoopLayer s_layer = LoopLayer.Conv("c", 1, 1, 4, 4, 2, 2, 1, 1);

    // 16-bit words, all operands 16 bits: an element of each takes 2 bytes.
    private static MapProblem Problem(params MemoryLevel[] inner)
    {
        MemoryLevel dram = Memory("dram", Keeping.Must);
        var rate = new StoreRate(1, 1, 1, 1, 16);
        MemoryLevel[] all = [dram, .. inner];
        return new(s_layer, new("small", [.. all]), new([.. all.Select(_ => PerOperand.Of(_ => rate))], rate, 1));
    }

    private static MemoryLevel Memory(string name, Keeping keeps, long? bits = null, PerOperand<long?> parts = default,
        PerOperand<bool> twice = default) => new(name, bits, parts, 16, 1, default, null, 0, 0, PerOperand.Of(_ => keeps), twice);

    [Test]
    public void A_shared_memory_names_all_that_it_must_keep() => Says(Problem(Memory("l1", Keeping.Must, 32)),
        "activations and weights and outputs at 'l1' need 6 bytes for tiles of one element and have 4: 2 bytes are lacking");

    [Test]
    public void A_partition_names_its_operand() => Says(Problem(Memory("l1", Keeping.Must, null, new(16, 8, 16))),
        "weights at 'l1' need 2 bytes for tiles of one element and have 1: 1 bytes are lacking");

    [Test]
    public void Two_buffers_need_twice_the_room() => Says(Problem(Memory("l1", Keeping.Must, null, new(16, 16, 24), new(false, false,
        true))), "outputs at 'l1' need 4 bytes for tiles of one element and have 3: 1 bytes are lacking");

    [Test]
    public void Every_memory_that_is_too_small_is_named() => Says(Problem(Memory("l2", Keeping.Must, 40), Memory("l1", Keeping.Must, null,
        new(8, 8, 16))), "activations and weights and outputs at 'l2' need 6 bytes for tiles of one element and have 5: 1 bytes are "
        + "lacking; activations at 'l1' need 2 bytes for tiles of one element and have 1: 1 bytes are lacking; weights at 'l1' need 2 "
        + "bytes for tiles of one element and have 1: 1 bytes are lacking");

    [Test]
    public void Exactly_enough_room_maps()
    {
        foreach (MapObjective objective in Enum.GetValues<MapObjective>())
            Assert.That(MapSearch.Best(Problem(Memory("l1", Keeping.Must, 48)), objective), Is.Not.Null);
    }

    [Test]
    public void A_memory_that_may_stay_empty_lacks_nothing() =>
        Assert.That(MapSearch.Best(Problem(Memory("l1", Keeping.May, 8)), MapObjective.Edp), Is.Not.Null);

    private static void Says(MapProblem problem, string expected)
    {
        foreach (MapObjective objective in Enum.GetValues<MapObjective>()) Assert.That(MapSearch.Best(problem, objective), Is.Null);
        Assert.That(MapLack.Of(problem), Is.EqualTo(expected));
    }
}
