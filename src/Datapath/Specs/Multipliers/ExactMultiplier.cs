using Sim.Datapath.Arithmetic;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// A multiplier whose products are exact but which is not an array of partial products: other gates, and perhaps other time. No value
/// depends on it, so every kernel and every order of sums stays what it is without it.
/// </summary>
public abstract record ExactMultiplier : MultiplierSpec
{
    /// <inheritdoc/>
    public sealed override Exact Multiply(INumberFormat activation, INumberFormat weight, uint a, uint w)
    {
        ArgumentNullException.ThrowIfNull(activation);
        ArgumentNullException.ThrowIfNull(weight);
        RoundingFlags invalid = RoundingFlags.None;
        return ExactArithmetic.Multiply(activation.Decode(a), weight.Decode(w), ref invalid);
    }

    /// <inheritdoc/>
    public override ProductShape Product(OperandShape activation, OperandShape weight) => new(activation, weight);

    /// <summary>null when sums in the register mean what they mean with whole products; else what is wrong.</summary>
    public virtual string? RefusesAccumulator(AccumulatorSpec accumulator) => null;
}
