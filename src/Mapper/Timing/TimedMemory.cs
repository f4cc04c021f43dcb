namespace Sim.Mapper.Timing;

/// <summary>A state at the beginning or end of a body: the components of a mask, and what has been counted. Arrays are used again.</summary>
internal sealed class TimedRow(int components, int resources)
{
    public readonly long[] Relative = new long[components];
    public readonly long[] Values = new long[components];
    public readonly long[] Stalls = new long[resources];
    public readonly long[] Busy = new long[resources];
    public ulong[] Mask = [];
    public int Count;
    public long Hash, Compute, At;
}

/// <summary>What a body does from one relative state: where components lie after it, and by how much the origins and counts grow.</summary>
internal sealed record TimedOutcome(long Hash, long[] Before, long[] After, long[] Steps, long[] Stalls, long[] Busy, long Compute);

/// <summary>What is known of one body: loops or a chunk of products, for given chunks.</summary>
internal sealed class TimedBody
{
    private (int Kind, TimedStep Step)[] _steps = [];
    private int _known;

    /// <summary>The components that it uses, once it was walked.</summary>
    public ulong[]? Mask { get; set; }

    /// <summary>The products, where it is a chunk.</summary>
    public TimedChunk? Chunk { get; set; }

    /// <summary>What it did from states so far.</summary>
    public List<TimedOutcome> Outcomes { get; } = [];

    /// <summary>A step of its loop, or null.</summary>
    public TimedStep? Step(int kind)
    {
        for (int i = 0; i < _known; i++)
            if (_steps[i].Kind == kind) return _steps[i].Step;
        return null;
    }

    /// <summary>Keeps a step.</summary>
    public TimedStep Remember(int kind, TimedStep step)
    {
        if (_known == _steps.Length) Array.Resize(ref _steps, Math.Max(2, 2 * _known));
        _steps[_known++] = (kind, step);
        return step;
    }
}

/// <summary>States that were met, and what followed from them.</summary>
internal sealed class TimedMemory(TimeState state)
{
    // States of one repeated loop that are kept at once.
    private const int Most = 256;
    private readonly List<TimedRow> _rows = [];
    private readonly TimedRow _now = new(state.Values.Length, state.Stalls.Length);

    /// <summary>Cycles of products so far.</summary>
    public long Compute { get; set; }

    /// <summary>Rows in use.</summary>
    public int Kept { get; private set; }

    /// <summary>The present state, to be given back by <see cref="Record"/>.</summary>
    public TimedRow Row(ReadOnlySpan<ulong> mask)
    {
        if (Kept == _rows.Count) _rows.Add(new(state.Values.Length, state.Stalls.Length));
        TimedRow row = _rows[Kept++];
        Fill(row, mask);
        return row;
    }

    /// <summary>Frees rows.</summary>
    public void Forget(int kept) => Kept = kept;

    /// <summary>Does what a body did from this relative state before, if it is known.</summary>
    public bool Replay(TimedBody body)
    {
        if (body.Outcomes.Count == 0) return false;
        Fill(_now, body.Mask);
        foreach (TimedOutcome outcome in body.Outcomes)
        {
            if (outcome.Hash != _now.Hash || !_now.Relative.AsSpan(0, _now.Count).SequenceEqual(outcome.Before)) continue;
            state.Write(body.Mask, outcome.After, outcome.Steps);
            for (int r = 0; r < state.Stalls.Length; r++)
            {
                state.Stalls[r] = checked(state.Stalls[r] + outcome.Stalls[r]);
                state.Busy[r] = checked(state.Busy[r] + outcome.Busy[r]);
            }
            Compute = checked(Compute + outcome.Compute);
            return true;
        }
        return false;
    }

    /// <summary>Keeps what a body has done since a row, the last one in use.</summary>
    public void Record(TimedBody body, TimedRow before)
    {
        Fill(_now, body.Mask);
        int count = before.Count;
        var steps = new long[count];
        for (int i = 0; i < count; i++) steps[i] = _now.Values[i] - before.Values[i];
        body.Outcomes.Add(new(before.Hash, before.Relative[..count], _now.Relative[..count], steps, Differences(state.Stalls, before.Stalls),
            Differences(state.Busy, before.Busy), Compute - before.Compute));
        Kept--;
    }

    /// <summary>
    /// After iteration <paramref name="done"/> of <paramref name="count"/> equal ones: when the state was met before, relative to its
    /// origins, whole periods of the rest are added. Iterations that this skips.
    /// </summary>
    public long Extrapolate(int from, long done, long count)
    {
        Fill(_now, state.Touched);
        for (int k = from; k < Kept; k++)
        {
            TimedRow then = _rows[k];
            if (then.Hash != _now.Hash || !state.Touched.SequenceEqual(then.Mask)
                || !then.Relative.AsSpan(0, then.Count).SequenceEqual(_now.Relative.AsSpan(0, _now.Count))) continue;
            long times = (count - done) / (done - then.At);
            if (times == 0)
            {
                Kept = from;
                return 0;
            }
            state.Advance(state.Touched, then.Values, times);
            checked
            {
                for (int r = 0; r < state.Stalls.Length; r++)
                {
                    state.Stalls[r] += times * (state.Stalls[r] - then.Stalls[r]);
                    state.Busy[r] += times * (state.Busy[r] - then.Busy[r]);
                }
                Compute += times * (Compute - then.Compute);
            }
            Kept = from;
            return times * (done - then.At);
        }
        if (Kept - from >= Most) return 0;
        TimedRow row = Row(state.Touched);
        row.At = done;
        if (row.Mask.Length == 0) row.Mask = new ulong[state.MaskWords];
        state.Touched.CopyTo(row.Mask);
        return 0;
    }

    private void Fill(TimedRow row, ReadOnlySpan<ulong> mask)
    {
        row.Count = state.Read(mask, row.Relative, row.Values);
        ulong hash = (ulong)row.Count;
        foreach (long value in row.Relative.AsSpan(0, row.Count)) 
            hash = unchecked(((hash ^ (ulong)value) * 0x9E3779B97F4A7C15UL) + (hash >> 29));
        row.Hash = unchecked((long)hash);
        state.Stalls.CopyTo(row.Stalls, 0);
        state.Busy.CopyTo(row.Busy, 0);
        row.Compute = Compute;
    }

    private static long[] Differences(long[] now, long[] then)
    {
        var differences = new long[now.Length];
        for (int i = 0; i < now.Length; i++) differences[i] = now[i] - then[i];
        return differences;
    }
}
