using Sim.Foundation.Diagnostics;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;

namespace Sim.Mapper.Search;

/// <summary>Why no mapping is left: the constraint that excludes everything, or what a memory lacks.</summary>
/// <param name="Location">Where the constraint stands; null: none is at fault.</param>
/// <param name="Text">What is wrong.</param>
public sealed record MapExclusion(Location? Location, string Text)
{
    /// <summary>Drops one constraint after another while still nothing fits: every one of those that stay is needed to exclude
    /// everything.</summary>
    public static MapExclusion Of(MapProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        MapConstraints rules = problem.Constraints;
        if (rules.Nest is { } nest)
        {
            var bag = new DiagnosticBag();
            NestReader.Read(nest, nest.Location, problem.Layer, problem.Hierarchy, bag, problem.Packing);
            return new(nest.Location, string.Join("; ", bag.Sorted.Select(d => d.Message)));
        }
        if (!rules.Any || !Fits(problem with { Constraints = MapConstraints.None })) return new(null, MapLack.Of(problem));
        for (int i = 0; i < rules.Rules.Length;)
        {
            MapConstraints fewer = rules with { Rules = rules.Rules.RemoveAt(i) };
            if (Fits(problem with { Constraints = fewer })) i++;
            else rules = fewer;
        }
        MapRule first = rules.Rules[0];
        string others = string.Join(" and ", rules.Rules.Skip(1).Select(r => $"'{r.Text}' ({r.Location})"));
        return new(first.Location, others.Length == 0 ? $"'{first.Text}' excludes every mapping; without it there are some"
            : $"'{first.Text}' excludes every mapping together with {others}; without any one of them there are some");
    }

    private static bool Fits(MapProblem problem) => MapSearch.Best(problem, MapObjective.Latency, effort: 1) is not null;
}
