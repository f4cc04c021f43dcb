using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Verification.Datapaths.Sums;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>
/// No partial sum overflows: none leaves an integer or fixed-point register, none becomes Inf or NaN or is clipped in a float or posit
/// register, and an exact sum's one rounding does not either. Because every step is monotone, the sum of the greatest (least) products
/// bounds all others, rounding included, and is reached.
/// </summary>
public sealed class SumRange : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "range";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        DatapathSpec spec = claim.Spec;
        if (spec.Accumulator is ExactAccumulator { Quire: not null }) return null;
        string text = $"no sum of {claim.Terms} products of finite operands {Wording(spec.Accumulator)}";
        if (claim.Products is not { } products) return new UnknownInvariant(Name, text,
            "products of logarithms are no dyadic numbers, which is what sums are bounded in");
        if (products.Special is { } special)
        {
            DatapathWitness one = DatapathWitness.Replay(spec, 0, [new(special, 1)]);
            return new RefutedInvariant(Name, text, "the multiplier makes a product that is no number of finite operands",
                one.Demand(Fails(spec, one), Name));
        }
        if (!products.IsKnown) return new UnknownInvariant(Name, text,
            $"products of {spec.Activation.Name} and {spec.Weight.Name} through a multiplier of kind {spec.Multiplier!.Kind} are too many to try");
        if (spec.Accumulator is ExactAccumulator exact) return Rounded(claim, products, exact, text);
        if (SumStep.Of(spec, out string reason) is not { } step) return new UnknownInvariant(Name, text, reason);
        return (SumChain.Uniform(step, products.Range, long.MaxValue / 2) ?? SumChain.Uniform(step, products.Range, claim.Terms)) is
            { } chain
            ? Verdict(claim, products, step, chain, text)
            : new UnknownInvariant(Name, text, $"undecided after {SumChain.MostSteps} steps of the extreme sum");
    }

    private InvariantVerdict Verdict(DatapathClaim claim, ProductSet products, SumStep step, in ChainResult chain, string text)
    {
        if (chain.StandsStill) return new ProvedInvariant(Name, text, ProofMethod.ExtremeChain,
            $"proved for every number of products: sums stand still within {Short(chain.Sums)}", products.Cases);
        if (chain.Safe >= claim.Terms) return new ProvedInvariant(Name, text, ProofMethod.ExtremeChain,
            $"proved up to {chain.Safe} products{(chain.Overflows ? $", then {Short(chain.Last)} is left" : "")}", products.Cases);
        foreach (CodePair pair in new[] { products.Highest, products.Lowest })
            if (Overflow(claim, pair, chain, pair == products.Highest) is { } witness)
                return new RefutedInvariant(Name, text, chain.Safe == 0 ? "one product overflows"
                    : $"proved up to {chain.Safe} products; {witness.Terms} overflow", witness);
        return new UnknownInvariant(Name, text,
            $"proved up to {chain.Safe} products; {(step.IsExact ? "the overflow needs more products than are replayed" : "beyond them the bound is not reached by equal products")}");
    }

    // As many products as the bound allows and one more; where the bound is loose, up to twice as many.
    private static DatapathWitness? Overflow(DatapathClaim claim, CodePair pair, in ChainResult chain, bool high)
    {
        DatapathSpec spec = claim.Spec;
        (uint? a, uint? b) = (Scale(spec.Dot?.ActivationScale), Scale(spec.Dot?.WeightScale));
        foreach (long count in new[] { chain.Safe + 1, chain.Safe + (chain.Safe >> 3) + spec.Lanes, 2 * chain.Safe + 2 * spec.Lanes })
        {
            if (count > Math.Min(DatapathWitness.MostTerms, claim.Terms)) break;
            DatapathWitness witness = DatapathWitness.Replay(spec, 0, [new(pair, (int)count)], a, b);
            if (Fails(spec, witness)) return witness;
        }
        if (chain.Safe < DatapathWitness.MostTerms || Code(spec.Accumulator, high ? chain.Last.High : chain.Last.Low) is not
            { } start) return null;
        DatapathWitness last = DatapathWitness.Replay(spec, start, [new(pair, spec.Lanes)], a, b);
        return Fails(spec, last) ? last : null;
    }

    // Inf that comes from an Inf of the multiplier raises no overflow, but is no number either.
    internal static bool Fails(DatapathSpec spec, DatapathWitness witness) =>
        witness.Overflowed || witness.IsNaN || ExactSums.Held(spec.Accumulator, witness.Result) is null;

    internal static uint? Scale(INumberFormat? format) => format is null ? null : OperandSet.Of(format)!.HighCode;

    private static ulong? Code(AccumulatorSpec accumulator, Dyadic value) => accumulator switch
    {
        FloatAccumulator f => f.Format.Encode(value.ToExact(), Rounding.NearestEven, out _),
        IntegerAccumulator => unchecked((ulong)(long)(value.Significand << value.Exponent)),
        FixedAccumulator f => unchecked((ulong)(long)(value.Significand << value.Exponent + f.Fraction)),
        _ => null,
    };

    private InvariantVerdict Rounded(DatapathClaim claim, ProductSet products, ExactAccumulator exact, string text)
    {
        if (!MonotoneRounding.Applies(exact.Output)) return new UnknownInvariant(Name, text,
            $"rounding into {exact.Output.Name} is not known to be monotone");
        var rounding = new MonotoneRounding(exact.Output, exact.Rounding, exact.Overflow);
        bool Fits(BigInteger k) => rounding.Of(products.Range.Times(new Dyadic(k))) is not null;
        BigInteger safe = 0;
        // The largest k whose extreme sums round to finite numbers; extreme sums grow with k where products of that sign exist.
        for (int bit = 62; bit >= 0; bit--)
            if (Fits(safe + (BigInteger.One << bit))) safe += BigInteger.One << bit;
        if (safe >= claim.Terms) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
            $"the rounding at the end is finite up to {safe} products", products.Cases);
        if (safe + 1 > DatapathWitness.MostTerms) return new UnknownInvariant(Name, text,
            $"proved up to {safe} products; the overflow needs more products than are replayed");
        foreach (CodePair pair in new[] { products.Highest, products.Lowest })
        {
            DatapathWitness witness = DatapathWitness.Replay(claim.Spec, 0, [new(pair, (int)safe + 1)]);
            if (witness.Overflowed || witness.IsNaN) return new RefutedInvariant(Name, text,
                $"proved up to {safe} products; {witness.Terms} overflow", witness);
        }
        throw new InvalidOperationException($"a refutation does not replay: {Name}");
    }

    private static string Wording(AccumulatorSpec accumulator) => accumulator switch
    {
        IntegerAccumulator or FixedAccumulator => "leaves the register",
        ExactAccumulator e => $"overflows when it is rounded into {e.Output.Name}",
        FloatAccumulator { Format: PositFormat } => "is clipped to the largest posit or becomes NaR",
        _ => "becomes Inf or NaN, or is clipped",
    };

    private static string Short(Interval<Dyadic> sums) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"[{sums.Low.ToDouble():G6}, {sums.High.ToDouble():G6}]");
}
