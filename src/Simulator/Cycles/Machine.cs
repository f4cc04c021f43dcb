using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>What the machine did: cycles, every action, and the layer's results in group, m, n order.</summary>
public sealed record MachineResult(long Cycles, Ledger Ledger, ImmutableArray<long> Results, GemmEvents Events);

/// <summary>
/// Executes a mapping cycle by cycle with the real operands: PEs are registers, operands move one PE a cycle, the sequencer looks at the
/// registers to see whether the next fold may begin, buffers fill and empty over the bus bit by bit; scales of blocks travel with their
/// elements. It shares no timing code with the Estimator. Each cycle:
/// transfers begin, the sequencer starts a load or issues a step, the array steps, the bus delivers.
/// </summary>
public sealed class Machine
{
    private readonly PeArray _array;
    private readonly ImmutableArray<MachineUnit> _program;
    private readonly MachineMemory _memory;
    private readonly OperandSource _source;
    private readonly SystolicArray _pes;
    private readonly Ledger _ledger = new();
    private readonly Architecture _architecture;
    private readonly long[] _loadStart;
    private readonly int _rows;
    private readonly int _digits;
    private int _unit, _step, _digit, _loads;
    private long _cycle, _lastIssueOfFold = -1;

    private Machine(Architecture architecture, Mapping mapping, MachineOperands operands)
    {
        (_architecture, _array, _program) = (architecture, architecture.Array, MachineProgram.Unroll(mapping));
        _rows = mapping.Grid.Rows;
        _digits = architecture.Datapath.CyclesPerMac;
        _memory = new MachineMemory(architecture, mapping, _program);
        _source = new OperandSource(architecture, mapping, operands, _ledger);
        _pes = new SystolicArray(architecture.Array with { Rows = _rows }, architecture.Datapath, _source, _ledger);
        _loadStart = new long[_program[^1].Fold.Number + 1];
    }

    /// <summary>Runs a layer from its first transfer to its last.</summary>
    /// <exception cref="ArgumentException">The operands do not have the layer's shape.</exception>
    public static MachineResult Run(Architecture architecture, Mapping mapping, MachineOperands operands)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(mapping);
        ArgumentNullException.ThrowIfNull(operands);
        long activations = (long)mapping.Layer.Groups * mapping.Layer.M * mapping.Layer.K, weights = mapping.Layer.WeightElements;
        if (operands.Activations.Length != activations || operands.Weights.Length != weights)
            throw new ArgumentException($"layer '{mapping.Layer.Name}' needs {activations} activation and {weights} weight codes, " +
                $"found {operands.Activations.Length} and {operands.Weights.Length}", nameof(operands));
        Demand("activation", operands.ActivationScales, architecture.Datapath.ActivationBlocks, mapping.Layer.Groups * mapping.Layer.M);
        Demand("weight", operands.WeightScales, architecture.Datapath.WeightBlocks, mapping.Layer.Groups * mapping.Layer.N);
        return new Machine(architecture, mapping, operands).Run();

        void Demand(string what, ImmutableArray<uint> scales, BlockFormat? format, int rows)
        {
            int needed = (format?.Blocks(mapping.Layer.K) ?? 0) * rows, found = scales.IsDefault ? 0 : scales.Length;
            if (found != needed) throw new ArgumentException($"layer '{mapping.Layer.Name}' needs {needed} {what} scales, found {found}",
                nameof(operands));
        }
    }

    private bool LoadsStationary => _array.Dataflow != Dataflow.OutputStationary;

    private MachineResult Run()
    {
        int finishedUnits = 0;
        while (finishedUnits < _program.Length || !_memory.IsDone)
        {
            _memory.Begin();
            bool chainFree = _array.OverlapWeightLoad || PreviousStreamed && IsClear();
            StreamStep? entering = TryIssue();
            TryLoad(chainFree);
            StreamStep? leaving = _pes.Step(_cycle, entering);
            if (entering is { EndsUnit: true }) _memory.Streamed(entering.Unit);
            if (leaving is { EndsUnit: true })
            {
                _memory.Finished(leaving.Unit);
                finishedUnits++;
            }
            if (_loads > 0 && _cycle == _loadStart[_loads - 1] + _rows - 1) _memory.StationaryTaken(_program[FirstUnitOf(_loads - 1)]);
            _memory.Deliver();
            _cycle++;
        }
        CountTransfers();
        var events = new GemmEvents();
        ImmutableArray<long> results = _source.Finish(ref events);
        return new MachineResult(_cycle, _ledger, results, events);
    }

    // The next step of the stream, when its data are there and the array lets it in.
    private StreamStep? TryIssue()
    {
        if (_unit == _program.Length) return null;
        MachineUnit unit = _program[_unit];
        if (_step == 0 && _digit == 0)
        {
            if (!_memory.Serves(unit)) return null;
            if (unit.IsFirst && !MayBeginFold(unit)) return null;
            // A column's bus carries one result a cycle: the next fold's results must not overtake the R of this one.
            if (!LoadsStationary && unit.IsLast && _lastIssueOfFold >= 0 && _cycle
                + (long)unit.Steps.Count * _digits - 1 - _lastIssueOfFold < _rows) return null;
        }
        var step = new StreamStep(unit, unit.Steps.Start + _step, _digit, _digits);
        if (step.EndsFold) _lastIssueOfFold = _cycle;
        if (++_digit == _digits) (_step, _digit) = (_step + 1, 0);
        if (_step == unit.Steps.Count) (_unit, _step) = (_unit + 1, 0);
        return step;
    }

    private bool MayBeginFold(MachineUnit unit)
    {
        bool loaded = !LoadsStationary || _loads > unit.Fold.Number && _cycle >= _loadStart[unit.Fold.Number] + _rows;
        return loaded && IsClear();
    }

    private bool PreviousStreamed => _loads == 0 || _unit == _program.Length || _program[_unit].Fold.Number >= _loads;

    // With a second register a tile may follow as soon as the fold before has taken its own over, in the very cycle in which it begins.
    private bool PreviousBegun =>
        PreviousStreamed || _program[_unit].Fold.Number == _loads - 1 && (_step > 0 || _digit > 0 || !_program[_unit].IsFirst);

    // Without a second register the chain is in use until the array is clear, as the registers stood when the cycle began.
    private void TryLoad(bool chainFree)
    {
        if (!LoadsStationary || _loads == _loadStart.Length || !chainFree || !PreviousBegun) return;
        MachineUnit first = _program[FirstUnitOf(_loads)];
        if (!_memory.StationaryHere(first)) return;
        _loadStart[_loads++] = _cycle;
        _pes.BeginLoad(_cycle, first.Fold);
    }

    // What must have passed before the next fold (or, when not overlapped, its load) begins.
    private bool IsClear() => (_array.OverlapFill, _array.OverlapDrain) switch
    {
        (true, true) => true,
        (true, false) => !_pes.IsFirstRowBusy,
        (false, true) => !_pes.IsFeeding,
        (false, false) => !_pes.IsFeeding && !_pes.IsBusy,
    };

    private int FirstUnitOf(int fold) => fold * (_program.Length / _loadStart.Length);

    private void CountTransfers()
    {
        ElementWidths widths = ElementWidths.Of(_architecture.Datapath);
        string Keeper(Operands operand) => _architecture.Buffers.Single(b => b.Keeps.HasFlag(operand)).Name;
        _ledger.Add(Keeper(Operands.Activations), ActionNames.WriteOf(Operands.Activations), _memory.ActivationsFetched);
        _ledger.Add(Keeper(Operands.Weights), ActionNames.WriteOf(Operands.Weights), _memory.WeightsFetched);
        _ledger.Add(Keeper(Operands.Outputs), ActionNames.WriteOf(Operands.Outputs), _memory.SumsRead);
        _ledger.Add(Keeper(Operands.Outputs), ActionNames.ReadOf(Operands.Outputs), _memory.SumsWritten + _memory.OutputsWritten);
        _ledger.Add(ActionNames.Dram, ActionNames.ReadBits,
            widths.Bits(_memory.ActivationsFetched * widths.Activation + _memory.WeightsFetched * widths.Weight
                + _memory.SumsRead * widths.Sum));
        _ledger.Add(ActionNames.Dram, ActionNames.WriteBits,
            widths.Bits(_memory.OutputsWritten * widths.Output + _memory.SumsWritten * widths.Sum));
    }
}
