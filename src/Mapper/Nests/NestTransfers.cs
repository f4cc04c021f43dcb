using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Nests;

/// <summary>The way of an operand from a store to its next inner one, or to compute.</summary>
/// <param name="Operand">What travels.</param>
/// <param name="Parent">Node of the outer store.</param>
/// <param name="Child">Node of the inner store; the number of nodes for compute.</param>
/// <param name="Loops">Nodes of the temporal loops above the child, outermost first.</param>
public sealed record TransferEdge(Operand Operand, int Parent, int Child, ImmutableArray<int> Loops);

/// <summary>
/// What moves at one step, asked by the indices of the temporal loops above a store: for the first instance of the store and of its
/// parent, which are the largest. The innermost loop whose index is not 0 is the one that advances; all 0 is the start.
/// </summary>
public sealed class NestTransfers
{
    private readonly LoopNest _nest;
    private readonly ImmutableArray<NestEdge> _edges;

    /// <summary>Edges of a legal nest, by operand, outermost first.</summary>
    public NestTransfers(LoopNest nest, Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(nest);
        _nest = nest;
        var edges = ImmutableArray.CreateBuilder<TransferEdge>();
        var inner = ImmutableArray.CreateBuilder<NestEdge>();
        foreach (Operand operand in Enum.GetValues<Operand>())
        {
            int[] stores = [.. Enumerable.Range(0, nest.Nodes.Length).Where(i => nest.Nodes[i] is StoreNode s && s.Operand == operand)];
            for (int i = 0; i < stores.Length; i++)
            {
                int child = i + 1 < stores.Length ? stores[i + 1] : nest.Nodes.Length;
                edges.Add(new(operand, stores[i], child, [.. Enumerable.Range(0, child).Where(n => nest.Nodes[n] is LoopNode)]));
                inner.Add(new NestEdge(nest, hierarchy, operand, stores[i], child));
            }
        }
        (Edges, _edges) = (edges.ToImmutable(), inner.ToImmutable());
    }

    /// <summary>All edges.</summary>
    public ImmutableArray<TransferEdge> Edges { get; }

    /// <summary>Words of the change that a step begins with. At a step that does not exist (an index beyond a shorter chunk) all are 0.
    /// </summary>
    public TransferWords Change(int edge, ReadOnlySpan<long> indices)
    {
        NestEdge at = _edges[edge];
        bool outputs = Edges[edge].Operand == Operand.Outputs;
        if (Edges[edge].Child == _nest.Nodes.Length) throw new ArgumentException("compute keeps nothing; ask for its steps", nameof(edge));
        int advancing = indices.LastIndexOfAnyExcept(0);
        TileSums child = Arriving(at, indices, advancing, SpatialView.FirstInstance);
        SpatialView parents = outputs ? new(Take.First, Take.Union, Take.Union) : SpatialView.FirstParent;
        TileSums parent = Arriving(at, indices, advancing, parents);
        if (!outputs) return new(child.After - child.Held, parent.After - parent.Held, 0, 0);
        bool later = false;
        for (int i = 0; i < indices.Length; i++)
            if (indices[i] > 0 && !NestEdge.Indexes(Operand.Outputs, at.Time[i].Dim)) later = true;
        TransferWords back = later ? new(child.After - child.Held, parent.After - parent.Held, 0, 0) : default;
        if (advancing < 0 || child.After == 0 || child.Held == child.After) return back;
        long[] before = Before(indices, advancing);
        return back with { Write = Tile(at, before, SpatialView.FirstInstance), Update = Tile(at, before, SpatialView.FirstParent) };
    }

    /// <summary>Sums of the last tile, written up at the end.</summary>
    public TransferWords Last(int edge)
    {
        NestEdge at = _edges[edge];
        if (Edges[edge].Operand != Operand.Outputs) return default;
        long[] last = Before(new long[at.Time.Length], -1);
        return new(0, 0, Tile(at, last, SpatialView.FirstInstance), Tile(at, last, SpatialView.FirstParent));
    }

    /// <summary>Words of one step at the edge to compute: reads of inputs, or updates, at instance 0 of the innermost store.</summary>
    public TransferWords Step(int edge, ReadOnlySpan<long> indices)
    {
        long words = Tile(_edges[edge], indices, SpatialView.FirstParent), one = Tile(_edges[edge], indices, SpatialView.FirstInstance);
        return Edges[edge].Operand == Operand.Outputs ? new(0, 0, one, words) : new(one, words, 0, 0);
    }

    private static TileSums Arriving(NestEdge edge, ReadOnlySpan<long> indices, int advancing, SpatialView view)
    {
        long after = 1, held = 1;
        for (int g = 0; g < edge.Groups.Length; g++)
        {
            (long[] own, int outside) = Own(edge, g, indices, advancing);
            if (advancing < 0)
            {
                after = checked(after * edge.Groups[g].Tiles(new Advance(0, false, own), view));
                held = 0;
                continue;
            }
            bool advances = edge.Owners[advancing] == g;
            TileSums sums = edge.Groups[g].Sums(new Advance(outside, advances, own), view);
            (after, held) = checked((after * sums.After, held * sums.Held));
        }
        return new(after, held);
    }

    private static long Tile(NestEdge edge, ReadOnlySpan<long> indices, SpatialView view)
    {
        long words = 1;
        for (int g = 0; g < edge.Groups.Length; g++)
        {
            (long[] own, _) = Own(edge, g, indices, indices.Length);
            words = checked(words * edge.Groups[g].Tiles(new Advance(own.Length, false, own), view));
        }
        return words;
    }

    // Indices of a group's loops, and how many of them stand outside the advancing one.
    private static (long[] Own, int Outside) Own(NestEdge edge, int group, ReadOnlySpan<long> indices, int advancing)
    {
        var own = new List<long>();
        int outside = 0;
        for (int i = 0; i < indices.Length; i++)
        {
            if (edge.Owners[i] != group) continue;
            own.Add(indices[i]);
            if (i < advancing) outside++;
        }
        return ([.. own], outside);
    }

    // The step before an advance: one less there, and inside it the last iterations that are not empty.
    private long[] Before(ReadOnlySpan<long> indices, int advancing)
    {
        long[] before = indices.ToArray();
        if (advancing >= 0) before[advancing]--;
        long[] left = [.. _nest.Layer.Sizes];
        int loop = 0;
        foreach (NestNode node in _nest.Nodes)
        {
            if (loop == before.Length) break;
            if (node is SpatialNode spatial) left[(int)spatial.Dim] = Math.Min(left[(int)spatial.Dim], spatial.Tile);
            if (node is not LoopNode time) continue;
            ref long length = ref left[(int)time.Dim];
            if (loop > advancing) before[loop] = (length - 1) / time.Tile;
            length = Math.Min(time.Tile, length - before[loop++] * time.Tile);
        }
        return before;
    }
}
