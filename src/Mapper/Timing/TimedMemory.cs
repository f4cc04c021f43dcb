using System.Buffers;

namespace Sim.Mapper.Timing;

/// <summary>
/// States that were met, and what followed from them. A state is a row of numbers: components relative to their origins, the same as they
/// are, stalls and work by resource, cycles of products, the number of the iteration, the set of components.
/// </summary>
internal sealed class TimedMemory
{
    // States of one repeated loop that are kept at once.
    private const int Most = 256, FirstRows = 24, FirstKnown = 8192;
    private readonly TimeState _state;
    private readonly int _components, _resources, _size;
    private readonly int[] _list;
    private (long Hash, int Count)[] _heads = new (long, int)[FirstRows];
    private long[] _rows, _known;
    private int _used;

    /// <summary>Nothing met.</summary>
    public TimedMemory(TimeState state)
    {
        (_state, _components, _resources) = (state, state.Values.Length, state.Stalls.Length);
        _size = 2 * _components + 2 * _resources + 2 + state.MaskWords;
        _rows = ArrayPool<long>.Shared.Rent(FirstRows * _size);
        _known = ArrayPool<long>.Shared.Rent(FirstKnown);
        _list = new int[_components];
    }

    /// <summary>Cycles of products so far.</summary>
    public long Compute { get; set; }

    /// <summary>Rows in use.</summary>
    public int Kept { get; private set; }

    /// <summary>Frees rows.</summary>
    public void Forget(int kept) => Kept = kept;

    /// <summary>Keeps the components that a body has used.</summary>
    public void Learn(TimedBody body)
    {
        body.Mask = _state.Touched.ToArray();
        body.Components = _state.List(_list).ToArray();
    }

    /// <summary>Does what a body did from this relative state before, if it is known; else a row with the present state is in
    /// use.</summary>
    public bool Replay(TimedBody body)
    {
        int row = Next(), count = body.Components!.Length;
        Read(row, body.Components);
        ReadOnlySpan<long> relative = Relative(row, count);
        foreach (TimedOutcome outcome in body.Outcomes)
        {
            ReadOnlySpan<long> known = _known.AsSpan(outcome.At, 3 * count + 2 * _resources);
            if (outcome.Hash != _heads[row].Hash || !relative.SequenceEqual(known[..count])) continue;
            _state.Write(body.Components, known.Slice(count, count), known.Slice(2 * count, count));
            known = known[(3 * count)..];
            for (int r = 0; r < _resources; r++)
            {
                _state.Stalls[r] = checked(_state.Stalls[r] + known[r]);
                _state.Busy[r] = checked(_state.Busy[r] + known[_resources + r]);
            }
            Compute = checked(Compute + outcome.Compute);
            return true;
        }
        Keep(row, 0);
        return false;
    }

    /// <summary>Keeps what a body has done since <see cref="Replay"/> put a row in use, the last one.</summary>
    public void Record(TimedBody body)
    {
        int before = Kept - 1, after = Next(), count = body.Components!.Length;
        Read(after, body.Components);
        Span<long> values = Room(3 * count + 2 * _resources);
        Relative(before, count).CopyTo(values);
        Relative(after, count).CopyTo(values[count..]);
        ReadOnlySpan<long> then = Values(before, count), now = Values(after, count), counted = Counted(before);
        for (int i = 0; i < count; i++) values[2 * count + i] = now[i] - then[i];
        Span<long> grown = values[(3 * count)..];
        for (int r = 0; r < _resources; r++)
        {
            grown[r] = _state.Stalls[r] - counted[r];
            grown[_resources + r] = _state.Busy[r] - counted[_resources + r];
        }
        body.Outcomes.Add(new(_heads[before].Hash, _used - values.Length, Compute - counted[2 * _resources]));
        Kept--;
    }

    /// <summary>
    /// After iteration <paramref name="done"/> of <paramref name="count"/> equal ones: when the state was met before, relative to its
    /// origins, whole periods of the rest are added. Iterations that this skips.
    /// </summary>
    public long Extrapolate(int from, long done, long count)
    {
        if (done == count) return 0;
        int row = Next();
        ReadOnlySpan<int> components = _state.List(_list);
        Read(row, components);
        for (int k = from; k < Kept; k++)
        {
            if (_heads[k] != _heads[row] || !SameMask(k)
                || !Relative(k, components.Length).SequenceEqual(Relative(row, components.Length))) continue;
            ReadOnlySpan<long> then = Counted(k);
            long period = done - then[2 * _resources + 1], times = (count - done) / period;
            Kept = from;
            if (times == 0) return 0;
            _state.Advance(components, Values(k, components.Length), times);
            checked
            {
                for (int r = 0; r < _resources; r++)
                {
                    _state.Stalls[r] += times * (_state.Stalls[r] - then[r]);
                    _state.Busy[r] += times * (_state.Busy[r] - then[_resources + r]);
                }
                Compute += times * (Compute - then[2 * _resources]);
            }
            return times * period;
        }
        if (Kept - from < Most) Keep(row, done);
        return 0;
    }

    /// <summary>Gives the arrays back; nothing may be asked after it.</summary>
    public void Release()
    {
        ArrayPool<long>.Shared.Return(_rows);
        ArrayPool<long>.Shared.Return(_known);
    }

    private Span<long> Room(int count)
    {
        if (_used + count > _known.Length) Grow(ref _known, _used, Math.Max(_used + count, 2 * _known.Length));
        _used += count;
        return _known.AsSpan(_used - count, count);
    }

    // The next free row.
    private int Next()
    {
        if (Kept == _heads.Length)
        {
            Array.Resize(ref _heads, 2 * Kept);
            Grow(ref _rows, Kept * _size, 2 * Kept * _size);
        }
        return Kept;
    }

    private static void Grow(ref long[] rented, int used, int room)
    {
        long[] more = ArrayPool<long>.Shared.Rent(room);
        rented.AsSpan(0, used).CopyTo(more);
        ArrayPool<long>.Shared.Return(rented);
        rented = more;
    }

    private void Read(int row, ReadOnlySpan<int> components)
    {
        long hash = _state.Read(components, _rows.AsSpan(row * _size, _components), _rows.AsSpan(row * _size + _components, _components));
        _heads[row] = (hash, components.Length);
    }

    private void Keep(int row, long iteration)
    {
        Span<long> counted = _rows.AsSpan(row * _size + 2 * _components, _size - 2 * _components);
        _state.Stalls.CopyTo(counted);
        _state.Busy.CopyTo(counted[_resources..]);
        counted = counted[(2 * _resources)..];
        (counted[0], counted[1]) = (Compute, iteration);
        for (int w = 0; w < _state.MaskWords; w++) counted[2 + w] = unchecked((long)_state.Touched[w]);
        Kept++;
    }

    private bool SameMask(int row)
    {
        ReadOnlySpan<long> mask = _rows.AsSpan((row + 1) * _size - _state.MaskWords, _state.MaskWords);
        for (int w = 0; w < mask.Length; w++)
            if (mask[w] != unchecked((long)_state.Touched[w])) return false;
        return true;
    }

    private ReadOnlySpan<long> Relative(int row, int count) => _rows.AsSpan(row * _size, count);

    private ReadOnlySpan<long> Values(int row, int count) => _rows.AsSpan(row * _size + _components, count);

    private ReadOnlySpan<long> Counted(int row) => _rows.AsSpan(row * _size + 2 * _components, 2 * _resources + 2);
}
