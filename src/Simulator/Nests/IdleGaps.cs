using System.Runtime.InteropServices;
using Sim.ArchModel.Hierarchies;

namespace Sim.Simulator.Nests;

/// <summary>
/// When each port and bus was idle, for those who watch: transfers into a second place use cycles that had been idle since the present
/// tile began, the earliest first.
/// </summary>
internal sealed class IdleGaps(int resources)
{
    private readonly List<(long Begin, long End)>[] _gaps = [.. Enumerable.Range(0, resources).Select(_ => new List<(long, long)>())];

    /// <summary>A resource was idle, later than ever before.</summary>
    public void Add(int resource, long begin, long end) => _gaps[resource].Add((begin, end));

    /// <summary>Works <paramref name="cycles"/> of the last <paramref name="window"/> idle cycles.</summary>
    public void Fill(int resource, long window, long cycles, Operand? operand, INestObserver watch)
    {
        List<(long Begin, long End)> gaps = _gaps[resource];
        int at = gaps.Count;
        for (; at > 0 && window > 0; at--) window -= gaps[at - 1].End - gaps[at - 1].Begin;
        // The window begins inside this gap.
        long skipped = -window;
        var left = new List<(long, long)>();
        int first = at;
        for (; cycles > 0; at++, skipped = 0)
        {
            (long begin, long end) = gaps[at];
            long from = begin + skipped, to = Math.Min(end, from + cycles);
            watch.Use(resource, from, to, operand);
            cycles -= to - from;
            if (from > begin) left.Add((begin, from));
            if (to < end) left.Add((to, end));
        }
        gaps.RemoveRange(first, at - first);
        gaps.InsertRange(first, CollectionsMarshal.AsSpan(left).ToArray());
    }
}
