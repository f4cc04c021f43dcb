using System.Collections.Immutable;

namespace Sim.Exploration.Fronts;

/// <summary>Which points no other point beats. Costs are minimised: negate what shall be large.</summary>
public static class ParetoFront
{
    /// <summary>
    /// Indices, ascending, of the points that no other dominates. Points with equal costs do not dominate each other: all of them stay.
    /// Every row has the same length ≥ 1 and holds no NaN (ArgumentException); infinities are ordered as usual.
    /// </summary>
    public static ImmutableArray<int> Of(IReadOnlyList<double[]> costs)
    {
        ArgumentNullException.ThrowIfNull(costs);
        Check(costs);
        int[] order = [.. Enumerable.Range(0, costs.Count)];
        // In lexicographic order a point can only be dominated by an earlier one, and then also by an earlier member of the front.
        Array.Sort(order, (a, b) => Lexicographic(costs[a], costs[b]) is var c and not 0 ? c : a.CompareTo(b));
        var front = new List<int>();
        foreach (int candidate in order)
            if (!front.Exists(member => Dominates(costs[member], costs[candidate]))) front.Add(candidate);
        front.Sort();
        return [.. front];
    }

    /// <summary>True when <paramref name="a"/> is nowhere worse (larger) than <paramref name="b"/> and somewhere better.</summary>
    public static bool Dominates(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        bool better = false;
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] > b[i]) return false;
            better |= a[i] < b[i];
        }
        return better;
    }

    internal static int Lexicographic(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        for (int i = 0; i < a.Length; i++)
            if (a[i].CompareTo(b[i]) is var c and not 0) return c;
        return 0;
    }

    internal static void Check(IReadOnlyList<double[]> costs)
    {
        foreach (double[] row in costs)
        {
            if (row.Length == 0 || row.Length
                != costs[0].Length) throw new ArgumentException("every point needs the same number of costs, at least one", nameof(costs));
            foreach (double c in row)
                if (double.IsNaN(c)) throw new ArgumentException("a cost is NaN: leave out points whose cost is not known", nameof(costs));
        }
    }
}
