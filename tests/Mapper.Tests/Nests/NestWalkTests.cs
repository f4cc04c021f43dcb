using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Tests;

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

    private static string Describe(LoopNest nest, Hierarchy hierarchy) => nest.Layer + " " + string.Join(' ', nest.Layer.Sizes) + " | "
        + string.Join("; ", nest.Nodes) + " | " + string.Join("; ", hierarchy.Levels.OfType<FabricLevel>().SelectMany(f => f.Axes));
}
