namespace Sim.Mapper.Nests;

/// <summary>Sizes of sets of coordinates {offset + p·stride + r·dilation} and of their unions, as runs in residue classes.</summary>
internal sealed class WindowSets
{
    private readonly record struct Run(long Residue, long Start, long End) : IComparable<Run>
    {
        public int CompareTo(Run other) =>
            Residue != other.Residue ? Residue.CompareTo(other.Residue) : Start.CompareTo(other.Start);
    }

    private readonly long _strideP, _strideR;
    private readonly List<Run> _union = [], _fresh = [], _after = [], _held = [];

    /// <summary>Coordinates are counted in units of the greatest common divisor of the two steps.</summary>
    public WindowSets(long strideP, long strideR)
    {
        (long a, long b) = (strideP, strideR);
        while (b != 0) (a, b) = (b, a % b);
        (_strideP, _strideR) = (strideP / a, strideR / a);
    }

    /// <summary>Coordinates between the starts of tiles <paramref name="distance"/> apart in a dimension.</summary>
    public long Move(int slot, long distance) => checked(distance * (slot == 0 ? _strideP : _strideR));

    /// <summary>Coordinates of an a×b rectangle: all of them, less those of the a−d by b−s corner that are reached twice.</summary>
    public long Rectangle(long a, long b) => checked(a * b - Math.Max(0, a - _strideR) * Math.Max(0, b - _strideP));

    /// <summary>Coordinates of one tile after the change, and those that it had before.</summary>
    public TileSums Measure(WindowPiece piece)
    {
        long after = Rectangle(piece.P, piece.R), move = piece.HeldOffset - piece.Offset;
        if (Length(piece.P, piece.R) is var here and > 0 && Length(piece.HeldP, piece.HeldR) is var held and > 0)
            return new(after, Math.Max(0, Math.Min(here, move + held) - Math.Max(0, move)));
        if (piece.R == 1 && piece.HeldR == 1)
            return new(after, move % _strideP != 0 ? 0
                : Math.Max(0, Math.Min(piece.P, move / _strideP + piece.HeldP) - Math.Max(0, move / _strideP)));
        return Measure([piece], true);
    }

    // Length of the interval that a tile is; 0 where it has gaps.
    private long Length(long p, long r) =>
        (_strideP == 1 && (_strideR <= p || r == 1)) || (_strideR == 1 && (_strideP <= r || p == 1)) || (p == 1 && r == 1)
            ? (p - 1) * _strideP + (r - 1) * _strideR + 1 : 0;

    /// <summary>Different coordinates of all tiles after the change, and those of them that every tile having them had before.</summary>
    public TileSums Measure(List<WindowPiece> pieces, bool withHeld)
    {
        if (pieces.Count == 0) return default;
        if (pieces.Count == 1 && !withHeld) return new(Rectangle(pieces[0].P, pieces[0].R), 0);
        long alongP = 0, alongR = 0;
        foreach (WindowPiece piece in pieces)
        {
            alongP += _strideP == 1 && _strideR <= piece.P ? 1 : piece.R;
            alongR += _strideR == 1 && _strideP <= piece.R ? 1 : piece.P;
        }
        bool swap = alongR < alongP;
        _union.Clear();
        _fresh.Clear();
        foreach (WindowPiece piece in pieces)
        {
            _after.Clear();
            Add(_after, piece.Offset, piece.P, piece.R, swap);
            Merge(_after);
            _union.AddRange(_after);
            if (!withHeld) continue;
            _held.Clear();
            Add(_held, piece.HeldOffset, piece.HeldP, piece.HeldR, swap);
            Merge(_held);
            Subtract();
        }
        long all = Size(_union);
        return new(all, withHeld ? all - Size(_fresh) : 0);
    }

    private void Add(List<Run> runs, long offset, long p, long r, bool swap)
    {
        (long step, long along, long other, long across) = swap ? (_strideR, r, _strideP, p) : (_strideP, p, _strideR, r);
        if (step == 1 && other <= along)
        {
            runs.Add(new(0, offset, offset + (across - 1) * other + along));
            return;
        }
        for (long i = 0; i < across; i++)
        {
            (long quotient, long residue) = Math.DivRem(offset + i * other, step);
            if (residue < 0) (quotient, residue) = (quotient - 1, residue + step);
            runs.Add(new(residue, quotient, quotient + along));
        }
    }

    private static void Merge(List<Run> runs)
    {
        if (runs.Count < 2) return;
        runs.Sort();
        int last = 0;
        for (int i = 1; i < runs.Count; i++)
            if (runs[i].Residue == runs[last].Residue && runs[i].Start <= runs[last].End)
                runs[last] = runs[last] with { End = Math.Max(runs[last].End, runs[i].End) };
            else runs[++last] = runs[i];
        runs.RemoveRange(last + 1, runs.Count - last - 1);
    }

    // What of _after is not in _held goes to _fresh; both are sorted and disjoint.
    private void Subtract()
    {
        int h = 0;
        foreach (Run run in _after)
        {
            while (h < _held.Count && (_held[h].Residue < run.Residue
                || _held[h].Residue == run.Residue && _held[h].End <= run.Start)) h++;
            long at = run.Start;
            for (int i = h; i < _held.Count && _held[i].Residue == run.Residue && _held[i].Start < run.End; i++)
            {
                if (_held[i].Start > at) _fresh.Add(new(run.Residue, at, _held[i].Start));
                at = Math.Max(at, _held[i].End);
            }
            if (at < run.End) _fresh.Add(new(run.Residue, at, run.End));
        }
    }

    private static long Size(List<Run> runs)
    {
        Merge(runs);
        long sum = 0;
        foreach (Run run in runs) sum += run.End - run.Start;
        return sum;
    }
}
