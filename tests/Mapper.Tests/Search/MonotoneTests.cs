using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Search;

namespace Sim.Mapper.Tests.Search;

/// <summary>A better machine never has a worse optimum: everything that the smaller one does, it does at the same price.</summary>
public sealed class MonotoneTests
{
    private const int Cases = 50;

    private static readonly (string Name, Func<HierarchyLevel, HierarchyLevel?> Better)[] s_laws =
    [
        ("bandwidth", l => l is MemoryLevel { BitsPerCycle: { } bits } m ? m with { BitsPerCycle = bits * 1.5 } : null),
        ("unlimited bandwidth", l => l is MemoryLevel { BitsPerCycle: not null } m ? m with { BitsPerCycle = null } : null),
        ("capacity", l => l is MemoryLevel { CapacityBits: { } bits } m ? m with { CapacityBits = bits + 1 }
            : l is MemoryLevel { PartitionBits.Weights: not null } p ? p with
            {
                PartitionBits = PerOperand.Of(o => p.PartitionBits[o] + 1),
            } : null),
        ("one buffer for two", l => l is MemoryLevel { DoubleBuffered: var twice } m && twice != default
            ? m with { DoubleBuffered = default } : null),
        ("a bank", l => l is MemoryLevel m && m.Ports != default ? m with { Banks = m.Banks + 1 } : null),
        ("a read port", l => Ports(l, p => p with { Read = p.Read + 1 })),
        ("a write port", l => Ports(l, p => p with { Write = p.Write + 1 })),
        ("a shared port", l => Ports(l, p => p with { Shared = p.Shared + 1 })),
        ("a larger axis", l => l is FabricLevel f ? f with { Axes = [f.Axes[0] with { Size = f.Axes[0].Size + 2 }, .. f.Axes.Skip(1)] }
            : null),
        ("another axis", l => l is FabricLevel { Axes.Length: 1 } f ? f with { Axes = [f.Axes[0], f.Axes[0] with { Name = "z" }] } : null),
        ("a choice to keep", l => l is MemoryLevel m && m.Name != "dram" ? m with { Keeps = PerOperand.Of(_ => Keeping.May) } : null),
    ];

    [Test]
    public void A_better_machine_is_never_worse([Range(0, 5)] int part)
    {
        int compared = 0, better = 0;
        var used = s_laws.ToDictionary(l => l.Name, _ => 0);
        for (int seed = part * 1000; compared < Cases; seed++)
        {
            MapProblem problem = RandomProblem.Of(seed);
            var laws = s_laws.SelectMany(l => Enumerable.Range(0, problem.Hierarchy.Levels.Length).Select(i => (l.Name, Level: i,
                Better: l.Better(problem.Hierarchy.Levels[i])))).Where(l => l.Better is not null).ToList();
            if (laws.Count == 0 || MapSearch.Best(problem, MapObjective.Energy) is not { } least) continue;
            compared++;
            // The law that was tried least so far.
            (string name, int level, HierarchyLevel? with) = laws.MinBy(l => used[l.Name]);
            used[name]++;
            MapProblem improved = problem with
            {
                Hierarchy = problem.Hierarchy with { Levels = problem.Hierarchy.Levels.SetItem(level, with!) },
            };
            foreach (MapObjective objective in Enum.GetValues<MapObjective>())
            {
                string text = $"case {seed}, {objective}, {name} at {problem.Hierarchy.Levels[level].Name}";
                double before = (objective == MapObjective.Energy ? least : MapSearch.Best(problem, objective)!).Cost.Value(objective);
                MapResult? found = MapSearch.Best(improved, objective);
                Assert.That(found, Is.Not.Null, text);
                double after = found!.Cost.Value(objective);
                Assert.That(after, Is.LessThanOrEqualTo(before * (1 + 1e-9)), text);
                if (after < before * (1 - 1e-9)) better++;
            }
        }
        Assert.That(better, Is.GreaterThanOrEqualTo(10), "laws that change nothing show nothing");
        Assert.That(used.Values, Has.All.GreaterThanOrEqualTo(2));
    }

    private static MemoryLevel? Ports(HierarchyLevel level, Func<MemoryPorts, MemoryPorts> more) =>
        level is MemoryLevel m && m.Ports != default ? m with { Ports = more(m.Ports) } : null;
}
