using System.Globalization;
using Sim.ArchModel;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Systolic;
using Sim.Datapath.Specs;
using Sim.Mapper;
using Sim.Simulator.Cycles;

namespace Sim.Simulator.Traces;

/// <summary>
/// The registers of every PE during the first tile of a layer as a value change dump (IEEE 1364, clause 18): whether it multiplies, the
/// operand from the left, the one from above (output-stationary) or the stationary one, and the sum. Integers are vectors of their format's
/// bits, every other number is a real; a datapath that only reference registers compute shows its activity alone. One cycle is 1 ns.
/// </summary>
public sealed class Waveform : IMachineObserver, INetworkObserver
{
    /// <summary>Cycles that a dump holds at most.</summary>
    public const int MostCycles = 2048;

    private readonly string _layer;
    private readonly DatapathSpec _datapath;
    private readonly VcdText _text = new();
    private PeView?[] _before = [];
    private Mapping? _mapping;
    private long _end;

    /// <summary>Of the layer with this name.</summary>
    public Waveform(Architecture architecture, string layer)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        (_datapath, _layer) = (architecture.Datapath, layer);
    }

    /// <summary>Cycles dumped.</summary>
    public long Cycles { get; private set; }

    /// <summary>The dump.</summary>
    public string Write() => _text.ToString();

    /// <inheritdoc/>
    public IMachineObserver? Watch(Mapping mapping, long begin)
    {
        ArgumentNullException.ThrowIfNull(mapping);
        if (mapping.Layer.Name != _layer) return null;
        _mapping = mapping;
        return this;
    }

    /// <inheritdoc/>
    public void Done(MachineLayer layer)
    {
    }

    /// <inheritdoc/>
    public void Restart()
    {
        _text.Clear();
        (_before, Cycles, _end) = ([], 0, long.MaxValue);
    }

    /// <inheritdoc/>
    public void Stream(int unit, int fold, long begin, long end)
    {
        FoldGrid grid = _mapping!.Grid;
        if (unit == _mapping.UnitsPerFold - 1) _end = Math.Min(_end, end + grid.Rows + grid.Columns - 2);
    }

    /// <inheritdoc/>
    public void Load(int fold, long begin, long end)
    {
    }

    /// <inheritdoc/>
    public void Transfer(Operands operand, bool toDram, long begin, long end)
    {
    }

    /// <inheritdoc/>
    public void Idle(CycleUse use, long begin, long end)
    {
    }

    /// <inheritdoc/>
    public void Cycle(long cycle, PeGrid grid)
    {
        ArgumentNullException.ThrowIfNull(grid);
        if (cycle >= _end || Cycles >= MostCycles) return;
        int rows = grid.Shape.Rows, columns = grid.Shape.Columns;
        if (Cycles == 0) Head(grid);
        _text.Time(Cycles++);
        for (int pe = 0; pe < rows * columns; pe++)
        {
            PeView now = grid.View(pe / columns, pe % columns);
            PeView? before = _before[pe];
            if (before?.IsActive != now.IsActive) _text.Bit(now.IsActive, 4 * pe);
            if (grid.IsReference) { _before[pe] = now; continue; }
            bool streamsWeights = grid.Shape.StreamsWeights;
            Value(before?.Left, now.Left, streamsWeights ? _datapath.Weight : _datapath.Activation, 4 * pe + 1);
            Value(before?.Other, now.Other, streamsWeights ? _datapath.Activation : _datapath.Weight, 4 * pe + 2);
            if (before is { } b && b.Sum.Equals(now.Sum)) { _before[pe] = now; continue; }
            if (SumBits is { } bits) _text.Vector((long)now.Sum, bits, 4 * pe + 3);
            else _text.Real(now.Sum, 4 * pe + 3);
            _before[pe] = now;
        }
    }

    private int? SumBits => _datapath.Accumulator is IntegerAccumulator { Bits: <= 53 } integer ? integer.Bits : null;

    private void Head(PeGrid grid)
    {
        int rows = grid.Shape.Rows, columns = grid.Shape.Columns;
        _before = new PeView?[rows * columns];
        _text.Begin(_layer, "first tile, 1 ns a cycle", "1 ns");
        string other = grid.Shape.Downward ? "stationary" : "top";
        bool streamsWeights = grid.Shape.StreamsWeights;
        for (int pe = 0; pe < rows * columns; pe++)
        {
            _text.Scope(string.Create(CultureInfo.InvariantCulture, $"pe_{pe / columns}_{pe % columns}"));
            _text.Declare("active", 0, 4 * pe);
            if (!grid.IsReference)
            {
                _text.Declare("left", VcdText.BitsOf(streamsWeights ? _datapath.Weight : _datapath.Activation), 4 * pe + 1);
                _text.Declare(other, VcdText.BitsOf(streamsWeights ? _datapath.Activation : _datapath.Weight), 4 * pe + 2);
                _text.Declare("sum", SumBits, 4 * pe + 3);
            }
            _text.Up();
        }
        _text.End();
    }

    private void Value(double? before, double now, INumberFormat format, int signal)
    {
        if (before is { } old && old.Equals(now)) return;
        // An integer less its zero point takes a bit more than its code.
        if (VcdText.BitsOf(format) is { } bits) _text.Vector((long)now, bits, signal);
        else _text.Real(now, signal);
    }
}
