namespace Sim.Mapper.Timing;

/// <summary>
/// A set of input rows (or columns) {p·stride + r·dilation}, as intervals of quotients within each residue of the stride. Not a general
/// set: all sets that meet must share stride and dilation.
/// </summary>
internal sealed class IndexSet(int stride, int dilation)
{
    // Residues of a stride lie this far apart on the line of quotients.
    private const long Span = 1L << 40;

    private readonly List<(long Start, long End)> _intervals = [];

    /// <summary>Adds the rows of a chunk of outputs and a chunk of filter taps.</summary>
    public void Add(long firstOutput, long outputs, long firstTap, long taps)
    {
        if (outputs == 0) return;
        for (long r = firstTap; r < firstTap + taps; r++)
        {
            (long quotient, long residue) = Math.DivRem(r * dilation, stride);
            long start = residue * Span + quotient + firstOutput;
            _intervals.Add((start, start + outputs));
        }
    }

    /// <summary>Adds all of another set.</summary>
    public void Add(IndexSet other) => _intervals.AddRange(other._intervals);

    /// <summary>Number of members.</summary>
    public long Count()
    {
        Merge();
        long sum = 0;
        foreach ((long start, long end) in _intervals) sum += end - start;
        return sum;
    }

    /// <summary>Members that are in both sets.</summary>
    public long CountCommon(IndexSet other)
    {
        Merge();
        other.Merge();
        long sum = 0;
        for (int i = 0, j = 0; i < _intervals.Count && j < other._intervals.Count;)
        {
            (long start, long end) = (Math.Max(_intervals[i].Start, other._intervals[j].Start),
                Math.Min(_intervals[i].End, other._intervals[j].End));
            if (end > start) sum += end - start;
            if (_intervals[i].End < other._intervals[j].End) i++;
            else j++;
        }
        return sum;
    }

    /// <summary>The members that the other set lacks.</summary>
    public IndexSet Without(IndexSet other)
    {
        Merge();
        other.Merge();
        var rest = new IndexSet(stride, dilation);
        int j = 0;
        foreach ((long first, long end) in _intervals)
        {
            long start = first;
            while (j < other._intervals.Count && other._intervals[j].End <= start) j++;
            for (int k = j; k < other._intervals.Count && other._intervals[k].Start < end; k++)
            {
                if (other._intervals[k].Start > start) rest._intervals.Add((start, other._intervals[k].Start));
                start = Math.Max(start, other._intervals[k].End);
            }
            if (start < end) rest._intervals.Add((start, end));
        }
        return rest;
    }

    private void Merge()
    {
        if (_intervals.Count < 2) return;
        _intervals.Sort();
        int kept = 0;
        for (int i = 1; i < _intervals.Count; i++)
        {
            if (_intervals[i].Start <= _intervals[kept].End)
                _intervals[kept] = (_intervals[kept].Start, Math.Max(_intervals[kept].End, _intervals[i].End));
            else _intervals[++kept] = _intervals[i];
        }
        _intervals.RemoveRange(kept + 1, _intervals.Count - kept - 1);
    }
}
