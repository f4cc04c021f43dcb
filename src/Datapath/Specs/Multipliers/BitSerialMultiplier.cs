using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>The operand of a product that is meant.</summary>
public enum ProductOperand : byte { Activation, Weight }

/// <summary>
/// One operand enters as digits of <paramref name="BitsPerCycle"/> bits, a digit a cycle, least significant first (Stripes, Judd et al.,
/// MICRO 2016: activations bit by bit; more bits a cycle is bit-parallel-serial). Each partial product is put in its place and added to the
/// register at once, the last one of a signed operand subtracted. The register must therefore not care about sums on the way: it wraps, or
/// holds every sum.
/// </summary>
/// <param name="BitsPerCycle">Bits of a digit, 1 or more.</param>
/// <param name="Serial">The operand that is cut into digits.</param>
public sealed record BitSerialMultiplier(int BitsPerCycle = 1, ProductOperand Serial = ProductOperand.Activation) : ExactMultiplier
{
    /// <inheritdoc/>
    public override string Kind => "bit_serial";

    /// <inheritdoc/>
    public override int CyclesPerMac(INumberFormat activation, INumberFormat weight)
    {
        ArgumentNullException.ThrowIfNull(activation);
        ArgumentNullException.ThrowIfNull(weight);
        return Digits(Serial == ProductOperand.Activation ? activation.Bits : weight.Bits);
    }

    /// <inheritdoc/>
    public override string? Refuses(INumberFormat activation, INumberFormat weight)
    {
        if (activation is not FixedFormat || weight is not FixedFormat)
            return $"a serial multiplier takes integers or fixed-point numbers digit by digit, found {activation?.Name} and {weight?.Name}";
        INumberFormat serial = Serial == ProductOperand.Activation ? activation : weight;
        return BitsPerCycle >= 1 && BitsPerCycle <= serial.Bits ? null
            : $"{BitsPerCycle} bits a cycle, but the serial operand {serial.Name} has {serial.Bits}";
    }

    /// <inheritdoc/>
    public override string? RefusesAccumulator(AccumulatorSpec accumulator) => accumulator
        is IntegerAccumulator { Overflow: RegisterOverflow.Wrap } or ExactAccumulator { Quire: null } ? null
        : "a serial multiplier adds partial products one by one, so its accumulator must be an integer that wraps or an exact one";

    /// <summary>A row of gates (a narrow multiplier for longer digits), the shifter that places a digit's product, negation for the digit
    /// of the sign.</summary>
    public override Structure Logic(OperandShape activation, OperandShape weight)
    {
        (OperandShape serial, OperandShape whole) = Serial == ProductOperand.Activation ? (activation, weight) : (weight, activation);
        int word = whole.SignificandBits, product = word + (BitsPerCycle > 1 ? BitsPerCycle : 0),
            places = Digits(serial.SignificandBits) - 1;
        Structure row = BitsPerCycle == 1
            ? Structure.Empty.With("digit gating", PrimitiveKind.Gate, word, onPath: true)
            : Structure.Empty.With("digit multiplier", PrimitiveKind.Multiplier, word, BitsPerCycle, onPath: true);
        return row
            .With("sign digit negation", PrimitiveKind.Xor, serial.Signed ? product : 0)
            .With("digit placing shifter", PrimitiveKind.Placer, places == 0 ? 0 : word + serial.SignificandBits, places == 0 ? 0
                : BitOperations.Log2((uint)places) + 1, onPath: true);
    }

    private int Digits(int bits) => (bits + BitsPerCycle - 1) / BitsPerCycle;
}
