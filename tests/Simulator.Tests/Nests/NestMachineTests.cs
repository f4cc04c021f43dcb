using Sim.ArchModel.Hierarchies;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Mapper.Nests;
using Sim.Mapper.Orders;
using Sim.Mapper.Tests.Nests;
using Sim.Mapper.Timing;
using Sim.Simulator.Nests;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Tests.Nests;

/// <summary>
/// The machine that moves every word equals the closed forms of time and of counts, and its sums are those of the reference in the order
/// that was derived from the nest, bit by bit.
/// </summary>
public class NestMachineTests
{
    private static readonly DatapathSpec[] Datapaths =
    [
        Of("e4m3", new FloatAccumulator(FormatCatalogue.Parse("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee)),
        Of("fp16", new FloatAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee)),
        Of("int8", new IntegerAccumulator(17, RegisterOverflow.Wrap)),
        Of("int8", new IntegerAccumulator(16, RegisterOverflow.Saturate)),
        Of("posit8_2", new ExactAccumulator(FormatCatalogue.Parse("posit8_2"), RoundingMode.NearestEven, OverflowPolicy.Ieee)
        {
            Quire = new Quire(128, -48),
        }),
    ];

    private static DatapathSpec Of(string format, AccumulatorSpec accumulator) =>
        new("d", FormatCatalogue.Parse(format), FormatCatalogue.Parse(format), accumulator);

    // Hierarchies with ports, buses, latencies and double buffers.
    [TestCase(21, 3, 1100)]
    [TestCase(22, 5, 700)]
    public void TimedNests(int seed, int most, int cases)
    {
        var random = new Random(seed);
        Compare(cases, 3000, cases / 4, _ => Sim.Mapper.Tests.Timing.RandomNest.Make(random, most));
    }

    // Several loops on an axis, loops in time between them, deep nests of fabrics.
    [TestCase(23, 2000)]
    public void DeepNests(int seed, int cases)
    {
        var random = new RandomNest(seed);
        Compare(cases, 300, 0, _ =>
        {
            (Hierarchy hierarchy, LoopNest nest) = random.Next(300);
            return (nest, hierarchy, new NestWidths(8, 8, 32, 8), ComputeRate.One);
        });
    }

    // Lanes of a dot unit at the inner end: the products of a step in one unit, the last step with fewer.
    [TestCase(24, 200)]
    public void LanesOfADotUnit(int seed, int cases)
    {
        var random = new Random(seed);
        int compared = 0;
        for (int i = 0; i < cases; i++)
        {
            int lanes = random.Next(2, 5), k = random.Next(lanes, 30), places = random.Next(2, 4), steps = (k + lanes - 1) / lanes;
            DatapathSpec spec = Datapaths[0] with
            {
                Dot = new AdderTreeDotUnit(lanes, FormatCatalogue.Parse("fp16"), RoundingMode.NearestEven, random.Next(2) == 0),
            };
            var hierarchy = new Hierarchy("lanes",
            [
                NestSamples.Memory("L0"),
                new FabricLevel("pes", [new("x", places, Sharing.Multicast, Sharing.None, (Reduction)random.Next(3))]),
                NestSamples.Memory("L1"),
                new FabricLevel("lanes", [new("lane", lanes, Sharing.None, Sharing.None, Reduction.Tree) { SumsOnly = true }]),
            ]);
            int tile = (steps + places - 1) / places * lanes, count = (k + tile - 1) / tile;
            List<NestNode> nodes = [.. Enum.GetValues<Operand>().Select(o => new StoreNode(o, 0))];
            if (count > 1) nodes.Add(new SpatialNode(LoopDim.C, count, tile, 1, 0));
            if (random.Next(2) == 0) nodes.Add(new StoreNode(Operand.Outputs, 2));
            if (tile > lanes) nodes.Add(new LoopNode(LoopDim.C, tile / lanes, lanes));
            nodes.Add(new SpatialNode(LoopDim.C, lanes, 1, 3, 0));
            var nest = new LoopNest(LoopLayer.Gemm("g", 1, 1, 1, k, true), [.. nodes]);
            if (!NestLegality.Check(nest, hierarchy).IsEmpty) continue;
            NestOperands operands = NestOperands.Random(nest.Layer, spec, i);
            NestRun run = NestMachine.Run(nest, hierarchy, new NestWidths(8, 8, 16, 8), ComputeRate.One, spec, operands);
            Values(nest, hierarchy, spec, operands, run, $"case {i}");
            compared++;
        }
        Assert.That(compared, Is.GreaterThan(cases / 3));
    }

    private static void Compare(int cases, long macs, int stalls, Func<int, (LoopNest, Hierarchy, NestWidths, ComputeRate)> make)
    {
        int compared = 0, stalled = 0, ordered = 0;
        for (int i = 0; i < cases; i++)
        {
            (LoopNest nest, Hierarchy hierarchy, NestWidths widths, ComputeRate rate) = make(i);
            if (nest.Layer.Macs > macs) continue;
            DatapathSpec spec = Datapaths[i % Datapaths.Length];
            string text = $"case {i}: {string.Join("; ", nest.Nodes)} of {string.Join(",", nest.Layer.Sizes)} on "
                + string.Join("; ", hierarchy.Levels.Select(l => l is FabricLevel f ? string.Join(", ", f.Axes) : l.ToString()));
            NestOperands operands = NestOperands.Random(nest.Layer, spec, i);
            NestRun run = NestMachine.Run(nest, hierarchy, widths, rate, spec, operands);
            SameInTiles(run, NestMachine.Run(nest, hierarchy, widths, rate, spec, operands, NestDepth.Tiles), text);
            NestCycles closed = NestTiming.Of(nest, hierarchy, widths, rate);
            Assert.That((run.Cycles.Total, run.Cycles.Compute, run.Cycles.Drain),
                Is.EqualTo((closed.Total, closed.Compute, closed.Drain)), text);
            Assert.That(run.Cycles.Stalls.ToDictionary(s => s.Resource, s => s.Cycles),
                Is.EquivalentTo(closed.Stalls.ToDictionary(s => s.Resource, s => s.Cycles)), text);
            Assert.That(run.Cycles.Uses.Where(u => u.BusyCycles > 0), Is.EquivalentTo(closed.Uses.Where(u => u.BusyCycles > 0)), text);
            NestCounts counts = NestCounts.Of(nest, hierarchy);
            Assert.That(string.Join('\n', run.Stores), Is.EqualTo(string.Join('\n', counts.Stores)), text);
            Assert.That((run.Macs, run.Steps), Is.EqualTo((counts.Macs, counts.Steps)), text);
            ordered += Values(nest, hierarchy, spec, operands, run, text);
            compared++;
            if (run.Cycles.Stalled > 0) stalled++;
        }
        Assert.That(compared, Is.GreaterThanOrEqualTo(cases * 4 / 5));
        Assert.That(stalled, Is.GreaterThanOrEqualTo(stalls));
        Assert.That(ordered, Is.GreaterThan(cases / 5), "orders that are one chain test little");
    }

    private static void SameInTiles(NestRun run, NestRun tiles, string text)
    {
        Assert.That((tiles.Cycles.Total, tiles.Cycles.Compute, tiles.Cycles.Drain),
            Is.EqualTo((run.Cycles.Total, run.Cycles.Compute, run.Cycles.Drain)), text);
        Assert.That(tiles.Cycles.Stalls, Is.EqualTo(run.Cycles.Stalls).AsCollection, text);
        Assert.That(tiles.Cycles.Uses, Is.EqualTo(run.Cycles.Uses).AsCollection, text);
        Assert.That(string.Join('\n', tiles.Stores), Is.EqualTo(string.Join('\n', run.Stores)), text);
        Assert.That((tiles.Macs, tiles.Steps, tiles.Events), Is.EqualTo((run.Macs, run.Steps, run.Events)), text);
        Assert.That(tiles.Results, Is.EqualTo(run.Results).AsCollection, text);
    }

    // 1 where the order is not one chain of k ascending.
    private static int Values(LoopNest nest, Hierarchy hierarchy, DatapathSpec spec, NestOperands operands, NestRun run, string text)
    {
        LoopLayer layer = nest.Layer;
        NestOrders orders = NestOrders.Of(nest, hierarchy, spec.Lanes);
        (long n, long g, long m, long c, long p, long q, long r, long s) = (layer.Sizes[0], layer.Sizes[1], layer.Sizes[2], layer.Sizes[3],
            layer.Sizes[4], layer.Sizes[5], layer.Sizes[6], layer.Sizes[7]);
        long height = (p - 1) * layer.StrideHeight + (r - 1) * layer.DilationHeight + 1;
        long width = (q - 1) * layer.StrideWidth + (s - 1) * layer.DilationWidth + 1;
        GemmEvents events = default;
        var expected = new List<long>();
        for (long o = 0; o < n * g * m * p * q; o++)
        {
            (long on, long og, long om, long op, long oq) = (o / (g * m * p * q), o / (m * p * q) % g, o / (p * q) % m, o / q % p, o % q);
            var (a, w) = (new List<uint>(), new List<uint>());
            for (long k = 0; k < c * r * s; k++)
            {
                (long kc, long kr, long ks) = (k / (r * s), k / s % r, k % s);
                (long row, long column) = (op * layer.StrideHeight + kr * layer.DilationHeight,
                    oq * layer.StrideWidth + ks * layer.DilationWidth);
                a.Add(operands.Activations[(((on * g + og) * c + kc) * height + row) * width + column]);
                w.Add(operands.Weights[(og * m + om) * c * r * s + k]);
            }
            var one = new long[1];
            new ReferenceKernel().Run(spec, orders.Orders[orders.IndexOf(on, og, om, op, oq)],
                new GemmOperands { M = 1, N = 1, K = a.Count, A = a.ToArray(), B = w.ToArray() }, one, ref events);
            expected.Add(one[0]);
        }
        Assert.That(run.Results, Is.EqualTo(expected),
            $"{spec.Accumulator} in {string.Join(" | ", orders.Orders.Select(x => x.Key))}: {text}");
        Assert.That(run.Events, Is.EqualTo(events), text);
        return orders.Single == ReductionOrder.Sequential ? 0 : 1;
    }
}
