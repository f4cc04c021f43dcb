using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>Two's complement integer of <paramref name="Bits"/> (2 to 64); every step wraps or saturates. Operands must be
/// integers.</summary>
public sealed record IntegerAccumulator(int Bits, RegisterOverflow Overflow) : AccumulatorSpec
{
    /// <inheritdoc/>
    public override int RegisterBits(ProductShape product) => Bits;

    /// <inheritdoc/>
    public override Structure Step(ProductShape product) => RegisterAdder(Bits, Overflow);

    /// <inheritdoc/>
    public override Structure Combine(ProductShape product) => RegisterAdder(Bits, Overflow);
}
