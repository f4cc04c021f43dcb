using FsCheck;
using FsCheck.Fluent;
using Sim.Exploration.Fronts;

namespace Sim.Exploration.Tests;

/// <summary>The front against its definition, and the volume against inclusion–exclusion, on random sets with many ties.</summary>
public class ParetoTests
{
    private int _sets;

    [Test]
    public void FrontIsWhatNothingDominates()
    {
        foreach (int dimensions in new[] { 1, 2, 3, 4 })
            Prop.ForAll(Sets(dimensions, 40), set =>
            {
                _sets++;
                IEnumerable<int> byDefinition = Enumerable.Range(0, set.Length)
                    .Where(i => !set.Any(other => BeatsByDefinition(other, set[i])));
                return ParetoFront.Of(set).SequenceEqual(byDefinition);
            }).QuickCheckThrowOnFailure();
        Assert.That(_sets, Is.GreaterThanOrEqualTo(400));
    }

    [Test]
    public void VolumeEqualsInclusionExclusion()
    {
        foreach (int dimensions in new[] { 1, 2, 3, 4, 5 })
            Prop.ForAll(Sets(dimensions, 9), set =>
            {
                _sets++;
                double[] reference = [.. Enumerable.Repeat(6.0, dimensions)];
                double found = Hypervolume.Of(set, reference);
                return Math.Abs(found - InclusionExclusion(set, reference)) <= 1e-9 * Math.Max(1, found);
            }).QuickCheckThrowOnFailure();
        Assert.That(_sets, Is.GreaterThanOrEqualTo(500));
    }

    [Test]
    public void TiesAllStayInIndexOrder() =>
        Assert.That(ParetoFront.Of([[1, 2], [2, 1], [1, 2], [2, 2], [2, 1]]), Is.EqualTo(new[] { 0, 1, 2, 4 }));

    [Test]
    public void KnownVolumes()
    {
        // A corner point fills the whole box; three steps of a staircase are counted by hand; the ZDT1 front sampled densely has area 2/3
        // below (1,1).
        Assert.That(Hypervolume.Of([[0, 0, 0, 0]], [1, 2, 3, 4]), Is.EqualTo(24.0));
        Assert.That(Hypervolume.Of([[1, 3], [2, 2], [3, 1]], [4, 4]), Is.EqualTo(6.0));
        Assert.That(Hypervolume.Of([[4, 0], [0, 9]], [4, 4]), Is.Zero);
        Assert.That(Hypervolume.Of([], [4, 4]), Is.Zero);
        double[][] zdt1 = [.. Enumerable.Range(0, 20001).Select(i => i / 20000.0).Select(x => new[] { x, 1 - Math.Sqrt(x) })];
        Assert.That(Hypervolume.Of(zdt1, [1, 1]), Is.EqualTo(2.0 / 3).Within(1e-3));
    }

    [Test]
    public void UnknownCostsAreRefused()
    {
        Assert.That(() => ParetoFront.Of([[1, double.NaN]]), Throws.ArgumentException);
        Assert.That(() => ParetoFront.Of([[1, 2], [1]]), Throws.ArgumentException);
        Assert.That(() => Hypervolume.Of([[1, 2]], [1]), Throws.ArgumentException);
    }

    /// <summary>Sets of up to <paramref name="most"/> points on a grid of 0..7, so that ties and points outside the reference are common;
    /// shrinks by dropping points.</summary>
    private static Arbitrary<double[][]> Sets(int dimensions, int most)
    {
        Gen<double[]> point = Gen.Choose(0, 7).Select(i => (double)i).ArrayOf(dimensions);
        Gen<double[][]> sets = Gen.Choose(0, most).SelectMany(n => point.ArrayOf(n));
        return Arb.From(sets, set => Enumerable.Range(0, set.Length).Select(i => set.Where((_, j) => j != i).ToArray()));
    }

    private static bool BeatsByDefinition(double[] a, double[] b) =>
        a.Zip(b).All(p => p.First <= p.Second) && a.Zip(b).Any(p => p.First < p.Second);

    private static double InclusionExclusion(double[][] set, double[] reference)
    {
        double total = 0;
        for (int subset = 1; subset < 1 << set.Length; subset++)
        {
            double box = 1;
            for (int d = 0; d < reference.Length; d++)
                box *= Math.Max(0, reference[d] - Enumerable.Range(0, set.Length).Where(i => (subset >> i & 1) == 1).Max(i => set[i][d]));
            total += int.IsOddInteger(System.Numerics.BitOperations.PopCount((uint)subset)) ? box : -box;
        }
        return total;
    }
}
