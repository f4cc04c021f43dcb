using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Verification.Datapaths.Sums;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>
/// A larger addend never gives a smaller sum. Rounding after every step keeps order; saturation too. A register that wraps does not, nor
/// does a dot unit that aligns to the largest exponent:
/// a term that reaches the next power of two makes the others lose their last place (Mikaitis, arXiv 2304.01407).
/// </summary>
public sealed class MonotoneSums : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "monotone";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        string text = $"a larger product or start never makes a sum of {claim.Terms} products smaller";
        DatapathSpec spec = claim.Spec;
        if (claim.Products is not { IsKnown: true, Special: null } products) return new UnknownInvariant(Name, text,
            "what products can be is not known");
        if (spec.Accumulator is IntegerAccumulator { Overflow: RegisterOverflow.Wrap }
            or FixedAccumulator { Overflow: RegisterOverflow.Wrap }) return Wrapping(claim, products, text);
        if (spec.Accumulator is ExactAccumulator { Quire: null } e && MonotoneRounding.Applies(e.Output)) return new ProvedInvariant(Name,
            text, ProofMethod.ClosedForm, "sums are exact, and one rounding keeps order");
        if (spec.Accumulator is ExactAccumulator { Quire: not null })
            return new QuireCapacity().Decide(claim) is ProvedInvariant
                ? new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
                "sums are exact while the quire holds them, and one rounding keeps order")
                : new UnknownInvariant(Name, text, "the quire may overflow");
        if (spec.Dot is AlignedDotUnit { Fraction: { } kept } unit) return Aligned(spec, unit, kept, products, text);
        return spec.Accumulator is not NormalizingAccumulator && SumStep.Of(spec, out string reason) is { IsExact: true }
            ? new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
                "every step is a sum and a rounding, and both keep order (until Inf or NaN)")
            : new UnknownInvariant(Name, text, "no rule says whether steps of this register keep order");
    }

    private InvariantVerdict Wrapping(DatapathClaim claim, ProductSet products, string text)
    {
        switch (new SumRange().Decide(claim))
        {
            case ProvedInvariant range: return new ProvedInvariant(Name, text, ProofMethod.ClosedForm, $"nothing wraps: {range.Bound}");
            case RefutedInvariant { Witness: { Runs: [{ Count: > 0 } run] } past } when products.Of(run.Pair) is
                { Negative: false, Class: NumberClass.Finite } && past.Terms <= DatapathWitness.MostTerms:
                DatapathWitness before = DatapathWitness.Replay(claim.Spec, past.Initial, [new(run.Pair, run.Count - 1)]);
                if (before.Result > past.Result) return new RefutedInvariant(Name, text,
                    "one more positive product wraps the register to a smaller number", before, past);
                break;
        }
        return new UnknownInvariant(Name, text, "the register may wrap");
    }

    // The register at just under 2^e beside products of a last place that only the lower binade keeps; then at 2^e.
    private InvariantVerdict Aligned(DatapathSpec spec, AlignedDotUnit unit, int kept, ProductSet products, string text)
    {
        if (unit.Scales is null && spec.Accumulator is FloatAccumulator { Format: FloatFormat format } register)
            foreach (CodePair pair in PowersOfTwo(products))
            {
                int e = Dyadic.Of(products.Of(pair)).Exponent + kept + 1;
                if (e <= format.MinimumExponent || e > format.Maximum.LeadingExponent) continue;
                int places = Math.Min(kept, unit.Result is FloatFormat cut ? Math.Min(cut.FractionBits, format.FractionBits)
                    : format.FractionBits);
                Dyadic high = Dyadic.Power(e), low = high - Dyadic.Power(e - 1 - places);
                if (Replay(spec, format, low, pair, unit.Lanes) is not { } first
                    || Replay(spec, format, high, pair, unit.Lanes) is not { } second) continue;
                if (ExactSums.Held(register, second.Result) < ExactSums.Held(register, first.Result))
                    return new RefutedInvariant(Name, text, $"a register of {high} with the same products ends below one of {low}", first,
                        second);
            }
        return new UnknownInvariant(Name, text, "alignment need not keep order, but no operands were found that show it");
    }

    private static IEnumerable<CodePair> PowersOfTwo(ProductSet products)
    {
        foreach (uint a in Powers(products.Activations)) foreach (uint w in Powers(products.Weights)) yield return new(a, w);
    }

    private static IEnumerable<uint> Powers(OperandSet set)
    {
        foreach (int e in Enumerable.Range(-16, 33))
        {
            uint code = set.Format.Encode(Exact.Finite(false, e, 1), Rounding.NearestEven, out RoundingFlags flags);
            if (flags == RoundingFlags.None && set.Value(code) is var v && v >= set.Range.Low && v <= set.Range.High) yield return code;
        }
    }

    private static DatapathWitness? Replay(DatapathSpec spec, FloatFormat format, Dyadic start, CodePair pair, int count)
    {
        uint code = format.Encode(start.ToExact(), Rounding.NearestEven, out RoundingFlags flags);
        if (flags != RoundingFlags.None) return null;
        DatapathWitness witness = DatapathWitness.Replay(spec, code, [new(pair, count)]);
        return witness.IsNaN || witness.Overflowed ? null : witness;
    }
}
