using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Timing;

/// <summary>
/// What one step and one compute chunk do to the clock. Order of a step: sums that leave single-buffered places go up, innermost first; new
/// tiles come down, outermost first; other sums go up, innermost first. A tile may come as soon as its place is free (double-buffered: when
/// the tile before the present one was released), its parent's tile is there and its ports are free; cycles in which the ports idled since
/// the present tile began have been used for it.
/// </summary>
internal sealed class StepClock(NestProgram program, TimingPorts ports)
{
    private readonly long[] _release = new long[program.Edges.Length];
    private readonly bool[] _changes = new bool[program.Edges.Length];
    // Idle cycles matter where a double-buffered transfer may use them.
    private readonly bool[] _idles = Idles(program, ports);

    /// <summary>The state.</summary>
    public TimeState State { get; } = new(ports.Resources.Count, program.Edges.Length);

    /// <summary>A step.</summary>
    public void Apply(TimedStep step, bool isEnd = false)
    {
        TimedChange[] changes = step.Changes;
        foreach (TimedChange change in changes)
        {
            _release[change.Edge.Index] = Release(change.Edge);
            _changes[change.Edge.Index] = true;
        }
        for (int i = changes.Length - 1; i >= 0; i--)
            if (changes[i] is { UpFirst: true, Up: not null }) Up(changes[i]);
        if (!isEnd)
            foreach (TimedChange change in changes) Down(change);
        for (int i = changes.Length - 1; i >= 0; i--)
            if (changes[i] is { UpFirst: false, Up: not null }) Up(changes[i]);
        foreach (TimedChange change in changes)
        {
            if (change.Edge.DoubleBuffered) State[State.Released(change.Edge.Index)] = _release[change.Edge.Index];
            _changes[change.Edge.Index] = false;
        }
    }

    /// <summary>A compute chunk.</summary>
    public void Apply(TimedChunk chunk)
    {
        long free = State[TimeState.ComputeFree];
        (long start, int waits) = (free, -1);
        (long cycles, int limit) = (chunk.Cycles, -1);
        foreach ((int resource, long busy) in chunk.Occupies)
        {
            if (State[State.Free(resource)] > start) (start, waits) = (State[State.Free(resource)], resource);
            if (busy > cycles) (cycles, limit) = (busy, resource);
        }
        if (waits >= 0) State.Stalls[waits] += start - free;
        if (limit >= 0) State.Stalls[limit] += cycles - chunk.Cycles;
        foreach ((int resource, long busy) in chunk.Occupies) Occupy(resource, start, busy);
        State[TimeState.ComputeFree] = checked(start + cycles);
        State[TimeState.ComputeEnd] = checked(start + cycles + chunk.Skew);
    }

    /// <summary>When everything has ended.</summary>
    public long End()
    {
        long end = Math.Max(State[TimeState.ComputeFree], State[TimeState.ComputeEnd]);
        foreach (NestEdge edge in program.Edges)
            end = Math.Max(end, Math.Max(State[State.DownFree(edge.Index)], State[State.UpFree(edge.Index)]));
        return end;
    }

    // A tile is released when its last user has ended.
    private long Release(NestEdge edge) => edge.Child < 0
        ? Math.Max(State[TimeState.ComputeEnd], State[State.DownFree(edge.Index)])
        : edge.Operand != Operand.Outputs ? State[State.DownFree(edge.Child)]
        : Math.Max(State[State.DownFree(edge.Child)], State[State.UpFree(edge.Child)]);

    private void Up(TimedChange change)
    {
        (int e, TimedTransfer up) = (change.Edge.Index, change.Up!);
        long start = Math.Max(State[State.UpFree(e)], _release[e]);
        long end = checked(start + up.Cycles);
        foreach ((int resource, long busy) in up.Occupies) end = Math.Max(end, Occupy(resource, start, busy));
        end = checked(end + up.Delay);
        State[State.UpFree(e)] = end;
        _release[e] = end;
        int parent = change.Edge.Parent;
        if (parent >= 0 && _changes[parent]) _release[parent] = Math.Max(_release[parent], end);
    }

    private void Down(TimedChange change)
    {
        NestEdge edge = change.Edge;
        int e = edge.Index;
        long place = edge.DoubleBuffered ? State[State.Released(e)] : _release[e];
        long ready = place;
        int cause = -1;
        if (change.Down is { } down)
        {
            long gate = State[State.DownFree(e)];
            long start = Math.Max(gate, place);
            if (edge.Operand == Operand.Outputs) start = Math.Max(start, State[State.UpFree(e)]);
            long waits = State[State.Cause(e)];
            cause = gate >= start && waits > 0 ? (int)waits - 1 : down.Limit;
            long end = checked(start + down.Cycles);
            foreach ((int resource, long busy) in down.Occupies)
            {
                long rest = busy - (edge.DoubleBuffered ? UseIdle(e, resource, busy) : 0);
                end = Math.Max(end, Occupy(resource, start, rest));
                State.Busy[resource] += busy - rest;
                if (edge.DoubleBuffered) State[State.Mark(e, resource)] = State[State.Idle(resource)];
            }
            State[State.DownFree(e)] = end;
            State[State.Cause(e)] = 0;
            ready = checked(end + down.Delay);
        }
        else
        {
            // A tile that begins empty takes its place when that is free.
            cause = ports.Space(edge.Level, edge.Operand);
            State[State.DownFree(e)] = Math.Max(State[State.DownFree(e)], ready);
        }
        if (edge.Child >= 0)
        {
            bool later = ready > State[State.DownFree(edge.Child)];
            State[State.Cause(edge.Child)] = later ? cause + 1 : State[State.Cause(edge.Child)];
            if (later) State[State.DownFree(edge.Child)] = ready;
        }
        else if (ready > State[TimeState.ComputeFree])
        {
            State.Stalls[cause] += ready - State[TimeState.ComputeFree];
            State[TimeState.ComputeFree] = ready;
        }
    }

    // Idle cycles of a resource since the present tile began, as far as the transfer needs them; they are gone for others.
    private long UseIdle(int edge, int resource, long needed)
    {
        long idle = State[State.Idle(resource)] - State[State.Mark(edge, resource)];
        long used = Math.Clamp(idle, 0, needed);
        State[State.Idle(resource)] -= used;
        return used;
    }

    private long Occupy(int resource, long start, long busy)
    {
        // What a step touches must not depend on values: idle cycles are written even when there are none.
        long free = State[State.Free(resource)], begin = Math.Max(start, free);
        if (_idles[resource]) State[State.Idle(resource)] += begin - free;
        State.Busy[resource] += busy;
        return State[State.Free(resource)] = checked(begin + busy);
    }

    private static bool[] Idles(NestProgram program, TimingPorts ports)
    {
        var idles = new bool[ports.Resources.Count];
        foreach (NestEdge edge in program.Edges)
            for (int r = 0; r < idles.Length && edge.DoubleBuffered; r++)
                idles[r] |= ports.Resources[r].Level == edge.Level || ports.Resources[r].Level == edge.ParentLevel;
        return idles;
    }
}
