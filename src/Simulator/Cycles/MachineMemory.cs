using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>
/// Buffers and bus as the machine sees them: what has arrived, what is free, what has left. With unlimited bandwidth everything is there
/// when it is needed and gone when it is done; the elements are counted all the same.
/// </summary>
internal sealed class MachineMemory
{
    private readonly Mapping _mapping;
    private readonly ElementWidths _widths;
    private readonly TransferQueue? _bus;
    private readonly OperandStore _activations, _weights;
    private readonly bool[] _stationaryHere, _activationsHere, _weightsHere, _sumsHere, _finished, _written;
    private readonly Dictionary<(int Group, int Column, int Step), int> _spilled = [];
    private readonly int _resultSlots;
    private readonly BufferLevel _activationBuffer, _weightBuffer, _outputBuffer;
    private readonly ImmutableArray<MachineUnit> _program;
    private int _resultEpochsReleased;

    public MachineMemory(Architecture architecture, Mapping mapping, ImmutableArray<MachineUnit> program, IMachineObserver? observer)
    {
        (_mapping, _program, _widths) = (mapping, program, ElementWidths.Of(architecture.Datapath));
        BufferLevel Keeper(Operands operand) => architecture.Buffers.Single(b => b.Keeps.HasFlag(operand));
        int SlotsOf(Operands operand) => Keeper(operand).DoubleBuffered ? 2 : 1;
        (_activationBuffer, _weightBuffer, _outputBuffer) = (Keeper(Operands.Activations), Keeper(Operands.Weights),
            Keeper(Operands.Outputs));
        _activations = new OperandStore(mapping, Operands.Activations, SlotsOf(Operands.Activations), _widths.Activation);
        _weights = new OperandStore(mapping, Operands.Weights, SlotsOf(Operands.Weights), _widths.Weight);
        _resultSlots = SlotsOf(Operands.Outputs);
        int units = program.Length;
        (_stationaryHere, _activationsHere, _weightsHere) = (new bool[units], new bool[units], new bool[units]);
        (_sumsHere, _finished, _written) = (new bool[units], new bool[units], new bool[units]);
        if (architecture.Dram.BytesPerCycle is { } rate) _bus = new TransferQueue((decimal)rate * 8 * _widths.PartsPerBit, observer);
        int ahead = Math.Min(SlotsOf(Operands.Activations), SlotsOf(Operands.Weights)) - 1;
        for (int u = 0; u < Math.Min(ahead, units); u++) QueueInputs(program[u]);
        for (int u = 0; u < units; u++)
        {
            if (u + ahead < units) QueueInputs(program[u + ahead]);
            if (u > 0) QueueResults(program[u - 1]);
            QueueSums(program[u]);
        }
        QueueResults(program[^1]);
    }

    public long ActivationsFetched => _activations.Fetched;

    public long WeightsFetched => _weights.Fetched;

    public long SumsRead { get; private set; }

    public long SumsWritten { get; private set; }

    public long OutputsWritten { get; private set; }

    /// <summary>Nothing is left to move.</summary>
    public bool IsDone => _bus is null || _bus.IsIdle;

    /// <summary>Start of a cycle.</summary>
    public void Begin(long cycle) => _bus?.Begin(cycle);

    /// <summary>End of a cycle, or of so many in which nothing arrives before the last.</summary>
    public void Deliver(long cycles) => _bus?.Deliver(cycles);

    /// <summary>Cycles, this one included, at whose end the next data arrive; null: none are under way.</summary>
    public long? CyclesToArrival => _bus?.CyclesLeft;

    public bool StationaryHere(MachineUnit unit) => _bus is null || _stationaryHere[unit.Number]
        && (!SharesPorts(Mapping.Stationary(_mapping.Grid.Dataflow)) || PreviousResultsLeft(unit));

    /// <summary>What of a unit's inputs and partial sums is not on chip, or that its results have no place to go; null: it may
    /// begin.</summary>
    public CycleUse? Missing(MachineUnit unit)
    {
        if (_bus is null) return null;
        if (!_activationsHere[unit.Number]) return CycleUse.Activations;
        if (!_weightsHere[unit.Number]) return CycleUse.Weights;
        if (!_sumsHere[unit.Number]) return CycleUse.Sums;
        return HasResultSlot(unit) && (!ReadsFromResults || PreviousResultsLeft(unit)) ? null : CycleUse.ResultRoom;
    }

    /// <summary>The stationary tile of a fold has left its buffer.</summary>
    public void StationaryTaken(MachineUnit firstUnit) =>
        Release(Mapping.Stationary(_mapping.Grid.Dataflow), firstUnit, NextFold(firstUnit));

    /// <summary>The last step of a unit has been read from the input buffers.</summary>
    public void Streamed(MachineUnit unit)
    {
        MachineUnit? next = unit.Number + 1 < _program.Length ? _program[unit.Number + 1] : null;
        Operands stationary = Mapping.Stationary(_mapping.Grid.Dataflow);
        if (stationary != Operands.Activations) Release(Operands.Activations, unit, next);
        if (stationary != Operands.Weights) Release(Operands.Weights, unit, next);
    }

    /// <summary>The last result of a unit has left the array.</summary>
    public void Finished(MachineUnit unit) => _finished[unit.Number] = true;

    private MachineUnit? NextFold(MachineUnit unit)
    {
        int next = unit.Number;
        while (next < _program.Length && _program[next].Fold.Number == unit.Fold.Number) next++;
        return next < _program.Length ? _program[next] : null;
    }

    private void Release(Operands operand, MachineUnit unit, MachineUnit? next)
    {
        OperandStore store = operand == Operands.Activations ? _activations : _weights;
        store.ReleaseBelow(next is null ? store.Epoch(unit) + 1 : store.Epoch(next));
    }

    private void QueueInputs(MachineUnit unit)
    {
        Operands stationary = Mapping.Stationary(_mapping.Grid.Dataflow);
        _stationaryHere[unit.Number] = _activationsHere[unit.Number] = _weightsHere[unit.Number] = true;
        if (unit.IsFirst && stationary != Operands.Outputs) QueueInput(stationary, unit, _stationaryHere);
        foreach (Operands streamed in new[] { Mapping.RowOperand(_mapping.Grid.Dataflow), Mapping.ColumnOperand(_mapping.Grid.Dataflow) })
            if (streamed != Operands.Outputs) QueueInput(streamed, unit, streamed == Operands.Weights ? _weightsHere : _activationsHere);
    }

    private void QueueInput(Operands operand, MachineUnit unit, bool[] here)
    {
        OperandStore store = operand == Operands.Activations ? _activations : _weights;
        long size = store.Fetch(unit) * store.ElementWidth;
        int epoch = store.Epoch(unit);
        here[unit.Number] = false;
        BufferLevel buffer = operand == Operands.Activations ? _activationBuffer : _weightBuffer;
        _bus?.Add(new Transfer(operand, false, size, PortCycles(buffer, size, store.ElementWidth),
            () => store.HasSlot(epoch) && (!SharesPorts(operand) || ResultsAreOut(unit)), () => here[unit.Number] = true));
    }

    private int PortCycles(BufferLevel buffer, long size, int width) =>
        MachinePorts.Serve(MachinePorts.Fill(buffer, size / width, width, _widths), buffer.Banks);

    // A single buffer has one set of ports; what it keeps beside the results takes turns with them.
    private bool SharesPorts(Operands input) => !_outputBuffer.DoubleBuffered && _outputBuffer.Keeps.HasFlag(input);

    private bool ReadsFromResults => !_outputBuffer.DoubleBuffered
        && (_mapping.Grid.Dataflow != Dataflow.OutputStationary && _mapping.Grid.RowFolds > 1
            || SharesPorts(Mapping.RowOperand(_mapping.Grid.Dataflow))
            || _mapping.Grid.Dataflow == Dataflow.OutputStationary && SharesPorts(Operands.Weights));

    // All results that units before this one make have entered the buffer.
    private bool ResultsAreOut(MachineUnit unit)
    {
        for (int u = unit.Number - 1; u >= 0; u--)
            if (_mapping.Grid.Dataflow != Dataflow.OutputStationary || _program[u].IsLast) return _finished[u];
        return true;
    }

    private bool PreviousResultsLeft(MachineUnit unit) => unit.Number == 0 || _written[unit.Number - 1];

    private void QueueSums(MachineUnit unit)
    {
        _sumsHere[unit.Number] = true;
        if (!SpillsSums) return;
        // The same sums as the fold before along K left them.
        (int, int, int) place = (unit.Fold.Group, unit.Fold.Columns.Start, unit.Steps.Start);
        bool first = !_spilled.TryGetValue(place, out int before);
        _spilled[place] = unit.Number;
        if (first != unit.Fold.FirstAlongK) throw new InvalidOperationException("sums come back that were never spilled");
        if (first) return;
        long sums = (long)unit.Steps.Count * unit.Fold.Columns.Count * _mapping.Grid.GroupsIn(unit.Fold.Group);
        SumsRead += sums;
        if (_bus is null) return;
        _sumsHere[unit.Number] = false;
        _bus.Add(new Transfer(Operands.Outputs, false, sums * _widths.Sum, PortCycles(_outputBuffer, sums * _widths.Sum, _widths.Sum),
            () => _written[before] && HasResultSlot(unit), () => _sumsHere[unit.Number] = true));
    }

    private void QueueResults(MachineUnit unit)
    {
        bool stationary = _mapping.Grid.Dataflow == Dataflow.OutputStationary;
        long results = stationary ? (unit.IsLast ? (long)unit.Fold.Rows.Count * unit.Fold.Columns.Count : 0)
            : (long)unit.Steps.Count * unit.Fold.Columns.Count;
        bool final = unit.Fold.LastAlongK;
        results *= _mapping.Grid.GroupsIn(unit.Fold.Group);
        if (!final && !SpillsSums) results = 0;
        if (final) OutputsWritten += results;
        else SumsWritten += results;
        MachineUnit? next = unit.Number + 1 < _program.Length ? _program[unit.Number + 1] : null;
        _bus?.Add(new Transfer(Operands.Outputs, true, results * (final ? _widths.Output : _widths.Sum),
            PortCycles(_outputBuffer, results * _widths.Sum, _widths.Sum), () => _finished[unit.Number], () =>
        {
            _written[unit.Number] = true;
            if (results > 0) _resultEpochsReleased = next is null ? ResultEpoch(unit) + 1
                : Math.Max(_resultEpochsReleased, ResultEpoch(next));
        }));
    }

    /// <summary>Everything that moved between buffers and DRAM.</summary>
    public void WriteTo(Ledger ledger, Architecture architecture)
    {
        string Keeper(Operands operand) => architecture.Buffers.Single(b => b.Keeps.HasFlag(operand)).Name;
        ledger.Add(Keeper(Operands.Activations), ActionNames.WriteOf(Operands.Activations), ActivationsFetched);
        ledger.Add(Keeper(Operands.Weights), ActionNames.WriteOf(Operands.Weights), WeightsFetched);
        ledger.Add(Keeper(Operands.Outputs), ActionNames.WriteOf(Operands.Outputs), SumsRead);
        ledger.Add(Keeper(Operands.Outputs), ActionNames.ReadOf(Operands.Outputs), SumsWritten + OutputsWritten);
        ledger.Add(ActionNames.Dram, ActionNames.ReadBits,
            _widths.Bits(ActivationsFetched * _widths.Activation + WeightsFetched * _widths.Weight + SumsRead * _widths.Sum));
        ledger.Add(ActionNames.Dram, ActionNames.WriteBits, _widths.Bits(OutputsWritten * _widths.Output + SumsWritten * _widths.Sum));
    }

    private bool SpillsSums => _mapping.Grid.Dataflow != Dataflow.OutputStationary && _mapping.Outputs == Residency.Stream;

    private int ResultEpoch(MachineUnit unit) => _mapping.Outputs switch
    {
        Residency.Stream => _mapping.Grid.Dataflow == Dataflow.OutputStationary ? unit.Fold.Number : unit.Number,
        Residency.Tile => unit.Fold.OuterStep,
        _ => unit.Fold.Group,
    };

    // Only an output-stationary fold's last unit makes results.
    private bool HasResultSlot(MachineUnit unit) =>
        _mapping.Grid.Dataflow == Dataflow.OutputStationary && !unit.IsLast || ResultEpoch(unit) - _resultSlots < _resultEpochsReleased;
}
