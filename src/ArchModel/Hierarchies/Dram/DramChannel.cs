namespace Sim.ArchModel.Hierarchies.Dram;

/// <summary>What a transfer takes.</summary>
/// <param name="Picoseconds">From the first command until the last data.</param>
/// <param name="Hits">Accesses to a row that was open.</param>
/// <param name="Misses">Accesses to a bank without an open row.</param>
/// <param name="Conflicts">Accesses that closed another row first.</param>
/// <param name="Refreshes">Refreshes in between.</param>
public readonly record struct DramTransfer(long Picoseconds, long Hits, long Misses, long Conflicts, long Refreshes)
{
    /// <summary>Whole cycles of a clock, rounded up.</summary>
    public long Cycles(double clockHertz) => (long)Math.Ceiling(Picoseconds * 1e-12 * clockHertz * (1 - 1e-12));
}

/// <summary>
/// Times transfers of one channel, all banks closed at the start. Addresses run through the columns of a row, then the banks, then the
/// rows. Accesses go over the bus in order; the controller knows the whole transfer, so a row opens as early as its bank, tRRD and tFAW
/// allow. A bank closes its row once the row's last data are on the bus and tRAS has passed. Bank groups are interleaved below the columns,
/// so the longer spacing within a group never binds; turns between reads and writes are not timed. A refresh closes all rows: it costs
/// tRP, tRFC and tRCD, and one falls due after every tREFI.
/// </summary>
public sealed class DramChannel(DramTiming timing)
{
    private readonly long _burst = timing.BurstPicoseconds;
    private readonly long[] _openRow = new long[timing.Banks.Value], _opened = new long[timing.Banks.Value],
        _lastColumn = new long[timing.Banks.Value];
    private readonly long[] _lastOpenings = new long[4];
    private int _openings;
    private readonly long _rowBursts = timing.RowBytes.Value / timing.BurstBytes;
    // The row that is accessed now: its bank, its bursts.
    private int _bank;
    private long _rowStart, _rowEnd;
    private long _column, _hits, _misses, _conflicts;

    /// <summary>Most accesses of a strided transfer.</summary>
    public const long MostAccesses = 1L << 26;

    /// <summary>A transfer of consecutive bytes from the start of a row.</summary>
    public DramTransfer Sequential(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        Reset();
        long accesses = (bytes + timing.BurstBytes - 1) / timing.BurstBytes, perRow = timing.RowBytes.Value / timing.BurstBytes;
        long rows = (accesses + perRow - 1) / perRow, round = timing.Banks.Value;
        long[] before = [];
        long started = 0;
        for (long row = 0; row < rows; row++)
        {
            if (row % round == 0 && rows - row > round)
            {
                // A round over all banks that leaves everything as it was, only later, repeats: the rest is multiplied.
                long[] state = State();
                if (state.AsSpan().SequenceEqual(before))
                {
                    long rounds = (rows - row - 1) / round;
                    Shift(rounds * (_column - started), rounds * round, rounds * round * perRow);
                    row += rounds * round;
                }
                (before, started) = (state, _column);
            }
            Access(row, row == rows - 1 ? accesses - (row * perRow) : perRow);
        }
        return Done();
    }

    /// <summary><paramref name="count"/> transfers of <paramref name="bytes"/> each, whose starts lie <paramref name="stride"/> bytes
    /// apart.</summary>
    public DramTransfer Strided(long count, long bytes, long stride)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        ArgumentOutOfRangeException.ThrowIfNegative(stride);
        Reset();
        int burst = timing.BurstBytes;
        if (checked(count * ((bytes + burst - 1) / burst + 1)) > MostAccesses)
            throw new NotSupportedException($"a strided transfer of {count} pieces is too long to time access by access");
        for (long i = 0; i < count; i++)
        {
            Bursts(checked(i * stride) / burst, checked(i * stride + bytes - 1) / burst);
        }
        return Done();
    }

    /// <summary>Closes all rows: a transfer begins.</summary>
    public void Begin() => Reset();

    /// <summary>Bursts from one to another, counted from the start of a row of bank 0, next in the transfer.</summary>
    public void Bursts(long first, long last)
    {
        long perRow = _rowBursts;
        if (first >= _rowStart && last < _rowEnd)
        {
            // As below where the row is open and its columns can be read.
            _hits += last - first + 1;
            _lastColumn[_bank] = Math.Max(_column, _opened[_bank] + timing.RowToColumn.Value) + ((last - first) * _burst);
            _column = _lastColumn[_bank] + _burst;
            return;
        }
        while (first <= last)
        {
            long row = first / perRow, here = Math.Min(last, (row + 1) * perRow - 1) - first + 1;
            Access(row, here);
            (_bank, _rowStart, _rowEnd) = ((int)(row % timing.Banks.Value), row * perRow, (row + 1) * perRow);
            first += here;
        }
    }

    /// <summary>From the first data of the transfer that <see cref="Begin"/> began to its last, without refreshes.</summary>
    public long DataPicoseconds => _openings == 0 ? 0 : _column - timing.RowToColumn.Value;

    /// <summary>Rows opened since <see cref="Begin"/>.</summary>
    public long Openings => _misses + _conflicts;

    // Consecutive accesses to one row; rows of the address space lie in the banks in turn.
    private void Access(long row, long accesses)
    {
        int bank = (int)(row % timing.Banks.Value);
        long ready = _opened[bank] + timing.RowToColumn.Value;
        if (_openRow[bank] == row)
        {
            _hits += accesses;
        }
        else
        {
            long open = 0;
            if (_openRow[bank] >= 0)
            {
                _conflicts++;
                open = Math.Max(_opened[bank] + timing.RowActive.Value, _lastColumn[bank] + timing.ColumnLatency.Value + _burst)
                    + timing.Precharge.Value;
            }
            else
            {
                _misses++;
            }
            _hits += accesses - 1;
            if (_openings > 0) open = Math.Max(open, _lastOpenings[(_openings - 1) % 4] + timing.RowToRow.Value);
            if (_openings > 3) open = Math.Max(open, _lastOpenings[_openings % 4] + timing.FourRows.Value);
            _lastOpenings[_openings % 4] = open;
            _openings++;
            (_openRow[bank], _opened[bank]) = (row, open);
            ready = open + timing.RowToColumn.Value;
        }
        // _column: the earliest next column command that the bus allows.
        long first = Math.Max(ready, _column);
        _lastColumn[bank] = first + ((accesses - 1) * _burst);
        _column = _lastColumn[bank] + _burst;
    }

    private DramTransfer Done()
    {
        long busy = _column + timing.ColumnLatency.Value;
        long pause = timing.RefreshPause, usable = timing.RefreshInterval.Value - pause;
        long refreshes = (busy - 1) / usable;
        return new DramTransfer(checked(busy + refreshes * pause), _hits, _misses, _conflicts, refreshes);
    }

    // Everything that later times depend on, seen from the bus.
    private long[] State() =>
    [
        .. _opened.Select(t => t - _column), .. _lastColumn.Select(t => t - _column), .. _openRow.Select((r, i) => r < 0 ? -1L : i),
        .. Enumerable.Range(1, 4).Select(i => _openings < i ? long.MinValue : _lastOpenings[(_openings - i) % 4] - _column),
    ];

    private void Shift(long time, long rows, long accesses)
    {
        for (int i = 0; i < _openRow.Length; i++)
        {
            _openRow[i] += rows;
            _opened[i] += time;
            _lastColumn[i] += time;
        }
        for (int i = 0; i < 4; i++) _lastOpenings[i] += time;
        _column += time;
        _conflicts += rows;
        _hits += accesses - rows;
    }

    private void Reset()
    {
        Array.Fill(_openRow, -1);
        Array.Clear(_opened);
        Array.Clear(_lastColumn);
        Array.Clear(_lastOpenings);
        (_rowStart, _rowEnd) = (0, 0);
        (_openings, _column, _hits, _misses, _conflicts) = (0, 0, 0, 0, 0);
    }
}
