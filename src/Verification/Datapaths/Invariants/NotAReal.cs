using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>Posit sums are NaR only when an operand is NaR (or a quire overflows): posits have no Inf, and rounding a finite number,
/// however large or small, never gives NaR or 0.</summary>
public sealed class NotAReal : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "nar";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        DatapathSpec spec = claim.Spec;
        if (spec.Dot is not null || spec.InexactMultiplier is not null
            || spec.Accumulator is not (ExactAccumulator { Output: PositFormat }
            or FloatAccumulator { Format: PositFormat, Product: null or PositFormat })) return null;
        const string Text = "a sum is NaR only when an operand is NaR or a quire overflows";
        PositFormat[] formats = [.. new[] { spec.Activation, spec.Weight, Register(spec.Accumulator) }.OfType<PositFormat>()];
        if (spec.Activation is not PositFormat || spec.Weight is not PositFormat || formats.Any(f => f.Bits > OperandSet.MostListedBits))
            return new UnknownInvariant(Name, Text, "operands or register are no posits of at most 16 bits, which are tried code by code");
        using var digest = new CaseDigest();
        PositFormat register = Register(spec.Accumulator);
        foreach (PositFormat format in formats)
            for (uint code = 0; code < 1u << format.Bits; code++)
            {
                Exact value = format.Decode(code);
                if (value.Class == NumberClass.NaN != (code == format.NaRCode) || value.Class == NumberClass.Infinity) return Broken(code,
                    0);
                if (value.Class != NumberClass.Finite) continue;
                // Rounding is monotone in the magnitude: the extremes of a sum and of a product bound every other.
                foreach (int shift in new[] { -4 * format.MaximumExponent, 0, 4 * format.MaximumExponent })
                {
                    uint rounded = register.Encode(value with { Exponent = value.Exponent + shift }, Rounding.NearestEven, out _);
                    if (rounded == register.NaRCode || rounded == 0) return Broken(code, 0);
                    digest.Add(new(code, rounded), new Dyadic(shift));
                }
            }
        return new ProvedInvariant(Name, Text, ProofMethod.Exhaustive,
            "every other code is a number, sums of numbers are numbers, and no number rounds to NaR or, unless it is 0, to 0",
            digest.Cases, digest.Finish());

        RefutedInvariant Broken(uint a, uint b)
        {
            DatapathWitness witness = DatapathWitness.Replay(spec, 0, [new(new(a, b), 1)]);
            return new RefutedInvariant(Name, Text, "a code or a rounding is NaR that should be a number",
                witness.Demand(witness.IsNaN, Name));
        }
    }

    private static PositFormat Register(AccumulatorSpec accumulator) =>
        (PositFormat)(accumulator is ExactAccumulator e ? e.Output : ((FloatAccumulator)accumulator).Format);
}
