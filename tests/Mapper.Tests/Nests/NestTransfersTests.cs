using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Nests;

/// <summary>Words of single transfers add up to the counts of the whole nest.</summary>
public class NestTransfersTests
{
    [Test]
    public void TransfersOfAllStepsAddUpToTheCounts()
    {
        var random = new RandomNest(7);
        int inputs = 0, sums = 0;
        for (int i = 0; i < 1500; i++)
        {
            (Hierarchy hierarchy, LoopNest nest) = random.Next(200);
            NestCounts counts = NestCounts.Of(nest, hierarchy);
            var transfers = new NestTransfers(nest, hierarchy);
            bool divides = Divides(nest);
            for (int e = 0; e < transfers.Edges.Length; e++)
            {
                TransferEdge edge = transfers.Edges[e];
                // Only one parent instance, whose view is then the whole.
                if (nest.Nodes.Take(edge.Parent).Any(n => n is SpatialNode)) continue;
                bool compute = edge.Child == nest.Nodes.Length, alone = !nest.Nodes.Take(edge.Child).Any(n => n is SpatialNode);
                TransferWords total = default;
                foreach (long[] step in Steps(nest, edge))
                    total = Add(total, compute ? transfers.Step(e, step) : transfers.Change(e, step));
                if (!compute) total = Add(total, transfers.Last(e));
                StoreCounts parent = counts.At(edge.Operand, ((StoreNode)nest.Nodes[edge.Parent]).Level)!;
                StoreCounts? child = compute ? null : counts.At(edge.Operand, ((StoreNode)nest.Nodes[edge.Child]).Level);
                string name = $"{i} {edge}";
                if (edge.Operand != Operand.Outputs)
                {
                    inputs++;
                    Assert.That(total.Read, Is.EqualTo(parent.Reads), name);
                    if (alone && child is not null) Assert.That(total.Fill, Is.EqualTo(child.Fills), name);
                }
                else if (divides)
                {
                    sums++;
                    Assert.That(total.Update, Is.EqualTo(parent.Updates), name);
                    Assert.That(total.Read, Is.EqualTo(parent.Reads), name);
                    if (alone && child is not null) Assert.That(total.Write, Is.EqualTo(child.Writes), name);
                }
            }
        }
        Assert.That(inputs, Is.GreaterThan(2000));
        Assert.That(sums, Is.GreaterThan(200));
    }

    private static TransferWords Add(TransferWords a, TransferWords b) =>
        new(a.Fill + b.Fill, a.Read + b.Read, a.Write + b.Write, a.Update + b.Update);

    private static bool Divides(LoopNest nest)
    {
        long[] left = [.. nest.Layer.Sizes];
        foreach (NestNode node in nest.Nodes)
        {
            (LoopDim Dim, long Count, long Tile)? loop = node switch
            {
                LoopNode l => (l.Dim, l.Count, l.Tile),
                SpatialNode s => (s.Dim, s.Count, s.Tile),
                _ => null,
            };
            if (loop is not { } at) continue;
            if (at.Count * at.Tile != left[(int)at.Dim]) return false;
            left[(int)at.Dim] = at.Tile;
        }
        return true;
    }

    // Every combination of indices; those that a shorter chunk does not have move nothing.
    private static IEnumerable<long[]> Steps(LoopNest nest, TransferEdge edge)
    {
        ImmutableArray<long> counts = [.. edge.Loops.Select(n => ((LoopNode)nest.Nodes[n]).Count)];
        var index = new long[counts.Length];
        while (true)
        {
            yield return index;
            int at = counts.Length - 1;
            while (at >= 0 && ++index[at] == counts[at]) index[at--] = 0;
            if (at < 0) yield break;
        }
    }
}
