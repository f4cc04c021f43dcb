using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Tests;
using Sim.Verification.Datapaths;

namespace Sim.Verification.Tests.Datapaths;

/// <summary>Verdicts about small datapaths against every sum of up to three products: proved properties have no exception, refuted ones
/// have one, and unknown is rare.</summary>
public class DatapathBruteForceTests
{
    // Products alone are all tried. In longer sums their lists are thinned to so many; their ends and the finest numbers stay, which is
    // where exceptions are.
    private const int MostProducts = 18;

    [Test]
    public void RangesAndExactnessAreDecidedAsEnumerationDecides()
    {
        int proved = 0, refuted = 0, unknown = 0;
        long sums = 0;
        object gate = new();
        Parallel.ForEach(SmallDatapaths.All(), new ParallelOptions { MaxDegreeOfParallelism = 2 }, spec =>
        {
            (uint A, uint W, double Value)[] all = SmallDatapaths.Products(spec), products = Thinned(all);
            bool fails = false, rounds = false;
            for (int terms = 1; terms <= 3; terms++)
            {
                long tried = 0;
                foreach (SmallDatapaths.Sum sum in SmallDatapaths.Sums(spec, terms == 1 ? all : products, terms))
                {
                    tried++;
                    fails |= sum.Failed;
                    rounds |= sum.Failed || sum.Held != sum.Exact;
                }
                var claim = new DatapathClaim(spec, terms);
                InvariantVerdict range = InvariantCatalogue.Decide(claim, ["range"]).Single();
                InvariantVerdict? exact = InvariantCatalogue.Decide(claim, ["exact-sums"]).SingleOrDefault();
                lock (gate)
                {
                    sums += tried;
                    foreach ((InvariantVerdict? verdict, bool broken) in new[] { (range, fails), (exact, rounds) })
                    {
                        if (verdict is null) continue;
                        if (verdict is UnknownInvariant) unknown++;
                        else Assert.That(verdict is RefutedInvariant, Is.EqualTo(broken), $"{spec.Name}, {terms} products: {verdict}");
                        if (verdict is ProvedInvariant) proved++;
                        if (verdict is RefutedInvariant r)
                        {
                            refuted++;
                            Assert.That(DatapathWitness.Replay(spec, r.Witness.Initial, r.Witness.Runs), Is.EqualTo(r.Witness));
                            Assert.That(r.Witness.Terms, Is.LessThanOrEqualTo(terms));
                        }
                    }
                }
            }
        });
        TestContext.Out.WriteLine($"{proved} proved, {refuted} refuted, {unknown} unknown, {sums} sums");
        Assert.That(proved, Is.GreaterThan(150));
        Assert.That(refuted, Is.GreaterThan(150));
        Assert.That(unknown, Is.LessThan((proved + refuted) / 20));
        Truth.Checked("Proofs", "enumeration of sums of up to 3 products through small datapaths", "exhaustive enumeration in the tests",
            sums, "ranges and exactness of every datapath decided as enumeration decides");
    }

    [Test]
    public void OrderAndMonotonicityHoldWhereTheyAreProved()
    {
        int order = 0, monotone = 0, refuted = 0;
        foreach (DatapathSpec spec in SmallDatapaths.All())
        {
            (uint A, uint W, double Value)[] products = Thinned(SmallDatapaths.Products(spec), 9);
            var claim = new DatapathClaim(spec, 3);
            Dictionary<(int, int, int), SmallDatapaths.Sum> sums = SmallDatapaths.Sums(spec, products, 3)
                .ToDictionary(s => (s.Products[0], s.Products[1], s.Products[2]));
            InvariantVerdict free = InvariantCatalogue.Decide(claim, ["order-free"]).Single(),
                rising = InvariantCatalogue.Decide(claim, ["monotone"]).Single();
            if (free is ProvedInvariant)
            {
                order++;
                foreach (((int i, int j, int k), SmallDatapaths.Sum sum) in sums)
                    Assert.That(sums[(k, i, j)].Held, Is.EqualTo(sum.Held), spec.Name);
            }
            if (rising is ProvedInvariant)
            {
                monotone++;
                foreach (((int i, int j, int k), SmallDatapaths.Sum sum) in sums)
                    if (k + 1 < products.Length && sums[(i, j, k + 1)] is { Failed: false } next && !sum.Failed) Assert.That(next.Held,
                        Is.GreaterThanOrEqualTo(sum.Held), spec.Name);
            }
            foreach (RefutedInvariant r in new[] { free, rising }.OfType<RefutedInvariant>())
            {
                refuted++;
                Assert.That(r.Second, Is.Not.Null);
                Assert.That(SmallDatapaths.Held(spec.Accumulator, r.Second!.Result),
                    Is.Not.EqualTo(SmallDatapaths.Held(spec.Accumulator, r.Witness.Result)));
            }
        }
        TestContext.Out.WriteLine($"{order} and {monotone} proved, {refuted} refuted");
        Assert.That(order, Is.GreaterThan(20));
        Assert.That(monotone, Is.GreaterThan(40));
        Assert.That(refuted, Is.GreaterThan(20));
    }

    // In order of value.
    private static (uint A, uint W, double Value)[] Thinned((uint A, uint W, double Value)[] products, int most = MostProducts)
    {
        var sorted = products.OrderBy(p => p.Value).ToArray();
        if (sorted.Length <= most) return sorted;
        var fine = products.OrderBy(p => p.Value == 0 ? double.MaxValue : Unit(p.Value)).Take(3);
        int step = (sorted.Length + most - 5) / (most - 4);
        return [.. sorted.Where((_, i) => i % step == 0).Append(sorted[^1]).Concat(fine).Distinct().OrderBy(p => p.Value)];
    }

    // Weight of the last place that is set.
    private static double Unit(double value)
    {
        double unit = 1;
        while (Math.IEEERemainder(value, unit) != 0) unit /= 2;
        return unit;
    }
}
