using System.Runtime.InteropServices;

namespace Sim.Mapper.Timing;

/// <summary>Ascending ranges of indices along one axis of a tensor; reused by clearing it.</summary>
internal sealed class AxisRuns
{
    private readonly List<(long Start, long End)> _runs = [];

    /// <summary>Ranges, apart and ascending after <see cref="Merge"/>.</summary>
    public ReadOnlySpan<(long Start, long End)> Runs => CollectionsMarshal.AsSpan(_runs);

    /// <summary>Whether there is no index.</summary>
    public bool IsEmpty => _runs.Count == 0;

    /// <summary>Forgets all.</summary>
    public void Clear() => _runs.Clear();

    /// <summary>Adds a range.</summary>
    public void Add(long start, long size)
    {
        if (size > 0) _runs.Add((start, start + size));
    }

    /// <summary>Adds rows given as quotients within residues of a stride.</summary>
    public void Add(IndexRuns rows, int stride)
    {
        foreach ((long start, long end) in rows.Runs)
        {
            (long residue, long quotient) = IndexRuns.Place(start);
            if (stride == 1) Add(quotient, end - start);
            else for (long q = quotient; q < quotient + end - start; q++) Add(q * stride + residue, 1);
        }
    }

    /// <summary>Sorts the ranges and joins those that meet.</summary>
    public void Merge()
    {
        if (_runs.Count < 2) return;
        _runs.Sort();
        int kept = 0;
        for (int i = 1; i < _runs.Count; i++)
        {
            if (_runs[i].Start <= _runs[kept].End) _runs[kept] = (_runs[kept].Start, Math.Max(_runs[kept].End, _runs[i].End));
            else _runs[++kept] = _runs[i];
        }
        _runs.RemoveRange(kept + 1, _runs.Count - kept - 1);
    }

    /// <summary>Number of indices.</summary>
    public long Size()
    {
        long size = 0;
        foreach ((long start, long end) in Runs) size += end - start;
        return size;
    }

    /// <summary>Whether both hold the same indices.</summary>
    public bool Equals(AxisRuns other)
    {
        if (_runs.Count != other._runs.Count) return false;
        for (int i = 0; i < _runs.Count; i++)
            if (_runs[i] != other._runs[i]) return false;
        return true;
    }
}
