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
    private readonly int[][] _nodes = new int[LoopLayer.Dims][];
    private readonly int[] _before;

    /// <summary>Reads a legal nest.</summary>
    public NestProgram(LoopNest nest, Hierarchy hierarchy)
    {
        (Nest, Hierarchy) = (nest, hierarchy);
        int count = nest.Nodes.Length;
        (Counts, Tiles) = (new long[count], new long[count]);
        var ofDim = new List<int>[LoopLayer.Dims];
        _before = new int[LoopLayer.Dims * (count + 1)];
        for (int dim = 0; dim < ofDim.Length; dim++) ofDim[dim] = [];
        var edges = new List<NestEdge>();
        var loops = new List<int>();
        int[] last = [-1, -1, -1], lastLevel = [-1, -1, -1], lastPosition = [-1, -1, -1];
        for (int i = 0; i < count; i++)
        {
            int dim = -1;
            switch (nest.Nodes[i])
            {
                case LoopNode loop:
                    (dim, Counts[i], Tiles[i]) = ((int)loop.Dim, 0, loop.Tile);
                    loops.Add(i);
                    break;
                case SpatialNode spatial:
                    (dim, Counts[i], Tiles[i]) = ((int)spatial.Dim, spatial.Count, spatial.Tile);
                    break;
                case StoreNode store:
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
                    break;
            }
            if (dim >= 0) ofDim[dim].Add(i);
            for (int d = 0; d < ofDim.Length; d++) _before[Before(d, i + 1)] = ofDim[d].Count;
        }
        for (int dim = 0; dim < ofDim.Length; dim++) _nodes[dim] = [.. ofDim[dim]];
        Edges = [.. edges];
        (Innermost, InnermostLevel, InnermostPosition) = (last, lastLevel, lastPosition);
        int lastStore = Math.Max(lastPosition[0], Math.Max(lastPosition[1], lastPosition[2]));
        Loops = [.. loops.TakeWhile(n => n <= lastStore)];
        ComputePosition = lastStore + 1;
    }

    /// <summary>The nest.</summary>
    public LoopNest Nest { get; }

    /// <summary>What it runs on.</summary>
    public Hierarchy Hierarchy { get; }

    /// <summary>Stores below the outermost ones, outermost first.</summary>
    public NestEdge[] Edges { get; }

    /// <summary>By operand: the edge that the compute units use, or -1 when it is the outermost memory itself.</summary>
    public int[] Innermost { get; }

    /// <summary>By operand: the memory that the compute units use.</summary>
    public int[] InnermostLevel { get; }

    /// <summary>By operand: where that store stands.</summary>
    public int[] InnermostPosition { get; }

    /// <summary>Positions of the temporal loops above the innermost store, outermost first.</summary>
    public int[] Loops { get; }

    /// <summary>Where the loops of one compute chunk begin.</summary>
    public int ComputePosition { get; }

    /// <summary>Temporal loop at a depth.</summary>
    public LoopNode Loop(int depth) => (LoopNode)Nest.Nodes[Loops[depth]];

    /// <summary>By node: places of a spatial loop; 0: a loop in time, or a store.</summary>
    public long[] Counts { get; }

    /// <summary>By node: the tile of a loop.</summary>
    public long[] Tiles { get; }

    /// <summary>The loops of a dimension between two nodes, outermost first.</summary>
    public ReadOnlySpan<int> NodesOf(int dim, int from, int to) => from >= to ? []
        : _nodes[dim].AsSpan(_before[Before(dim, from)], _before[Before(dim, to)] - _before[Before(dim, from)]);

    private int Before(int dim, int node) => dim * (Nest.Nodes.Length + 1) + node;

    /// <summary>Places of the spatial ones among some loops.</summary>
    public int Places(ReadOnlySpan<int> nodes)
    {
        int places = 1;
        foreach (int node in nodes)
            if (Counts[node] > 0) places = checked(places * (int)Counts[node]);
        return places;
    }

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
