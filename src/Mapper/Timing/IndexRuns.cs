namespace Sim.Mapper.Timing;

/// <summary>
/// A set of input rows (or columns) {p·stride + r·dilation}, as intervals of quotients within each residue of the stride; reused by
/// clearing it. Not a general set: all sets that meet share stride and dilation.
/// </summary>
internal sealed class IndexRuns
{
    // Residues of a stride lie this far apart on the line of quotients.
    private const long Span = 1L << 40;
    private (long Start, long End)[] _runs = new (long, long)[16];
    private bool _merged = true;

    /// <summary>Intervals, ascending and apart after <see cref="Merge"/>.</summary>
    public ReadOnlySpan<(long Start, long End)> Runs => _runs.AsSpan(0, Count);

    /// <summary>Number of intervals.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets all.</summary>
    public void Clear() => (Count, _merged) = (0, true);

    /// <summary>Adds the rows of a chunk of outputs and a chunk of filter taps.</summary>
    public void Add(long firstOutput, long outputs, long firstTap, long taps, int stride, int dilation)
    {
        if (outputs == 0 || taps == 0) return;
        if (stride == 1 && dilation <= outputs)
        {
            long first = firstTap * dilation + firstOutput;
            Add(first, first + (taps - 1) * dilation + outputs);
            return;
        }
        for (long r = firstTap; r < firstTap + taps; r++)
        {
            (long quotient, long residue) = Math.DivRem(r * dilation, stride);
            long start = residue * Span + quotient + firstOutput;
            Add(start, start + outputs);
        }
    }

    /// <summary>The residue and the quotient of a start.</summary>
    public static (long Residue, long Quotient) Place(long start) => (start / Span, start % Span);

    /// <summary>Adds one interval.</summary>
    public void Add(long start, long end)
    {
        if (Count > 0 && start <= _runs[Count - 1].End)
        {
            if (start >= _runs[Count - 1].Start)
            {
                _runs[Count - 1].End = Math.Max(_runs[Count - 1].End, end);
                return;
            }
            _merged = false;
        }
        if (Count == _runs.Length) Array.Resize(ref _runs, 2 * Count);
        _runs[Count++] = (start, end);
    }

    /// <summary>Adds all of another set.</summary>
    public void Add(IndexRuns other)
    {
        foreach ((long start, long end) in other.Runs) Add(start, end);
    }

    /// <summary>Adds what is in one set and not in another.</summary>
    public void AddWithout(IndexRuns all, IndexRuns without)
    {
        all.Merge();
        without.Merge();
        int j = 0;
        foreach ((long first, long end) in all.Runs)
        {
            long start = first;
            while (j < without.Count && without._runs[j].End <= start) j++;
            for (int k = j; k < without.Count && without._runs[k].Start < end; k++)
            {
                if (without._runs[k].Start > start) Add(start, without._runs[k].Start);
                start = Math.Max(start, without._runs[k].End);
            }
            if (start < end) Add(start, end);
        }
    }

    /// <summary>Number of members.</summary>
    public long Size()
    {
        Merge();
        long sum = 0;
        foreach ((long start, long end) in Runs) sum += end - start;
        return sum;
    }

    /// <summary>Sorts the intervals and joins those that meet.</summary>
    public void Merge()
    {
        if (_merged || Count < 2) return;
        Span<(long Start, long End)> runs = _runs.AsSpan(0, Count);
        runs.Sort();
        int kept = 0;
        for (int i = 1; i < runs.Length; i++)
        {
            if (runs[i].Start <= runs[kept].End) runs[kept].End = Math.Max(runs[kept].End, runs[i].End);
            else runs[++kept] = runs[i];
        }
        (Count, _merged) = (kept + 1, true);
    }
}
