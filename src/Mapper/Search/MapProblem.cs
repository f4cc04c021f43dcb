using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>What to map, on what, at what prices.</summary>
public sealed record MapProblem(LoopLayer Layer, Hierarchy Hierarchy, MapCosts Costs)
{
    /// <summary>How operands lie in words: tiles then fit in whole words; null: in bits.</summary>
    public PerOperand<Packing>? Packing { get; init; }

    /// <summary>Dimensions that may run along an axis, by level and axis; an axis that is not listed takes any.</summary>
    public ImmutableDictionary<(int Level, int Axis), ImmutableArray<LoopDim>> AxisDims { get; init; } =
        ImmutableDictionary<(int Level, int Axis), ImmutableArray<LoopDim>>.Empty;

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
