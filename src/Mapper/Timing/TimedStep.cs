using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>One transfer of a step. Cycles: its longest occupancy. Delay: cycles from its end until the data can be used.</summary>
internal sealed record TimedTransfer(ImmutableArray<Occupancy> Occupies, long Cycles, long Delay, int Limit);

/// <summary>What a step does at one edge: the tile there changes. Down null: nothing has to arrive. Up null: nothing leaves.</summary>
internal sealed record TimedChange(NestEdge Edge, TimedTransfer? Down, TimedTransfer? Up, bool UpFirst);

/// <summary>All changes of a step, outermost edge first.</summary>
internal sealed record TimedStep(ImmutableArray<TimedChange> Changes);

/// <summary>One compute chunk. Skew: cycles from the first unit's end to the last's.</summary>
internal sealed record TimedChunk(long Cycles, ImmutableArray<Occupancy> Occupies, long Skew);

/// <summary>Turns element counts into occupied cycles.</summary>
internal sealed class StepTimes(NestProgram program, TimingPorts ports, ComputeRate rate)
{
    private readonly TransferWords _words = new(program);
    private readonly Dictionary<(int Level, Operand Operand), int> _spaces = [];
    private readonly Dictionary<int, int> _latencies = [];

    /// <summary>The resource that stands for the space of an operand in a memory.</summary>
    public int Space(NestEdge edge)
    {
        if (_spaces.TryGetValue((edge.Level, edge.Operand), out int known)) return known;
        return _spaces[(edge.Level, edge.Operand)] = ports.AddSpace(edge.Level, edge.Operand);
    }

    /// <summary>The resource that stands for the latency of the memory above an edge.</summary>
    public int Latency(NestEdge edge)
    {
        if (_latencies.TryGetValue(edge.ParentLevel, out int known)) return known;
        return _latencies[edge.ParentLevel] = ports.AddLatency(edge.ParentLevel);
    }

    /// <summary>The step at which the loop at a depth goes on (or the start: before null; or the end: after null).</summary>
    /// <param name="depth">Edges below this loop may change; -1: all.</param>
    /// <param name="before">Chunks of an edge before, by its position.</param>
    /// <param name="members">When the tiles of an output edge came that are there before.</param>
    /// <param name="after">Chunks of an edge after.</param>
    /// <param name="visited">Whether a reducing loop has been here before: partial sums come back.</param>
    /// <param name="complete">Whether what leaves has been reduced completely.</param>
    public TimedStep Step(int depth, Func<int, DimChunks[]>? before, Func<int, OutputMembers>? members, Func<int, DimChunks[]>? after,
        bool visited, bool complete)
    {
        int from = depth < 0 ? -1 : program.Loops[depth];
        var changes = new List<(NestEdge Edge, TimedTransfer? Down, TimedTransfer? Up)>();
        foreach (NestEdge edge in program.Edges)
        {
            if (edge.Position < from || (after is null && edge.Operand != Operand.Outputs)) continue;
            (TransferElements down, TransferElements up) = _words.Of(edge, before?.Invoke(edge.Position),
                edge.Operand == Operand.Outputs ? members?.Invoke(edge.Position) : null, after?.Invoke(edge.Position));
            bool outputs = edge.Operand == Operand.Outputs;
            if (down.Child == 0 && up.Child == 0) continue;
            changes.Add((edge, outputs && !visited ? null : Down(edge, down), outputs ? Up(edge, up, complete) : null));
        }
        // Sums go up before anything new comes where an output tile on the way has no second place.
        int single = changes.Where(c => c.Edge is { Operand: Operand.Outputs, DoubleBuffered: false }).Select(c => c.Edge.Index)
            .DefaultIfEmpty(int.MaxValue).Min();
        return new TimedStep([.. changes.Select(c => new TimedChange(c.Edge, c.Down, c.Up,
            c.Edge.Operand == Operand.Outputs && c.Edge.Index >= single))]);
    }

    /// <summary>The chunk of given chunks.</summary>
    public TimedChunk Chunk(DimChunks[] chunks)
    {
        var compute = new ComputeWords(program, _words);
        var busy = new SortedDictionary<int, long>();
        foreach (Operand operand in Enum.GetValues<Operand>())
        {
            int level = program.InnermostLevel[(int)operand];
            long elements = compute.Of(operand, chunks);
            ports.Access(busy, level, operand, elements, false);
            if (operand == Operand.Outputs) ports.Access(busy, level, operand, elements, true);
        }
        return new TimedChunk(rate.Of(compute.Steps(chunks)), [.. busy.Select(b => new Occupancy(b.Key, b.Value))], Skew());
    }

    private TimedTransfer? Down(NestEdge edge, TransferElements elements)
    {
        if (elements.Child == 0) return null;
        var busy = new SortedDictionary<int, long>();
        ports.Access(busy, edge.ParentLevel, edge.Operand, elements.Parent, false);
        ports.Access(busy, edge.Level, edge.Operand, elements.Child, true);
        return Transfer(edge, busy, program.Hierarchy.Memory(edge.ParentLevel).LatencyCycles);
    }

    private TimedTransfer? Up(NestEdge edge, TransferElements elements, bool complete)
    {
        if (elements.Child == 0) return null;
        var busy = new SortedDictionary<int, long>();
        ports.Access(busy, edge.Level, edge.Operand, elements.Child, false);
        ports.Access(busy, edge.ParentLevel, edge.Operand, elements.Parent, true, complete && edge.ParentLevel == 0);
        return Transfer(edge, busy, 0);
    }

    private TimedTransfer Transfer(NestEdge edge, SortedDictionary<int, long> busy, long latency)
    {
        (int limit, long cycles) = (Space(edge), 0L);
        foreach ((int resource, long c) in busy)
            if (c > cycles) (limit, cycles) = (resource, c);
        long delay = latency + Hops(edge);
        if (delay > cycles) limit = Latency(edge);
        return new TimedTransfer([.. busy.Select(b => new Occupancy(b.Key, b.Value))], cycles, delay, limit);
    }

    private long Hops(NestEdge edge)
    {
        long hops = 0;
        foreach ((FabricAxis axis, long used, int hop) in Axes(edge.ParentPosition, edge.Position))
            if (edge.Operand == Operand.Outputs ? axis.Outputs == Reduction.Chain : axis.Of(edge.Operand) == Sharing.Systolic)
                hops = checked(hops + (used - 1) * hop);
        return hops;
    }

    /// <summary>The wavefront of the compute units: hops of every systolic axis or chain between the stores that they use and
    /// themselves.</summary>
    private long Skew()
    {
        long skew = 0;
        int from = program.InnermostPosition.Min();
        for (int n = from + 1; n < program.Nest.Nodes.Length; n++)
        {
            if (program.Nest.Nodes[n] is not SpatialNode s) continue;
            FabricAxis axis = program.Hierarchy.Fabric(s.Level).Axes[s.Axis];
            bool passes = (axis.Activations == Sharing.Systolic && n > program.InnermostPosition[0])
                || (axis.Weights == Sharing.Systolic && n > program.InnermostPosition[1])
                || (axis.Outputs == Reduction.Chain && n > program.InnermostPosition[2]);
            if (passes) skew = checked(skew + (s.Count - 1) * program.Hierarchy.Fabric(s.Level).HopCycles);
        }
        return skew;
    }

    private IEnumerable<(FabricAxis Axis, long Used, int Hop)> Axes(int from, int to)
    {
        for (int n = from + 1; n < to; n++)
            if (program.Nest.Nodes[n] is SpatialNode s && program.Hierarchy.Fabric(s.Level) is var fabric)
                yield return (fabric.Axes[s.Axis], s.Count, fabric.HopCycles);
    }
}
