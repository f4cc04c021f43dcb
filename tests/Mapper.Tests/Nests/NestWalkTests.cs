using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Tests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Nests;

/// <summary>Closed-form counts against a walk of every step, on random hierarchies, layers and nests.</summary>
public class NestWalkTests
{
    private const int Cases = 6000, MostMacs = 300;

    [Test]
    public void RandomNestsCountAsTheirWalk()
    {
        var random = new RandomNest(20261128);
        var wrong = new List<string>();
        int several = 0, rows = 0;
        for (int i = 0; i < Cases; i++)
        {
            (Hierarchy hierarchy, LoopNest nest) = random.Next(MostMacs);
            NestCounts counts = NestCounts.Of(nest, hierarchy);
            var walk = new NestWalk(nest, hierarchy);
            if (nest.Nodes.OfType<SpatialNode>().Count() > 1) several++;
            if (counts.Macs != walk.Macs || counts.Steps != walk.Steps) wrong.Add($"{i}: MACs or steps");
            Assert.That(counts.Stores, Has.Length.EqualTo(walk.Counts.Count));
            foreach (StoreCounts row in counts.Stores)
            {
                rows++;
                Dictionary<string, long> entry = walk.Counts[(row.Operand, row.Level)];
                foreach ((string name, long value) in entry)
                    if (NestCountsTests.Field(row, name) is var ours && ours != value)
                        wrong.Add($"{i} {row.Operand}@{row.Level} {name} = {ours}, not {value}: {Describe(nest, hierarchy)}");
            }
        }
        Assert.That(wrong.Take(10), Is.Empty, $"{wrong.Count} differences");
        Assert.That(several, Is.GreaterThan(2000), "nests with several spatial loops");
        Assert.That(rows, Is.GreaterThan(20_000));
        Truth.Checked("Time", "counts of random nests", "a walk of every step with real sets", Cases, "all counts equal");
    }

    // Many windows that an instance holds one after another, with others' windows between them.
    [Test]
    public void WordsEverHeldOverManyWindowsAreThoseOfTheWalk()
    {
        var random = new Random(6);
        int cases = 0;
        while (cases < 400)
        {
            int tile = random.Next(2, 7), outer = random.Next(6, 40), places = random.Next(2, tile + 1), taps = random.Next(2, 8);
            int size = tile * outer - random.Next(tile);
            if (!LoopSplit.Reaches(size, outer) || LoopSplit.Tile(size, outer) != tile || !LoopSplit.Reaches(tile, places)) continue;
            cases++;
            LoopLayer layer = LoopLayer.Conv("c", 1, 1, 1, 1, size, 1, taps, 1, random.Next(1, 4), 1, random.Next(1, 4));
            var hierarchy = new Hierarchy("h", [NestSamples.Memory("L0"), new FabricLevel("f",
                [new FabricAxis("x", 8, Sharing.Multicast, Sharing.None, Reduction.Tree)]), NestSamples.Memory("L1")]);
            long inner = LoopSplit.Tile(tile, places);
            var nodes = new List<NestNode>(Enum.GetValues<Operand>().Select(o => new StoreNode(o, 0)));
            if (random.Next(2) == 0) nodes.AddRange([new LoopNode(LoopDim.P, outer, tile), new LoopNode(LoopDim.R, taps, 1)]);
            else nodes.AddRange([new LoopNode(LoopDim.R, taps, 1), new LoopNode(LoopDim.P, outer, tile)]);
            nodes.AddRange([new SpatialNode(LoopDim.P, places, inner, 1, 0), new StoreNode(Operand.Activations, 2)]);
            if (inner > 1) nodes.Add(new LoopNode(LoopDim.P, inner, 1));
            var nest = new LoopNest(layer, [.. nodes]);
            Assert.That(NestLegality.Check(nest, hierarchy), Is.Empty);
            Assert.That(NestCounts.Of(nest, hierarchy).At(Operand.Activations, 2)!.Distinct,
                Is.EqualTo(new NestWalk(nest, hierarchy).Counts[(Operand.Activations, 2)]["dist"]), Describe(nest, hierarchy));
        }
        // As quickly for a million windows.
        LoopLayer sound = LoopLayer.Conv("sound", 1, 1, 1, 1, 4_000_000, 1, 9, 1, 2);
        var two = new Hierarchy("h", [NestSamples.Memory("L0"), new FabricLevel("f",
            [new FabricAxis("x", 4, Sharing.Multicast, Sharing.None, Reduction.Tree)]), NestSamples.Memory("L1")]);
        var many = new LoopNest(sound, [.. Enum.GetValues<Operand>().Select(o => new StoreNode(o, 0)),
            new LoopNode(LoopDim.P, 1_000_000, 4), new SpatialNode(LoopDim.P, 4, 1, 1, 0), new StoreNode(Operand.Activations, 2),
            new LoopNode(LoopDim.R, 9, 1)]);
        // Each of 4 instances: a window of 9 every 8 coordinates, 1 shared with the next.
        Assert.That(NestCounts.Of(many, two).At(Operand.Activations, 2)!.Distinct, Is.EqualTo(4 * (8_000_000L + 1)));
    }

    private static string Describe(LoopNest nest, Hierarchy hierarchy) => nest.Layer + " " + string.Join(' ', nest.Layer.Sizes) + " | "
        + string.Join("; ", nest.Nodes) + " | " + string.Join("; ", hierarchy.Levels.OfType<FabricLevel>().SelectMany(f => f.Axes));
}
