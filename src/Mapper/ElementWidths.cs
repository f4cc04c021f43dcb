using System.Numerics;
using Sim.ArchModel;
using Sim.Datapath.Specs;

namespace Sim.Mapper;

/// <summary>
/// What one element of each operand takes where it is stored, in parts of a bit, <paramref name="PartsPerBit"/> to the bit, so that an
/// element's share of a block's scale is exact (mxfp4: 17 parts of a quarter bit). Sum is a result at accumulator precision (partial sums,
/// and results until they leave); Output is a finished result outside the chip: it has been converted to the activation format, as the next
/// layer reads it.
/// </summary>
public readonly record struct ElementWidths(int Activation, int Weight, int Sum, int Output, int PartsPerBit)
{
    /// <summary>The widths that a datapath implies.</summary>
    public static ElementWidths Of(DatapathSpec datapath)
    {
        ArgumentNullException.ThrowIfNull(datapath);
        (int a, int ofA) = datapath.ActivationStorage;
        (int w, int ofW) = datapath.WeightStorage;
        (int partsA, int partsW) = (ofA / Divisor(a, ofA), ofW / Divisor(w, ofW));
        int parts = partsA / Divisor(partsA, partsW) * partsW;
        int activation = checked((int)((long)a * parts / ofA));
        return new ElementWidths(activation, checked((int)((long)w * parts / ofW)), datapath.AccumulatorBits * parts, activation, parts);
    }

    /// <summary>Input width of one operand.</summary>
    public int OfInput(Operands operand) => operand == Operands.Activations ? Activation : Weight;

    /// <summary>Whole bits of so many parts, the last begun one counted.</summary>
    public long Bits(long parts) => (parts + PartsPerBit - 1) / PartsPerBit;

    private static int Divisor(int a, int b) => (int)BigInteger.GreatestCommonDivisor(a, b);
}
