using System.Collections.Immutable;
using System.Numerics;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>All skeletons of a problem, and the size of its mapspace.</summary>
internal static class SkeletonSpace
{
    /// <summary>Skeletons of a placement.</summary>
    public static IEnumerable<Skeleton> Of(MapProblem problem, ImmutableArray<(Operand Operand, int Level)> placement)
    {
        bool windows = problem.HasWindow(Sliding.Rows) || problem.HasWindow(Sliding.Columns);
        foreach (ImmutableArray<Entry> frame in Skeletons.Frames(problem.Hierarchy, placement))
            foreach (ImmutableArray<Entry> marked in Skeletons.Marked(frame)
                .SelectMany(m => windows ? Skeletons.Sliding(m).Prepend(m) : [m]))
                foreach (ImmutableArray<Sliding> slides in Slides(problem, placement.Count(s => s.Operand == Operand.Activations) - 1))
                    yield return new(marked, slides);
    }

    /// <summary>Mappings of a placement; all its frames have as many places.</summary>
    public static BigInteger Size(MapProblem problem, ImmutableArray<(Operand Operand, int Level)> placement)
    {
        IEnumerable<ImmutableArray<Entry>> frames = Skeletons.Frames(problem.Hierarchy, placement);
        return frames.Count() * Size(problem, frames.First());
    }

    /// <summary>Mappings of a frame: every split of every dimension over all places and every order of all dimensions in every
    /// slot.</summary>
    private static BigInteger Size(MapProblem problem, ImmutableArray<Entry> frame)
    {
        int slots = frame.Count(e => e.Kind == EntryKind.Slot), places = slots + frame.Count(e => e.Kind == EntryKind.Axis), dims = 0;
        BigInteger size = 1;
        foreach (long extent in problem.Layer.Sizes)
        {
            if (extent == 1) continue;
            dims++;
            size *= Splits(extent, places);
        }
        BigInteger orders = 1;
        for (int i = 2; i <= dims; i++) orders *= i;
        return size * BigInteger.Pow(orders, slots);
    }

    // Ordered factorizations into so many factors: a choice for each prime.
    private static BigInteger Splits(long extent, int places)
    {
        BigInteger splits = 1;
        for (long prime = 2; extent > 1; prime++)
        {
            if (prime * prime > extent) prime = extent;
            int power = 0;
            for (; extent % prime == 0; extent /= prime) power++;
            for (int i = 1; i <= power; i++) splits = splits * (places - 1 + i) / i;
        }
        return splits;
    }

    private static IEnumerable<ImmutableArray<Sliding>> Slides(MapProblem problem, int stores)
    {
        Sliding[] kinds = [Sliding.None, .. new[] { Sliding.Rows, Sliding.Columns }.Where(problem.HasWindow)];
        if (kinds.Length == 1)
        {
            yield return [.. Enumerable.Repeat(Sliding.None, stores)];
            yield break;
        }
        var chosen = new List<ImmutableArray<Sliding>> { ImmutableArray<Sliding>.Empty };
        for (int s = 0; s < stores; s++)
        {
            Sliding[] here = s == 0 ? kinds : [.. kinds, Sliding.AsParent];
            chosen = [.. chosen.SelectMany(c => here.Select(k => c.Add(k)))];
        }
        foreach (ImmutableArray<Sliding> slides in chosen) yield return slides;
    }
}
