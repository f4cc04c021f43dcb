using System.Collections.Immutable;
using System.Runtime.Intrinsics;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>
/// Cycles of a loop nest on a hierarchy: a max-plus recurrence over the nest (docs/guide/nest-timing.md). Loops whose step repeats are
/// multiplied, and a body that was walked from the same relative state is not walked again, so time does not grow with the loop counts; the
/// result is that of walking every step.
/// </summary>
public sealed class NestTiming
{
    private const int Dims = LoopLayer.Dims;
    private readonly NestProgram _program;
    private readonly ChunkPool _pool;
    private readonly TimingPorts _ports;
    private readonly StepTimes _times;
    private readonly StepClock _clock;
    private readonly TimedMemory _memory;
    private readonly Dictionary<(Vector256<int> Chunks, int Bits), int> _classes = [];
    private readonly List<TimedBody> _bodies = [];
    // Chunks by depth and dimension.
    private readonly DimChunks[] _chunks;
    private readonly DimChunks[] _stepBefore = new DimChunks[Dims], _stepAfter = new DimChunks[Dims];

    private NestTiming(LoopNest nest, Hierarchy hierarchy, NestWidths widths, ComputeRate rate)
    {
        _program = new NestProgram(nest, hierarchy);
        _pool = new ChunkPool(_program);
        _ports = new TimingPorts(_program, widths);
        _times = new StepTimes(_program, _pool, _ports, widths, rate);
        _clock = new StepClock(_program, _ports);
        _memory = new TimedMemory(_clock.State);
        _chunks = new DimChunks[(_program.Loops.Length + 2) * Dims];
    }

    private TimeState State => _clock.State;

    /// <summary>Cycles of a legal nest; overflow throws.</summary>
    public static NestCycles Of(LoopNest nest, Hierarchy hierarchy, NestWidths widths, ComputeRate rate)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        var timing = new NestTiming(nest, hierarchy, widths, rate);
        NestCycles cycles = timing.Run();
        timing._memory.Release();
        return cycles;
    }

    private NestCycles Run()
    {
        var whole = new DimChunks[Dims];
        for (int dim = 0; dim < Dims; dim++) whole[dim] = _pool.Whole(_program.Nest.Layer.Sizes[dim]);
        bool reduces = false;
        for (int depth = 0; depth < _program.Loops.Length; depth++) reduces |= NestProgram.Reduces(_program.Loop(depth).Dim);
        _clock.Apply(_times.Step(-1, 0, null, whole, false, !reduces));
        for (int dim = 0; dim < Dims; dim++) _chunks[dim] = _pool.Walk(whole[dim], dim, 0, Position(0));
        Body(0, false, true);
        long products = State[TimeState.ComputeFree];
        _clock.Apply(_times.Step(-1, 0, whole, null, false, true), isEnd: true);
        long total = _clock.End();
        var stalls = ImmutableArray.CreateBuilder<NestStall>();
        var uses = ImmutableArray.CreateBuilder<ResourceUse>();
        for (int r = 0; r < _ports.Resources.Count; r++)
        {
            TimingResource resource = _ports.Resources[r];
            if (State.Stalls[r] > 0) stalls.Add(new(resource, State.Stalls[r]));
            if (resource.Kind is not (WaitKind.Buffer or WaitKind.Latency)) uses.Add(new(resource, State.Busy[r]));
        }
        return new NestCycles(total, _memory.Compute, total - products, stalls.ToImmutable(), uses.ToImmutable());
    }

    // The loops from a depth on, for the chunks there.
    private void Body(int depth, bool visited, bool complete)
    {
        TimedBody body = BodyOf(depth, visited, complete);
        if (depth == _program.Loops.Length)
        {
            TimedChunk chunk = body.Chunk ??= _times.Chunk(_chunks.AsSpan(depth * Dims, Dims).ToArray());
            _memory.Compute = checked(_memory.Compute + chunk.Cycles);
            _clock.Apply(chunk);
            return;
        }
        if (body.Components is not null)
        {
            if (!_memory.Replay(body))
            {
                Loop(depth, body, visited, complete);
                _memory.Record(body);
            }
            State.Touch(body.Mask);
            return;
        }
        Span<ulong> outer = stackalloc ulong[State.MaskWords];
        State.Begin(outer);
        Loop(depth, body, visited, complete);
        State[TimeState.ComputeFree] = State[TimeState.ComputeFree];
        _memory.Learn(body);
        State.Touch(outer);
    }

    private void Loop(int depth, TimedBody body, bool visited, bool complete)
    {
        int node = _program.Loops[depth];
        bool reduces = NestProgram.Reduces(_program.Loop(depth).Dim);
        DimChunks chunks = _chunks[(depth * Dims) + (int)_program.Loop(depth).Dim];
        (long all, long full) = (chunks.Iterations(_program.Tiles[node]), chunks.FullIterations(_program.Tiles[node]));
        for (long i = 0; i < all;)
        {
            // Iterations from i on that do the same: full tiles, neither the first nor, for sums, the last.
            long same = i == 0 ? 1 : Math.Min(full, reduces ? all - 1 : all) - i;
            if (same > 1) Repeat(same, depth, body, i, all, full, visited, complete);
            else Iteration(depth, body, i, all, full, visited, complete);
            i += Math.Max(1, same);
        }
    }

    private void Iteration(int depth, TimedBody body, long i, long all, long full, bool visited, bool complete)
    {
        LoopNode loop = _program.Loop(depth);
        bool reduces = NestProgram.Reduces(loop.Dim);
        if (i > 0) _clock.Apply(Step(depth, body, i, full, visited || reduces, complete && !reduces));
        int node = _program.Loops[depth], next = node + 1, to = Position(depth + 1);
        for (int dim = 0; dim < Dims; dim++)
        {
            DimChunks inner = _chunks[(depth * Dims) + dim];
            if (dim == (int)loop.Dim) inner = i < full ? _pool.First(inner, node) : _pool.At(inner, node, i, true);
            _chunks[((depth + 1) * Dims) + dim] = _pool.Walk(inner, dim, next, to);
        }
        Body(depth + 1, visited || (reduces && i > 0), complete && (!reduces || i == all - 1));
    }

    private void Repeat(long count, int depth, TimedBody body, long i, long all, long full, bool visited, bool complete)
    {
        int kept = _memory.Kept;
        Span<ulong> outer = stackalloc ulong[State.MaskWords];
        State.Begin(outer);
        for (long done = 0; done < count;)
        {
            Iteration(depth, body, i, all, full, visited, complete);
            done++;
            State[TimeState.ComputeFree] = State[TimeState.ComputeFree];
            done += _memory.Extrapolate(kept, done, count);
            State.Touch(outer);
            State.Begin(outer);
        }
        State.Touch(outer);
        _memory.Forget(kept);
    }

    private TimedStep Step(int depth, TimedBody body, long i, long full, bool visited, bool complete)
    {
        int kind = (i < full ? 0 : checked((int)(1 + i - full))) * 4 + (visited ? 2 : 0) + (complete ? 1 : 0);
        if (body.Step(kind) is { } known) return known;
        int node = _program.Loops[depth], changed = (int)_program.Loop(depth).Dim;
        for (int dim = 0; dim < Dims; dim++) _stepBefore[dim] = _stepAfter[dim] = _chunks[(depth * Dims) + dim];
        DimChunks chunks = _stepBefore[changed];
        _stepBefore[changed] = i == 1 ? _pool.First(chunks, node) : _pool.At(chunks, node, i - 1, false);
        _stepAfter[changed] = _pool.At(chunks, node, i, false);
        return body.Remember(kind, _times.Step(node, node + 1, _stepBefore, _stepAfter, visited, complete));
    }

    private int Position(int depth) => depth < _program.Loops.Length ? _program.Loops[depth] : _program.ComputePosition;

    // Bodies with the same chunks do the same.
    private TimedBody BodyOf(int depth, bool visited, bool complete)
    {
        ReadOnlySpan<DimChunks> chunks = _chunks.AsSpan(depth * Dims, Dims);
        Vector256<int> ids = Vector256.Create(chunks[0].Id, chunks[1].Id, chunks[2].Id, chunks[3].Id, chunks[4].Id, chunks[5].Id,
            chunks[6].Id, chunks[7].Id);
        ref int id = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_classes,
            (ids, depth * 4 + (visited ? 2 : 0) + (complete ? 1 : 0)), out bool known);
        if (known) return _bodies[id];
        id = _bodies.Count;
        _bodies.Add(new TimedBody());
        return _bodies[id];
    }
}
