using NUnit.Framework;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Networks;
using Sim.Mapper.Tests.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Networks;

/// <summary>Tilings move what the exact counts of the same loop nest say; with padding, what a walk over every tile says.</summary>
[TestFixture]
public sealed class LayerTilingTests
{
    private static readonly Hierarchy TwoLevels = new("two levels", [NestSamples.Memory("dram"), NestSamples.Memory("stage")]);

    [Test]
    public void Moves_are_those_of_the_nest([Range(0, 9)] int part)
    {
        int checkedTilings = 0;
        for (int seed = part * 12; seed < (part + 1) * 12; seed++)
        {
            MatrixWork work = Random(seed, padded: false);
            LayerTiling[] all = [.. LayerTiling.All(work)];
            var random = new Random(seed);
            for (int i = 0; i < Math.Min(60, all.Length); i++)
            {
                LayerTiling tiling = all[random.Next(all.Length)];
                NestCounts counts = NestCounts.Of(Nest(work, tiling), TwoLevels);
                StoreCounts a = counts.At(Operand.Activations, 1)!, w = counts.At(Operand.Weights, 1)!, o = counts.At(Operand.Outputs, 1)!;
                string name = $"seed {seed}: {work}, {tiling} order {string.Join(' ', tiling.Order)}";
                Assert.That((tiling.InputReads, tiling.WeightReads, tiling.SumTransfers, tiling.SumTransfers + work.OutputElements),
                    Is.EqualTo((a.Fills, w.Fills, o.ReadBacks, o.Writes)), name);
                Assert.That((tiling.TileInputs, tiling.TileWeights, tiling.TileOutputs), Is.EqualTo((a.Peak, w.Peak, o.Peak)), name);
                checkedTilings++;
            }
        }
        Assert.That(checkedTilings, Is.GreaterThan(300));
    }

    [Test]
    public void Padding_is_not_read([Range(0, 3)] int part)
    {
        int checkedTilings = 0;
        for (int seed = part * 20; seed < (part + 1) * 20; seed++)
        {
            MatrixWork work = Random(seed, padded: true);
            LayerTiling[] all = [.. LayerTiling.All(work)];
            var random = new Random(seed);
            for (int i = 0; i < 10; i++)
            {
                LayerTiling tiling = all[random.Next(all.Length)];
                Assert.That(tiling.InputReads, Is.EqualTo(WalkedInputs(work, tiling)),
                    $"seed {seed}: {work}, {tiling} order {string.Join(' ', tiling.Order)}");
                checkedTilings++;
            }
        }
        Assert.That(checkedTilings, Is.EqualTo(200));
    }

    [Test]
    public void Tile_sizes_are_all_reached()
    {
        foreach (long size in new long[] { 1, 2, 7, 12, 197, 224, 1000, 4096 })
            foreach (long tile in TileSizes.Of(size))
            {
                long count = (size + tile - 1) / tile;
                Assert.That((size + count - 1) / count, Is.EqualTo(tile), $"{size} by {tile}");
            }
        Assert.That(TileSizes.Of(12), Is.EqualTo(new long[] { 1, 2, 3, 4, 6, 12 }));
    }

    private static MatrixWork Random(int seed, bool padded)
    {
        var random = new Random(seed);
        WindowAxis Axis()
        {
            int filter = random.Next(1, 4), stride = random.Next(1, 4), dilation = random.Next(1, 3), pad = padded ? random.Next(0, 3) : 0;
            long outputs = random.Next(1, 8), span = ((outputs - 1) * stride) + ((filter - 1) * dilation) + 1;
            return new(outputs, filter, stride, dilation, pad, padded ? Math.Max(1, span - pad - random.Next(0, 3)) : span);
        }
        return new(random.Next(1, 4), random.Next(1, 3), random.Next(1, 7), random.Next(1, 7), Axis(), Axis()) { IsImage = true };
    }

    private static LoopNest Nest(MatrixWork work, LayerTiling tiling)
    {
        LoopLayer layer = work.Loops("layer");
        var nodes = new List<NestNode>(Enum.GetValues<Operand>().Select(o => new StoreNode(o, 0)));
        long[] left = [.. layer.Sizes];
        void Loop(LoopDim dim, long tile)
        {
            long count = (left[(int)dim] + tile - 1) / tile;
            if (count > 1) nodes.Add(new LoopNode(dim, count, tile));
            left[(int)dim] = Math.Min(tile, left[(int)dim]);
        }
        Loop(LoopDim.G, 1);
        foreach (TileLoop loop in tiling.Order)
            Loop(loop switch
            {
                TileLoop.Samples => LoopDim.N,
                TileLoop.Rows => LoopDim.P,
                TileLoop.Filters => LoopDim.M,
                _ => LoopDim.C,
            }, loop switch
            {
                TileLoop.Samples => tiling.Samples,
                TileLoop.Rows => tiling.Rows,
                TileLoop.Filters => tiling.Filters,
                _ => tiling.Channels,
            });
        nodes.AddRange(Enum.GetValues<Operand>().Select(o => new StoreNode(o, 1)));
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++) Loop(dim, 1);
        return new LoopNest(layer, [.. nodes]);
    }

    // Every tile in order, with the set of input elements that it needs against the set of the tile before.
    private static long WalkedInputs(MatrixWork work, LayerTiling tiling)
    {
        long moved = 0;
        for (long g = 0; g < work.Groups; g++)
        {
            HashSet<(long, long, long, long)> held = [];
            void Walk(int depth, (long From, long To) n, (long From, long To) p, (long From, long To) c)
            {
                if (depth < tiling.Order.Length)
                {
                    (long size, long tile) = tiling.Order[depth] switch
                    {
                        TileLoop.Samples => (work.Samples, tiling.Samples),
                        TileLoop.Rows => (work.Rows.Outputs, tiling.Rows),
                        TileLoop.Filters => (work.Filters, tiling.Filters),
                        _ => (work.Channels, tiling.Channels),
                    };
                    for (long at = 0; at < size; at += tile)
                    {
                        (long, long) part = (at, Math.Min(size, at + tile));
                        Walk(depth + 1, tiling.Order[depth] == TileLoop.Samples ? part : n, tiling.Order[depth] == TileLoop.Rows ? part : p,
                            tiling.Order[depth] == TileLoop.Channels ? part : c);
                    }
                    return;
                }
                HashSet<(long, long, long, long)> needed = [];
                for (long sample = n.From; sample < n.To; sample++)
                    for (long channel = c.From; channel < c.To; channel++)
                        foreach (long row in Inside(work.Rows, p.From, p.To))
                            foreach (long column in Inside(work.Columns, 0, work.Columns.Outputs))
                                needed.Add((sample, channel, row, column));
                moved += needed.Count(e => !held.Contains(e));
                held = needed;
            }
            Walk(0, (0, work.Samples), (0, work.Rows.Outputs), (0, work.Channels));
        }
        return moved;
    }

    private static IEnumerable<long> Inside(WindowAxis axis, long from, long to)
    {
        for (long p = from; p < to; p++)
            for (long r = 0; r < axis.Filter; r++)
                if ((p * axis.Stride) + (r * axis.Dilation) - axis.Pad is >= 0 and var at && at < axis.Size) yield return at;
    }
}
