using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Constraints;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>What to map, on what, at what prices.</summary>
public sealed record MapProblem(LoopLayer Layer, Hierarchy Hierarchy, MapCosts Costs)
{
    /// <summary>How operands lie in words: tiles then fit in whole words; null: in bits.</summary>
    public PerOperand<Packing>? Packing { get; init; }

    /// <summary>What every mapping must be. What it says of keeping stands in the hierarchy already.</summary>
    public MapConstraints Constraints { get; init; } = MapConstraints.None;

    /// <summary>Most cycles of the busiest resource; infinite: any.</summary>
    public double MostCycles { get; init; } = double.PositiveInfinity;

    /// <summary>Whether rows (P, R) or columns (Q, S) of the input form a window: two of their tiles may overlap.</summary>
    internal bool HasWindow(Sliding window) => window == Sliding.Rows ? Layer.Size(LoopDim.P) > 1 && Layer.Size(LoopDim.R) > 1
        : Layer.Size(LoopDim.Q) > 1 && Layer.Size(LoopDim.S) > 1;

    /// <summary>Whether a dimension belongs to a window.</summary>
    internal bool InWindow(LoopDim dim) => dim switch
    {
        LoopDim.P or LoopDim.R => HasWindow(Sliding.Rows),
        LoopDim.Q or LoopDim.S => HasWindow(Sliding.Columns),
        _ => false,
    };

    /// <summary>Elements of an operand by its dimensions outside of windows.</summary>
    internal double PlainSize(Operand operand)
    {
        double size = 1;
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++)
            if (Skeleton.Indexes(operand, dim) && !(operand == Operand.Activations && InWindow(dim))) size *= Layer.Size(dim);
        return size;
    }
}
