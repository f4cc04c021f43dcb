using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>
/// The way of one operand between a store and the next outer one that stores it, or between the innermost store and the compute units:
/// the loops above it, by the groups of dimensions that are independent of each other.
/// </summary>
internal sealed class NestEdge
{
    private static readonly LoopDim[] Reduced = [LoopDim.C, LoopDim.R, LoopDim.S];

    private readonly LoopNest _nest;
    private readonly Hierarchy _hierarchy;
    private readonly Operand? _operand;
    private readonly int _parent, _child;

    /// <summary>An edge between the nodes at two indices; <paramref name="child"/> past the last node is compute, and
    /// <paramref name="parent"/> -1 stands above the outermost store. Without an operand no dimension indexes anything: what is left is
    /// which places and steps are active.</summary>
    public NestEdge(LoopNest nest, Hierarchy hierarchy, Operand? operand, int parent, int child)
    {
        (_nest, _hierarchy, _operand, _parent, _child) = (nest, hierarchy, operand, parent, child);
        Time = [.. Enumerable.Range(0, child).Where(i => nest.Nodes[i] is LoopNode).Select(i => (LoopNode)nest.Nodes[i])];
        var groups = ImmutableArray.CreateBuilder<IDimGroup>();
        var owners = new int[LoopLayer.Dims];
        void Single(LoopDim dim, bool relevant)
        {
            owners[(int)dim] = groups.Count;
            groups.Add(new SingleGroup(Loops(dim), nest.Layer.Size(dim), relevant, operand == Operand.Outputs));
        }
        void Window(LoopDim output, LoopDim filter)
        {
            if (nest.Layer.Size(output) == 1 || nest.Layer.Size(filter) == 1)
            {
                Single(output, true);
                Single(filter, true);
                return;
            }
            owners[(int)output] = owners[(int)filter] = groups.Count;
            groups.Add(new WindowGroup(Loops(output, filter), nest.Layer.Size(output), nest.Layer.Size(filter), nest.Layer.Stride(output),
                nest.Layer.Dilation(filter)));
        }
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++)
            if (operand != Operand.Activations || dim < LoopDim.P) Single(dim, operand is { } indexed && Indexes(indexed, dim));
        if (operand == Operand.Activations)
        {
            Window(LoopDim.P, LoopDim.R);
            Window(LoopDim.Q, LoopDim.S);
        }
        Groups = groups.ToImmutable();
        Owners = [.. Time.Select(l => owners[(int)l.Dim])];
    }

    /// <summary>Temporal loops above the child, outermost first.</summary>
    public ImmutableArray<LoopNode> Time { get; }

    /// <summary>Group of each of these loops.</summary>
    public ImmutableArray<int> Owners { get; }

    /// <summary>All groups; those that do not index the operand have one coordinate.</summary>
    public ImmutableArray<IDimGroup> Groups { get; }

    /// <summary>Whether a dimension indexes an operand.</summary>
    public static bool Indexes(Operand operand, LoopDim dim) => operand switch
    {
        Operand.Activations => dim != LoopDim.M,
        Operand.Weights => dim is not (LoopDim.N or LoopDim.P or LoopDim.Q),
        Operand.Outputs => !Reduced.Contains(dim),
        _ => throw new ArgumentOutOfRangeException(nameof(operand), operand, null),
    };

    private ImmutableArray<GroupLoop> Loops(params LoopDim[] dims)
    {
        var loops = ImmutableArray.CreateBuilder<GroupLoop>();
        bool belowStore = false;
        for (int i = 0; i < _child; i++)
        {
            if (_nest.Nodes[i] is StoreNode store && store.Operand == _operand) belowStore = true;
            (LoopDim Dim, long Tile)? loop = _nest.Nodes[i] switch
            {
                LoopNode l => (l.Dim, l.Tile),
                SpatialNode s => (s.Dim, s.Tile),
                _ => null,
            };
            if (loop is not { } found || Array.IndexOf(dims, found.Dim) is var slot && slot < 0) continue;
            loops.Add(new(slot, found.Tile, Place(i), belowStore));
            belowStore = false;
        }
        return loops.ToImmutable();
    }

    private LoopPlace Place(int node)
    {
        if (_nest.Nodes[node] is not SpatialNode spatial) return LoopPlace.Time;
        if (node < _parent) return LoopPlace.AboveParent;
        FabricAxis axis = _hierarchy.Fabric(spatial.Level).Axes[spatial.Axis];
        bool shared = _operand == Operand.Outputs
            ? axis.Outputs != Reduction.None
            : axis.Of(_operand ?? Operand.Activations) != Sharing.None;
        return shared ? LoopPlace.Shared : LoopPlace.Separate;
    }
}
