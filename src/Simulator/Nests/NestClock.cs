using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;

namespace Sim.Simulator.Nests;

/// <summary>Time of the machine: every transfer and every chunk of products is an event on its ports, in the order of
/// docs/guide/nest-timing.md.</summary>
internal sealed class NestClock
{
    private readonly Hierarchy _hierarchy;
    private readonly ClockPorts _ports;
    private readonly ClockEdge[] _edges;
    private readonly int[] _innermost;
    private readonly ComputeRate _rate;
    private readonly long _skew;
    private readonly long[] _free, _idle, _busy, _stalls;
    private readonly Occupied _use;
    private readonly INestObserver? _watch;
    private readonly IdleGaps? _gaps;
    private long _array, _arrayEnd, _compute, _products;
    private Operand? _moving;

    /// <param name="hierarchy">The machine.</param>
    /// <param name="ports">Its ports.</param>
    /// <param name="edges">Stores in the order of the nest.</param>
    /// <param name="innermost">By operand, the memory that the multiply-adders use.</param>
    /// <param name="rate">Cycles of a product.</param>
    /// <param name="skew">Cycles from the first multiply-adder to the last.</param>
    /// <param name="watch">Who hears of it.</param>
    public NestClock(Hierarchy hierarchy, ClockPorts ports, ClockEdge[] edges, int[] innermost, ComputeRate rate, long skew,
        INestObserver? watch = null)
    {
        (_watch, _gaps) = (watch, watch is null ? null : new IdleGaps(ports.Resources.Count));
        watch?.Begin(ports.Resources);
        (_hierarchy, _ports, _edges, _innermost, _rate, _skew) = (hierarchy, ports, edges, innermost, rate, skew);
        int n = ports.Resources.Count;
        (_free, _idle, _busy, _stalls, _use) = (new long[n], new long[n], new long[n], new long[n], new Occupied(n));
    }

    /// <summary>One step; what each store exchanges. A tile that only leaves at the end brings none.</summary>
    public void Step(ReadOnlySpan<Moved> moved, bool isEnd)
    {
        for (int e = 0; e < _edges.Length; e++)
        {
            ClockEdge edge = _edges[e];
            edge.Changes = moved[e].ChildIn > 0 || moved[e].ChildOut > 0;
            if (edge.Changes)
                edge.Free = edge.Child is { } child ? Math.Max(child.DownEnd, child.UpEnd) : Math.Max(_arrayEnd, edge.DownEnd);
        }
        // Sums go up first from where an output tile on the way has no second place.
        int single = Array.FindIndex(_edges, e => e is { Changes: true, Operand: Operand.Outputs, TwoPlaces: false });
        if (single < 0) single = _edges.Length;
        for (int e = _edges.Length - 1; e >= single; e--) Up(_edges[e], moved[e]);
        for (int e = 0; e < _edges.Length && !isEnd; e++) Down(_edges[e], moved[e]);
        for (int e = single - 1; e >= 0; e--) Up(_edges[e], moved[e]);
        foreach (ClockEdge edge in _edges)
            if (edge.Changes) edge.FreeBefore = edge.Free;
    }

    /// <summary>The products of one chunk: steps, and words at the innermost stores by operand. Loops above it stand at
    /// <paramref name="index"/>.</summary>
    public void Chunk(long steps, ReadOnlySpan<long> words, ReadOnlySpan<long> index)
    {
        long cycles = checked((steps * _rate.Cycles + _rate.Products - 1) / _rate.Products);
        _compute += cycles;
        _use.Clear();
        for (int x = 0; x < 3; x++)
        {
            _ports.Access(_use, _innermost[x], (Operand)x, words[x], false);
            if (x == 2) _ports.Access(_use, _innermost[x], (Operand)x, words[x], true);
        }
        _use.Sort();
        (long start, int waits, long longest, int limit) = (_array, -1, cycles, -1);
        for (int i = 0; i < _use.Count; i++)
        {
            if (_free[_use[i]] > start) (start, waits) = (_free[_use[i]], _use[i]);
            if (_use.Cycles(_use[i]) > longest) (longest, limit) = (_use.Cycles(_use[i]), _use[i]);
        }
        if (waits >= 0) Stall(waits, _array, start);
        if (limit >= 0) Stall(limit, start + cycles, start + longest);
        _watch?.Products(index, start, start + cycles);
        _moving = null;
        for (int i = 0; i < _use.Count; i++) Work(_use[i], start, _use.Cycles(_use[i]));
        _array = checked(start + longest);
        _arrayEnd = _array + _skew;
        _products = _array;
    }

    /// <summary>All that the clock has counted.</summary>
    public NestCycles End()
    {
        long total = Math.Max(_array, _arrayEnd);
        foreach (ClockEdge edge in _edges) total = Math.Max(total, Math.Max(edge.DownEnd, edge.UpEnd));
        if (total > _products) _watch?.Wait(-1, _products, total);
        ImmutableArray<NestStall> stalls = [.. Enumerable.Range(0, _stalls.Length).Where(r => _stalls[r] > 0)
            .Select(r => new NestStall(_ports.Resources[r], _stalls[r]))];
        ImmutableArray<ResourceUse> uses = [.. Enumerable.Range(0, _busy.Length)
            .Where(r => _ports.Resources[r].Kind is not (WaitKind.Buffer or WaitKind.Latency))
            .Select(r => new ResourceUse(_ports.Resources[r], _busy[r]))];
        return new(total, _compute, total - _products, stalls, uses);
    }

    private void Up(ClockEdge edge, in Moved moved)
    {
        if (moved.ChildOut == 0) return;
        _moving = Operand.Outputs;
        if (edge.ParentLevel == 0) _watch?.OutputsLeave();
        _use.Clear();
        _ports.Access(_use, edge.Level, Operand.Outputs, moved.ChildOut, false);
        _ports.Access(_use, edge.ParentLevel, Operand.Outputs, moved.ParentOut, true, moved.Final && edge.ParentLevel == 0
            ? moved.Distinct : 0,
            moved.RowsOut);
        long start = Math.Max(edge.UpEnd, edge.Free), end = start;
        _use.Sort();
        for (int i = 0; i < _use.Count; i++)
            end = Math.Max(end, Math.Max(start + _use.Cycles(_use[i]), Work(_use[i], start, _use.Cycles(_use[i]))));
        edge.UpEnd = edge.Free = end + edge.Hops;
        if (edge.Parent is { Changes: true } parent) parent.Free = Math.Max(parent.Free, edge.Free);
    }

    private void Down(ClockEdge edge, in Moved moved)
    {
        if (!edge.Changes) return;
        _moving = edge.Operand;
        long ready = edge.TwoPlaces ? edge.FreeBefore : edge.Free;
        int cause = _ports.Space(edge.Level, edge.Operand);
        if (moved.ChildIn > 0 && (edge.Operand != Operand.Outputs || moved.Back))
        {
            _use.Clear();
            _ports.Access(_use, edge.ParentLevel, edge.Operand, moved.ParentIn, false, 0, moved.RowsIn);
            _ports.Access(_use, edge.Level, edge.Operand, moved.ChildIn, true);
            _use.Sort();
            (long start, long longest, int limit) = (Math.Max(edge.DownEnd, ready), 0, cause);
            if (edge.Operand == Operand.Outputs) start = Math.Max(start, edge.UpEnd);
            for (int i = 0; i < _use.Count; i++)
                if (_use.Cycles(_use[i]) > longest) (longest, limit) = (_use.Cycles(_use[i]), _use[i]);
            long delay = edge.Hops + _hierarchy.Memory(edge.ParentLevel).LatencyCycles;
            if (delay > longest) limit = _ports.Latency(edge.ParentLevel);
            cause = edge.DownEnd >= start && edge.Cause >= 0 ? edge.Cause : limit;
            edge.Cause = -1;
            edge.DownEnd = Fetch(edge, start, start + longest);
            ready = edge.DownEnd + delay;
        }
        else edge.DownEnd = Math.Max(edge.DownEnd, ready);
        if (edge.Child is { } child)
        {
            if (ready <= child.DownEnd) return;
            (child.DownEnd, child.Cause) = (ready, cause);
        }
        else if (ready > _array)
        {
            Stall(cause, _array, ready);
            _array = ready;
        }
    }

    // With two places, idle cycles since the present tile began have already been used.
    private long Fetch(ClockEdge edge, long start, long end)
    {
        for (int i = 0; i < _use.Count; i++)
        {
            int resource = _use[i];
            long rest = _use.Cycles(resource);
            if (edge.TwoPlaces)
            {
                long used = Math.Min(rest, Math.Max(0, _idle[resource] - edge.Marks[resource]));
                if (used > 0) _gaps?.Fill(resource, _idle[resource] - edge.Marks[resource], used, _moving, _watch!);
                (_idle[resource], _busy[resource], rest) = (_idle[resource] - used, _busy[resource] + used, rest - used);
            }
            end = Math.Max(end, Work(resource, start, rest));
            edge.Marks[resource] = _idle[resource];
        }
        return end;
    }

    private long Work(int resource, long start, long cycles)
    {
        long begin = Math.Max(start, _free[resource]);
        if (begin > _free[resource]) _gaps?.Add(resource, _free[resource], begin);
        if (cycles > 0) _watch?.Use(resource, begin, begin + cycles, _moving);
        _idle[resource] += begin - _free[resource];
        _busy[resource] += cycles;
        return _free[resource] = checked(begin + cycles);
    }

    private void Stall(int resource, long begin, long end)
    {
        _stalls[resource] += end - begin;
        if (end > begin) _watch?.Wait(resource, begin, end);
    }
}
