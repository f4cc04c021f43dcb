using Sim.ArchModel;
using Sim.Datapath;
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

    // Exponents of the lowest bit that any code sets and of the bit above the highest. In the positive half codes are ordered with Inf and NaN on top,
    // so code 1 and the last finite code hold the extremes; the two codes around the sign bit cover two's complement and unsigned integers.
    private static (int Low, int High) Span(INumberFormat format)
    {
        uint last = format.Bits == 32 ? uint.MaxValue : (1u << format.Bits) - 1;
        int low = int.MaxValue, high = int.MinValue;
        foreach (uint code in new[] { 1u, LastFinite(format, last / 2), last / 2 + 1, last })
        {
            Exact value = format.Decode(code);
            if (value.Class != NumberClass.Finite) continue;
            low = Math.Min(low, value.Exponent + (int)UInt128.TrailingZeroCount(value.Significand));
            high = Math.Max(high, value.Exponent + 128 - (int)UInt128.LeadingZeroCount(value.Significand));
        }
        return low == int.MaxValue ? throw new ArgumentException($"format {format.Name} has no finite code", nameof(format)) : (low, high);
    }

    private static uint LastFinite(INumberFormat format, uint top)
    {
        uint finite = 1, beyond = top + 1;
        while (beyond - finite > 1)
        {
            uint middle = finite + (beyond - finite) / 2;
            if (format.Decode(middle).Class is NumberClass.Infinity or NumberClass.NaN) beyond = middle; else finite = middle;
        }
        return finite;
    }
}
