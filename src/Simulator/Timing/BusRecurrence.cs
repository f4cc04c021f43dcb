using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>
/// Completion time of a layer on a bus of finite bandwidth: a recurrence over units, not over cycles. The bus serves one queue of transfers
/// in program order, ⌈bits / rate⌉ cycles each; for unit u the queue holds the inputs of unit u + p (stationary tile, row operand, column
/// operand), the results of unit u − 1, the spilled partial sums of unit u, where p = 1 when every input buffer is double and 0 else. Times
/// are those of the corner PE (buffers are read unskewed, triangular registers skew the lanes). With S(u) the start of unit u, T(u) the
/// cycles of its steps (each as many as a MAC), slots = 2 for a double buffer, 1 else:
/// <code>
/// input transfer begins ≥ S(v) + T(v)          v: last unit that reads what is overwritten (slots units, tiles or groups earlier)
/// stationary transfer begins ≥ L(g) + R        g: fold, slots earlier
/// result transfer begins ≥ S(u) + T(u) + R + C − 2
/// L(f) ≥ its tile's arrival; ≥ S(last of f−1) + T + gap, or with OverlapWeightLoad ≥ S(first of f−1)
/// S(u) ≥ arrival of inputs and partial sums; ≥ end of the write-back that frees its result slot; ≥ S(u−1) + T(u−1) [+ gap between folds];
///        ≥ L(f) + R at a fold's first unit; ≥ S(last of f−1) + R at an output-stationary fold's last unit
/// </code>
/// Every right side grows with every duration and gap, so more bandwidth or more overlap is never slower.
/// </summary>
internal sealed class BusRecurrence
{
    // 16 bytes of state a unit: 2 GiB at the limit.
    private const int MostUnits = 1 << 27;

    private readonly PeArray _array;
    private readonly Mapping _mapping;
    private readonly FoldGrid _grid;
    private readonly TransferPlan _plan;
    private readonly BusRate _rate;
    private readonly int _unitsPerFold, _units, _inputsAhead;
    private readonly long _fullCycles, _lastCycles;
    private readonly int _activationSlots, _weightSlots, _outputSlots;
    private readonly long[] _start, _written, _load, _stationaryArrival;
    private readonly UnitState[] _near = new UnitState[Near];
    private long _free;

    // Units u − 1 to u + 1 are in hand at a time; theirs are computed once.
    private const int Near = 4;

    private record struct UnitState(FoldPlace Place, UnitTransfers Transfers, long InputArrival);

    public BusRecurrence(Architecture architecture, Mapping mapping, ElementWidths widths, double bytesPerCycle)
    {
        (_array, _mapping, _grid, _plan, _rate) = (architecture.Array, mapping, mapping.Grid, new TransferPlan(mapping, widths),
            new BusRate(bytesPerCycle, widths.PartsPerBit));
        _unitsPerFold = mapping.UnitsPerFold;
        int cyclesPerStep = architecture.Datapath.CyclesPerMac;
        (_fullCycles, _lastCycles) = ((long)mapping.StreamTile * cyclesPerStep,
            (long)_plan.Steps(mapping.UnitsPerFold - 1).Count * cyclesPerStep);
        if ((Int128)_grid.Folds * _unitsPerFold > MostUnits)
            throw new NotSupportedException($"layer '{mapping.Layer.Name}' has {_grid.Folds} folds of {_unitsPerFold} units; at a finite bandwidth at most {MostUnits} units are timed");
        int folds = (int)_grid.Folds;
        _units = folds * _unitsPerFold;
        _activationSlots = Slots(architecture, Operands.Activations);
        _weightSlots = Slots(architecture, Operands.Weights);
        _outputSlots = Slots(architecture, Operands.Outputs);
        _inputsAhead = Math.Min(_activationSlots, _weightSlots) - 1;
        (_start, _written) = (new long[_units], new long[_units]);
        (_load, _stationaryArrival) = (new long[folds], new long[folds]);
    }

    /// <summary>Cycles until the last result is computed and written back.</summary>
    public long TotalCycles()
    {
        for (int u = 0; u < Math.Min(_inputsAhead, _units); u++) FetchInputs(u);
        for (int u = 0; u < _units; u++)
        {
            if (u + _inputsAhead < _units) FetchInputs(u + _inputsAhead);
            if (u > 0) WriteResults(u - 1);
            Start(u, FetchSums(u));
        }
        WriteResults(_units - 1);
        return Math.Max(_free, Finished(_units - 1));
    }

    private static int Slots(Architecture architecture, Operands operand) =>
        BufferFit.Keeper(architecture.Buffers, operand).DoubleBuffered ? 2 : 1;

    private long Transfer(long bits, long ready)
    {
        if (bits == 0) return 0;
        return _free = Math.Max(_free, ready) + _rate.Cycles(bits);
    }

    private void FetchInputs(int unit)
    {
        (int fold, int tile) = Math.DivRem(unit, _unitsPerFold);
        FoldPlace place = tile == 0 ? _plan.Place(fold) : _near[(unit - 1) % Near].Place;
        UnitTransfers transfers = _plan.Of(place, tile);
        ref UnitState state = ref _near[unit % Near];
        state = new UnitState(place, transfers, 0);
        Operands stationary = Mapping.Stationary(_grid.Dataflow), rows = Mapping.RowOperand(_grid.Dataflow);
        if (transfers.Stationary > 0)
        {
            int slots = stationary == Operands.Weights ? _weightSlots : _activationSlots;
            long user = _mapping.Of(stationary) == Residency.Stream ? fold - slots : (place.Group - slots + 1) * _grid.FoldsPerGroup - 1;
            _stationaryArrival[fold] = Transfer(transfers.Stationary, user < 0 ? 0 : _load[user] + _grid.Rows);
        }
        long rowArrival = Transfer(transfers.RowOperand,
            InputSlotFree(unit, _mapping.Of(rows), rows == Operands.Weights ? _weightSlots : _activationSlots));
        long columnArrival = Transfer(transfers.ColumnOperand, InputSlotFree(unit, _mapping.Weights, _weightSlots));
        state.InputArrival = Math.Max(rowArrival, columnArrival);
    }

    private void WriteResults(int unit) => _written[unit] = Transfer(_near[unit % Near].Transfers.Written, Finished(unit));

    private long FetchSums(int unit)
    {
        long bits = _near[unit % Near].Transfers.SumsRead;
        if (bits == 0) return 0;
        // The same sums as the previous fold along K left them.
        int before = unit - _unitsPerFold * (_mapping.OuterLoop == FoldAxis.Rows ? _plan.InnerFolds : 1);
        return Transfer(bits, Math.Max(_written[before], ResultSlotFree(unit)));
    }

    private void Start(int u, long sumArrival)
    {
        int fold = u / _unitsPerFold;
        bool first = u % _unitsPerFold == 0, last = u == LastUnit(fold);
        long start = Math.Max(Math.Max(_near[u % Near].InputArrival, sumArrival), ResultSlotFree(u));
        if (u > 0) start = Math.Max(start, _start[u - 1] + StreamCycles(u - 1) + (first ? FoldTiming.Gap(_array, _grid) : 0));
        if (_grid.LoadsStationary && first)
        {
            long clear = fold == 0 ? 0 : _array.OverlapWeightLoad ? _start[u - _unitsPerFold] : _start[u - 1] + StreamCycles(u - 1)
                + FoldTiming.Gap(_array, _grid);
            _load[fold] = Math.Max(clear, _stationaryArrival[fold]);
            start = Math.Max(start, _load[fold] + _grid.Rows);
        }
        if (!_grid.LoadsStationary && last && fold > 0) start = Math.Max(start, _start[LastUnit(fold - 1)] + _grid.Rows);
        _start[u] = start;
    }

    private long StreamCycles(int unit) => (unit + 1) % _unitsPerFold == 0 ? _lastCycles : _fullCycles;

    private long Finished(int unit) => _start[unit] + StreamCycles(unit) + _grid.Rows + _array.Columns - 2;

    private int LastUnit(int fold) => (fold + 1) * _unitsPerFold - 1;

    private long InputSlotFree(int unit, Residency residency, int slots)
    {
        long user = LastUser(unit, residency, slots);
        return user < 0 ? 0 : _start[user] + StreamCycles((int)user);
    }

    private long ResultSlotFree(int unit)
    {
        int fold = unit / _unitsPerFold;
        long user = _grid.LoadsStationary ? LastUser(unit, _mapping.Outputs, _outputSlots) : unit == LastUnit(fold)
            ? unit - (long)_outputSlots * _unitsPerFold : -1;
        return user < 0 ? 0 : _written[user];
    }

    // The last unit of the unit, tile or group that held the slot before; negative when the slot is fresh.
    private long LastUser(int unit, Residency residency, int slots)
    {
        if (residency == Residency.Stream) return unit - slots;
        FoldPlace place = _near[unit % Near].Place;
        long folds = residency == Residency.Tile
            ? ((long)place.Group * _plan.OuterFolds + place.Outer - slots + 1) * _plan.InnerFolds
            : (place.Group - slots + 1) * _grid.FoldsPerGroup;
        return folds * _unitsPerFold - 1;
    }
}
