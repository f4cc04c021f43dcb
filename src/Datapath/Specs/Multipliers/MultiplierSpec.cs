using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// What stands in place of an exact multiplier: a closed family, one record (and file) a kind. It maps two codes to one exact number, which
/// the accumulator then takes as it would the exact product. A datapath without one multiplies exactly.
/// </summary>
public abstract record MultiplierSpec
{
    /// <summary>Word of the kind in configurations and reports.</summary>
    public abstract string Kind { get; }

    /// <summary>null when the multiplier means something for operands of these formats; else what is wrong.</summary>
    public abstract string? Refuses(INumberFormat activation, INumberFormat weight);

    /// <summary>Cycles for which one product occupies the multiplier (its initiation interval), 1 or more.</summary>
    public virtual int CyclesPerMac(INumberFormat activation, INumberFormat weight) => 1;

    /// <summary>The product of an activation code and a weight code.</summary>
    public abstract Exact Multiply(INumberFormat activation, INumberFormat weight, uint a, uint w);

    /// <summary>The product as the accumulator's hardware sees it, of operands of these shapes.</summary>
    public abstract ProductShape Product(OperandShape activation, OperandShape weight);

    /// <summary>The hardware of the multiplier.</summary>
    public abstract Structure Logic(OperandShape activation, OperandShape weight);

    /// <summary>Registers that it has of its own.</summary>
    public virtual Structure Registers(OperandShape activation, OperandShape weight) => Structure.Empty;

    /// <summary>A product that has the shape of one number.</summary>
    /// <summary>What operands' magnitudes may multiply to before a product can be no number; infinite where products have room for
    /// all.</summary>
    public virtual double LargestProduct(INumberFormat activation, INumberFormat weight) => double.PositiveInfinity;

    private protected static ProductShape Number(OperandShape shape) => new(shape with { DecodeTable = false, IsTapered = false }, default);

    /// <summary>Both operands brought into sign, exponent and significand: zero detection and, where codes have no fields,
    /// decoders.</summary>
    private protected static Structure Decoders(OperandShape activation, OperandShape weight) => TaperedUnits.Decoder(activation)
        + TaperedUnits.Decoder(weight, onPath: !activation.IsTapered)
            .With("zero detection", PrimitiveKind.Gate, activation.ExponentBits + weight.ExponentBits);
}
