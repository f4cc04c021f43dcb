using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>L-Mul as its paper prints it, (1 + f + g + 2^-l)·2^(e+h) (arXiv 2410.00907, eq. 1), beside what its adder computes: all pairs
/// of fractions.</summary>
public sealed class PrintedFormula : IDatapathInvariant
{
    private const int MostFractionBits = 8;

    /// <inheritdoc/>
    public string Name => "lmul-formula";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Spec.Multiplier is not LMulMultiplier lmul || claim.Spec.Activation is not FloatFormat format) return null;
        (Ratio low, Ratio high) = MultiplierBounds.Printed(lmul, format);
        string text = $"relative error of the printed formula (1 + f + g + 2^-{lmul.OffsetFor(format.FractionBits)}) lies in [{low}, {high}]";
        const string Why = "both ends are reached: at the largest fractions, and at fractions 0";
        if (format.FractionBits > MostFractionBits) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm, Why);
        using var digest = new CaseDigest();
        Dyadic one = Dyadic.Power(0), d = Dyadic.Power(-lmul.OffsetFor(format.FractionBits));
        for (uint f = 0; f < 1u << format.FractionBits; f++)
            for (uint g = 0; g < 1u << format.FractionBits; g++)
            {
                Dyadic x = new(f, -format.FractionBits), y = new(g, -format.FractionBits), value = one + x + y + d;
                Ratio error = Ratio.Error(value, (one + x) * (one + y));
                if (error < low || error > high) throw new InvalidOperationException($"fractions {f} and {g} leave the interval of the printed formula");
                digest.Add(new(f, g), value);
            }
        return new ProvedInvariant(Name, text, ProofMethod.Exhaustive, Why, digest.Cases, digest.Finish());
    }
}
