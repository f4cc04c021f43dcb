using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Systolic;

/// <summary>What lies below and beside the PEs: sums that leave the foot of their columns, and tiles that shift in.</summary>
internal sealed partial class LaneGrid<T, TStep>
{
    // Column j's sum belongs to the slot that entered j cycles before column 0's. A slot's sums join their totals when the last is there.
    private void Foot()
    {
        ReadOnlySpan<T> sums = _sums.AsSpan((_rows - 1) * _width, _columns);
        ReadOnlySpan<T> flags = TStep.Tracks ? _sumFlags.AsSpan((_rows - 1) * _width, _columns) : default;
        long first = _cycle - (_rows - 1);
        int at = (int)(first & _mask);
        if (_run[at] == _columns && _slots[at] is { RowCount: > 0, Multiplies: true } whole)
        {
            for (int j = 0, slot = at; j < whole.ColumnCount; j++, slot = slot - 1 & _mask)
            {
                _foot[slot * _width + j] = sums[j];
                if (TStep.Tracks) _footFlags[slot * _width + j] = flags[j];
            }
            Counts.ColumnSums += whole.ColumnCount;
            Join((int)(first - whole.ColumnCount + 1 & _mask));
            return;
        }
        for (int j = 0, slot = at; j < _columns && first - j >= 0; j++, slot = slot - 1 & _mask)
        {
            ref readonly GridSlot here = ref _slots[slot];
            if (j >= here.ColumnCount) continue;
            if (!here.Multiplies)
            {
                Counts.Planes++;
                continue;
            }
            _foot[slot * _width + j] = sums[j];
            if (TStep.Tracks) _footFlags[slot * _width + j] = flags[j];
            Counts.ColumnSums++;
            if (j == here.ColumnCount - 1) Join(slot);
        }
    }

    private void Join(int slot)
    {
        GridSlot of = _slots[slot];
        if (_arrived[of.OutBase] != of.Chunk) throw new InvalidOperationException("the sums of a reduction arrive out of order");
        Span<T> totals = _totals.AsSpan(of.OutBase), flags = TStep.Tracks ? _totalFlags.AsSpan(of.OutBase) : default;
        ReadOnlySpan<T> sums = _foot.AsSpan(slot * _width, _width), sumFlags = TStep.Tracks ? _footFlags.AsSpan(slot * _width, _width)
            : default;
        if (of.Chunk > 0)
        {
            Counts.Joined += of.ColumnCount;
            for (int j = 0, from = 0; j < of.ColumnCount; j++, from += of.OutColumnStride)
            {
                _joined[j] = totals[from];
                if (TStep.Tracks) _joinedFlags[j] = flags[from];
            }
            for (int j = 0; j < of.ColumnCount; j += Lanes)
            {
                Vector512<T> flag = TStep.Tracks ? Vector512.LoadUnsafe(ref _joinedFlags[j])
                    | Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(sumFlags), (nuint)j) : default;
                _step.Combine(Vector512.LoadUnsafe(ref _joined[j]), Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(sums), (nuint)j),
                    ref flag).StoreUnsafe(ref _joined[j]);
                if (TStep.Tracks) flag.StoreUnsafe(ref _joinedFlags[j]);
            }
            sums = _joined;
            sumFlags = _joinedFlags;
        }
        for (int j = 0, to = 0; j < of.ColumnCount; j++, to += of.OutColumnStride)
        {
            totals[to] = sums[j];
            if (TStep.Tracks) flags[to] = sumFlags[j];
            _arrived[of.OutBase + to]++;
        }
    }

    // Column j follows column 0 by j cycles; in it, push p moves rows 0 to p: row p gets what the first push brought.
    private void Shift(long since, in GridTile tile)
    {
        int first = (int)Math.Max(0, since - tile.Cycles(_rows) + 1), last = (int)Math.Min(since, _columns - 1);
        for (int from = first / Lanes * Lanes; from <= last; from += Lanes)
        {
            int deepest = -1;
            for (int j = from; j < from + Lanes; j++)
            {
                int push = j < _columns ? tile.Push(since - j, _rows) : -1;
                deepest = Math.Max(deepest, push);
                _pushes[j - from] = push < 0 ? -T.One : _index[push];
            }
            Vector512<T> pushes = Vector512.LoadUnsafe(ref _pushes[0]);
            for (int i = deepest; i > 0; i--)
            {
                int at = i * _width + from;
                Vector512<T> moves = Vector512.GreaterThanOrEqual(pushes, Vector512.Create(_index[i]));
                Vector512.ConditionalSelect(moves, Vector512.LoadUnsafe(ref _stationary[at - _width]),
                    Vector512.LoadUnsafe(ref _stationary[at])).StoreUnsafe(ref _stationary[at]);
            }
        }
        for (int j = first; j <= Math.Min(last, tile.ColumnCount - 1); j++)
        {
            int push = tile.Push(since - j, _rows), word = _rows - 1 - push;
            if (push < 0 || word >= tile.RowCount) continue;
            _stationary[j] = _columnMatrix[tile.Base + word * tile.RowStride + j * tile.ColumnStride];
            // Of the rows that move, those hold words of the tile that the rows before them brought.
            Counts.StationaryShifts += tile.RowCount - word;
        }
    }
}
