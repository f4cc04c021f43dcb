using System.Collections.Immutable;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>
/// Nests of a skeleton and counts. In a slot stand first the loops of dimensions that index activations outside of windows: no other
/// order moves less. The order of the windows' loops and of M among themselves matters.
/// </summary>
internal static class NestBuilder
{
    private static readonly LoopDim[] First = [LoopDim.N, LoopDim.G, LoopDim.C];

    /// <summary>One nest, windows in the order P Q R S.</summary>
    public static LoopNest One(MapProblem problem, SkeletonModel model, long[][] counts) => Build(problem, model, counts, _ => null).Nest;

    /// <summary>Nests of all orders of the windows' loops and M. Left out are those with a store directly below a loop that leaves its tile
    /// as it is: it would stand above the loop.</summary>
    public static IEnumerable<LoopNest> All(MapProblem problem, SkeletonModel model, long[][] counts)
    {
        var orders = new List<(int Place, List<LoopDim[]> Orders)>();
        for (int q = 0; q < model.Places.Length; q++)
        {
            if (model.Places[q].Kind != EntryKind.Slot) continue;
            LoopDim[] dims = [.. Enum.GetValues<LoopDim>().Where(d => problem.InWindow(d) && counts[(int)d][q] > 1)];
            if (dims.Length > 0 && counts[(int)LoopDim.M][q] > 1) dims = [.. dims, LoopDim.M];
            if (dims.Length > 1) orders.Add((q, [.. Permutations(dims)]));
        }
        var index = new int[orders.Count];
        while (true)
        {
            Dictionary<int, LoopDim[]> chosen = orders.Select((o, i) => (o.Place, o.Orders[index[i]])).ToDictionary(o => o.Place, o =>
                o.Item2);
            (LoopNest nest, bool canonical) = Build(problem, model, counts, q => chosen.GetValueOrDefault(q));
            if (canonical) yield return nest;
            int at = 0;
            while (at < index.Length && ++index[at] == orders[at].Orders.Count) index[at++] = 0;
            if (at == index.Length) yield break;
        }
    }

    private static IEnumerable<LoopDim[]> Permutations(LoopDim[] dims)
    {
        if (dims.Length < 2)
        {
            yield return dims;
            yield break;
        }
        foreach (LoopDim first in dims)
            foreach (LoopDim[] rest in Permutations([.. dims.Where(d => d != first)]))
                yield return [first, .. rest];
    }

    private static (LoopNest Nest, bool Canonical) Build(MapProblem problem, SkeletonModel model, long[][] counts, Func<int,
        LoopDim[]?> order)
    {
        var nodes = ImmutableArray.CreateBuilder<NestNode>();
        long[] tiles = [.. problem.Layer.Sizes];
        int q = 0;
        bool canonical = true;
        LoopDim? last = null;
        foreach (Entry entry in model.Skeleton.Entries)
        {
            if (entry.Kind == EntryKind.Axis) last = null;
            if (entry.Kind == EntryKind.Store)
            {
                nodes.Add(new StoreNode(entry.Operand, entry.Level));
                canonical &= last is not { } above || Skeleton.Indexes(entry.Operand, above);
            }
            if (entry.Kind is not (EntryKind.Slot or EntryKind.Axis)) continue;
            foreach (LoopDim dim in Order(problem, order(q)))
            {
                long count = counts[(int)dim][q];
                if (count == 1) continue;
                tiles[(int)dim] /= count;
                if (entry.Kind == EntryKind.Slot) last = dim;
                nodes.Add(entry.Kind == EntryKind.Slot ? new LoopNode(dim, count, tiles[(int)dim])
                    : new SpatialNode(dim, count, tiles[(int)dim], entry.Level, entry.Axis));
            }
            q++;
        }
        return (new(problem.Layer, nodes.ToImmutable()), canonical);
    }

    private static IEnumerable<LoopDim> Order(MapProblem problem, LoopDim[]? windows)
    {
        foreach (LoopDim dim in First) yield return dim;
        for (LoopDim dim = LoopDim.P; dim <= LoopDim.S; dim++)
            if (!problem.InWindow(dim)) yield return dim;
        for (LoopDim dim = LoopDim.P; dim <= LoopDim.S; dim++)
            if (problem.InWindow(dim) && windows?.Contains(dim) != true) yield return dim;
        foreach (LoopDim dim in windows ?? []) yield return dim;
        if (windows?.Contains(LoopDim.M) != true) yield return LoopDim.M;
    }
}
