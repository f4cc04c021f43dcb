using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>
/// The spatial loops between a store of sums and what is below it: teams of places that work on the same outputs, members that share one.
/// </summary>
internal sealed class SumSection
{
    private readonly int[] _instance;

    public SumSection(LoopNest nest, Hierarchy hierarchy, int from, int to)
    {
        (Instances, Teams, Members) = (1, 1, 1);
        var spaces = new List<SpatialNode>();
        for (int n = from + 1; n < to; n++)
        {
            if (nest.Nodes[n] is not SpatialNode space) continue;
            spaces.Add(space);
            Instances = checked(Instances * (int)space.Count);
            if (Sums(space)) Members *= (int)space.Count;
            else Teams *= (int)space.Count;
        }
        _instance = new int[Instances];
        Group = new int[Members];
        for (int i = 0; i < Instances; i++)
        {
            int team = 0, member = 0, group = 0, below = Instances;
            foreach (SpatialNode space in spaces)
            {
                int count = (int)space.Count;
                below /= count;
                int at = i / below % count;
                if (!Sums(space)) team = team * count + at;
                else member = member * count + at;
                if (Sums(space) && hierarchy.Fabric(space.Level).Axes[space.Axis].Outputs == Reduction.None) group = group * count + at;
            }
            _instance[team * Members + member] = i;
            Group[member] = group;
        }
        Groups = Group.Max() + 1;
    }

    /// <summary>Places of one instance above.</summary>
    public int Instances { get; }

    public int Teams { get; }

    public int Members { get; }

    /// <summary>By member: those of one group reach the store above as one sum.</summary>
    public int[] Group { get; }

    public int Groups { get; }

    /// <summary>The instance of a member, counted from the first of its parent.</summary>
    public int Instance(int team, int member) => _instance[team * Members + member];

    private static bool Sums(SpatialNode space) => space.Dim is LoopDim.C or LoopDim.R or LoopDim.S;
}
