using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Kernels;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>
/// The sequencer. In each cycle transfers begin, the sequencer lets a unit's steps in or loads a stationary tile, the array steps, the bus
/// delivers. Cycles after which nothing begins or ends are done together.
/// </summary>
internal sealed class MachineRun
{
    private const long Never = long.MinValue / 2;

    private readonly PeArray _shape;
    private readonly FoldGrid _grid;
    private readonly ImmutableArray<MachineUnit> _program;
    private readonly MachineMemory _memory;
    private readonly IMachineArray _array;
    private readonly Architecture _architecture;
    private readonly IMachineObserver? _observer;
    private readonly MachinePorts _ports;
    private readonly long[] _loadStart;
    private readonly Queue<(long Cycle, MachineUnit Unit)> _leaving = [];
    private readonly int _unitsPerFold, _digits, _rowsInUse;
    private readonly long _quiet, _resultWait;
    private readonly CycleUses _uses = new();
    private int _unit, _loads, _finished;
    private long _cycle, _begin = Never, _end = Never, _idleSince, _portCycles;
    private CycleUse _use;

    public MachineRun(Architecture architecture, Mapping mapping, IMachineArray array, IMachineObserver? observer)
    {
        (_architecture, _shape, _grid, _array, _observer) = (architecture, architecture.Array, mapping.Grid, array, observer);
        _program = MachineProgram.Unroll(mapping);
        _memory = new MachineMemory(architecture, mapping, _program, observer);
        _loadStart = new long[_program[^1].Fold.Number + 1];
        _unitsPerFold = _program.Length / _loadStart.Length;
        _digits = architecture.Datapath.CyclesPerMac;
        _ports = MachinePorts.Of(architecture, mapping, ElementWidths.Of(architecture.Datapath));
        _rowsInUse = _grid.GroupsIn(0) * _grid.RowRange(0).Count;
        _resultWait = (_grid.LoadsStationary ? 1 : _grid.RowRange(0).Count) * (_ports.Drain - 1L);
        _quiet = (_shape.OverlapFill ? 0 : _grid.Rows - 1) + (_shape.OverlapDrain ? 0 : _grid.Columns - 1
            + (_grid.LoadsStationary ? 0 : _resultWait));
    }

    public void Run()
    {
        while (_finished < _program.Length || !_memory.IsDone)
        {
            _memory.Begin(_cycle);
            bool chainFree = _shape.OverlapWeightLoad || PreviousStreamed && IsClear;
            CycleUse use = Enter(chainFree, out bool changed);
            changed |= TryLoad(chainFree);
            changed |= End();
            long next = changed ? _cycle + 1 : Next();
            _array.Step(_cycle, next - _cycle);
            Spend(use, next);
            _memory.Deliver(next - _cycle);
            _cycle = next;
        }
        Spend(CycleUse.Stream, _cycle);
        _uses.Add(CycleUse.Stream, -_portCycles);
        _uses.Add(CycleUse.Ports, _portCycles);
    }

    public MachineResult Result(ImmutableArray<long> results, GemmEvents events, string arithmetic)
    {
        var ledger = new Ledger();
        _array.Counts.WriteTo(ledger, _architecture, _grid);
        _memory.WriteTo(ledger, _architecture);
        return new MachineResult(_cycle, ledger, results, events) { Uses = _uses, Arithmetic = arithmetic, Port = _ports.Slowest };
    }

    private bool LoadsStationary => _grid.LoadsStationary;

    // What must have passed before the next fold (or, when not overlapped, its load) begins: the wave of the last step that entered fills
    // the first column in R - 1 cycles, crosses the first row in C - 1 and the array in R + C - 2.
    private bool IsClear => _cycle - (_end - 1) > _quiet;

    private bool PreviousStreamed => _loads == 0 || _unit == _program.Length || _program[_unit].Fold.Number >= _loads;

    // With a second register a tile may follow as soon as the fold before has taken its own over, in the very cycle in which it begins.
    private bool PreviousBegun => PreviousStreamed || _program[_unit] is var unit && unit.Fold.Number == _loads - 1
        && (!unit.IsFirst || _cycle < _end && _cycle >= _begin + _ports.Step - _digits);

    // As long for a fold at the edge as for a full one.
    private long LoadCycles => _grid.Rows + _rowsInUse * (_ports.Load - 1L);

    private MachineUnit FirstOf(int fold) => _program[fold * _unitsPerFold];

    // The next unit's steps enter, when its data are there and the array lets it in; else why not.
    private CycleUse Enter(bool chainFree, out bool changed)
    {
        changed = false;
        if (_cycle < _end) return CycleUse.Stream;
        if (_unit == _program.Length) return _leaving.Count > 0 ? CycleUse.Drain : CycleUse.WriteBack;
        MachineUnit unit = _program[_unit];
        if (unit.IsFirst && LoadsStationary && NotLoaded(unit.Fold, chainFree) is { } loading) return loading;
        if (unit.IsFirst && !IsClear) return CycleUse.Wave;
        long steps = (long)unit.Steps.Count * _ports.Step;
        // A column's bus carries one result a cycle, or as fast as the port takes them: the next fold's must not overtake this one's R.
        if (!LoadsStationary && unit.IsLast && _unit >= _unitsPerFold && _cycle + steps - 1 - LastEntryOfFoldBefore < ResultBusCycles)
            return CycleUse.Wave;
        if (_memory.Missing(unit) is { } missing) return missing;
        (_begin, _end, changed) = (_cycle, _cycle + steps, true);
        _portCycles += unit.Steps.Count * (_ports.Step - (long)_digits);
        _array.Begin(unit, _ports.Step);
        _observer?.Stream(unit.Number, unit.Fold.Number, _begin, _end);
        return CycleUse.Stream;
    }

    private long ResultBusCycles => _grid.BlockRows + _resultWait;

    private long LastEntryOfFoldBefore { get; set; }

    private CycleUse? NotLoaded(MachineFold fold, bool chainFree)
    {
        if (_loads > fold.Number) return _cycle < _loadStart[fold.Number] + LoadCycles ? CycleUse.Load : null;
        if (!chainFree || !PreviousBegun) return CycleUse.Wave;
        return _memory.StationaryHere(FirstOf(fold.Number)) ? CycleUse.Load
            : Mapping.Stationary(_grid.Dataflow) == Operands.Weights ? CycleUse.Weights : CycleUse.Activations;
    }

    // Without a second register the chain is in use until the array is clear, as the registers stood when the cycle began.
    private bool TryLoad(bool chainFree)
    {
        if (!LoadsStationary || _loads == _loadStart.Length || !chainFree || !PreviousBegun) return false;
        MachineUnit first = FirstOf(_loads);
        if (!_memory.StationaryHere(first)) return false;
        _loadStart[_loads++] = _cycle;
        _array.Load(first.Fold, _ports.Load);
        _observer?.Load(first.Fold.Number, _cycle, _cycle + LoadCycles);
        return true;
    }

    // What ends with this cycle: a unit's last step has entered, the last result of one has left, a tile has left its buffer.
    private bool End()
    {
        bool changed = false;
        if (_cycle == _end - 1)
        {
            MachineUnit unit = _program[_unit++];
            _memory.Streamed(unit);
            if (unit.IsLast) LastEntryOfFoldBefore = _cycle;
            _leaving.Enqueue((_cycle + _grid.Rows + _grid.Columns - 2 + _resultWait, unit));
            changed = true;
        }
        if (_leaving.TryPeek(out (long Cycle, MachineUnit Unit) leaving) && leaving.Cycle == _cycle)
        {
            _memory.Finished(_leaving.Dequeue().Unit);
            _finished++;
            changed = true;
        }
        if (_loads == 0 || _cycle != _loadStart[_loads - 1] + LoadCycles - 1) return changed;
        _memory.StationaryTaken(FirstOf(_loads - 1));
        return true;
    }

    // The next cycle in which something can begin or end.
    private long Next()
    {
        long next = long.MaxValue;
        Meet(_end - 1);
        Meet(_begin + _ports.Step - _digits);
        Meet(_end + _quiet);
        if (_leaving.TryPeek(out (long Cycle, MachineUnit Unit) leaving)) Meet(leaving.Cycle);
        if (_loads > 0)
        {
            long loaded = _loadStart[_loads - 1] + LoadCycles;
            Meet(loaded - 1);
            Meet(loaded);
        }
        if (_unit < _program.Length) Meet(LastEntryOfFoldBefore + ResultBusCycles + 1 - (long)_program[_unit].Steps.Count * _ports.Step);
        if (_memory.CyclesToArrival is { } cycles) Meet(_cycle + cycles);
        return next < long.MaxValue ? next : throw new InvalidOperationException("the machine waits for something that never comes");

        void Meet(long cycle)
        {
            if (cycle > _cycle) next = Math.Min(next, cycle);
        }
    }

    // Cycles from the current one on go to a use, which an observer hears of when it changes.
    private void Spend(CycleUse use, long next)
    {
        _uses.Add(use, next - _cycle);
        if (use == _use) return;
        if (_use != CycleUse.Stream && _cycle > _idleSince) _observer?.Idle(_use, _idleSince, _cycle);
        (_use, _idleSince) = (use, _cycle);
    }
}
