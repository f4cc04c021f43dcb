using System.Collections.Immutable;
using Sim.Datapath.Specs;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests;

/// <summary>
/// Verdicts against enumeration, both ways: all weights of 3 bits and fewer, K up to 5, all orders, widths around the limit, both register
/// semantics. The enumeration steps the set of register values that any inputs reach, input value by input value; it knows no bound, no
/// sign trick and no prover.
/// </summary>
public class BruteForceTests
{
    private static readonly Ladder Provers = new(ProverCatalogue.ClosedForm);

    private static readonly SumOrder[] Orders = [new SequentialOrder(), new AnyOrder(), new FinalOrder(), new TiledOrder(2),
        new TreeOrder(2), new TreeOrder(4)];

    [TestCase(1), TestCase(2), TestCase(3), TestCase(4), TestCase(5)]
    public void AllSmallChannelsAreDecidedAsEnumerationDecides(int k)
    {
        // At K = 5, weights of 2 bits in every place and of 3 bits in sorted order: the rest are permutations that K = 4 has in full.
        IEnumerable<int[]> weights = k < 5 ? Vectors(-4, 3, k) : Vectors(-2, 1, k)
            .Concat(Vectors(-4, 3, k).Where(w => w.Zip(w[1..], (a, b) => a <= b).All(o => o)));
        long cases = 0;
        Parallel.ForEach(weights, new ParallelOptions { MaxDegreeOfParallelism = 2 }, w =>
        {
            foreach (Interval box in (Interval[])[new(0, 7), new(-4, 3), new(1, 3)])
                foreach (SumOrder order in Orders)
                    Interlocked.Add(ref cases, Check(w, box, order, BiasPlacement.None, 0));
        });
        Assert.That(cases, Is.GreaterThanOrEqualTo(k < 5 ? 300 : 60_000));
        Truth.Checked("Proofs", $"enumeration of every channel of {k} products, weights and inputs to 3 bits",
            "exhaustive enumeration in the tests", cases, "verdicts equal, both ways");
    }

    [TestCase(BiasPlacement.Preloaded), TestCase(BiasPlacement.AddedAfter)]
    public void ABiasInTheRegisterIsDecidedAsEnumerationDecides(BiasPlacement placement)
    {
        int cases = 0;
        foreach (int[] w in Vectors(-2, 1, 3))
            foreach (Interval box in (Interval[])[new(0, 3), new(-2, 1), new(1, 3)])
                foreach (SumOrder order in Orders)
                    foreach (int bias in (int[])[-20, -3, 1, 9])
                        cases += Check(w, box, order, placement, bias);
        Assert.That(cases, Is.GreaterThan(5000));
    }

    // For each register: proved at the enumerated width, refuted one bit below it.
    private static int Check(int[] weights, Interval box, SumOrder order, BiasPlacement placement, int bias)
    {
        var layer = new IntegerLayer("layer", "MatMul", new GemmLayer("layer", "MatMul", 1, 1, 1, weights.Length, weights.Length), weights,
            new(-4, 3), [box])
        { Bias = placement == BiasPlacement.None ? [] : [bias] };
        HashSet<int>[] sums = Reachable(weights, box, order, placement, bias);
        int[] widths = [.. sums.Select(s => Width(s.Min(), s.Max()))];
        int cases = 0;
        for (int r = -1; r < widths.Length; r++)
        {
            if (r >= 0 && widths[r] == 2) continue;
            RegisterOverflow overflow = (weights.Length + cases) % 2 == 0 ? RegisterOverflow.Saturate : RegisterOverflow.Wrap;
            ImmutableArray<Register> registers = [.. widths.Select((b, i) => new Register(i == r ? b - 1 : b, overflow))];
            Verdict verdict = Provers.Decide(new ChannelClaim(layer, 0, order, registers, placement, ZeroPoints.Folded));
            if (r < 0 ? verdict is not Proved : verdict is not Refuted)
                Assert.Fail($"[{string.Join(',', weights)}] {box} {order} bias {placement} {bias}, registers {string.Join(',', registers.Select(x => x.Bits))}: {verdict}");
            cases++;
        }
        return cases;
    }

    private static int Width(int low, int high)
    {
        int bits = 2;
        while (low < -(1 << (bits - 1)) || high > (1 << (bits - 1)) - 1) bits++;
        return bits;
    }

    // The values that each register holds at some time, for some inputs. Sums of disjoint products are independent, so sets add.
    private static HashSet<int>[] Reachable(int[] weights, Interval box, SumOrder order, BiasPlacement placement, int bias)
    {
        HashSet<int>[] terms = [.. weights.Select(w => Enumerable.Range((int)box.Low, (int)(box.High - box.Low) + 1).Select(x => w * x)
            .ToHashSet())];
        HashSet<int>[] held = [.. Enumerable.Range(0, order.Registers).Select(_ => new HashSet<int>())];
        HashSet<int> start = placement == BiasPlacement.Preloaded ? [bias] : [0], total = start;
        if (placement == BiasPlacement.Preloaded && order is not FinalOrder) held[0].UnionWith(start);
        switch (order)
        {
            case AnyOrder:
                for (int mask = 1; mask < 1 << weights.Length; mask++)
                    held[0].UnionWith(terms.Where((_, i) => (mask >> i & 1) != 0).Aggregate(start, Sum));
                total = terms.Aggregate(start, Sum);
                break;
            case TiledOrder or TreeOrder:
                int size = order is TiledOrder t ? t.Size : ((TreeOrder)order).Lanes;
                foreach (HashSet<int>[] group in terms.Chunk(size))
                {
                    HashSet<int> root = order is TiledOrder ? Chain(group, held[1]) : Tree(group, held[1]);
                    held[0].UnionWith(total = Sum(total, root));
                }
                break;
            default:
                foreach (HashSet<int> term in terms)
                {
                    total = Sum(total, term);
                    if (order is SequentialOrder) held[0].UnionWith(total);
                }
                break;
        }
        if (placement == BiasPlacement.AddedAfter) total = Sum(total, [bias]);
        held[0].UnionWith(total);
        return held;
    }

    private static HashSet<int> Chain(HashSet<int>[] terms, HashSet<int> held)
    {
        HashSet<int> sum = [0];
        foreach (HashSet<int> term in terms) held.UnionWith(sum = Sum(sum, term));
        return sum;
    }

    private static HashSet<int> Tree(HashSet<int>[] nodes, HashSet<int> held)
    {
        foreach (HashSet<int> node in nodes) held.UnionWith(node);
        while (nodes.Length > 1)
        {
            nodes = [.. nodes.Chunk(2).Select(pair => pair.Length == 1 ? pair[0] : Sum(pair[0], pair[1]))];
            foreach (HashSet<int> node in nodes) held.UnionWith(node);
        }
        return nodes[0];
    }

    private static HashSet<int> Sum(HashSet<int> a, HashSet<int> b) => [.. a.SelectMany(x => b.Select(y => x + y))];

    private static IEnumerable<int[]> Vectors(int low, int high, int length)
    {
        if (length == 0) return [[]];
        return Vectors(low, high, length - 1).SelectMany(v => Enumerable.Range(low, high - low + 1).Select(x => (int[])[.. v, x]));
    }
}
