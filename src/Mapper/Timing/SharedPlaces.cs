using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timing;

/// <summary>Which children of one parent are served together along a dimension.</summary>
/// <param name="Group">By child: its group.</param>
/// <param name="Groups">How many groups.</param>
internal sealed record SharedPlaces(int[] Group, int Groups)
{
    private static readonly SharedPlaces One = new([0], 1);

    /// <summary>Children along a dimension.</summary>
    public int Children => Group.Length;

    /// <summary>The children of instance 0 between two nodes; those on axes that share the operand are one group.</summary>
    public static SharedPlaces Of(NestProgram program, Operand operand, int from, int to, int dim)
    {
        SharedPlaces places = One;
        foreach (int node in program.NodesOf(dim, from + 1, to))
        {
            if (program.Nest.Nodes[node] is not SpatialNode spatial) continue;
            FabricAxis axis = program.Hierarchy.Fabric(spatial.Level).Axes[spatial.Axis];
            bool apart = operand == Operand.Outputs ? axis.Outputs == Reduction.None : axis.Of(operand) == Sharing.None;
            int count = checked((int)spatial.Count);
            var group = new int[checked(places.Children * count)];
            for (int i = 0, at = 0; i < places.Children; i++)
                for (int k = 0; k < count; k++, at++) group[at] = apart ? places.Group[i] * count + k : places.Group[i];
            places = new(group, apart ? places.Groups * count : places.Groups);
        }
        return places;
    }

    /// <summary>Groups with a child that is active in these chunks.</summary>
    public long Active(DimChunks chunks)
    {
        if (Groups == 1) return 1;
        Span<bool> seen = Groups <= 256 ? stackalloc bool[Groups] : new bool[Groups];
        seen.Clear();
        long active = 0;
        for (int i = 0; i < Group.Length; i++)
        {
            if (chunks.Sizes[i] <= 0 || seen[Group[i]]) continue;
            seen[Group[i]] = true;
            active++;
        }
        return active;
    }
}
