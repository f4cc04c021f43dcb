using Sim.ArchModel;
using Sim.Datapath.Specs;

namespace Sim.Mapper;

/// <summary>
/// Bits of one element of each operand where it is stored. Sum is a result at accumulator precision (partial sums, and results until they leave);
/// Output is a finished result outside the chip: it has been converted to the activation format, as the next layer reads it.
/// </summary>
public readonly record struct ElementWidths(int Activation, int Weight, int Sum, int Output)
{
    /// <summary>The widths that a datapath implies.</summary>
    public static ElementWidths Of(DatapathSpec datapath)
    {
        ArgumentNullException.ThrowIfNull(datapath);
        return new ElementWidths(datapath.ActivationStorageBits, datapath.WeightStorageBits, datapath.AccumulatorBits, datapath.ActivationStorageBits);
    }

    /// <summary>Input width of one operand.</summary>
    public int OfInput(Operands operand) => operand == Operands.Activations ? Activation : Weight;
}
