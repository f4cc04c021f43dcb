using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Systolic;

/// <summary>What lies below and beside the PEs: sums that leave the foot of their columns, and tiles that shift in.</summary>
internal sealed partial class LaneGrid<T, TStep>
{
    // Column j's sum belongs to the slot that entered j cycles before column 0's. A slot's sums join their totals when the last is there.
    private void Foot()
    {
        long first = _cycle - (_rows - 1);
        int at = (int)(first & _mask);
        ref GridSlot whole = ref _slots[at];
        if (_run[at] >= _columns && whole.Multiplies)
        {
            Drop(at, whole.ColumnCount);
            Join(at - whole.ColumnCount + 1 & _mask);
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
            _foot[slot * _width + j] = _sums[(_rows - 1) * _width + j];
            if (TStep.Tracks) _footFlags[slot * _width + j] = _sumFlags[(_rows - 1) * _width + j];
            Counts.ColumnSums++;
            if (j == here.ColumnCount - 1) Join(slot);
        }
    }

    private void Drop(int at, int columns)
    {
        unchecked
        {
            ref T sums = ref _sums[(_rows - 1) * _width];
            ref T foot = ref MemoryMarshal.GetArrayDataReference(_foot);
            // One slot back, one column on; the ring once around where it ends.
            nint to = (nint)at * _width, around = (nint)(_mask + 1) * _width;
            for (int j = 0; j < columns; j++, to -= _width - 1)
            {
                if (to < j) to += around;
                Unsafe.Add(ref foot, to) = Unsafe.Add(ref sums, j);
            }
            Counts.ColumnSums += columns;
            if (!TStep.Tracks) return;
            for (int j = 0, slot = at; j < columns; j++, slot = slot - 1 & _mask)
                _footFlags[slot * _width + j] = _sumFlags[(_rows - 1) * _width + j];
        }
    }

    private void Join(int slot)
    {
        ref readonly GridSlot of = ref _slots[slot];
        int columns = of.ColumnCount, output = _outBase[slot];
        if (_arrived[output]++ != of.Chunk) throw new InvalidOperationException("the sums of a reduction arrive out of order");
        Span<T> totals = _totals.AsSpan(output, columns), flags = TStep.Tracks ? _totalFlags.AsSpan(output, columns) : default;
        ReadOnlySpan<T> sums = _foot.AsSpan(slot * _width, columns), sumFlags = TStep.Tracks ? _footFlags.AsSpan(slot * _width, columns)
            : default;
        if (of.Chunk == 0)
        {
            sums.CopyTo(totals);
            if (TStep.Tracks) sumFlags.CopyTo(flags);
            return;
        }
        Counts.Joined += columns;
        int j = 0;
        for (; j <= columns - Lanes; j += Lanes)
        {
            Vector512<T> flag = TStep.Tracks ? Vector512.Create<T>(flags[j..]) | Vector512.Create<T>(sumFlags[j..]) : default;
            _step.Combine(Vector512.Create<T>(totals[j..]), Vector512.Create<T>(sums[j..]), ref flag).CopyTo(totals[j..]);
            if (TStep.Tracks) flag.CopyTo(flags[j..]);
        }
        if (j == columns) return;
        totals[j..].CopyTo(_joined);
        if (TStep.Tracks) flags[j..].CopyTo(_joinedFlags);
        Vector512<T> rest = TStep.Tracks
            ? Vector512.LoadUnsafe(ref _joinedFlags[0]) | Vector512.LoadUnsafe(ref _footFlags[slot * _width + j]) : default;
        _step.Combine(Vector512.LoadUnsafe(ref _joined[0]), Vector512.LoadUnsafe(ref _foot[slot * _width + j]), ref rest)
            .StoreUnsafe(ref _joined[0]);
        _joined.AsSpan(0, columns - j).CopyTo(totals[j..]);
        if (!TStep.Tracks) return;
        rest.StoreUnsafe(ref _joinedFlags[0]);
        _joinedFlags.AsSpan(0, columns - j).CopyTo(flags[j..]);
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
