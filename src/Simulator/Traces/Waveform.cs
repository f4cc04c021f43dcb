using System.Globalization;
using System.Text;
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
    private readonly StringBuilder _text = new();
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
        _text.Append(CultureInfo.InvariantCulture, $"#{Cycles++}\n");
        for (int pe = 0; pe < rows * columns; pe++)
        {
            PeView now = grid.View(pe / columns, pe % columns);
            PeView? before = _before[pe];
            if (before?.IsActive != now.IsActive) _text.Append(now.IsActive ? '1' : '0').Append(Code(4 * pe)).Append('\n');
            if (grid.IsReference) { _before[pe] = now; continue; }
            bool streamsWeights = grid.Shape.StreamsWeights;
            Value(before?.Left, now.Left, streamsWeights ? _datapath.Weight : _datapath.Activation, 4 * pe + 1);
            Value(before?.Other, now.Other, streamsWeights ? _datapath.Activation : _datapath.Weight, 4 * pe + 2);
            if (before is { } b && b.Sum.Equals(now.Sum)) { _before[pe] = now; continue; }
            if (SumBits is { } bits) Bits(now.Sum, bits, 4 * pe + 3);
            else Real(now.Sum, 4 * pe + 3);
            _before[pe] = now;
        }
    }

    private int? SumBits => _datapath.Accumulator is IntegerAccumulator { Bits: <= 53 } integer ? integer.Bits : null;

    private static int? BitsOf(INumberFormat format) => format is FixedFormat { Fraction: 0 } f ? f.Bits + 1 : null;

    private void Head(PeGrid grid)
    {
        int rows = grid.Shape.Rows, columns = grid.Shape.Columns;
        _before = new PeView?[rows * columns];
        _text.Append("$version Sim cycle machine $end\n$comment layer ").Append(_layer.Replace('$', '_'))
            .Append(", first tile, 1 ns a cycle $end\n$timescale 1 ns $end\n$scope module array $end\n");
        string other = grid.Shape.Downward ? "stationary" : "top";
        bool streamsWeights = grid.Shape.StreamsWeights;
        for (int pe = 0; pe < rows * columns; pe++)
        {
            _text.Append(CultureInfo.InvariantCulture, $"$scope module pe_{pe / columns}_{pe % columns} $end\n")
                .Append(CultureInfo.InvariantCulture, $"$var wire 1 {Code(4 * pe)} active $end\n");
            if (!grid.IsReference)
            {
                Declare("left", BitsOf(streamsWeights ? _datapath.Weight : _datapath.Activation), 4 * pe + 1);
                Declare(other, BitsOf(streamsWeights ? _datapath.Activation : _datapath.Weight), 4 * pe + 2);
                Declare("sum", SumBits, 4 * pe + 3);
            }
            _text.Append("$upscope $end\n");
        }
        _text.Append("$upscope $end\n$enddefinitions $end\n");
    }

    private void Declare(string name, int? bits, int signal)
    {
        if (bits is { } width)
            _text.Append(CultureInfo.InvariantCulture, $"$var wire {width} {Code(signal)} {name} [{width - 1}:0] $end\n");
        else _text.Append(CultureInfo.InvariantCulture, $"$var real 64 {Code(signal)} {name} $end\n");
    }

    private void Value(double? before, double now, INumberFormat format, int signal)
    {
        if (before is { } old && old.Equals(now)) return;
        if (BitsOf(format) is { } bits) Bits(now, bits, signal);
        else Real(now, signal);
    }

    // An integer less its zero point takes a bit more than its code.
    private void Bits(double value, int bits, int signal)
    {
        _text.Append('b');
        long integer = (long)value;
        for (int bit = bits - 1; bit >= 0; bit--) _text.Append((integer >> bit & 1) != 0 ? '1' : '0');
        _text.Append(' ').Append(Code(signal)).Append('\n');
    }

    private void Real(double value, int signal) =>
        _text.Append(CultureInfo.InvariantCulture, $"r{value:R} ").Append(Code(signal)).Append('\n');

    // Printable characters from ! to ~ in base 94.
    private static string Code(int signal)
    {
        var code = new StringBuilder();
        do
        {
            code.Append((char)('!' + signal % 94));
            signal /= 94;
        }
        while (signal > 0);
        return code.ToString();
    }
}
