using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Specs;
using Sim.Workloads.Graph;

namespace Sim.Mapper;

/// <summary>An axis of the fold grid.</summary>
public enum FoldAxis : byte { Rows, Columns }

/// <summary>
/// How long an operand stays in its buffer. Stream: a window of the stream, fetched for every fold that uses it (the stationary operand:
/// one fold's tile).
/// Tile: what one step of the outer fold loop uses. Whole: all of one group, fetched piece by piece at first use.
/// </summary>
public enum Residency : byte { Stream, Tile, Whole }

/// <summary>
/// A legal mapping of a layer. Folds run for each group, for each index of <paramref name="OuterLoop"/>, for each index of the other axis;
/// a fold's T stream steps are cut into units of <paramref name="StreamTile"/> steps, the grain of transfers.
/// </summary>
/// <param name="Layer">The layer.</param>
/// <param name="Array">The array it runs on.</param>
/// <param name="Grid">Its folds.</param>
/// <param name="OuterLoop">The axis whose folds change slowest.</param>
/// <param name="StreamTile">Stream steps of one unit, 1 to T; the last unit of a fold may be shorter.</param>
/// <param name="Activations">How long activations stay on chip.</param>
/// <param name="Weights">How long weights stay on chip.</param>
/// <param name="Outputs">How long results stay on chip; Stream with more than one fold along K spills partial sums.</param>
/// <param name="DramBits">Bits over the DRAM bus, the quantity that the choice minimises.</param>
public sealed record Mapping(GemmLayer Layer, PeArray Array, FoldGrid Grid, FoldAxis OuterLoop, int StreamTile,
    Residency Activations, Residency Weights, Residency Outputs, long DramBits)
{
    /// <summary>The order in which this mapping adds the K products of an output.</summary>
    public ReductionOrder Order => LayerMapper.OrderOf(Array).Canonical(Layer.K);

    /// <summary>Units of one fold.</summary>
    public int UnitsPerFold => (Grid.StreamLength + StreamTile - 1) / StreamTile;

    /// <summary>Residency of an operand.</summary>
    public Residency Of(Operands operand) => operand switch
    {
        Operands.Activations => Activations,
        Operands.Weights => Weights,
        Operands.Outputs => Outputs,
        _ => throw new ArgumentOutOfRangeException(nameof(operand), operand, "one single operand is needed"),
    };

    /// <summary>The operand that stays in the PEs during a fold.</summary>
    public static Operands Stationary(Dataflow dataflow) => dataflow switch
    {
        Dataflow.OutputStationary => Operands.Outputs,
        Dataflow.WeightStationary => Operands.Weights,
        _ => Operands.Activations,
    };

    /// <summary>The streamed operand indexed by the row folds.</summary>
    public static Operands RowOperand(Dataflow dataflow) => dataflow == Dataflow.InputStationary ? Operands.Weights : Operands.Activations;

    /// <summary>The streamed operand indexed by the column folds.</summary>
    public static Operands ColumnOperand(Dataflow dataflow) => dataflow == Dataflow.OutputStationary ? Operands.Weights : Operands.Outputs;
}

/// <summary>A layer does not fit. NeededBytes is the least that any mapping needs of the buffer, AvailableBytes what one of its halves
/// (double-buffered) or all of it holds.</summary>
public sealed record MappingProblem(string Layer, string Buffer, long NeededBytes, long AvailableBytes, string Message);

/// <summary>The chosen mapping, or why there is none.</summary>
public sealed record MappingResult(Mapping? Mapping, ImmutableArray<MappingProblem> Problems)
{
    /// <summary>The mapping; throws with every problem named when there is none.</summary>
    public Mapping Required => Mapping ?? throw new MappingException(Problems);
}

/// <summary>No legal mapping exists. The message names each layer, buffer, needed and available bytes.</summary>
public sealed class MappingException : Exception
{
    public MappingException(ImmutableArray<MappingProblem> problems) : base(string.Join('\n', problems.Select(p => p.Message))) =>
        Problems = problems;

    public MappingException() { }

    public MappingException(string message) : base(message) { }

    public MappingException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>What does not fit.</summary>
    public ImmutableArray<MappingProblem> Problems { get; } = [];
}
