using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>
/// The way of one operand between a store and the next outer one that stores it, or between the innermost store and the compute units:
/// the loops above it, by the groups of dimensions that are independent of each other.
/// </summary>
internal sealed class NestEdge
{
    private readonly LoopNest _nest;
    private readonly Hierarchy _hierarchy;
    private readonly Operand _operand;
    private readonly int _parent, _child;

    /// <summary>An edge between the nodes at two indices; <paramref name="child"/> past the last node is compute, and
    /// <paramref name="parent"/> -1 stands above the outermost store.</summary>
    public NestEdge(LoopNest nest, Hierarchy hierarchy, Operand operand, int parent, int child)
    {
        ArgumentNullException.ThrowIfNull(nest);
        (_nest, _hierarchy, _operand, _parent, _child) = (nest, hierarchy, operand, parent, child);
        // Dimensions of one element have no loops and change nothing.
        Span<int> group = stackalloc int[LoopLayer.Dims];
        int groups = 0;
        for (int d = 0; d < LoopLayer.Dims; d++)
        {
            group[d] = -1;
            if (nest.Layer.Sizes[d] == 1) continue;
            group[d] = IsWindow((LoopDim)d) && (LoopDim)d >= LoopDim.R ? group[d - 2] : groups++;
        }
        var loops = new List<GroupLoop>[groups];
        for (int g = 0; g < groups; g++) loops[g] = [];
        Collect(group, loops);
        Groups = new IDimGroup[groups];
        for (int d = LoopLayer.Dims - 1; d >= 0; d--)
        {
            if (group[d] < 0 || Groups[group[d]] is not null) continue;
            var dim = (LoopDim)d;
            Groups[group[d]] = IsWindow(dim)
                ? new WindowGroup([.. loops[group[d]]], nest.Layer.Size(dim - 2), nest.Layer.Size(dim), nest.Layer.Stride(dim - 2),
                    nest.Layer.Dilation(dim))
                : new SingleGroup([.. loops[group[d]]], nest.Layer.Size(dim), Indexes(operand, dim),
                    operand == Operand.Outputs);
        }
    }

    // Rows and columns of the input, where both the output and the filter have several.
    private bool IsWindow(LoopDim dim)
    {
        if (_operand != Operand.Activations || dim < LoopDim.P) return false;
        LoopDim output = dim >= LoopDim.R ? dim - 2 : dim;
        return _nest.Layer.Size(output) > 1 && _nest.Layer.Size(output + 2) > 1;
    }

    /// <summary>Group of each temporal loop above the child, outermost first.</summary>
    public List<int> Time { get; } = [];

    /// <summary>All groups of more than one iteration; those that do not index the operand have one coordinate.</summary>
    public IDimGroup[] Groups { get; }

    /// <summary>Whether a dimension indexes an operand.</summary>
    public static bool Indexes(Operand operand, LoopDim dim) => operand switch
    {
        Operand.Activations => dim != LoopDim.M,
        Operand.Weights => dim is not (LoopDim.N or LoopDim.P or LoopDim.Q),
        Operand.Outputs => dim is not (LoopDim.C or LoopDim.R or LoopDim.S),
        _ => throw new ArgumentOutOfRangeException(nameof(operand), operand, null),
    };

    private void Collect(ReadOnlySpan<int> group, List<GroupLoop>[] loops)
    {
        // The last store of the operand above each group's last loop.
        Span<int> last = stackalloc int[loops.Length];
        last.Fill(-1);
        int store = -1;
        for (int i = 0; i < _child; i++)
        {
            LoopDim dim;
            long tile;
            LoopPlace place = LoopPlace.Time;
            switch (_nest.Nodes[i])
            {
                case LoopNode l:
                    (dim, tile) = (l.Dim, l.Tile);
                    break;
                case SpatialNode s:
                    (dim, tile, place) = (s.Dim, s.Tile, Place(i, s));
                    break;
                default:
                    if (_nest.Nodes[i] is StoreNode found && found.Operand == _operand) store = i;
                    continue;
            }
            int g = group[(int)dim];
            loops[g].Add(new(dim >= LoopDim.R && IsWindow(dim) ? 1 : 0, tile, place, store > last[g]));
            last[g] = store;
            if (place == LoopPlace.Time) Time.Add(g);
        }
    }

    private LoopPlace Place(int node, SpatialNode spatial)
    {
        if (node < _parent) return LoopPlace.AboveParent;
        FabricAxis axis = _hierarchy.Fabric(spatial.Level).Axes[spatial.Axis];
        bool shared = _operand == Operand.Outputs
            ? axis.Outputs != Reduction.None
            : axis.Of(_operand) != Sharing.None;
        return shared ? LoopPlace.Shared : LoopPlace.Separate;
    }
}
