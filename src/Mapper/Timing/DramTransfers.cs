using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>
/// What a transfer to or from a DRAM with banks and rows keeps its bus busy: the words that move, as runs of addresses, from the shapes of
/// the tiles before and after. The first word lies at the start of a row of bank 0, and all rows are closed when the transfer begins.
/// </summary>
internal sealed class DramTransfers
{
    private readonly NestProgram _program;
    private readonly NestWidths _widths;
    private readonly MemoryLevel _memory;
    private readonly TransferWords _words;
    private readonly DramBus _bus;
    private readonly DramAxis[]?[] _axes = new DramAxis[3][];
    private readonly AxisRuns[] _all = [new(), new(), new(), new(), new()], _old = [new(), new(), new(), new(), new()];
    private readonly long[] _strides = new long[5];
    private readonly IndexRuns _now = new(), _then = new(), _union = new(), _fresh = new(), _kept = new();
    private readonly AxisRuns _bridged = new();
    private readonly long _burstParts;
    private long _first, _start, _end, _width, _blockStart, _blockEnd;
    private int _last;

    private DramTransfers(NestProgram program, NestWidths widths, TransferWords words, MemoryLevel memory, DramTiming timing)
    {
        (_program, _widths, _words, _memory) = (program, widths, words, memory);
        _bus = new DramBus(timing, memory.Channels);
        _burstParts = checked(timing.BurstBytes * 8L * widths.PartsPerBit);
    }

    /// <summary>Of the outermost memory, where its banks and rows are known.</summary>
    public static DramTransfers? Of(NestProgram program, NestWidths widths, TransferWords words) =>
        program.Hierarchy.Memory(0) is { Timing: { } timing } memory ? new(program, widths, words, memory, timing) : null;

    /// <summary>Cycles of the bus for what comes down over an edge; elements: what the memory reads in all.</summary>
    public long Down(NestEdge edge, DimChunks[]? before, DimChunks[] after, long elements)
    {
        DramAxis[] axes = Axes(edge.Operand);
        for (int a = 0; a < axes.Length; a++)
        {
            if (axes[a].Taps is { } taps) Window(a, axes[a].Dim, taps, edge, before, after);
            else Plain(a, _words.Places(edge, axes[a].Dim).Children, before?[(int)axes[a].Dim], after[(int)axes[a].Dim], null);
        }
        return Cycles(axes, before is null, _widths.Of(edge.Operand), elements, edge.Operand == Operand.Weights);
    }

    /// <summary>As above for sums that go up.</summary>
    public long Up(NestEdge edge, DimChunks[] before, DimChunks[]? after, long elements, bool result)
    {
        DramAxis[] axes = Axes(edge.Operand);
        for (int a = 0; a < axes.Length; a++)
            Plain(a, _words.Places(edge, axes[a].Dim).Children, after?[(int)axes[a].Dim], before[(int)axes[a].Dim],
                after?[(int)axes[a].Dim]);
        return Cycles(axes, after is null, result ? _widths.Result : _widths.Sum, elements, false);
    }

    private DramAxis[] Axes(Operand operand) => _axes[(int)operand] ??= DramLayout.Of(_program.Nest.Layer, operand);

    // Chunks that are moved, and those of them that are the same in the other. Working: those that count, where not null.
    private void Plain(int axis, int children, DimChunks? other, DimChunks chunks, DimChunks? working)
    {
        _all[axis].Clear();
        _old[axis].Clear();
        for (int i = 0; i < children; i++)
        {
            if (working is not null && working.Sizes[i] <= 0) continue;
            _all[axis].Add(chunks.Starts[i], chunks.Sizes[i]);
            if (DimChunks.Same(other, chunks, i)) _old[axis].Add(chunks.Starts[i], chunks.Sizes[i]);
        }
        _all[axis].Merge();
        _old[axis].Merge();
    }

    private void Window(int axis, LoopDim outputs, LoopDim taps, NestEdge edge, DimChunks[]? before, DimChunks[] after)
    {
        (int stride, int dilation) = (_program.Nest.Layer.Stride(outputs), _program.Nest.Layer.Dilation(taps));
        (DimChunks p, DimChunks r) = (after[(int)outputs], after[(int)taps]);
        (int childrenP, int childrenR) = (_words.Places(edge, outputs).Children, _words.Places(edge, taps).Children);
        _union.Clear();
        _fresh.Clear();
        for (int i = 0; i < childrenP; i++)
            for (int j = 0; j < childrenR; j++)
            {
                if (p.Sizes[i] == 0 || r.Sizes[j] == 0) continue;
                Fill(_now, p, i, r, j);
                _union.Add(_now);
                if (before is null) continue;
                Fill(_then, before[(int)outputs], i, before[(int)taps], j);
                _fresh.AddWithout(_now, _then);
            }
        _union.Merge();
        _kept.Clear();
        if (before is not null) _kept.AddWithout(_union, _fresh);
        _all[axis].Clear();
        _old[axis].Clear();
        _all[axis].Add(_union, stride);
        _old[axis].Add(_kept, stride);
        _all[axis].Merge();
        _old[axis].Merge();

        void Fill(IndexRuns set, DimChunks ps, int i, DimChunks rs, int j)
        {
            set.Clear();
            set.Add(ps.Starts[i], ps.Sizes[i], rs.Starts[j], rs.Sizes[j], stride, dilation);
            set.Merge();
        }
    }

    private long Cycles(DramAxis[] axes, bool allNew, long width, long elements, bool packed)
    {
        (_width, _first, _start, _end) = (width, -1, 0, 0);
        foreach (AxisRuns old in _old) allNew |= old.IsEmpty;
        (long stride, long all, long kept) = (1, 1, 1);
        for (int a = axes.Length - 1; a >= 0; a--)
            checked
            {
                (_strides[a], all, kept) = (stride, all * _all[a].Size(), kept * _old[a].Size());
                stride *= axes[a].Size;
            }
        long moved = allNew ? all : all - kept;
        if (moved == 0) return 0;
        _bus.Begin();
        if (packed) (_first, _end) = (0, moved);
        else
        {
            Block(axes.Length - 1, allNew);
            Walk(0, 0, !allNew);
        }
        Flush();
        return _bus.Cycles(_memory.ClockHertz, elements, moved);
    }

    // Inner axes whose indices touch all bursts between their first and their last one are one block of the axis outside them.
    private void Block(int axis, bool allNew)
    {
        (_blockStart, _blockEnd) = (0, 1);
        for (_last = axis; ; _last--)
        {
            _bridged.Clear();
            long at = 0, to = -1;
            foreach ((long start, long end) in _all[_last].Runs)
            {
                if (to >= 0 && Meets((start - to + 1) * _strides[_last] - (_blockEnd - _blockStart))) to = end;
                else
                {
                    _bridged.Add(at, to - at);
                    (at, to) = (start, end);
                }
            }
            _bridged.Add(at, to - at);
            if (_last == 0 || _bridged.Runs.Length != 1 || !(allNew || _old[_last].Equals(_all[_last]))) return;
            // Unless the block's own indices do not meet, from one to the next.
            if (to - at > 1 && !Meets(_strides[_last] - (_blockEnd - _blockStart))) return;
            (long first, long last) = (at * _strides[_last] + _blockStart, (to - 1) * _strides[_last] + _blockEnd);
            if (!Meets(_strides[_last - 1] - (last - first))) return;
            (_blockStart, _blockEnd) = (first, last);
        }
    }

    // Whether no burst lies between two words that are so many words apart.
    private bool Meets(long gap) => checked(gap * _width) < _burstParts;

    // Old: all outer indices are among those that do not move where the rest does not either.
    private void Walk(int axis, long address, bool old)
    {
        ReadOnlySpan<(long Start, long End)> kept = _old[axis].Runs;
        int k = 0;
        foreach ((long from, long to) in axis == _last && !old ? _bridged.Runs : _all[axis].Runs)
        {
            if (axis < _last)
            {
                for (long i = from; i < to; i++)
                {
                    while (old && k < kept.Length && kept[k].End <= i) k++;
                    Walk(axis + 1, address + i * _strides[axis], old && k < kept.Length && kept[k].Start <= i);
                }
                continue;
            }
            long start = from;
            for (; old && k < kept.Length && kept[k].Start < to; k++)
            {
                Run(address, start, kept[k].Start);
                start = kept[k].End;
            }
            Run(address, start, to);
        }
    }

    private void Run(long address, long from, long to)
    {
        if (from >= to) return;
        long stride = _strides[_last], block = _blockEnd - _blockStart;
        if (to - from > 1 && !Meets(stride - block))
        {
            for (long i = from; i < to; i++) Run(address, i, i + 1);
            return;
        }
        (long start, long end) = checked((address + from * stride + _blockStart, address + (to - 1) * stride + _blockEnd));
        if (_first >= 0 && Meets(start - _end))
        {
            _end = end;
            return;
        }
        Flush();
        if (_first < 0) _first = start;
        (_start, _end) = (start, end);
    }

    private void Flush()
    {
        if (_end == _start) return;
        (long start, long end) = checked(((_start - _first) * _width, (_end - _first) * _width));
        _bus.Run(start / _widths.PartsPerBit, (end + _widths.PartsPerBit - 1) / _widths.PartsPerBit);
        _start = _end;
    }
}
