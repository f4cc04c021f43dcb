using System.Numerics;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>Where the sums of a delivery come from: the places at these ranks, in order of the tree, into a register.</summary>
internal interface ISumSource
{
    /// <summary>Adds what the places at ranks from <paramref name="first"/> up to <paramref name="end"/> have (several only where they are
    /// lanes of one unit).</summary>
    void Take(int register, int first, int end);

    /// <summary>Whether any of the places at these ranks has something.</summary>
    bool Has(int first, int end);
}

/// <summary>
/// The adders between one store of sums and what is below: chains and trees over the places that work on the same output. Places are
/// ranked: apart from each other first, then by the axes that reduce, the outermost first, lanes last.
/// </summary>
internal sealed class Deliveries
{
    private readonly record struct Row(int Level, int Axis, Reduction Kind, bool Lanes, List<(int Loop, int Count)> Loops);

    private readonly List<Row> _rows = [];
    private readonly int _apart, _reducing;
    private readonly long[][] _position;
    private readonly SumRegisters _registers;

    public Deliveries(LoopNest nest, Hierarchy hierarchy, int from, int to, SumRegisters registers)
    {
        _registers = registers;
        var loops = new List<int>();
        for (int n = from + 1; n < to; n++)
        {
            if (nest.Nodes[n] is not SpatialNode { Dim: LoopDim.C or LoopDim.R or LoopDim.S } space) continue;
            FabricAxis axis = hierarchy.Fabric(space.Level).Axes[space.Axis];
            if (!_rows.Any(r => r.Level == space.Level && r.Axis == space.Axis))
                _rows.Add(new Row(space.Level, space.Axis, axis.Outputs, axis.SumsOnly && to == nest.Nodes.Length, []));
            _rows.First(r => r.Level == space.Level && r.Axis == space.Axis).Loops.Add((loops.Count, (int)space.Count));
            loops.Add((int)space.Count);
        }
        _rows = [.. _rows.Where(r => !r.Lanes && r.Kind == Reduction.None), .. _rows.Where(r => !r.Lanes && r.Kind != Reduction.None),
            .. _rows.Where(r => r.Lanes)];
        _apart = _rows.Count(r => !r.Lanes && r.Kind == Reduction.None);
        _reducing = _rows.Count(r => !r.Lanes) - _apart;
        Places = loops.Aggregate(1, (places, count) => checked(places * count));
        long[][] positions = [.. Enumerable.Range(0, Places).Select(place => _rows.Select(r => Position(r, place, loops)).ToArray())];
        Ranked = [.. Enumerable.Range(0, Places).OrderBy(p => positions[p],
            Comparer<long[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))];
        _position = [.. _rows.Select((_, r) => Ranked.Select(p => positions[p][r]).ToArray())];
    }

    /// <summary>Places that work on one output.</summary>
    public int Places { get; }

    /// <summary>The places by rank; a place counts the summed spatial loops between, the last one fastest.</summary>
    public int[] Ranked { get; }

    /// <summary>Registers that a delivery may need at once beside the one that it goes to.</summary>
    public int Scratch => 2 + _rows.Sum(r => r.Kind == Reduction.Tree ? BitOperations.Log2((ulong)Width(r)) : 1);

    /// <summary>Adds what all places have to a register; how many sums arrived there.</summary>
    public int Run(ISumSource source, int register, int scratch)
    {
        int sums = 0;
        for (int first = 0, end; first < Places; first = end)
        {
            end = End(first, Places, 0, _apart);
            if (!source.Has(first, end)) continue;
            sums++;
            if (_reducing == 0)
            {
                source.Take(register, first, end);
                continue;
            }
            Reduce(source, _apart, first, end, scratch);
            _registers.Take(register, scratch);
        }
        return sums;
    }

    // The places at ranks from first to end, which differ in the rows from this one on, into an empty register.
    private void Reduce(ISumSource source, int row, int first, int end, int register)
    {
        if (row == _apart + _reducing)
        {
            if (source.Has(first, end)) source.Take(register, first, end);
            return;
        }
        if (_rows[row].Kind == Reduction.Tree)
        {
            Tree(source, row, first, end, 0, Width(_rows[row]), register);
            return;
        }
        bool last = row == _apart + _reducing - 1;
        for (int next; first < end; first = next)
        {
            next = End(first, end, row, row + 1);
            if (last)
            {
                if (source.Has(first, next)) source.Take(register, first, next);
                continue;
            }
            Reduce(source, row + 1, first, next, register + 1);
            _registers.Take(register, register + 1);
        }
    }

    private void Tree(ISumSource source, int row, int first, int end, long position, long width, int register)
    {
        if (first == end) return;
        if (width == 1)
        {
            Reduce(source, row + 1, first, end, register);
            return;
        }
        int middle = first;
        while (middle < end && _position[row][middle] < position + width / 2) middle++;
        Tree(source, row, first, middle, position, width / 2, register);
        Tree(source, row, middle, end, position + width / 2, width / 2, register + 1);
        _registers.Take(register, register + 1);
    }

    // Where the ranks end that share the positions of rank first in rows from..to.
    private int End(int first, int most, int from, int to)
    {
        int end = first + 1;
        while (end < most && Same(first, end, from, to)) end++;
        return end;
    }

    private bool Same(int a, int b, int from, int to)
    {
        for (int r = from; r < to; r++)
            if (_position[r][a] != _position[r][b]) return false;
        return true;
    }

    private static long Width(Row row)
    {
        long places = row.Loops.Aggregate(1L, (p, l) => p * l.Count), width = 1;
        while (width < places) width *= 2;
        return width;
    }

    private static long Position(Row row, int place, List<int> loops)
    {
        long position = 0;
        foreach ((int loop, int count) in row.Loops)
        {
            int below = 1;
            for (int l = loop + 1; l < loops.Count; l++) below *= loops[l];
            position = position * count + place / below % count;
        }
        return position;
    }
}
