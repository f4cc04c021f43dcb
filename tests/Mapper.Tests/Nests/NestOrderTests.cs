using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Specs;
using Sim.Mapper.Nests;
using Sim.Mapper.Nests.Orders;
using Sim.Tests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Nests;

/// <summary>Orders of additions derived from loops, against a walk that holds every sum as text.</summary>
public class NestOrderTests
{
    [Test]
    public void OrdersAreThoseOfTheWalk()
    {
        var random = new RandomNest(11);
        var pick = new Random(12);
        var wrong = new List<string>();
        int outputs = 0, trees = 0, carried = 0;
        for (int i = 0; i < 1500; i++)
        {
            (Hierarchy hierarchy, LoopNest nest) = random.Next(120);
            var walk = new SumTextWalk(nest, hierarchy);
            foreach ((string word, string expected) in walk.Sums.OrderBy(_ => pick.Next()).Take(4))
            {
                outputs++;
                long[] at = [.. word.Split(' ').Select(long.Parse)];
                NestOrder order = NestOrder.Of(nest, hierarchy, at[0], at[1], at[2], at[3], at[4]);
                if (order.ToString() != expected) wrong.Add($"{i} output {word}: {order}, not {expected}");
                if (expected.Contains("tree", StringComparison.Ordinal) || expected.Contains("chain", StringComparison.Ordinal)) trees++;
                if (expected.StartsWith("((((", StringComparison.Ordinal)) carried++;
                long k = nest.Layer.Size(LoopDim.C) * nest.Layer.Size(LoopDim.R) * nest.Layer.Size(LoopDim.S);
                Assert.That(order.Permutation.Order(), Is.EqualTo(Enumerable.Range(0, (int)k).Select(v => (long)v)), "each product once");
            }
        }
        Assert.That(wrong.Take(5), Is.Empty, $"{wrong.Count} of {outputs}");
        Assert.That(outputs, Is.GreaterThan(3000));
        Assert.That(trees, Is.GreaterThan(300), "spatial sums");
        Assert.That(carried, Is.GreaterThan(100), "sums that are read back");
        Truth.Checked("Time", "orders of additions of random nests", "a walk that holds every sum as text", outputs, "equal");
    }

    // With one format for all registers: the tree in binary32 against chains of the stated length on the permuted products.
    [Test]
    public void ChunksAddToTheSameBits()
    {
        var random = new RandomNest(13);
        var values = new Random(14);
        int chunked = 0, permuted = 0;
        for (int i = 0; i < 6000; i++)
        {
            (Hierarchy hierarchy, LoopNest nest) = random.Next(200);
            NestOrder order = NestOrder.Of(nest, hierarchy);
            if (order.Chunks is not { } chunks || order.Permutation.Length < 3) continue;
            if (chunks.Chunk > 1) chunked++;
            long[] k = [.. order.Permutation];
            if (!k.SequenceEqual(k.Order())) permuted++;
            float[] products = [.. k.Select(_ => (float)(values.NextDouble() - 0.5) * (1 << values.Next(20)))];
            float total = 0;
            int length = chunks.Chunk == 0 ? k.Length : chunks.Chunk;
            for (int start = 0; start < k.Length; start += length)
            {
                float chain = products[k[start]];
                for (int at = start + 1; at < Math.Min(k.Length, start + length); at++) chain += products[k[at]];
                total = start == 0 ? chain : total + chain;
            }
            Assert.That(Value(order.Root, products), Is.EqualTo(total), order.ToString());
        }
        Assert.That(chunked, Is.GreaterThan(100));
        Assert.That(permuted, Is.GreaterThan(100));
    }

    private static float Value(SumTree tree, float[] products) => tree switch
    {
        ProductLeaf leaf => products[leaf.K],
        RegisterSum register => register.Items.Select(i => Value(i, products)).Aggregate((a, b) => a + b),
        PlaceSum { Kind: Reduction.Chain } chain => chain.Items.Select(i => Value(i, products)).Aggregate((a, b) => a + b),
        PlaceSum halves => Halves([.. halves.Items.Select(i => Value(i, products))]),
        _ => throw new ArgumentException("no tree", nameof(tree)),
    };

    private static float Halves(ReadOnlySpan<float> items) =>
        items.Length == 1 ? items[0] : Halves(items[..(items.Length / 2)]) + Halves(items[(items.Length / 2)..]);

    [Test]
    public void ArraysGiveTheChunksOfTheirDataflow()
    {
        Hierarchy array = new("array", [NestSamples.Memory("dram"), NestSamples.Memory("accumulators"),
            new FabricLevel("grid", [new FabricAxis("row", 4, Sharing.Multicast, Sharing.Multicast, Reduction.Chain)]),
            NestSamples.Memory("registers")]);
        LoopLayer layer = LoopLayer.Gemm("g", 1, 3, 1, 10, true);
        NestNode[] stores = [.. Enum.GetValues<Operand>().Select(o => new StoreNode(o, 0))];
        // Weight-stationary: a column chain of 4 products (the last 2), then the accumulator below the array.
        NestOrder weights = NestOrder.Of(new LoopNest(layer, [.. stores, new StoreNode(Operand.Outputs, 1), new LoopNode(LoopDim.C, 3, 4),
            new SpatialNode(LoopDim.C, 4, 1, 2, 0), new StoreNode(Operand.Weights, 3), new LoopNode(LoopDim.P, 3, 1)]), array);
        Assert.That(weights.ToString(), Is.EqualTo("((chain(0, 1, 2, 3) + chain(4, 5, 6, 7) + chain(8, 9))@1)@0"));
        Assert.That(weights.Chunks, Is.EqualTo(new ReductionOrder(4)));
        // Output-stationary, products in steps of 2 from both halves: one chain over permuted products.
        NestOrder outputs = NestOrder.Of(new LoopNest(layer, [.. stores, new LoopNode(LoopDim.P, 3, 1), new StoreNode(Operand.Outputs, 3),
            new LoopNode(LoopDim.C, 5, 2), new LoopNode(LoopDim.C, 2, 1)]), array);
        Assert.That(outputs.Chunks, Is.EqualTo(ReductionOrder.Sequential));
        Assert.That(outputs.Permutation, Is.EqualTo(Enumerable.Range(0, 10).Select(k => (long)k)));
        // Every place sums its own run, then the chain: no chunks of one register.
        NestOrder places = NestOrder.Of(new LoopNest(layer, [.. stores, new SpatialNode(LoopDim.C, 2, 5, 2, 0),
            new StoreNode(Operand.Outputs, 3), new LoopNode(LoopDim.C, 5, 1), new LoopNode(LoopDim.P, 3, 1)]), array);
        Assert.That(places.Chunks, Is.Null);
    }
}
