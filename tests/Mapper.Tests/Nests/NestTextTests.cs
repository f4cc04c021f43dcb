using System.Text.Json.Nodes;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Nests;
using Sim.Tests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Nests;

/// <summary>Nests as text and JSON, there and back; what a text says wrong, with its place.</summary>
public class NestTextTests
{
    private static readonly Hierarchy Small = new("small",
    [
        NestSamples.Memory("dram"),
        NestSamples.Memory("global_buffer") with { Keeps = new(Keeping.May, Keeping.Bypass, Keeping.May) },
        new FabricLevel("grid", [new FabricAxis("x", 14, Sharing.Multicast, Sharing.Multicast, Reduction.Tree)]),
        NestSamples.Memory("spads"),
    ]);

    [Test]
    public void NestsComeBackFromTextAndJson()
    {
        int cases = 0;
        var random = new RandomNest(3);
        IEnumerable<(Hierarchy Hierarchy, LoopNest Nest)> all = NestCase
            .ReadAll(ReferenceData.Shared("reference/nests/cases.jsonl.gz")).Select(c => (WithNames(c.Hierarchy), c.Nest))
            .Concat(Enumerable.Range(0, 500).Select(_ => random.Next(2000)));
        foreach ((Hierarchy hierarchy, LoopNest nest) in all)
        {
            cases++;
            Assert.That(NestLegality.Check(nest, hierarchy), Is.Empty);
            string text = NestText.Document(nest, hierarchy);
            var bag = new DiagnosticBag();
            LoopNest? back = Read(text, hierarchy, bag);
            Assert.That(bag.Sorted, Is.Empty, text);
            Assert.That(back!.Nodes, Is.EqualTo(nest.Nodes), text);
            Assert.That(back.Layer.Sizes, Is.EqualTo(nest.Layer.Sizes), text);
            Assert.That(NestText.Document(back, hierarchy), Is.EqualTo(text));
            string json = NestJson.Write(nest, hierarchy).ToJsonString();
            LoopNest again = NestJson.Read(JsonNode.Parse(json)!.AsObject(), hierarchy);
            Assert.That(again.Nodes, Is.EqualTo(nest.Nodes));
            Assert.That(NestJson.Write(again, hierarchy).ToJsonString(), Is.EqualTo(json));
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(1956));
    }

    [Test]
    public void TheLinesAreThoseOfTheGuide()
    {
        LoopLayer layer = LoopLayer.Gemm("g", 1, 28, 64, 64, true);
        var nest = new LoopNest(layer, [new StoreNode(Operand.Weights, 0), new LoopNode(LoopDim.C, 4, 16),
            new SpatialNode(LoopDim.P, 14, 2, 2, 0)]);
        Assert.That(NestText.Lines(nest, Small), Is.EqualTo(new[] { "store weights@dram", "for K 4 (tile 16)",
            "spatial M 14 grid.x (tile 2)" }));
    }

    [TestCase("for K 4 (tile 20)", "MAP011", "tiles of 16; found '(tile 20)'")]
    [TestCase("for Z 4", "MAP011", "'Z' is no dimension of the layer; there are B, M, N, K")]
    [TestCase("for K x", "MAP011", "'x' must be an integer from 2")]
    [TestCase("for K 1", "MAP011", "loops of count 1 do not exist")]
    [TestCase("for M 4", "MAP011", "M 4 cannot split 5 elements: tiles of 2 reach 3 times; counts that can: 2, 3, 5")]
    [TestCase("store input@dram", "MAP011", "'input' is no operand")]
    [TestCase("store weights@global_bufer", "MAP011", "did you mean 'global_buffer'")]
    [TestCase("spatial K 4 grid.z", "MAP011", "'grid.z' is no axis of a fabric")]
    [TestCase("spatial K 16 grid.x", "MAP012", "has 14 places, and loops over it need 16")]
    [TestCase("store weights@global_buffer", "MAP012", "weights pass 'global_buffer' by; it keeps activations, outputs")]
    [TestCase("store weights@dram", "MAP012", "weights are stored in 'dram' twice")]
    [TestCase("swap K 4", "MAP011", "is no node")]
    public void WrongLinesAreToldWithTheirPlace(string line, string code, string part)
    {
        string text = "schema: sim.nest/1\nlayer: {gemm: {M: 5, N: 6, K: 64}}\nmapping:\n  - store activations@dram\n"
            + $"  - store weights@dram\n  - store outputs@dram\n  - for N 6\n  - {line}\n  - for M 5\n"
            + $"  - for K {(line.Contains("K 16", StringComparison.Ordinal) ? 4 : 64)}\n";
        var bag = new DiagnosticBag();
        Assert.That(Read(text, Small, bag), Is.Null);
        Diagnostic found = bag.Sorted.First(d => d.Location.Line == 8);
        Assert.That(found.Code, Is.EqualTo(code));
        Assert.That(found.Message, Does.Contain(part));
    }

    [Test]
    public void EverythingWrongIsToldAtOnce()
    {
        string text = "schema: sim.nest/1\nlayer: {conv: {M: 5, C: 6, Y: 3}, strid: [1, 1], dilation: 2}\nmapping: []\n";
        var bag = new DiagnosticBag();
        Assert.That(Read(text, Small, bag), Is.Null);
        Assert.That(bag.Sorted.Select(d => d.Code), Is.EqualTo(new[] { "MAP010", "MAP010", "MAP010" }));
        LoopLayer layer = LoopLayer.Conv("c", 1, 1, 4, 4, 1, 1, 1, 1);
        var nest = new LoopNest(layer, [new LoopNode(LoopDim.M, 4, 1), new StoreNode(Operand.Weights, 3),
            new SpatialNode(LoopDim.C, 3, 2, 2, 0)]);
        string[] problems = [.. NestLegality.Check(nest, Small).Select(p => $"{p.Node} {p.Message}")];
        Assert.That(problems, Has.Length.EqualTo(6));
        Assert.That(problems[0], Does.StartWith("2 C 3 cannot split 4 elements: tiles of 2 reach 2 times; counts that can: 2, 4"));
        Assert.That(problems[1], Does.StartWith("2 'grid' stands outside 'spads'"));
        Assert.That(problems[2], Does.Contain("2 of 4 elements of C are left"));
        Assert.That(problems.Skip(3).All(p => p.Contains("must be stored in 'dram'", StringComparison.Ordinal)));
    }

    // A level of names that text can carry.
    private static Hierarchy WithNames(Hierarchy hierarchy) => hierarchy with { Levels = [.. hierarchy.Levels.Select(l => l is FabricLevel f
        ? f with { Name = f.Name.Replace(' ', '_') } : l)] };

    private static LoopNest? Read(string text, Hierarchy hierarchy, DiagnosticBag bag)
    {
        YamlDocument document = YamlDocument.Parse(text, "nest.yaml", bag)!;
        LoopLayer? layer = LoopLayerText.Read(document.Root["layer"], document.Root.Location, bag);
        return layer is null ? null : NestReader.Read(document.Root["mapping"], document.Root.Location, layer, hierarchy, bag);
    }
}
