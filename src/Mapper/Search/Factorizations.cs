namespace Sim.Mapper.Search;

/// <summary>Ordered factorizations of a size over places with limits. Lists are remembered: many skeletons ask for the same.</summary>
internal sealed class Factorizations
{
    private readonly Dictionary<string, ChoiceList> _lists = [];
    private readonly Dictionary<string, Splits> _splits = [];
    private readonly Dictionary<long, DivisorTable> _tables = [];

    /// <summary>The same ways without a list.</summary>
    public Splits Splits(long size, ReadOnlySpan<long> limits)
    {
        string key = Key(size, limits);
        if (_splits.TryGetValue(key, out Splits? known)) return known;
        if (!_tables.TryGetValue(size, out DivisorTable? table)) _tables[size] = table = new(size);
        return _splits[key] = new(table, limits.ToArray());
    }

    // A number in each char, so that keys are equal when all numbers are.
    private static string Key(long size, ReadOnlySpan<long> limits)
    {
        Span<char> key = stackalloc char[4 * (limits.Length + 1)];
        for (int i = 0; i <= limits.Length; i++)
        {
            long value = i == 0 ? size : limits[i - 1];
            for (int k = 0; k < 4; k++) key[4 * i + k] = (char)(value >> 16 * k & 0xFFFF);
        }
        return new(key);
    }

    /// <summary>Divisors in rising order.</summary>
    public static long[] Divisors(long size)
    {
        var small = new List<long>();
        var large = new List<long>();
        for (long d = 1; d * d <= size; d++)
        {
            if (size % d != 0) continue;
            small.Add(d);
            if (d * d != size) large.Add(size / d);
        }
        large.Reverse();
        return [.. small, .. large];
    }

    /// <summary>All counts c_q with product <paramref name="size"/> and c_q ≤ <paramref name="limits"/>[q].</summary>
    public ChoiceList Of(long size, ReadOnlySpan<long> limits)
    {
        string key = Key(size, limits);
        if (_lists.TryGetValue(key, out ChoiceList? known)) return known;
        var rows = new List<long[]>();
        Split(size, limits.ToArray(), 0, new long[limits.Length], rows);
        var counts = new long[limits.Length][];
        var logs = new double[limits.Length][];
        for (int q = 0; q < limits.Length; q++)
        {
            counts[q] = [.. rows.Select(r => r[q])];
            logs[q] = [.. counts[q].Select(c => Math.Log(c))];
        }
        return _lists[key] = new() { Count = rows.Count, Counts = counts, Logs = logs };
    }

    private static void Split(long rest, long[] limits, int place, long[] counts, List<long[]> rows)
    {
        if (place == limits.Length)
        {
            if (rest == 1) rows.Add([.. counts]);
            return;
        }
        if (place == limits.Length - 1)
        {
            if (rest > limits[place]) return;
            counts[place] = rest;
            rows.Add([.. counts]);
            return;
        }
        foreach (long divisor in Divisors(rest))
        {
            if (divisor > limits[place]) break;
            counts[place] = divisor;
            Split(rest / divisor, limits, place + 1, counts, rows);
        }
    }
}
