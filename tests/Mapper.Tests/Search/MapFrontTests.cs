using Sim.Mapper.Nests;
using Sim.Mapper.Search;

namespace Sim.Mapper.Tests.Search;

/// <summary>Fronts of energy and cycles against those of every nest.</summary>
public sealed class MapFrontTests
{
    private const int MostNests = 800;

    [Test]
    public void The_front_is_that_of_full_enumeration([Range(0, 9)] int part)
    {
        (int cases, int several) = (0, 0);
        for (int seed = 100_000 + part * 60; seed < 100_000 + (part + 1) * 60; seed++)
        {
            MapProblem problem = RandomProblem.Of(seed);
            if (All(problem) is not { } all) continue;
            cases++;
            (double Energy, double Cycles)[] truth = Front(all);
            MapFront front = MapFront.Of(problem);
            Assert.That(front.Whole);
            Assert.That(front.Points.Length, Is.EqualTo(truth.Length), $"case {seed}");
            for (int i = 0; i < truth.Length; i++)
            {
                Assert.That(front.Points[i].Cost.Picojoules, Is.EqualTo(truth[i].Energy).Within(1e-7).Percent, $"case {seed}");
                Assert.That(front.Points[i].Cost.Cycles, Is.EqualTo(truth[i].Cycles).Within(1e-7).Percent, $"case {seed}");
            }
            if (truth.Length < 2) continue;
            several++;
            MapFront part1 = MapFront.Of(problem, 1);
            Assert.That(part1.Points.Length, Is.EqualTo(1));
            Assert.That(part1.Whole, Is.False);
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(20));
        Assert.That(several, Is.GreaterThanOrEqualTo(3));
    }

    private static List<(double Energy, double Cycles)>? All(MapProblem problem)
    {
        var all = new List<(double, double)>();
        int nests = 0;
        try
        {
            new NestEnumeration(problem.Layer, problem.Hierarchy, nest =>
            {
                if (++nests > MostNests) throw new OperationCanceledException();
                if (HandCost.Of(NestCounts.Of(nest, problem.Hierarchy), problem) is { } cost) all.Add(cost);
            }).Run();
            return all;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    // From the least energy on, whatever is faster than all before; sums in another order differ in the last bits.
    private static (double Energy, double Cycles)[] Front(List<(double Energy, double Cycles)> all)
    {
        var front = new List<(double Energy, double Cycles)>();
        foreach ((double energy, double cycles) in all.OrderBy(p => Math.Round(p.Energy, 6)).ThenBy(p => p.Cycles))
            if (front.Count == 0 || cycles < front[^1].Cycles * (1 - 1e-9)) front.Add((energy, cycles));
        return [.. front];
    }
}
