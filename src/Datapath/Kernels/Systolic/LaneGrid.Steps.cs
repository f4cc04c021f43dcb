using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Systolic;

/// <summary>What the PEs do in one cycle.</summary>
internal sealed partial class LaneGrid<T, TStep>
{
    // The wave of a fold's first slot: sums begin at zero, second registers take the tile over.
    private void Start()
    {
        while (_starts.TryPeek(out long oldest) && _cycle - oldest > _rows + _columns - 2) _starts.Dequeue();
        foreach (long start in _starts)
        {
            int wave = (int)(_cycle - start);
            for (int i = Math.Max(0, wave - _columns + 1); i <= Math.Min(wave, _rows - 1); i++)
            {
                int pe = i * _width + wave - i;
                if (Shape.Downward)
                {
                    if (Shape.TwoRegisters) _active[pe] = _stationary[pe];
                    continue;
                }
                _sums[pe] = T.Zero;
                if (TStep.Tracks) _sumFlags[pe] = T.Zero;
            }
        }
    }

    // The wave of a fold's last slot: results go to the buses of their columns.
    private void Leave()
    {
        while (_ends.TryPeek(out long oldest) && _cycle - oldest > _rows + _columns - 2) _ends.Dequeue();
        foreach (long end in _ends)
        {
            int wave = (int)(_cycle - end);
            ref readonly GridSlot slot = ref _slots[(int)(end & _mask)];
            for (int i = Math.Max(0, wave - slot.ColumnCount + 1); i <= Math.Min(wave, slot.RowCount - 1); i++)
            {
                int pe = i * _width + wave - i, output = _outBase[(int)(end & _mask)] + i * slot.OutRowStride + wave - i;
                if (_arrived[output]++ != 0) throw new InvalidOperationException("an output was computed twice");
                _totals[output] = _sums[pe];
                if (TStep.Tracks) _totalFlags[output] = _sumFlags[pe];
                Counts.Results++;
                Counts.ResultShifts += _rows - i;
            }
        }
    }

    // Every PE adds the product of what comes from the left and from above to the sum it keeps.
    private void Hold()
    {
        int at = (int)(_cycle & _mask);
        if (_run[at] >= _rows + _columns - 1) HoldAll(at, _slots[at].Multiplies ? _slots[at].RowCount : 0, _slots[at].ColumnCount);
        else HoldRows();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void HoldAll(int at, int rows, int columns)
    {
        unchecked
        {
            TStep step = _step;
            nint width = _width, used = (columns + Lanes - 1) / Lanes * Lanes, next = _pitch + 1;
            ref T left = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_left), _head);
            ref T topAll = ref MemoryMarshal.GetArrayDataReference(_top);
            ref T sums = ref MemoryMarshal.GetArrayDataReference(_sums);
            ref T flags = ref MemoryMarshal.GetArrayDataReference(_sumFlags);
            for (int i = 0; i < rows; i++)
            {
                ref T top = ref Unsafe.Add(ref topAll, (at - i & _mask) * width);
                for (nint j = 0; j < used; j += Vector512<T>.Count)
                {
                    Vector512<T> flag = TStep.Tracks ? Vector512.LoadUnsafe(ref Unsafe.Add(ref flags, j)) : default;
                    step.Step(Vector512.LoadUnsafe(ref Unsafe.Add(ref sums, j)), Vector512.LoadUnsafe(ref Unsafe.Add(ref left, j)),
                        Vector512.LoadUnsafe(ref Unsafe.Add(ref top, j)), ref flag).StoreUnsafe(ref Unsafe.Add(ref sums, j));
                    if (TStep.Tracks) flag.StoreUnsafe(ref Unsafe.Add(ref flags, j));
                }
                left = ref Unsafe.Add(ref left, next);
                sums = ref Unsafe.Add(ref sums, width);
                if (TStep.Tracks) flags = ref Unsafe.Add(ref flags, width);
            }
            Counts.Products += (long)rows * columns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void HoldRows()
    {
        unchecked
        {
            TStep step = _step;
            int lanes = Lanes;
            long products = 0;
            ref T leftAll = ref MemoryMarshal.GetArrayDataReference(_left);
            ref T topAll = ref MemoryMarshal.GetArrayDataReference(_top);
            ref T sums = ref MemoryMarshal.GetArrayDataReference(_sums);
            ref T flags = ref MemoryMarshal.GetArrayDataReference(_sumFlags);
            for (int i = 0; i < _rows; i++, sums = ref Unsafe.Add(ref sums, _width))
            {
                if (TStep.Tracks) flags = ref _sumFlags[i * _width];
                int slot = (int)(_cycle - i) & _mask;
                ref T left = ref Unsafe.Add(ref leftAll, i * _pitch + _head + i);
                ref T top = ref Unsafe.Add(ref topAll, slot * _width);
                if (_run[slot] < _columns)
                {
                    products += HoldSome(i, ref left, ref top, ref sums, ref flags);
                    continue;
                }
                ref readonly GridSlot whole = ref _slots[slot];
                if (!whole.Multiplies || i >= whole.RowCount) continue;
                products += whole.ColumnCount;
                for (int j = 0; j < whole.ColumnCount; j += lanes)
                {
                    Vector512<T> flag = TStep.Tracks ? Vector512.LoadUnsafe(ref flags, (nuint)j) : default;
                    step.Step(Vector512.LoadUnsafe(ref sums, (nuint)j), Vector512.LoadUnsafe(ref left, (nuint)j),
                        Vector512.LoadUnsafe(ref top, (nuint)j), ref flag).StoreUnsafe(ref sums, (nuint)j);
                    if (TStep.Tracks) flag.StoreUnsafe(ref flags, (nuint)j);
                }
            }
            Counts.Products += products;
        }
    }

    private int HoldSome(int row, ref T left, ref T top, ref T sums, ref T flags)
    {
        int products = 0;
        for (int j = 0; j < _width; j += Lanes)
        {
            Vector512<T> mask = Mask(row, j);
            if (mask == Vector512<T>.Zero) continue;
            products += BitOperations.PopCount(Vector512.ExtractMostSignificantBits(mask));
            Vector512<T> sum = Vector512.LoadUnsafe(ref sums, (nuint)j), old = TStep.Tracks ? Vector512.LoadUnsafe(ref flags, (nuint)j)
                : default, flag = old;
            Vector512<T> next = _step.Step(sum, Vector512.LoadUnsafe(ref left, (nuint)j), Vector512.LoadUnsafe(ref top, (nuint)j),
                ref flag);
            Vector512.ConditionalSelect(mask, next, sum).StoreUnsafe(ref sums, (nuint)j);
            if (TStep.Tracks) Vector512.ConditionalSelect(mask, flag, old).StoreUnsafe(ref flags, (nuint)j);
        }
        return products;
    }

    // Sums fall one row; each row adds the product of what streams past and what stays. From the foot up, so that none falls twice.
    private void Fall()
    {
        int at = (int)(_cycle & _mask);
        if (_run[at] >= _rows + _columns - 1 && _slots[at].Multiplies) FallAll(_slots[at].RowCount, _slots[at].ColumnCount);
        else FallRows();
        Foot();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FallAll(int rows, int columns)
    {
        unchecked
        {
            TStep step = _step;
            nint width = _width, used = (columns + Lanes - 1) / Lanes * Lanes;
            ref T left = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_left), _head);
            ref T stays = ref MemoryMarshal.GetArrayDataReference(Shape.TwoRegisters ? _active : _stationary);
            ref T sums = ref MemoryMarshal.GetArrayDataReference(_sums);
            ref T flags = ref MemoryMarshal.GetArrayDataReference(_sumFlags);
            for (int i = _rows - 1; i >= rows; i--)
            {
                _sums.AsSpan((i - 1) * _width, _width).CopyTo(_sums.AsSpan(i * _width));
                if (TStep.Tracks) _sumFlags.AsSpan((i - 1) * _width, _width).CopyTo(_sumFlags.AsSpan(i * _width));
            }
            for (int i = rows - 1; i > 0; i--)
            {
                nint row = i * width;
                ref T from = ref Unsafe.Add(ref left, i * (nint)(_pitch + 1));
                for (nint j = 0; j < used; j += Vector512<T>.Count)
                {
                    Vector512<T> flag = TStep.Tracks ? Vector512.LoadUnsafe(ref Unsafe.Add(ref flags, row - width + j)) : default;
                    step.Step(Vector512.LoadUnsafe(ref Unsafe.Add(ref sums, row - width + j)),
                        Vector512.LoadUnsafe(ref Unsafe.Add(ref from, j)), Vector512.LoadUnsafe(ref Unsafe.Add(ref stays, row + j)), ref flag)
                        .StoreUnsafe(ref Unsafe.Add(ref sums, row + j));
                    if (TStep.Tracks) flag.StoreUnsafe(ref Unsafe.Add(ref flags, row + j));
                }
            }
            for (nint j = 0; j < used; j += Vector512<T>.Count)
            {
                Vector512<T> flag = default;
                step.Step(Vector512<T>.Zero, Vector512.LoadUnsafe(ref Unsafe.Add(ref left, j)),
                    Vector512.LoadUnsafe(ref Unsafe.Add(ref stays, j)), ref flag).StoreUnsafe(ref Unsafe.Add(ref sums, j));
                if (TStep.Tracks) flag.StoreUnsafe(ref Unsafe.Add(ref flags, j));
            }
            Counts.Products += (long)rows * columns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FallRows()
    {
        unchecked
        {
            TStep step = _step;
            int lanes = Lanes;
            long products = 0;
            ref T leftAll = ref MemoryMarshal.GetArrayDataReference(_left);
            ref T stays = ref MemoryMarshal.GetArrayDataReference(Shape.TwoRegisters ? _active : _stationary);
            ref T sums = ref MemoryMarshal.GetArrayDataReference(_sums);
            ref T flags = ref MemoryMarshal.GetArrayDataReference(_sumFlags);
            for (int i = _rows - 1; i >= 0; i--)
            {
                int slot = (int)(_cycle - i) & _mask, at = i * _width;
                ref T left = ref Unsafe.Add(ref leftAll, i * _pitch + _head + i);
                if (_run[slot] < _columns)
                {
                    products += FallSome(i, ref left);
                    continue;
                }
                ref readonly GridSlot whole = ref _slots[slot];
                if (!whole.Multiplies) continue;
                bool adds = i < whole.RowCount;
                if (adds) products += whole.ColumnCount;
                for (int j = at; j < at + whole.ColumnCount; j += lanes)
                {
                    Vector512<T> above = i > 0 ? Vector512.LoadUnsafe(ref sums, (nuint)(j - _width)) : Vector512<T>.Zero;
                    Vector512<T> flag = TStep.Tracks && i > 0 ? Vector512.LoadUnsafe(ref flags, (nuint)(j - _width)) : default;
                    if (adds) above = step.Step(above, Vector512.LoadUnsafe(ref left, (nuint)(j - at)),
                        Vector512.LoadUnsafe(ref stays, (nuint)j), ref flag);
                    above.StoreUnsafe(ref sums, (nuint)j);
                    if (TStep.Tracks) flag.StoreUnsafe(ref flags, (nuint)j);
                }
            }
            Counts.Products += products;
        }
    }

    private int FallSome(int row, ref T left)
    {
        int products = 0;
        T[] stationary = Shape.TwoRegisters ? _active : _stationary;
        for (int j = 0; j < _width; j += Lanes)
        {
            int at = row * _width + j;
            Vector512<T> above = row > 0 ? Vector512.LoadUnsafe(ref _sums[at - _width]) : Vector512<T>.Zero;
            Vector512<T> old = TStep.Tracks && row > 0 ? Vector512.LoadUnsafe(ref _sumFlags[at - _width]) : default, flag = old;
            Vector512<T> mask = Mask(row, j);
            products += BitOperations.PopCount(Vector512.ExtractMostSignificantBits(mask));
            Vector512<T> next = _step.Step(above, Vector512.LoadUnsafe(ref left, (nuint)j), Vector512.LoadUnsafe(ref stationary[at]),
                ref flag);
            Vector512.ConditionalSelect(mask, next, above).StoreUnsafe(ref _sums[at]);
            if (TStep.Tracks) Vector512.ConditionalSelect(mask, flag, old).StoreUnsafe(ref _sumFlags[at]);
        }
        return products;
    }

    // PEs of a row from column j on that multiply in this cycle: their slot does, and they lie within its lanes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<T> Mask(int row, int column) =>
        Vector512.GreaterThan(Vector512.LoadUnsafe(ref _rowLimit[_head + row + column]), Vector512.Create(_index[row]))
        & Vector512.GreaterThan(Vector512.LoadUnsafe(ref _columnLimit[_head + row + column]), Vector512.LoadUnsafe(ref _index[column]));
}
