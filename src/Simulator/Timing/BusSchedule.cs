using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>
/// Completion time of a layer on a bus of finite bandwidth: a recurrence over units, not over cycles. Times are those of the corner PE (buffers are read
/// unskewed; triangular registers skew the lanes). One bus, one transfer at a time, never interrupted; when it is free the first ready request wins, in
/// the order: stationary tiles, streamed inputs, spilled partial sums coming back, results going out; each kind in program order. With
/// S(u) the start of unit u, T(u) its steps, W = R + C − 2 the wave, slots = 2 for a double buffer, 1 else:
/// <code>
/// input slot free at   S(v) + T(v)   v = last unit that reads what is overwritten (slots units, tiles or groups earlier)
/// results leave from   S(u) + T(u) + W
/// S(u) ≥ S(u−1) + T(u−1) [+ gap, between folds];  S(u) ≥ arrival of its inputs;  S(u) ≥ load + R, at a fold's first unit
/// S(u) + W ≥ arrival of its partial sums, and ≥ the end of the write-back that frees its result slot
/// load ≥ arrival of the stationary tile; ≥ the moment the array is clear (≥ the swap of the previous tile, when loads overlap)
/// </code>
/// </summary>
internal sealed class BusSchedule
{
    private const long Unknown = -1;
    private readonly PeArray _array;
    private readonly Mapping _mapping;
    private readonly TransferPlan _plan;
    private readonly BusRate _rate;
    private readonly int _unitsPerFold, _wave;
    private readonly int _activationSlots, _weightSlots, _outputSlots;
    private readonly UnitTransfers[] _transfers;
    private readonly long[] _start, _written, _load, _stationaryArrival, _inputArrival, _sumArrival;
    private int _nextLoad, _nextStart;

    public BusSchedule(Architecture architecture, Mapping mapping, ElementWidths widths)
    {
        (_array, _mapping) = (architecture.Array, mapping);
        _plan = new TransferPlan(mapping, widths);
        _rate = new BusRate(architecture.Dram.BytesPerCycle ?? throw new ArgumentException("bandwidth is unlimited", nameof(architecture)));
        (_unitsPerFold, _wave) = (mapping.UnitsPerFold, _array.Rows + _array.Columns - 2);
        _activationSlots = Slots(architecture, Operands.Activations);
        _weightSlots = Slots(architecture, Operands.Weights);
        _outputSlots = Slots(architecture, Operands.Outputs);
        int folds = checked((int)mapping.Grid.Folds), units = checked(folds * _unitsPerFold);
        _transfers = new UnitTransfers[units];
        for (int f = 0; f < folds; f++)
        {
            FoldPlace place = _plan.Place(f);
            for (int i = 0; i < _unitsPerFold; i++) _transfers[f * _unitsPerFold + i] = _plan.Of(place, i);
        }
        (_start, _written, _inputArrival, _sumArrival) = (Times(units), Times(units), new long[units], new long[units]);
        (_load, _stationaryArrival) = (Times(folds), new long[folds]);
    }

    /// <summary>Cycles until the last result is computed and written back.</summary>
    public long TotalCycles()
    {
        int units = _start.Length;
        var stationary = new Queue(_load.Length, f => _transfers[f * _unitsPerFold].Stationary, StationaryReady, (f, t) => _stationaryArrival[f] = t);
        var inputs = new Queue(2 * units, p => p % 2 == 0 ? _transfers[p / 2].RowOperand : _transfers[p / 2].ColumnOperand, InputReady, (p, t) => _inputArrival[p / 2] = t);
        var sums = new Queue(units, u => _transfers[u].SumsRead, SumsReady, (u, t) => _sumArrival[u] = t);
        var results = new Queue(units, u => _transfers[u].Written, u => _start[u] == Unknown ? Unknown : Finished(u), (u, t) => _written[u] = t);
        Queue[] byPriority = [stationary, inputs, sums, results];
        long free = 0;
        while (true)
        {
            Advance(stationary.Position, inputs.Position, sums.Position);
            long earliest = long.MaxValue;
            foreach (Queue queue in byPriority)
                if (queue.Ready() is var ready and not Unknown) earliest = Math.Min(earliest, ready);
            if (earliest == long.MaxValue) break;
            long grant = Math.Max(free, earliest);
            Queue first = Array.Find(byPriority, q => q.Ready() is var ready and not Unknown && ready <= grant)!;
            free = grant + _rate.Cycles(first.Bits);
            first.Complete(free);
        }
        if (_nextStart != units) throw new InvalidOperationException($"the transfers of layer '{_mapping.Layer.Name}' wait for each other at unit {_nextStart} of {units}");
        return Math.Max(free, Finished(units - 1));
    }

    private static int Slots(Architecture architecture, Operands operand) => BufferFit.Keeper(architecture.Buffers, operand).DoubleBuffered ? 2 : 1;

    private static long[] Times(int count)
    {
        var times = new long[count];
        Array.Fill(times, Unknown);
        return times;
    }

    private int Steps(int unit) => _plan.Steps(unit % _unitsPerFold).Count;

    private long Finished(int unit) => _start[unit] + Steps(unit) + _wave;

    private int LastUnit(int fold) => (fold + 1) * _unitsPerFold - 1;

    // Starts every load and unit whose conditions are known; positions tell which requests have been granted.
    private void Advance(int stationary, int inputs, int sums)
    {
        while (TryLoad(stationary) || TryStart(inputs, sums)) { }
    }

    private bool TryLoad(int stationary)
    {
        int f = _nextLoad;
        if (!_mapping.Grid.LoadsStationary || f == _load.Length || stationary <= f) return false;
        long clear = 0;
        if (f > 0)
        {
            int before = _array.OverlapWeightLoad ? (f - 1) * _unitsPerFold : LastUnit(f - 1);
            if (_start[before] == Unknown) return false;
            clear = _array.OverlapWeightLoad ? _start[before] : _start[before] + Steps(before) + FoldTiming.Gap(_array);
        }
        _load[_nextLoad++] = Math.Max(clear, _stationaryArrival[f]);
        return true;
    }

    private bool TryStart(int inputs, int sums)
    {
        int u = _nextStart;
        if (u == _start.Length || inputs < 2 * u + 2 || sums <= u) return false;
        int fold = u / _unitsPerFold;
        bool first = u % _unitsPerFold == 0, last = u == LastUnit(fold);
        long start = Math.Max(_inputArrival[u], _sumArrival[u] - _wave);
        if (u > 0) start = Math.Max(start, _start[u - 1] + Steps(u - 1) + (first ? FoldTiming.Gap(_array) : 0));
        if (_mapping.Grid.LoadsStationary && first)
        {
            if (_load[fold] == Unknown) return false;
            start = Math.Max(start, _load[fold] + _array.Rows);
        }
        if (!_mapping.Grid.LoadsStationary && last && fold > 0) start = Math.Max(start, _start[LastUnit(fold - 1)] + _array.Rows);
        if (ResultSlotUser(u) is >= 0 and var user)
        {
            if (_written[user] == Unknown) return false;
            int firstResult = _mapping.Grid.LoadsStationary ? _wave : Steps(u) + _array.Columns - 2;
            start = Math.Max(start, _written[user] - firstResult);
        }
        _start[_nextStart++] = Math.Max(start, 0);
        return true;
    }

    private long StationaryReady(int fold)
    {
        Operands operand = Mapping.Stationary(_mapping.Grid.Dataflow);
        int slots = operand == Operands.Weights ? _weightSlots : _activationSlots;
        long user = _mapping.Of(operand) == Residency.Stream ? fold - slots : (_plan.Place(fold).Group - slots + 1) * _mapping.Grid.FoldsPerGroup - 1;
        return user < 0 ? 0 : _load[user] == Unknown ? Unknown : _load[user] + _array.Rows;
    }

    private long InputReady(int position)
    {
        int unit = position / 2;
        Operands operand = position % 2 == 0 ? Mapping.RowOperand(_mapping.Grid.Dataflow) : Operands.Weights;
        long user = LastUser(unit, _mapping.Of(operand), operand == Operands.Weights ? _weightSlots : _activationSlots);
        return user < 0 ? 0 : _start[user] == Unknown ? Unknown : _start[user] + Steps((int)user);
    }

    private long SumsReady(int unit)
    {
        int before = unit - _unitsPerFold * (_mapping.OuterLoop == FoldAxis.Rows ? _plan.InnerFolds : 1);
        int user = ResultSlotUser(unit);
        if (_written[before] == Unknown || (user >= 0 && _written[user] == Unknown)) return Unknown;
        return Math.Max(_written[before], user >= 0 ? _written[user] : 0);
    }

    // The unit whose write-back frees the slot that unit's results go to; -1 when the slot is fresh or unit makes no results.
    private int ResultSlotUser(int unit)
    {
        if (_mapping.Grid.LoadsStationary) return (int)Math.Max(-1, LastUser(unit, _mapping.Outputs, _outputSlots));
        int fold = unit / _unitsPerFold;
        return unit == LastUnit(fold) && fold >= _outputSlots ? LastUnit(fold - _outputSlots) : -1;
    }

    private long LastUser(int unit, Residency residency, int slots)
    {
        if (residency == Residency.Stream) return unit - slots;
        FoldPlace place = _plan.Place(unit / _unitsPerFold);
        long folds = residency == Residency.Tile
            ? ((long)place.Group * _plan.OuterFolds + place.Outer - slots + 1) * _plan.InnerFolds
            : (place.Group - slots + 1) * _mapping.Grid.FoldsPerGroup;
        return folds * _unitsPerFold - 1;
    }

    private sealed class Queue
    {
        private readonly int _length;
        private readonly Func<int, long> _bits, _ready;
        private readonly Action<int, long> _complete;

        public Queue(int length, Func<int, long> bits, Func<int, long> ready, Action<int, long> complete)
        {
            (_length, _bits, _ready, _complete) = (length, bits, ready, complete);
            SkipEmpty();
        }

        /// <summary>Requests before this one have been granted or were empty.</summary>
        public int Position { get; private set; }

        public long Bits => _bits(Position);

        public long Ready() => Position == _length ? Unknown : _ready(Position);

        public void Complete(long time)
        {
            _complete(Position++, time);
            SkipEmpty();
        }

        private void SkipEmpty()
        {
            while (Position < _length && _bits(Position) == 0) Position++;
        }
    }
}
