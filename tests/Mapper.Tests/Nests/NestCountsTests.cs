using System.Text.Json;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Tests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Nests;

/// <summary>Closed-form counts against counts by enumeration that we did not make.</summary>
public class NestCountsTests
{
    private const int CasesGiven = 1456;

    [Test]
    public void EveryGivenCaseIsEqualInEveryField()
    {
        int cases = 0;
        var wrong = new List<string>();
        foreach (NestCase given in NestCase.ReadAll(ReferenceData.Shared("reference/nests/cases.jsonl.gz")))
        {
            cases++;
            NestCounts counts = NestCounts.Of(given.Nest, given.Hierarchy);
            if (counts.Macs != given.Macs || counts.Steps != given.Steps)
                wrong.Add($"{given.Id}: {counts.Macs} MACs in {counts.Steps} steps, not {given.Macs} in {given.Steps}");
            Assert.That(counts.Stores, Has.Length.EqualTo(given.Counts.EnumerateObject().Count()), given.Id);
            foreach (JsonProperty entry in given.Counts.EnumerateObject())
            {
                string[] key = entry.Name.Split('@');
                StoreCounts row = counts.At(NestCase.Of(key[0]), given.Hierarchy.IndexOf(key[1]))!;
                foreach (JsonProperty field in entry.Value.EnumerateObject())
                    if (Field(row, field.Name) != field.Value.GetInt64())
                        wrong.Add($"{given.Id} {entry.Name}: {field.Name} = {Field(row, field.Name)}, not {field.Value}");
            }
        }
        Assert.That(wrong.Take(40), Is.Empty, $"{wrong.Count} differences");
        Assert.That(cases, Is.GreaterThanOrEqualTo(CasesGiven));
        Truth.Checked("Time", "nests/cases.jsonl.gz", "two enumerators that share no code", cases, "all counts equal");
    }

    // The worked examples of `../shared/reference/nests/README.md`.
    [Test]
    public void AnEdgeChunkGivesReuseThatFullOnesDoNot()
    {
        LoopLayer layer = LoopLayer.Gemm("edge", 1, 2, 3, 1, true);
        NestCounts counts = Count(layer, new LoopNode(LoopDim.M, 2, 2), new LoopNode(LoopDim.P, 2, 1), new LoopNode(LoopDim.M, 2, 1),
            new StoreNode(Operand.Weights, 1));
        Assert.That(counts.At(Operand.Weights, 1)!.Fills, Is.EqualTo(5), "4 of the first chunk, 1 of the second");
    }

    // One filter row of a layer with 2^62 multiplications: a count of words that fits, and one that does not.
    [Test]
    public void LargeCountsTakeNoLongerAndOverflowIsAnError()
    {
        LoopLayer layer = LoopLayer.Gemm("large", 1, 1L << 20, 1L << 21, 1L << 21, true);
        NestNode[] nest =
        [
            new LoopNode(LoopDim.P, 1L << 10, 1L << 10), new LoopNode(LoopDim.M, 1L << 21, 1), new StoreNode(Operand.Weights, 1),
            new LoopNode(LoopDim.C, 1L << 21, 1), new LoopNode(LoopDim.P, 1L << 10, 1),
        ];
        NestCounts counts = Count(layer, nest);
        Assert.That(counts.Macs, Is.EqualTo(1L << 62));
        Assert.That(counts.At(Operand.Weights, 1)!.Fills, Is.EqualTo(1L << 52), "every weight, for each of 1,024 row tiles");
        Assert.That(counts.At(Operand.Weights, 1)!.Reads, Is.EqualTo(1L << 62));
        LoopLayer larger = LoopLayer.Gemm("larger", 2, 1L << 20, 1L << 21, 1L << 21, true);
        Assert.That(() => Count(larger, [.. nest, new LoopNode(LoopDim.N, 2, 1)]), Throws.InstanceOf<OverflowException>());
    }

    private static NestCounts Count(LoopLayer layer, params NestNode[] inner)
    {
        var hierarchy = new Hierarchy("two", [NestSamples.Memory("L0"), NestSamples.Memory("L1")]);
        NestNode[] stores = [.. Enum.GetValues<Operand>().Select(o => new StoreNode(o, 0))];
        return NestCounts.Of(new LoopNest(layer, [.. stores, .. inner]), hierarchy);
    }

    internal static long Field(StoreCounts row, string name) => name switch
    {
        "f" => row.Fills,
        "r" => row.Reads,
        "u" => row.Updates,
        "w" => row.Writes,
        "rb" => row.ReadBacks,
        "rbi" => row.ReadBackMembers,
        "inst" => row.Instances,
        "dist" => row.Distinct,
        "peak" => row.Peak,
        _ => throw new ArgumentException(name),
    };
}
