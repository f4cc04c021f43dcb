using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Cache;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Tests.Search;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Cache;

/// <summary>Results are those of a search, whatever the cache's files hold.</summary>
public sealed class MapCacheTests
{
    private const int Problems = 25;

    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("sim-maps").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void What_is_read_is_what_was_searched()
    {
        int cases = 0;
        foreach (MapProblem problem in Small())
            foreach (MapObjective objective in Enum.GetValues<MapObjective>())
            {
                MapResult? fresh = MapSearch.Best(problem, objective, 1_000_000);
                var (first, second) = (new MapCache(_folder), new MapCache(_folder));
                Same(first.Best(problem, objective, 1_000_000), fresh);
                Same(second.Best(problem with { Layer = problem.Layer with { Name = "other" } }, objective, 1_000_000), fresh);
                Assert.That((first.Found, second.Found), Is.EqualTo((0, fresh is null ? 0 : 1)));
                Assert.That((first.Refused, second.Refused, second.Problem), Is.EqualTo((0, 0, (string?)null)));
                if (fresh is not null) cases++;
            }
        Assert.That(cases, Is.GreaterThanOrEqualTo(50));
    }

    [Test]
    public void Damaged_files_are_searched_again_and_replaced()
    {
        (MapProblem problem, MapResult fresh) = One();
        new MapCache(_folder).Best(problem, MapObjective.Edp, 1_000_000);
        string path = Directory.GetFiles(_folder, "*.map", SearchOption.AllDirectories).Single(), whole = File.ReadAllText(path);
        int cases = 0;
        for (int at = 0; at < whole.Length; at += 7)
            foreach (string damaged in new[] { whole[..at], whole[..at] + (char)(whole[at] ^ 1) + whole[(at + 1)..] })
            {
                File.WriteAllText(path, damaged);
                var cache = new MapCache(_folder);
                Same(cache.Best(problem, MapObjective.Edp, 1_000_000), fresh);
                Assert.That((cache.Found, cache.Refused), Is.EqualTo((0, 1)), damaged);
                Assert.That(File.ReadAllText(path), Is.EqualTo(whole));
                cases++;
            }
        Assert.That(cases, Is.GreaterThanOrEqualTo(100));
    }

    // A file whose digest is right: of another nest, of a nest that does not fit, of costs that the nest does not have.
    [Test]
    public void A_nest_that_does_not_cost_what_its_file_says_is_refused()
    {
        (MapProblem problem, MapResult fresh) = One();
        new MapCache(_folder).Best(problem, MapObjective.Edp, 1_000_000);
        string path = Directory.GetFiles(_folder, "*.map", SearchOption.AllDirectories).Single();
        string key = Path.GetFileNameWithoutExtension(path);
        var others = new List<LoopNest>();
        new NestEnumeration(problem.Layer, problem.Hierarchy, nest =>
        {
            if (others.Count < 200 && NestLegality.Check(nest, problem.Hierarchy, problem.Packing).IsEmpty
                && NestCost.Of(NestCounts.Of(nest, problem.Hierarchy), problem) != fresh.Cost) others.Add(nest);
        }).Run();
        Assert.That(others, Has.Count.GreaterThanOrEqualTo(20));
        MapResult[] wrong = [.. others.Select(nest => fresh with { Nest = nest }),
            fresh with { Cost = fresh.Cost with { Picojoules = fresh.Cost.Picojoules * 1.000001 } },
            fresh with { Cost = fresh.Cost with { Bound = "nothing" } },
            fresh with { Nest = fresh.Nest with { Nodes = fresh.Nest.Nodes.RemoveAt(fresh.Nest.Nodes.Length - 1) } },
            fresh with { Certificate = fresh.Certificate with { Bound = fresh.Certificate.Bound * 2 } }];
        foreach (MapResult result in wrong)
        {
            File.WriteAllText(path, MapEntry.Write(key, result, problem));
            var cache = new MapCache(_folder);
            Same(cache.Best(problem, MapObjective.Edp, 1_000_000), fresh);
            Assert.That((cache.Found, cache.Refused), Is.EqualTo((0, 1)));
        }
        Assert.That(MapEntry.Read(MapEntry.Write(key, fresh, problem), key, problem, MapObjective.Edp), Is.Not.Null);
        Assert.That(MapEntry.Read(MapEntry.Write(key, fresh, problem), key + "0", problem, MapObjective.Edp), Is.Null);
    }

    [Test]
    public void Whatever_changes_a_search_changes_the_name_of_its_file()
    {
        (MapProblem problem, _) = One();
        MemoryLevel memory = problem.Hierarchy.Levels.OfType<MemoryLevel>().Last();
        MapProblem With(MemoryLevel next) => problem with { Hierarchy = problem.Hierarchy with
            { Levels = problem.Hierarchy.Levels.Replace(memory, next) } };
        MapCosts costs = problem.Costs;
        LoopLayer layer = problem.Layer;
        var place = new Location("a", 1, 1);
        MapProblem[] others =
        [
            problem with { Layer = layer with { Sizes = layer.Sizes.SetItem(0, layer.Sizes[0] + 1) } },
            problem with { Layer = layer with { StrideHeight = 7 } }, problem with { Layer = layer with { StrideWidth = 7 } },
            problem with { Layer = layer with { DilationHeight = 7 } }, problem with { Layer = layer with { DilationWidth = 7 } },
            problem with { MostCycles = 1e6 },
            problem with { Packing = new PerOperand<Packing>(new(8), new(4, 1), new(32)) },
            problem with { Packing = new PerOperand<Packing>(new(8), new(4, 2), new(32)) },
            problem with { Costs = costs with { ProductPicojoules = costs.ProductPicojoules + 1e-9 } },
            problem with { Costs = costs with { CyclesPerProduct = 0.25 } },
            problem with { Costs = costs with { AddsRead = !costs.AddsRead } },
            problem with { Costs = costs with { DrainReads = !costs.DrainReads } },
            problem with { Costs = costs with { CompleteOutputs = costs.CompleteOutputs with { Bits = 77 } } },
            problem with { Costs = costs with { Levels = costs.Levels.SetItem(0, default) } },
            With(memory with { CapacityBits = 12345 }), With(memory with { Banks = 9 }), With(memory with { WordBits = 17 }),
            With(memory with { Ports = new(3, 4, 5) }), With(memory with { BitsPerCycle = 0.5 }),
            With(memory with { ReadBitsPerCycle = 3 }),
            With(memory with { WriteBitsPerCycle = 3 }), With(memory with { Keeps = new(Keeping.May, Keeping.May, Keeping.May) }),
            With(memory with { DoubleBuffered = new(true, false, true) }), With(memory with { PartitionBits = new(64, 64, 65) }),
            problem with { Constraints = new MapConstraints([new UseRule("u", place, 0.5)]) },
            problem with { Constraints = new MapConstraints([new UseRule("u", place, 0.6)]) },
            problem with { Constraints = new MapConstraints([new KeepRule("k", place, Operand.Weights, 1, true)]) },
            problem with { Constraints = new MapConstraints([new KeepRule("k", place, Operand.Weights, 1, false)]) },
            problem with { Constraints = new MapConstraints(
                [new BoundRule("b", place, BoundPlace.Tile, 1, 0, [new DimBound(LoopDim.M, 1, 2)])]) },
            problem with { Constraints = new MapConstraints(
                [new BoundRule("b", place, BoundPlace.Tile, 1, 0, [new DimBound(LoopDim.M, 1, 3)])]) },
        ];
        string[] texts = [.. others.Select(o => ProblemText.Of(o, MapObjective.Edp, 5)), ProblemText.Of(problem, MapObjective.Edp, 5),
            ProblemText.Of(problem, MapObjective.Edp, 6), ProblemText.Of(problem, MapObjective.Energy, 5)];
        Assert.That(texts, Is.Unique);
        Assert.That(texts, Has.Length.GreaterThanOrEqualTo(33));
        MapProblem elsewhere = problem with { Constraints = new MapConstraints([new UseRule("u", new Location("b", 2, 2), 0.5)]) };
        Assert.That(ProblemText.Of(elsewhere, MapObjective.Edp, 5), Is.EqualTo(texts[24]), "where a constraint stands changes nothing");
    }

    [Test]
    public void A_folder_that_takes_nothing_is_told()
    {
        (MapProblem problem, MapResult fresh) = One();
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        var cache = new MapCache(file);
        Same(cache.Best(problem, MapObjective.Edp, 1_000_000), fresh);
        Assert.That(cache.Problem, Is.Not.Null);
        var none = new MapCache(null);
        Same(none.Best(problem, MapObjective.Edp, 1_000_000), fresh);
        Assert.That((none.Problem, none.Found), Is.EqualTo(((string?)null, 0)));
    }

    [Test]
    public void Fronts_are_those_without_a_cache()
    {
        (MapProblem problem, _) = One();
        MapFront fresh = MapFront.Of(problem, 8);
        var cache = new MapCache(_folder);
        foreach (MapFront front in new[] { cache.Front(problem, 8), cache.Front(problem, 8) })
        {
            Assert.That(front.Whole, Is.EqualTo(fresh.Whole));
            Assert.That(front.Points, Has.Length.EqualTo(fresh.Points.Length));
            foreach ((MapResult a, MapResult b) in front.Points.Zip(fresh.Points)) Same(a, b);
        }
        Assert.That(cache.Found, Is.GreaterThanOrEqualTo(fresh.Points.Length));
    }

    private static void Same(MapResult? found, MapResult? fresh)
    {
        if (fresh is null || found is null)
        {
            Assert.That(found, Is.EqualTo(fresh));
            return;
        }
        Assert.That(found.Nest.Nodes, Is.EqualTo(fresh.Nest.Nodes));
        Assert.That(found.Counts.Stores, Is.EqualTo(fresh.Counts.Stores));
        Assert.That(found.Cost, Is.EqualTo(fresh.Cost));
        Assert.That(found.Certificate, Is.EqualTo(fresh.Certificate));
    }

    private static (MapProblem Problem, MapResult Result) One()
    {
        foreach (MapProblem problem in Small())
            if (problem.Layer.Macs >= 24 && MapSearch.Best(problem, MapObjective.Edp, 1_000_000) is { } result
                && result.Nest.Nodes.Any(n => n is SpatialNode)) return (problem, result);
        throw new InvalidOperationException("no problem fits");
    }

    private static ImmutableArray<MapProblem> Small() => [.. Enumerable.Range(700_000, Problems).Select(seed => RandomProblem.Of(seed))];
}
