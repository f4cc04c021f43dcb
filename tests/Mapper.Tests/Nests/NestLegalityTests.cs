using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Nests;

/// <summary>Counts that a loop can have, and capacity.</summary>
public class NestLegalityTests
{
    [Test]
    public void ReachableCountsAreThoseOfEnumeration()
    {
        int cases = 0;
        for (long size = 2; size <= 120; size++)
        {
            long[] reachable = [.. Enumerable.Range(1, (int)size).Select(t => (size + t - 1) / t).Distinct().Order()];
            for (long count = 1; count <= size + 1; count++, cases++)
            {
                Assert.That(LoopSplit.Reaches(size, count), Is.EqualTo(reachable.Contains(count)), $"{size} by {count}");
                long[] near = [.. reachable.Where(r => r >= 2)];
                long at = Math.Clamp(count, 2, size);
                long[] named = [.. near.Where(r => r <= at).TakeLast(4), .. near.Where(r => r > at).Take(4)];
                string text = (named[0] > 2 ? "… " : "") + string.Join(", ", named) + (named[^1] < size ? $" … {size}" : "");
                Assert.That(LoopSplit.Counts(size, count), Is.EqualTo(text), $"{size} near {count}");
            }
        }
        Assert.That(cases, Is.GreaterThan(7000));
    }

    [Test]
    public void TooSmallMemoriesSayWhatIsMissing()
    {
        var packing = new PerOperand<Packing>(new(8), new(8), new(32));
        LoopLayer layer = LoopLayer.Gemm("g", 1, 16, 16, 16, true);
        NestNode[] nodes = [.. Enum.GetValues<Operand>().Select(o => new StoreNode(o, 0)), new LoopNode(LoopDim.C, 4, 4),
            .. Enum.GetValues<Operand>().Select(o => new StoreNode(o, 1)), new LoopNode(LoopDim.P, 16, 1), new LoopNode(LoopDim.M, 16, 1),
            new LoopNode(LoopDim.C, 4, 1)];
        // 64 activations and 64 weights of 1 byte, 256 sums of 4 bytes; weights twice.
        Assert.That(Problems(new(null, null, null), 64 * 8 + 2 * 64 * 8 + 1024 * 8), Is.Empty);
        Assert.That(Problems(new(null, null, null), 64 * 8 + 2 * 64 * 8 + 1024 * 8 - 64), Is.EqualTo(new[] {
            "6 'buffer' holds 1208 bytes, 1216 bytes are needed: 8 bytes too few: "
                + "activations 64 bytes, weights 128 bytes, outputs 1024 bytes" }));
        Assert.That(Problems(new(64 * 8, 64 * 8, 512 * 8), null), Is.EqualTo(new[] {
            "5 the part of 'buffer' for weights holds 64 bytes, 128 bytes are needed: 64 bytes too few",
            "6 the part of 'buffer' for outputs holds 512 bytes, 1024 bytes are needed: 512 bytes too few" }));

        string[] Problems(PerOperand<long?> parts, long? capacity)
        {
            MemoryLevel buffer = NestSamples.Memory("buffer") with { CapacityBits = capacity, PartitionBits = parts,
                DoubleBuffered = new(false, true, false) };
            var hierarchy = new Hierarchy("h", [NestSamples.Memory("dram"), buffer]);
            return [.. NestLegality.Check(new LoopNest(layer, [.. nodes]), hierarchy, packing).Select(p => $"{p.Node} {p.Message}")];
        }
    }
}
