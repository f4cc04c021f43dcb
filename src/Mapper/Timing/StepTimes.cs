using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>Turns element counts into occupied cycles.</summary>
internal sealed class StepTimes
{
    private readonly NestProgram _program;
    private readonly ChunkPool _pool;
    private readonly TimingPorts _ports;
    private readonly ComputeRate _rate;
    private readonly TransferWords _words;
    private readonly DramTransfers? _dram;
    private readonly ComputeWords _compute;
    private readonly List<TimedChange> _changes = [];
    private readonly DimChunks[] _before = new DimChunks[LoopLayer.Dims], _after = new DimChunks[LoopLayer.Dims];
    private readonly long[] _hops;
    private readonly long _skew;

    /// <summary>Times of one nest.</summary>
    public StepTimes(NestProgram program, ChunkPool pool, TimingPorts ports, NestWidths widths, ComputeRate rate)
    {
        (_program, _pool, _ports, _rate) = (program, pool, ports, rate);
        (_words, _compute) = (new(program), new(program, pool));
        _dram = DramTransfers.Of(program, widths, _words);
        _hops = new long[program.Edges.Length];
        foreach (NestEdge edge in program.Edges) _hops[edge.Index] = Hops(edge);
        _skew = Skew();
    }

    /// <summary>The step at which a loop goes on (or the start: before null; or the end: after null).</summary>
    /// <param name="first">Edges at this node or below may change.</param>
    /// <param name="from">The node where the loops begin that start again.</param>
    /// <param name="before">Chunks there before.</param>
    /// <param name="after">Chunks there after.</param>
    /// <param name="visited">Whether a reducing loop has been here before: partial sums come back.</param>
    /// <param name="complete">Whether what leaves has been reduced completely.</param>
    public TimedStep Step(int first, int from, DimChunks[]? before, DimChunks[]? after, bool visited, bool complete)
    {
        _changes.Clear();
        OutputMembers? members = before is null ? null : new(_program, _pool, before, from);
        // Sums go up before anything new comes where an output tile on the way has no second place.
        bool single = false;
        int at = from;
        after?.AsSpan().CopyTo(_after);
        foreach (NestEdge edge in _program.Edges)
        {
            bool outputs = edge.Operand == Operand.Outputs;
            if (edge.Position < first || (after is null && !outputs)) continue;
            for (int dim = 0; dim < LoopLayer.Dims; dim++)
            {
                if (before is not null) _before[dim] = _pool.Last(before[dim], dim, from, edge.Position);
                if (after is not null) _after[dim] = _pool.Walk(_after[dim], dim, at, edge.Position);
            }
            at = Math.Max(at, edge.Position);
            (DimChunks[]? b, DimChunks[]? a) = (before is null ? null : _before, after is null ? null : _after);
            (TransferElements down, TransferElements up) = outputs ? _words.Outputs(edge, b, a, members!)
                : (_words.Inputs(edge, b, a!), default);
            if (down.Child == 0 && up.Child == 0) continue;
            single |= outputs && !edge.DoubleBuffered;
            _changes.Add(new TimedChange(edge, outputs && !visited ? null : Down(edge, down, b, a), outputs ? Up(edge, up, b, a, complete)
                : null, outputs && single));
        }
        return new TimedStep([.. _changes]);
    }

    /// <summary>The chunk of given chunks.</summary>
    public TimedChunk Chunk(DimChunks[] chunks)
    {
        _ports.Clear();
        for (Operand operand = Operand.Activations; operand <= Operand.Outputs; operand++)
        {
            int level = _program.InnermostLevel[(int)operand];
            long elements = _compute.Of(operand, chunks);
            _ports.Access(level, operand, elements, false);
            if (operand == Operand.Outputs) _ports.Access(level, operand, elements, true);
        }
        return new TimedChunk(_rate.Of(_compute.Steps(chunks)), _ports.Occupied(), _skew);
    }

    private TimedTransfer? Down(NestEdge edge, TransferElements elements, DimChunks[]? before, DimChunks[]? after)
    {
        if (elements.Child == 0) return null;
        _ports.Clear();
        bool banked = _dram is not null && edge.ParentLevel == 0 && after is not null;
        _ports.Access(edge.ParentLevel, edge.Operand, elements.Parent, false, rows: banked
            ? _dram!.Down(edge, before, after!, elements.Parent) : 0);
        _ports.Access(edge.Level, edge.Operand, elements.Child, true);
        return Transfer(edge, _program.Hierarchy.Memory(edge.ParentLevel).LatencyCycles);
    }

    private TimedTransfer? Up(NestEdge edge, TransferElements elements, DimChunks[]? before, DimChunks[]? after, bool complete)
    {
        if (elements.Child == 0) return null;
        _ports.Clear();
        _ports.Access(edge.Level, edge.Operand, elements.Child, false);
        bool result = complete && edge.ParentLevel == 0, banked = _dram is not null && edge.ParentLevel == 0 && before is not null;
        _ports.Access(edge.ParentLevel, edge.Operand, elements.Parent, true, result ? elements.Distinct : 0, banked
            ? _dram!.Up(edge, before!, after, elements.Parent, result) : 0);
        return Transfer(edge, 0);
    }

    private TimedTransfer Transfer(NestEdge edge, long latency)
    {
        Occupancy[] busy = _ports.Occupied();
        (int limit, long cycles) = (_ports.Space(edge.Level, edge.Operand), 0L);
        foreach ((int resource, long c) in busy)
            if (c > cycles) (limit, cycles) = (resource, c);
        long delay = latency + _hops[edge.Index];
        if (delay > cycles) limit = _ports.Latency(edge.ParentLevel);
        return new TimedTransfer(busy, cycles, delay, limit);
    }

    private long Hops(NestEdge edge)
    {
        long hops = 0;
        for (int n = edge.ParentPosition + 1; n < edge.Position; n++)
        {
            if (_program.Nest.Nodes[n] is not SpatialNode s) continue;
            FabricLevel fabric = _program.Hierarchy.Fabric(s.Level);
            FabricAxis axis = fabric.Axes[s.Axis];
            if (edge.Operand == Operand.Outputs ? axis.Outputs == Reduction.Chain : axis.Of(edge.Operand) == Sharing.Systolic)
                hops = checked(hops + (s.Count - 1) * fabric.HopCycles);
        }
        return hops;
    }

    /// <summary>The wavefront of the compute units: hops of every systolic axis or chain between the stores that they use and
    /// themselves.</summary>
    private long Skew()
    {
        long skew = 0;
        int[] innermost = _program.InnermostPosition;
        for (int n = 0; n < _program.Nest.Nodes.Length; n++)
        {
            if (_program.Nest.Nodes[n] is not SpatialNode s) continue;
            FabricAxis axis = _program.Hierarchy.Fabric(s.Level).Axes[s.Axis];
            bool passes = (axis.Activations == Sharing.Systolic && n > innermost[0])
                || (axis.Weights == Sharing.Systolic && n > innermost[1])
                || (axis.Outputs == Reduction.Chain && n > innermost[2]);
            if (passes) skew = checked(skew + (s.Count - 1) * _program.Hierarchy.Fabric(s.Level).HopCycles);
        }
        return skew;
    }
}
