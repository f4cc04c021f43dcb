using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Checks;
using Sim.Mapper.Nests;
using Sim.Mapper.Tests.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Checks;

/// <summary>The walk of `sim map --check` against the closed form: halos, edge tiles, idle instances, reductions.</summary>
public sealed class NestRecountTests
{
    private const int Cases = 2500, MostMacs = 300;

    [Test]
    public void Random_nests_count_as_the_closed_form_says()
    {
        var random = new RandomNest(9201);
        int rows = 0;
        for (int i = 0; i < Cases; i++)
        {
            (Hierarchy hierarchy, LoopNest nest) = random.Next(MostMacs);
            NestCounts counts = NestCounts.Of(nest, hierarchy), walked = NestRecount.Of(nest, hierarchy)!;
            Assert.That((walked.Macs, walked.Steps), Is.EqualTo((counts.Macs, counts.Steps)), $"nest {i}");
            Assert.That(walked.Stores, Is.EqualTo(counts.Stores), $"nest {i}");
            rows += walked.Stores.Length;
        }
        Assert.That(rows, Is.GreaterThan(8000));
    }

    [Test]
    public void Large_layers_are_refused()
    {
        LoopLayer layer = LoopLayer.Gemm("large", 1, 1 << 12, 1 << 7, 1, sharedWeights: true);
        LoopNest nest = new(layer, [new StoreNode(Operand.Activations, 0), new StoreNode(Operand.Weights, 0),
            new StoreNode(Operand.Outputs, 0), new LoopNode(LoopDim.P, 1 << 12, 1), new LoopNode(LoopDim.M, 1 << 7, 1)]);
        Assert.That(NestRecount.Of(nest, new("one", [NestSamples.Memory("dram")])), Is.Null);
    }
}
