using Sim.ArchModel;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Mapper;

/// <summary>
/// Bits of one element of each operand where it is stored. Sum is a result at accumulator precision (partial sums, and results until they leave);
/// Output is a finished result outside the chip: it has been converted to the activation format, as the next layer reads it.
/// </summary>
public readonly record struct ElementWidths(int Activation, int Weight, int Sum, int Output)
{
    /// <summary>Carry bits of an exact (wide) accumulator: 2^30 products cannot overflow it.</summary>
    public const int ExactGuardBits = 30;

    /// <summary>The widths that a datapath implies.</summary>
    public static ElementWidths Of(DatapathSpec datapath)
    {
        ArgumentNullException.ThrowIfNull(datapath);
        int sum = datapath.Accumulator switch
        {
            IntegerAccumulator integer => integer.Bits,
            FixedAccumulator fixedPoint => fixedPoint.Bits,
            FloatAccumulator floating => floating.Format.Bits,
            ExactAccumulator => ExactBits(datapath),
            _ => throw new ArgumentException($"no stored width is known for a {datapath.Accumulator.GetType().Name}", nameof(datapath)),
        };
        return new ElementWidths(datapath.Activation.Bits, datapath.Weight.Bits, sum, datapath.Activation.Bits);
    }

    /// <summary>Input width of one operand.</summary>
    public int OfInput(Operands operand) => operand == Operands.Activations ? Activation : Weight;

    private static int ExactBits(DatapathSpec datapath)
    {
        (int lowA, int highA) = Span(datapath.Activation);
        (int lowB, int highB) = Span(datapath.Weight);
        return highA + highB - lowA - lowB + ExactGuardBits + 1;
    }

    // Exponent of the grid that the smallest values lie on, and of the bit above the largest magnitude.
    private static (int Low, int High) Span(INumberFormat format) =>
        (format.SmallestPositive.Exponent, Math.Max(format.Maximum.LeadingExponent, format.Minimum.LeadingExponent) + 1);
}
