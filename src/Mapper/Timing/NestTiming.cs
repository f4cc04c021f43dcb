using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>
/// Cycles of a loop nest on a hierarchy: a max-plus recurrence over the nest (docs/timing.md). Loops whose step repeats are multiplied, and
/// a body that was walked from the same relative state is not walked again, so time does not grow with the loop counts; the result is that
/// of walking every step.
/// </summary>
public sealed class NestTiming
{
    private readonly NestProgram _program;
    private readonly TimingPorts _ports;
    private readonly StepTimes _times;
    private readonly StepClock _clock;
    private readonly Dictionary<ClassKey, int> _classes = [];
    private readonly Dictionary<(int Class, int Kind), TimedStep> _steps = [];
    private readonly Dictionary<int, TimedChunk> _chunks = [];
    private readonly Dictionary<int, (ulong[] Mask, Dictionary<Row, Outcome> Known)> _bodies = [];
    private long _compute;

    private NestTiming(LoopNest nest, Hierarchy hierarchy, NestWidths widths, ComputeRate rate)
    {
        _program = new NestProgram(nest, hierarchy);
        _ports = new TimingPorts(hierarchy, widths);
        _times = new StepTimes(_program, _ports, rate);
        ImmutableArray<int> spaces = [.. _program.Edges.Select(_times.Space)];
        foreach (NestEdge edge in _program.Edges) _times.Latency(edge);
        _clock = new StepClock(_program, _ports.Resources.Count) { Spaces = spaces };
    }

    private TimeState State => _clock.State;

    /// <summary>Cycles of a legal nest; overflow throws.</summary>
    public static NestCycles Of(LoopNest nest, Hierarchy hierarchy, NestWidths widths, ComputeRate rate)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        return new NestTiming(nest, hierarchy, widths, rate).Run();
    }

    private NestCycles Run()
    {
        DimChunks[] whole = [.. _program.Nest.Layer.Sizes.Select(DimChunks.Whole)];
        bool reduces = Enumerable.Range(0, _program.Loops.Length).Any(d => NestProgram.Reduces(_program.Loop(d).Dim));
        _clock.Apply(_times.Step(-1, null, null, p => Walk(whole, 0, p, false), false, !reduces));
        Body(0, Walk(whole, 0, Position(0), false), false, true);
        long products = State[TimeState.ComputeFree];
        _clock.Apply(_times.Step(-1, p => Walk(whole, 0, p, true), p => Members(whole, 0, p), null, false, true), isEnd: true);
        long total = _clock.End();
        ImmutableArray<NestStall> stalls = [.. _ports.Resources.Zip(State.Stalls, (r, c) => new NestStall(r, c)).Where(s => s.Cycles > 0)];
        ImmutableArray<ResourceUse> uses = [.. _ports.Resources.Zip(State.Busy, (r, c) => new ResourceUse(r, c))
            .Where(u => u.Resource.Kind is not (WaitKind.Buffer or WaitKind.Latency))];
        return new NestCycles(total, _compute, total - products, stalls, uses);
    }

    // The loops from a depth on, for given chunks.
    private void Body(int depth, DimChunks[] chunks, bool visited, bool complete)
    {
        int id = Class(depth, chunks, visited, complete);
        if (depth == _program.Loops.Length)
        {
            if (!_chunks.TryGetValue(id, out TimedChunk? chunk)) _chunks[id] = chunk = _times.Chunk(chunks);
            _compute = checked(_compute + chunk.Cycles);
            _clock.Apply(chunk);
            return;
        }
        if (_bodies.TryGetValue(id, out (ulong[] Mask, Dictionary<Row, Outcome> Known) body))
        {
            var key = new Row(State.Relative(body.Mask));
            if (!body.Known.TryGetValue(key, out Outcome? outcome))
                body.Known[key] = outcome = Record(body.Mask, () => Loop(depth, id, chunks, visited, complete));
            else Replay(body.Mask, outcome, 1);
            State.Touch(body.Mask);
            return;
        }
        ulong[] outer = State.Touched();
        State.ClearTouched();
        Loop(depth, id, chunks, visited, complete);
        State[TimeState.ComputeFree] = State[TimeState.ComputeFree];
        ulong[] mask = State.Touched();
        _bodies[id] = (mask, []);
        State.Touch(outer);
    }

    private void Loop(int depth, int id, DimChunks[] chunks, bool visited, bool complete)
    {
        LoopNode loop = _program.Loop(depth);
        int dim = (int)loop.Dim;
        bool reduces = NestProgram.Reduces(loop.Dim);
        (long all, long full) = (chunks[dim].Iterations(loop.Tile), chunks[dim].FullIterations(loop.Tile));
        for (long i = 0; i < all;)
        {
            // Iterations from i on that do the same: full tiles, neither the first nor, for sums, the last.
            long same = i == 0 ? 1 : Math.Min(full, reduces ? all - 1 : all) - i;
            long start = i;
            if (same <= 1)
            {
                Iteration(i);
                i++;
                continue;
            }
            i += Repeat(same, () => Iteration(start));
        }

        void Iteration(long i)
        {
            if (i > 0) _clock.Apply(Step(depth, id, chunks, i, full, visited || reduces, complete && !reduces));
            var inner = (DimChunks[])chunks.Clone();
            inner[dim] = chunks[dim].At(i, loop.Tile, true);
            int next = _program.Loops[depth] + 1;
            Body(depth + 1, Walk(inner, next, Position(depth + 1), false), visited || (reduces && i > 0),
                complete && (!reduces || i == all - 1));
        }
    }

    private long Repeat(long count, Action body)
    {
        ulong[] outer = State.Touched();
        var seen = new Dictionary<Row, (long At, long[] Values, long[] Stalls, long[] Busy, long Compute)>();
        long done = 0;
        while (done < count)
        {
            State.ClearTouched();
            body();
            done++;
            State[TimeState.ComputeFree] = State[TimeState.ComputeFree];
            ulong[] mask = State.Touched();
            State.Touch(outer);
            outer = State.Touched();
            var key = new Row(State.Relative(mask));
            if (!seen.TryGetValue(key, out (long At, long[] Values, long[] Stalls, long[] Busy, long Compute) then))
            {
                if (seen.Count < 256)
                    seen[key] = (done, (long[])State.Values.Clone(), (long[])State.Stalls.Clone(), (long[])State.Busy.Clone(), _compute);
                continue;
            }
            long times = (count - done) / (done - then.At);
            if (times == 0)
            {
                seen.Clear();
                continue;
            }
            checked
            {
                foreach (int c in TimeState.Components(mask))
                    State.Values[c] += times * (State.Values[c] - then.Values[c]);
                for (int r = 0; r < then.Stalls.Length; r++)
                {
                    State.Stalls[r] += times * (State.Stalls[r] - then.Stalls[r]);
                    State.Busy[r] += times * (State.Busy[r] - then.Busy[r]);
                }
                _compute += times * (_compute - then.Compute);
                done += times * (done - then.At);
            }
            seen.Clear();
        }
        return count;
    }

    private Outcome Record(ulong[] mask, Action walk)
    {
        (long[] values, long[] stalls, long[] busy, long compute) = ((long[])State.Values.Clone(), (long[])State.Stalls.Clone(),
            (long[])State.Busy.Clone(), _compute);
        walk();
        var origins = new List<(int, long)>();
        foreach (int c in TimeState.Components(mask))
            if (State.IsOrigin(c)) origins.Add((c, State.Values[c] - values[c]));
        return new Outcome(State.Relative(mask), [.. origins], Differences(State.Stalls, stalls), Differences(State.Busy, busy),
            _compute - compute);
    }

    private void Replay(ulong[] mask, Outcome outcome, long times)
    {
        checked
        {
            foreach ((int component, long step) in outcome.Origins) State.Values[component] += step * times;
            State.SetRelative(mask, outcome.After);
            for (int r = 0; r < outcome.Stalls.Length; r++)
            {
                State.Stalls[r] += outcome.Stalls[r] * times;
                State.Busy[r] += outcome.Busy[r] * times;
            }
            _compute += outcome.Compute * times;
        }
    }

    private static long[] Differences(long[] now, long[] then) => [.. now.Zip(then, (a, b) => a - b)];

    private TimedStep Step(int depth, int id, DimChunks[] chunks, long i, long full, bool visited, bool complete)
    {
        int kind = (i < full ? 0 : (int)(1 + i - full)) * 4 + (visited ? 2 : 0) + (complete ? 1 : 0);
        if (_steps.TryGetValue((id, kind), out TimedStep? known)) return known;
        LoopNode loop = _program.Loop(depth);
        var (before, after) = ((DimChunks[])chunks.Clone(), (DimChunks[])chunks.Clone());
        before[(int)loop.Dim] = chunks[(int)loop.Dim].At(i - 1, loop.Tile, false);
        after[(int)loop.Dim] = chunks[(int)loop.Dim].At(i, loop.Tile, false);
        int next = _program.Loops[depth] + 1;
        return _steps[(id, kind)] = _times.Step(depth, p => Walk(before, next, p, true), p => Members(before, next, p),
            p => Walk(after, next, p, false), visited, complete);
    }

    private DimChunks[] Walk(DimChunks[] chunks, int from, int to, bool last)
    {
        var walked = (DimChunks[])chunks.Clone();
        if (last)
        {
            for (int dim = 0; dim < walked.Length; dim++) walked[dim] = walked[dim].AtLast(_program.LoopsOf(dim, from, to));
            return walked;
        }
        for (int n = from; n < to; n++)
        {
            if (_program.Nest.Nodes[n] is SpatialNode s) walked[(int)s.Dim] = walked[(int)s.Dim].Split(s.Count, s.Tile);
            if (_program.Nest.Nodes[n] is LoopNode l) walked[(int)l.Dim] = walked[(int)l.Dim].At(0, l.Tile, false);
        }
        return walked;
    }

    // Where the output tiles that are there at the last iterations came from: an instance that idles in the last ones holds an earlier
    // tile. When a tile came, loops inside the innermost loop that moved it were at their first iteration, those outside at the last one of
    // instance 0.
    private OutputMembers Members(DimChunks[] chunks, int from, int to)
    {
        var moved = new int[chunks.Length][];
        for (int dim = 0; dim < moved.Length; dim++)
            moved[dim] = NestProgram.Reduces((LoopDim)dim) ? []
                : chunks[dim].LastMoves(_program.LoopsOf(dim, from, to), _program.PositionsOf(dim, from, to));
        return new OutputMembers(moved, last =>
        {
            var members = (DimChunks[])chunks.Clone();
            for (int n = from; n < to; n++)
            {
                if (_program.Nest.Nodes[n] is SpatialNode s) members[(int)s.Dim] = members[(int)s.Dim].Split(s.Count, s.Tile);
                if (_program.Nest.Nodes[n] is LoopNode l && members[(int)l.Dim] is var m)
                    members[(int)l.Dim] = m.At(n < last ? m.Iterations(l.Tile) - 1 : 0, l.Tile, false);
            }
            return members;
        });
    }

    private int Position(int depth) => depth < _program.Loops.Length ? _program.Loops[depth] : _program.ComputePosition;

    private int Class(int depth, DimChunks[] chunks, bool visited, bool complete)
    {
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_classes, new ClassKey(depth, chunks, visited, complete),
            out bool known);
        if (!known) id = _classes.Count - 1;
        return id;
    }

    private sealed record Outcome(long[] After, ImmutableArray<(int Component, long Step)> Origins, long[] Stalls, long[] Busy,
        long Compute);

    private readonly struct Row(long[] values) : IEquatable<Row>
    {
        private readonly long[] _values = values;

        public bool Equals(Row other) => _values.AsSpan().SequenceEqual(other._values);

        public override bool Equals(object? obj) => obj is Row row && Equals(row);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            foreach (long value in _values) hash.Add(value);
            return hash.ToHashCode();
        }
    }

    private readonly struct ClassKey(int depth, DimChunks[] chunks, bool visited, bool complete) : IEquatable<ClassKey>
    {
        private readonly int _bits = depth * 4 + (visited ? 2 : 0) + (complete ? 1 : 0);
        private readonly DimChunks[] _chunks = chunks;

        public bool Equals(ClassKey other) => _bits == other._bits && _chunks.AsSpan().SequenceEqual(other._chunks);

        public override bool Equals(object? obj) => obj is ClassKey key && Equals(key);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_bits);
            foreach (DimChunks c in _chunks) hash.Add(c);
            return hash.ToHashCode();
        }
    }
}
