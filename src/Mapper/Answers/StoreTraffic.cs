using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Answers;

/// <summary>What all instances of a memory move of one operand.</summary>
/// <param name="Store">Its exact counts.</param>
/// <param name="Memory">Name of the memory.</param>
/// <param name="Reads">Elements read.</param>
/// <param name="Writes">Elements written; of outputs also partial sums that arrive.</param>
/// <param name="Accesses">Words read and written, on the average of full words.</param>
/// <param name="Bytes">Bytes read and written.</param>
/// <param name="LeastBytes">Bytes that have to move at least: the operand itself, once; null: not of the outermost memory.</param>
/// <param name="TileBytes">Bytes of the largest tile of an instance; of results in the outermost memory when they are complete.</param>
public sealed record StoreTraffic(StoreCounts Store, string Memory, double Reads, double Writes, double Accesses, double Bytes,
    double? LeastBytes, double TileBytes)
{
    /// <summary>Of every store of a mapping, in the order of its nest.</summary>
    public static ImmutableArray<StoreTraffic> Of(MapResult result, MapProblem problem)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(problem);
        return [.. result.Counts.Stores.Select(s => Of(s, problem))];
    }

    private static StoreTraffic Of(StoreCounts s, MapProblem problem)
    {
        MapCosts costs = problem.Costs;
        StoreRate rate = costs.Levels[s.Level][s.Operand];
        (double reads, double writes) = s.Operand == Operand.Outputs
            ? ((costs.AddsRead ? s.Updates - s.Distinct : s.Reads) + (costs.DrainReads ? s.Writes : 0),
                (double)s.Updates + s.ReadBackMembers)
            : (s.Reads, s.Fills);
        // Complete results at the outermost memory are narrower than partial sums.
        double complete = s is { Level: 0, Operand: Operand.Outputs } ? s.Distinct : 0, others = reads + writes - complete;
        return new(s, problem.Hierarchy.Levels[s.Level].Name, reads, writes,
            others * rate.Words + complete * costs.CompleteOutputs.Words, (others * rate.Bits + complete * costs.CompleteOutputs.Bits) / 8,
            s.Level == 0 ? Compulsory(problem.Layer, s.Operand, costs) : null,
            s.Peak * (complete > 0 ? costs.CompleteOutputs.Bits : rate.Bits) / 8);
    }

    // What has to move at least once: the operand itself.
    private static double Compulsory(LoopLayer layer, Operand operand, MapCosts costs)
    {
        NestNode[] none = [new StoreNode(Operand.Activations, 0), new StoreNode(Operand.Weights, 0), new StoreNode(Operand.Outputs, 0)];
        var hierarchy = new Hierarchy("whole", [new MemoryLevel("whole", null, default, 1, 1, default, null, 0, 0,
            PerOperand.Of(_ => Keeping.Must), default)]);
        IEnumerable<NestNode> loops = Enum.GetValues<LoopDim>().Where(d => layer.Size(d) > 1).Select(d => new LoopNode(d, layer.Size(d),
            1));
        double elements = NestCounts.Of(new(layer, [.. none, .. loops]), hierarchy).At(operand, 0)!.Distinct;
        return elements * (operand == Operand.Outputs ? costs.CompleteOutputs.Bits : costs.Levels[0][operand].Bits) / 8;
    }
}
