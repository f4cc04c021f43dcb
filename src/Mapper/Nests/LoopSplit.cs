namespace Sim.Mapper.Nests;

/// <summary>Splitting a range of elements by a loop count: tiles of ⌈size / count⌉ and a shorter last one.</summary>
public static class LoopSplit
{
    private const int Named = 4;

    /// <summary>Size of a full tile.</summary>
    public static long Tile(long size, long count) => size / count + (size % count > 0 ? 1 : 0);

    /// <summary>Whether tiles of that size are as many as the count says (5 by 4 gives tiles of 2, and 3 of them reach).</summary>
    public static bool Reaches(long size, long count) => count >= 1 && count <= size && Tile(size, Tile(size, count)) == count;

    /// <summary>Counts from 2 to <paramref name="size"/> that reach, those nearest to <paramref name="near"/>, as text.</summary>
    public static string Counts(long size, long near)
    {
        if (size < 2) return "none: there is one element";
        var counts = new SortedSet<long>();
        long count = Math.Clamp(near, 2, size), smallest, largest = size;
        for (smallest = count; smallest >= 2 && counts.Count < Named; smallest--)
        {
            smallest = Tile(size, Tile(size, smallest));
            if (smallest >= 2) counts.Add(smallest);
        }
        int below = counts.Count;
        // The largest tile that still gives at least so many.
        for (long next = count + 1; next <= size && counts.Count < below + Named; next = largest + 1)
            counts.Add(largest = Tile(size, Tile(size, next - 1) - 1));
        string text = string.Join(", ", counts);
        bool less = smallest >= 2 && counts.Min > 2, more = counts.Max < size;
        return (less ? "… " : "") + text + (more ? " … " + size : "");
    }
}
