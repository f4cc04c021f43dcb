namespace Sim.Foundation.Diagnostics;

/// <summary>Finds the name that a misspelt one most likely means.</summary>
public static class NearestName
{
    private const int LongestName = 128;

    /// <summary>
    /// The candidate with the smallest edit distance (insert, delete, substitute, swap of neighbours; case counts as nothing), the first of
    /// equals; null when even the best needs more edits than a third of the longer name, rounded up.
    /// </summary>
    public static string? Of(string name, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(candidates);
        // Longer than any name is no slip of the fingers, and the distance costs the product of the lengths.
        if (name.Length > LongestName) return null;
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string candidate in candidates)
        {
            if (candidate.Length > LongestName) continue;
            int distance = Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance >= bestDistance || distance > (Math.Max(name.Length, candidate.Length) + 2) / 3) continue;
            (best, bestDistance) = (candidate, distance);
        }
        return best;
    }

    /// <summary>`; did you mean 'x'?` or nothing.</summary>
    public static string Hint(string name, IEnumerable<string> candidates) =>
        Of(name, candidates) is { } near ? $"; did you mean '{near}'?" : "";

    // Optimal string alignment: a swap of neighbours is one slip of the fingers, not two.
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++) d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int substitution = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(substitution, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
