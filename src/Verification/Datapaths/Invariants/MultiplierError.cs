using System.Globalization;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>
/// The relative error of a multiplier that is not exact: its formula, and every pair of short operands. Pairs count whose operands are
/// normal and whose product is a normal number of the multiplier's own format, neither flushed nor clamped. A product table has no formula,
/// so its extremes are those of its entries.
/// </summary>
public sealed class MultiplierError : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "multiplier-error";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Spec.InexactMultiplier is not { } multiplier || multiplier is TruncatedMultiplier) return null;
        string title = $"the relative error of {multiplier.Kind} products, normal and of normal operands,";
        if (claim.IsLogarithmic) return new UnknownInvariant(Name, title, "exact products of logarithms are irrational");
        (Ratio Low, Ratio High, string Why)? formula = MultiplierBounds.Of(multiplier, claim.Spec.Activation);
        string text = formula is { } f ? $"{title} lies in [{f.Low}, {f.High}]" : $"{title} is bounded";
        if (claim.Products is not { IsKnown: true } products)
            return formula is { } g ? new ProvedInvariant(Name, text, ProofMethod.ClosedForm, g.Why)
                : new UnknownInvariant(Name, text, "no formula bounds it, and the operands are too wide to try all");
        using var digest = new CaseDigest();
        (Ratio Error, CodePair Pair)? low = null, high = null;
        long apart = 0;
        foreach (uint a in products.Activations.Codes)
            foreach (uint w in products.Weights.Codes)
            {
                var pair = new CodePair(a, w);
                if (Error(claim.Spec, multiplier, products, pair) is not { } found)
                {
                    apart++;
                    continue;
                }
                digest.Add(pair, found.Value);
                if (low is null || found.Error < low.Value.Error) low = (found.Error, pair);
                if (high is null || found.Error > high.Value.Error) high = (found.Error, pair);
            }
        if (low is not { } least || high is not { } most) return new UnknownInvariant(Name, text,
            "no pair of operands has a normal product");
        DatapathWitness closest = DatapathWitness.Replay(claim.Spec, 0,
            [new(least.Error.Numerator.Sign < 0 && -least.Error.Numerator * most.Error.Denominator > most.Error.Numerator
            * least.Error.Denominator ? least.Pair : most.Pair, 1)]);
        if (formula is { } bound && (least.Error < bound.Low || most.Error > bound.High))
            return new RefutedInvariant(Name, text, $"{(least.Error < bound.Low ? least.Error : most.Error)}", closest);
        return new ProvedInvariant(Name, text, ProofMethod.Exhaustive,
            string.Create(CultureInfo.InvariantCulture,
            $"from {least.Error} to {most.Error}; {apart} pairs with a product that is 0 or not normal stand apart"),
            digest.Cases, digest.Finish(), closest);
    }

    private static (Ratio Error, Dyadic Value)? Error(DatapathSpec spec, MultiplierSpec multiplier, ProductSet products, CodePair pair)
    {
        Dyadic exact = products.Activations.Value(pair.Activation) * products.Weights.Value(pair.Weight);
        if (exact.Sign == 0 || products.Of(pair) is not { Class: NumberClass.Finite } product) return null;
        Dyadic value = Dyadic.Of(product);
        if (multiplier is LMulMultiplier lmul && spec.Activation is FloatFormat format)
        {
            uint signs = 1u << format.Bits - 1, code = lmul.MultiplyCodes(format, pair.Activation, pair.Weight) & signs - 1;
            bool normal = (pair.Activation & signs - 1) >> format.FractionBits != 0
                && (pair.Weight & signs - 1) >> format.FractionBits != 0;
            // The largest code stands for clamped sums too.
            if (!normal || code >> format.FractionBits == 0 || code >= format.MaximumCode) return null;
        }
        return (Ratio.Error(value, exact), value);
    }
}
