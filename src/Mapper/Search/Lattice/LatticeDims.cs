using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Constraints;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search.Lattice;

/// <summary>A dimension of the lattice: loop dimensions that index the same operands and that no constraint tells apart count as one, of
/// the product of their sizes.</summary>
/// <param name="Members">Loop dimensions, in the order in which counts are given to them, outermost place first.</param>
/// <param name="Size">Product of their sizes, above 1.</param>
internal sealed record LatticeDim(ImmutableArray<LoopDim> Members, long Size)
{
    /// <summary>Whether it indexes an operand.</summary>
    public bool Indexes(Operand operand) => Skeleton.Indexes(operand, Members[0]);

    /// <summary>The dimensions of a layer. Those of windows stand alone.</summary>
    public static ImmutableArray<LatticeDim> Of(MapProblem problem)
    {
        var groups = new List<(string Key, List<LoopDim> Members)>();
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++)
        {
            if (problem.Layer.Size(dim) == 1) continue;
            string key = Key(problem, dim);
            int at = groups.FindIndex(g => g.Key == key);
            if (at < 0) groups.Add((key, [dim]));
            else groups[at].Members.Add(dim);
        }
        return [.. groups.Select(g => new LatticeDim([.. g.Members], g.Members.Aggregate(1L, (size, d) =>
            checked(size * problem.Layer.Size(d)))))];
    }

    // What tells a dimension from others: the operands that it indexes, and bounds other than "none" and "anything".
    private static string Key(MapProblem problem, LoopDim dim)
    {
        string key = string.Concat(Enum.GetValues<Operand>().Select(o => Skeleton.Indexes(o, dim) ? '1' : '0'));
        if (problem.InWindow(dim)) key += dim;
        IEnumerable<BoundRule> rules = problem.Constraints.Rules.OfType<BoundRule>();
        foreach ((BoundRule rule, int index) in rules.Select((r, i) => (r, i)))
            foreach (DimBound bound in rule.Bounds.Where(b => b.Dim == dim))
            {
                long size = problem.Layer.Size(dim);
                if (bound.Least <= 1 && bound.Most >= size) continue;
                key += bound is { Least: <= 1, Most: 1 } ? $" {index}:1" : $" {index}:{dim}";
            }
        return key;
    }

    /// <summary>Splits counts at places, outermost first, over the members: by member and place.</summary>
    public long[][] Split(ReadOnlySpan<long> counts, LoopLayer layer)
    {
        long[] left = [.. Members.Select(layer.Size)];
        var split = new long[Members.Length][];
        for (int m = 0; m < split.Length; m++) split[m] = new long[counts.Length];
        for (int place = 0; place < counts.Length; place++)
        {
            long rest = counts[place];
            for (int m = 0; m < split.Length; m++)
            {
                long taken = (long)System.Numerics.BigInteger.GreatestCommonDivisor(rest, left[m]);
                split[m][place] = taken;
                rest /= taken;
                left[m] /= taken;
            }
            if (rest != 1) throw new InvalidOperationException($"{counts[place]} has no split over {string.Join(", ", Members)}");
        }
        return split;
    }
}
