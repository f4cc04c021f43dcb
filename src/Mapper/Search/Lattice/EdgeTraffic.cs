using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search.Lattice;

/// <summary>What lies between a store and its parent: the product of the places over which one word of the operand is shared, and for
/// outputs the places of summed dimensions on all axes between them, and on all axes above the parent.</summary>
internal readonly record struct EdgePlaces(double Shared, double Summed, double Above)
{
    /// <summary>Nothing in between, nothing above.</summary>
    public static EdgePlaces None { get; } = new(1, 1, 1);
}

/// <summary>
/// Elements that move between a store and its parent, as a × visits + b, visits being how often each element arrives below (drain, write)
/// or is read above (read, arrive). The same counts as those of a <see cref="SkeletonModel"/>.
/// </summary>
internal readonly record struct EdgeTraffic(double Read, double ReadConstant, double Arrive, double Complete, double Drain,
    double Write, double WriteConstant)
{
    /// <summary>Of an operand of so many elements; <paramref name="compute"/>: the child is the compute units.</summary>
    public static EdgeTraffic Of(Operand operand, double size, bool outermost, bool compute, EdgePlaces at, MapCosts costs)
    {
        if (operand != Operand.Outputs) return new(size / at.Shared, 0, 0, 0, 0, compute ? 0 : size, 0);
        double read = 0, constant = 0;
        if (costs.AddsRead) (read, constant) = (size / at.Shared, -size * at.Above);
        else if (!compute) (read, constant) = (size / at.Summed, -size * at.Above);
        return new(read, constant, size / at.Shared, outermost ? size : 0, compute || !costs.DrainReads ? 0 : size,
            compute ? 0 : size, compute ? 0 : -size * at.Above * at.Summed);
    }
}
