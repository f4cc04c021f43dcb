using Sim.Mapper.Checks;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Tests.Search;

namespace Sim.Mapper.Tests.Checks;

/// <summary>`sim map --check` passes what is right and finds what is wrong.</summary>
public sealed class MapCheckTests
{
    private const int MostNests = 1500;

    [Test]
    public void Best_mappings_pass_for_each_objective([Range(0, 3)] int part)
    {
        int cases = 0;
        foreach (MapProblem problem in Small(part))
            foreach (MapObjective objective in Enum.GetValues<MapObjective>())
            {
                if (MapSearch.Best(problem, objective) is not { } best) continue;
                MapCheck check = MapCheck.Of(problem, objective, best);
                Assert.That(check.Wrong, Is.Empty, problem.Layer.ToString());
                Assert.That(check.Skipped, Is.Empty);
                Assert.That(check.Done, Has.Length.EqualTo(3));
                cases++;
            }
        Assert.That(cases, Is.GreaterThanOrEqualTo(60));
    }

    [Test]
    public void A_worse_mapping_and_a_wrong_count_are_found()
    {
        (int worse, int counts) = (0, 0);
        foreach (MapProblem problem in Small(0))
        {
            if (MapSearch.Best(problem, MapObjective.Energy) is not { } least
                || MapSearch.Best(problem, MapObjective.Latency) is not { } fastest) continue;
            if (least.Cost.Picojoules < fastest.Cost.Picojoules * 0.999)
            {
                worse++;
                Assert.That(MapCheck.Of(problem, MapObjective.Energy, fastest).Wrong, Has.Some.Contains("the search found"));
            }
            foreach (Func<StoreCounts, StoreCounts> change in new Func<StoreCounts, StoreCounts>[] { s => s with { Reads = s.Reads + 1 },
                s => s with { Fills = s.Fills + 1 }, s => s with { Updates = s.Updates - 1 }, s => s with { Peak = s.Peak + 1 } })
            {
                NestCounts wrong = least.Counts with { Stores = least.Counts.Stores.SetItem(0, change(least.Counts.Stores[0])) };
                Assert.That(MapCheck.Of(problem, MapObjective.Energy, least with { Counts = wrong }).Wrong, Has.Length.EqualTo(1));
                counts++;
            }
        }
        Assert.That(worse, Is.GreaterThanOrEqualTo(5));
        Assert.That(counts, Is.GreaterThanOrEqualTo(60));
    }

    [Test]
    public void The_enumerated_mapspace_is_that_of_the_tests([Range(0, 3)] int part)
    {
        int cases = 0;
        foreach (MapProblem problem in Small(part))
        {
            var (ours, theirs) = (new HashSet<string>(), new HashSet<string>());
            MapspaceWalk.Run(problem, nest =>
            {
                // The same nest comes again for another side of a fabric that it does not use.
                ours.Add(NestKey.Of(nest));
                return true;
            });
            new NestEnumeration(problem.Layer, problem.Hierarchy, nest => theirs.Add(NestKey.Of(nest))).Run();
            Assert.That(ours.SetEquals(theirs), problem.Layer.ToString());
            cases++;
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(20));
    }

    private static IEnumerable<MapProblem> Small(int part)
    {
        for (int seed = 200_000 + part * 60; seed < 200_000 + (part + 1) * 60; seed++)
        {
            MapProblem problem = RandomProblem.Of(seed);
            int nests = 0;
            try
            {
                new NestEnumeration(problem.Layer, problem.Hierarchy, _ =>
                {
                    if (++nests > MostNests) throw new OperationCanceledException();
                }).Run();
            }
            catch (OperationCanceledException)
            {
                continue;
            }
            yield return problem;
        }
    }
}
