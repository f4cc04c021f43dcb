using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>A store below the outermost of an operand. Position: its place among the nest's nodes.</summary>
internal sealed record NestEdge(int Index, Operand Operand, int Level, int Position, int ParentLevel, int ParentPosition, int Parent,
    bool DoubleBuffered)
{
    /// <summary>The next inner store of the same operand, or -1: then the compute units use this one.</summary>
    public int Child { get; set; } = -1;
}

/// <summary>The fixed facts of a nest that its timing needs: edges outermost first, temporal loops above the innermost store.</summary>
internal sealed class NestProgram
{
    /// <summary>Reads a legal nest.</summary>
    public NestProgram(LoopNest nest, Hierarchy hierarchy)
    {
        (Nest, Hierarchy) = (nest, hierarchy);
        var edges = new List<NestEdge>();
        int[] last = [-1, -1, -1], lastLevel = [-1, -1, -1], lastPosition = [-1, -1, -1];
        for (int i = 0; i < nest.Nodes.Length; i++)
        {
            if (nest.Nodes[i] is not StoreNode store) continue;
            int x = (int)store.Operand;
            if (lastLevel[x] >= 0)
            {
                var edge = new NestEdge(edges.Count, store.Operand, store.Level, i, lastLevel[x], lastPosition[x], last[x],
                    hierarchy.Memory(store.Level).DoubleBuffered[store.Operand]);
                if (last[x] >= 0) edges[last[x]].Child = edge.Index;
                last[x] = edge.Index;
                edges.Add(edge);
            }
            (lastLevel[x], lastPosition[x]) = (store.Level, i);
        }
        Edges = [.. edges];
        Innermost = [.. last];
        InnermostLevel = [.. lastLevel];
        InnermostPosition = [.. lastPosition];
        int lastStore = lastPosition.Max();
        Loops = [.. Enumerable.Range(0, lastStore + 1).Where(i => nest.Nodes[i] is LoopNode)];
        ComputePosition = lastStore + 1;
    }

    /// <summary>The nest.</summary>
    public LoopNest Nest { get; }

    /// <summary>What it runs on.</summary>
    public Hierarchy Hierarchy { get; }

    /// <summary>Stores below the outermost ones, outermost first.</summary>
    public ImmutableArray<NestEdge> Edges { get; }

    /// <summary>By operand: the edge that the compute units use, or -1 when it is the outermost memory itself.</summary>
    public ImmutableArray<int> Innermost { get; }

    /// <summary>By operand: the memory that the compute units use.</summary>
    public ImmutableArray<int> InnermostLevel { get; }

    /// <summary>By operand: where that store stands.</summary>
    public ImmutableArray<int> InnermostPosition { get; }

    /// <summary>Positions of the temporal loops above the innermost store, outermost first.</summary>
    public ImmutableArray<int> Loops { get; }

    /// <summary>Where the loops of one compute chunk begin.</summary>
    public int ComputePosition { get; }

    /// <summary>Temporal loop at a depth.</summary>
    public LoopNode Loop(int depth) => (LoopNode)Nest.Nodes[Loops[depth]];

    /// <summary>Loops of a dimension between two positions: (0, tile) in time, (count, tile) in space.</summary>
    public (long Count, long Tile)[] LoopsOf(int dim, int from, int to)
    {
        var loops = new List<(long, long)>();
        for (int n = from; n < to; n++)
        {
            if (Nest.Nodes[n] is LoopNode l && (int)l.Dim == dim) loops.Add((0, l.Tile));
            if (Nest.Nodes[n] is SpatialNode s && (int)s.Dim == dim) loops.Add((s.Count, s.Tile));
        }
        return [.. loops];
    }

    /// <summary>Where the loops of <see cref="LoopsOf"/> stand.</summary>
    public int[] PositionsOf(int dim, int from, int to) => [.. Enumerable.Range(from, Math.Max(0, to - from)).Where(n =>
        (Nest.Nodes[n] is LoopNode l && (int)l.Dim == dim) || (Nest.Nodes[n] is SpatialNode s && (int)s.Dim == dim))];

    /// <summary>Whether a dimension is summed over.</summary>
    public static bool Reduces(LoopDim dim) => dim is LoopDim.C or LoopDim.R or LoopDim.S;

    /// <summary>The groups of dimensions that index an operand separately, and whether they index it at all: (first, second or -1,
    /// relevant).</summary>
    public static ReadOnlySpan<(LoopDim First, LoopDim? Second, bool Relevant)> Groups(Operand operand) => operand switch
    {
        Operand.Activations => ActivationGroups,
        Operand.Weights => WeightGroups,
        _ => OutputGroups,
    };

    private static readonly (LoopDim, LoopDim?, bool)[] ActivationGroups =
    [
        (LoopDim.N, null, true), (LoopDim.G, null, true), (LoopDim.C, null, true), (LoopDim.M, null, false),
        (LoopDim.P, LoopDim.R, true), (LoopDim.Q, LoopDim.S, true),
    ];

    private static readonly (LoopDim, LoopDim?, bool)[] WeightGroups =
    [
        (LoopDim.G, null, true), (LoopDim.M, null, true), (LoopDim.C, null, true), (LoopDim.R, null, true), (LoopDim.S, null, true),
        (LoopDim.N, null, false), (LoopDim.P, null, false), (LoopDim.Q, null, false),
    ];

    private static readonly (LoopDim, LoopDim?, bool)[] OutputGroups =
    [
        (LoopDim.N, null, true), (LoopDim.G, null, true), (LoopDim.M, null, true), (LoopDim.P, null, true), (LoopDim.Q, null, true),
        (LoopDim.C, null, false), (LoopDim.R, null, false), (LoopDim.S, null, false),
    ];
}
