using System.Collections.Immutable;

namespace Sim.ArchModel;

/// <summary>
/// The components and actions that a machine counts and the cost model prices: the one list both use. A ledger key that is not listed here
/// (or a buffer's name with a buffer action) has no price and is refused, never free.
/// </summary>
public static class ActionNames
{
    /// <summary>The processing elements of the array.</summary>
    public const string Pe = "pe";

    /// <summary>The accumulators below a weight- or input-stationary array, one a column.</summary>
    public const string Accumulator = "accumulator";

    /// <summary>Off-chip memory.</summary>
    public const string Dram = "dram";

    /// <summary>The elementwise unit after the array.</summary>
    public const string Vector = "vector";

    /// <summary>pe: one multiply-accumulate, the accumulating (or partial-sum) register included.</summary>
    public const string Mac = "mac";

    /// <summary>pe: one streamed operand moves into one PE's register (output-stationary: both streams count, equally often).</summary>
    public const string OperandShift = "operand_shift";

    /// <summary>pe: the stationary operand (weight, or activation when input-stationary) is written to one PE's register.</summary>
    public const string WeightLoad = "weight_load";

    /// <summary>pe: one result moves one PE down while an output-stationary array drains.</summary>
    public const string ResultShift = "result_shift";

    /// <summary>accumulator: one partial sum is added at accumulator precision.</summary>
    public const string Add = "add";

    /// <summary>accumulator: one partial sum is read from the buffer that keeps the outputs, at accumulator width. Buffers: see
    /// <see cref="ReadOf"/>.</summary>
    public const string Read = "read";

    /// <summary>accumulator: one partial sum is written to the buffer that keeps the outputs, at accumulator width. Buffers: see
    /// <see cref="WriteOf"/>.</summary>
    public const string Write = "write";

    /// <summary>dram: one bit read.</summary>
    public const string ReadBits = "read_bits";

    /// <summary>dram: one bit written.</summary>
    public const string WriteBits = "write_bits";

    /// <summary>vector: one float32 elementwise operation.</summary>
    public const string VectorOp = "op";

    // vector: one element through a function of the unit's own goes by the function's name, e.g. `softmax`.

    /// <summary>A buffer's action: one element of the operand is read. Widths differ by operand, so each has its own name, e.g.
    /// `read_weights`.</summary>
    public static string ReadOf(Operands operand) => "read_" + NameOf(operand);

    /// <summary>A buffer's action: one element of the operand is written, e.g. `write_outputs`.</summary>
    public static string WriteOf(Operands operand) => "write_" + NameOf(operand);

    /// <summary>The three operands, in the order in which their actions are listed.</summary>
    public static ImmutableArray<Operands> SingleOperands { get; } = [Operands.Activations, Operands.Weights, Operands.Outputs];

    /// <summary>`activations`, `weights` or `outputs`.</summary>
    public static string NameOf(Operands operand) => operand switch
    {
        Operands.Activations => "activations",
        Operands.Weights => "weights",
        Operands.Outputs => "outputs",
        _ => throw new ArgumentOutOfRangeException(nameof(operand), operand, "one single operand is needed"),
    };
}
