using System.Collections.Immutable;
using Sim.Datapath.Specs;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Solvers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Solvers;

/// <summary>
/// Verdicts on inputs that relations tie against enumeration of all inputs, both ways: small random channels, boxes, relations, orders. The
/// enumeration tries every input and every partial sum (every subset in any order); it knows no bound and no solver.
/// </summary>
public class TiedInputTests
{
    private static readonly SumOrder[] Orders = [new SequentialOrder(), new AnyOrder(), new FinalOrder(), new TiledOrder(2),
        new TreeOrder(2), new TreeOrder(4)];

    [Test]
    public void TheSolverDecidesAsEnumerationDecides()
    {
        using SolverPool pool = Z3.Pool();
        int cases = Random(20260301, 380, general: true, [Z3.Prover(pool)]);
        Assert.That(cases, Is.GreaterThanOrEqualTo(200));
        Truth.Checked("Proofs", "channels of up to 5 products under random linear relations, by SMT",
            "exhaustive enumeration in the tests", cases, "extremes and verdicts equal, both ways");
    }

    [Test]
    public void SumsOfGroupsAreExactInClosedForm()
    {
        int cases = Random(20260302, 4000, general: false, [new SimplexBound()]);
        Assert.That(cases, Is.GreaterThanOrEqualTo(1500));
        Truth.Checked("Proofs", "channels of up to 5 products under one-hot, simplex and budget constraints",
            "exhaustive enumeration in the tests", cases, "extremes and verdicts equal, both ways");
    }

    [Test]
    public void ASolverWithoutObjectivesFindsTheSameByBisection()
    {
        using (Z3.Pool()) { }
        using var pool = new SolverPool(new SolverCommand("z3", ["-in"], hasObjectives: false));
        Assert.That(Random(20260303, 60, general: true, [Z3.Prover(pool)]), Is.GreaterThanOrEqualTo(40));
    }

    // Channels that the provers cover and whose input set is not empty.
    private static int Random(int seed, int count, bool general, ImmutableArray<IProver> provers)
    {
        var random = new Random(seed);
        int cases = 0;
        for (int i = 0; i < count; i++)
        {
            int k = random.Next(1, 6);
            Interval[] boxes = [.. Enumerable.Range(0, k).Select(_ => random.Next(-3, 3))
                .Select(l => new Interval(l, l + random.Next(0, 4)))];
            ImmutableArray<LinearRelation> relations = general ? General(random, k) : Groups(random, k);
            BiasPlacement bias = (BiasPlacement)random.Next(3);
            var layer = new IntegerLayer("layer", "MatMul", new GemmLayer("layer", "MatMul", 1, 1, 1, k, k),
                [.. boxes.Select(_ => random.Next(-8, 8))], new(-8, 7), boxes)
            { Bias = bias == BiasPlacement.None ? [] : [random.Next(-20, 20)] };
            long[][] inputs = [.. Allowed(boxes, relations)];
            SumOrder order = Orders[random.Next(Orders.Length)];
            var options = new VerifyOptions { Order = order, Bias = bias, Overflow = order is not FinalOrder && i % 2 == 0
                ? RegisterOverflow.Saturate : RegisterOverflow.Wrap, Provers = provers, Relations = (_, _) => relations };
            ChannelClaim claim = options.Claim(layer, 0, options.Widths(64));
            if (inputs.Length == 0) Assert.That(provers[0].Refuses(claim) ?? provers[0].Bound(claim).Reason,
                Does.Contain("void").Or.Contains("relation").Or.Contains("in any order"), "nothing is proved of an empty set");
            if (inputs.Length == 0 || provers[0].Refuses(claim) is not null) continue;
            Interval[] reached = Reached(claim, inputs);
            ProverBound bound = provers[0].Bound(claim);
            string what = $"{i}: [{string.Join(',', layer.Weights)}] {string.Join(' ', boxes)} {order} bias {bias} {claim.Bias}: {string.Join("; ", relations.Select(r => $"{r.Low} <= {string.Join(' ', r.Coefficients)} <= {r.High}"))}";
            Assert.That(bound.Ranges.ToArray(), Is.EqualTo(reached), what);
            Assert.That(bound.IsReached, Is.True, what);
            ChannelWidth width = Verifier.Minimal(layer, options).Channels[0];
            Assert.That(width.Widths, Is.EqualTo(reached.Select(r => r.Width)), what);
            Assert.That(width.IsTight, Is.True, what);
            Assert.That(Verifier.Decide(layer, options, width.Widths).Channels[0], Is.InstanceOf<Proved>(), what);
            cases++;
        }
        return cases;
    }

    private static ImmutableArray<LinearRelation> General(Random random, int k) => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
    {
        int low = random.Next(-12, 2);
        return new LinearRelation([.. Enumerable.Range(0, k).Select(_ => (long)random.Next(-3, 4))], random.Next(3) == 0 ? null : low,
            random.Next(3) == 0 ? null : low + random.Next(0, 20));
    })];

    // Disjoint groups with one coefficient each, of either sign, and boxes written as relations.
    private static ImmutableArray<LinearRelation> Groups(Random random, int k)
    {
        int[] group = [.. Enumerable.Range(0, k).Select(_ => random.Next(3))];
        return [.. Enumerable.Range(0, 2).Select(g =>
        {
            int unit = random.Next(1, 4), low = random.Next(-10, 3);
            return new LinearRelation([.. group.Select(m => m == g ? (long)unit * (random.Next(4) == 0 ? -1 : 1) : 0)], random.Next(3) == 0
                ? null : low, random.Next(3) == 0 ? null : low + random.Next(0, 18));
        }), new([.. Enumerable.Range(0, k).Select(i => i == 0 ? 2L : 0)], null, random.Next(-3, 9))];
    }

    private static IEnumerable<long[]> Allowed(Interval[] boxes, ImmutableArray<LinearRelation> relations)
    {
        IEnumerable<long[]> all = [[]];
        foreach (Interval box in boxes) all = all.SelectMany(v => Enumerable.Range((int)box.Low, (int)(box.High - box.Low) + 1)
            .Select(x => (long[])[.. v, x]));
        return all.Where(x => relations.All(r => r.Coefficients.Zip(x, (c, v) => c * v).Sum() is var sum && !(sum < r.Low)
            && !(sum > r.High)));
    }

    private static Interval[] Reached(ChannelClaim claim, long[][] inputs)
    {
        var held = new List<Int128>[claim.Registers.Length];
        for (int r = 0; r < held.Length; r++) held[r] = [];
        Int128 before = claim.BiasPlacement == BiasPlacement.Preloaded ? claim.Bias : 0,
            after = claim.BiasPlacement == BiasPlacement.AddedAfter ? claim.Bias : 0;
        foreach (long[] x in inputs)
        {
            long[] p = [.. x.Select((v, k) => v * claim.Weights[k])];
            if (claim.BiasPlacement == BiasPlacement.Preloaded && claim.Order is not FinalOrder) held[0].Add(before);
            if (claim.Order is AnyOrder)
                for (int mask = 0; mask < 1 << p.Length; mask++) held[0].Add(before + p.Where((_, i) => (mask >> i & 1) != 0).Sum());
            Int128 total = before;
            int size = claim.Order switch { TiledOrder t => t.Size, TreeOrder t => t.Lanes, _ => 1 };
            foreach (long[] group in p.Chunk(size))
            {
                total += group.Sum();
                if (claim.Order is TiledOrder or TreeOrder or SequentialOrder) held[0].Add(total);
                if (claim.Order is TiledOrder)
                    for (int i = 1; i <= group.Length; i++) held[1].Add(group[..i].Sum());
                if (claim.Order is not TreeOrder) continue;
                for (long[] level = group; ; level = [.. level.Chunk(2).Select(pair => pair.Sum())])
                {
                    held[1].AddRange(level.Select(v => (Int128)v));
                    if (level.Length == 1) break;
                }
            }
            held[0].Add(total + after);
        }
        return [.. held.Select(h => new Interval(h.Min(), h.Max()))];
    }
}
