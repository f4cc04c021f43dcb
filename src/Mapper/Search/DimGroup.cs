using System.Collections.Immutable;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>Dimensions that are chosen together: one, or the two of a window of the input.</summary>
internal sealed class DimGroup
{
    /// <summary>One dimension, or the output and the filter dimension of a window.</summary>
    public required ImmutableArray<LoopDim> Dims { get; init; }

    /// <summary>What slides when it is a window; <see cref="Sliding.None"/> for a single dimension.</summary>
    public required Sliding Window { get; init; }

    /// <summary>By (dimension, place) column: the dimension's index in <see cref="Dims"/> and the place.</summary>
    public required ImmutableArray<(int Dim, int Place)> Columns { get; init; }

    /// <summary>The ways to choose.</summary>
    public required ChoiceList Choices { get; init; }

    /// <summary>By product and column of <see cref="Choices"/>: the power with which the column enters.</summary>
    public required double[][] Powers { get; init; }
}
