using System.Numerics;
using Sim.Datapath.Specs;
using Sim.Verification.Datapaths.Sums;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>
/// Every partial sum is a number of the register, so that nothing is ever rounded and order does not matter. Products are multiples of 2^g;
/// a float holds every multiple of 2^g up to 2^(g + precision), a posit as many as its regimes allow, a fixed-point register those on its
/// grid.
/// </summary>
public sealed class ExactSums : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "exact-sums";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        DatapathSpec spec = claim.Spec;
        if (spec.Accumulator is IntegerAccumulator or ExactAccumulator || spec.Dot is { Segment: > 0 }) return null;
        string text = $"every partial sum of {claim.Terms} products is a number of the register";
        if (claim.Products is not { } products) return new UnknownInvariant(Name, text, "products of logarithms are no dyadic numbers");
        if (products.Special is { } special)
        {
            DatapathWitness one = DatapathWitness.Replay(spec, 0, [new(special, 1)]);
            return new RefutedInvariant(Name, text, "the multiplier makes a product that is no number of finite operands",
                one.Demand(SumRange.Fails(spec, one), Name));
        }
        if (!products.IsKnown) return new UnknownInvariant(Name, text, "what products can be is not known");
        if (products.LeastUnit is not { } unit) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm, "every product is 0",
            products.Cases);
        Dyadic? reach = Reach(spec, unit);
        if (reach is null && spec.Accumulator is not (FloatAccumulator or FixedAccumulator
            or PromotedAccumulator)) return new UnknownInvariant(Name, text, "no rule says what such a register holds");
        BigInteger safe = reach is { } r ? r.Floor(products.Range.Magnitude) : 0;
        if (safe >= claim.Terms) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
            $"products are multiples of 2^{unit}, whose sums are numbers up to {safe} products", products.Cases);
        if (safe == 0 && Single(claim, products) is { } single)
        {
            if (single.Witness is { } one) return new RefutedInvariant(Name, text, "one product is no number of the register", one);
            if (claim.Terms == 1) return new ProvedInvariant(Name, text, ProofMethod.Exhaustive,
                "every product is a number of the register", single.Cases, single.Digest);
        }
        return Inexact(claim, products, safe) is { } found
            ? new RefutedInvariant(Name, text,
                $"proved up to {safe} products; {found.Witness.Terms} sum to {found.Exact}, but the register holds {found.Held}",
                found.Witness)
            : new UnknownInvariant(Name, text, $"proved up to {safe} products; no sum beyond was found that is rounded");
    }

    // Magnitude up to which sums of multiples of 2^unit pass every rounding of the datapath unchanged.
    internal static Dyadic? Reach(DatapathSpec spec, int unit)
    {
        Dyadic? reach = spec.Accumulator switch
        {
            FixedAccumulator f => unit >= -f.Fraction ? Dyadic.Power(f.Bits - 1 - f.Fraction) - Dyadic.Power(-f.Fraction) : null,
            FloatAccumulator f => Least(ExactGrid.Reach(f.Format, unit), f.Product is null ? ExactGrid.Reach(f.Format, unit)
                : ExactGrid.Reach(f.Product, unit)),
            PromotedAccumulator p => Least(Reach(spec with { Accumulator = p.Inner }, unit), ExactGrid.Reach(p.Outer.Format, unit)),
            _ => null,
        };
        if (reach is not { } m || spec.Accumulator is PromotedAccumulator) return reach;
        return spec.Dot switch
        {
            null => m,
            AdderTreeDotUnit t => Least(m, ExactGrid.Reach(t.Format, unit)),
            // Nothing is cut while the unit 2^(largest exponent - Fraction) is no larger than 2^unit.
            AlignedDotUnit u => Aligned(spec, u.Fraction, u.LeastExponent,
                Least(m, u.Result is null ? m : ExactGrid.Reach(u.Result, unit)), unit),
            AlignedSumDotUnit u => Aligned(spec, u.Fraction, u.LeastExponent, Least(m, ExactGrid.Reach(u.Sum, unit)), unit),
            _ => null,
        };
    }

    private static Dyadic? Aligned(DatapathSpec spec, int? fraction, int? least, Dyadic? reach, int unit)
    {
        if (reach is null || fraction is not { } kept) return reach;
        if (least - kept > unit) return null;
        if (spec.Activation.Maximum.LeadingExponent + spec.Weight.Maximum.LeadingExponent - kept > unit) return null;
        return Least(reach, Dyadic.Power(unit + kept + 1) - Dyadic.Power(unit));
    }

    private static Dyadic? Least(Dyadic? a, Dyadic? b) => a is { } x && b is { } y ? Dyadic.Min(x, y) : null;

    // Every product alone, where all can be tried; a witness is one that the register does not hold.
    private static (DatapathWitness? Witness, long Cases, string Digest)? Single(DatapathClaim claim, ProductSet products)
    {
        if (products.Activations.Codes.IsEmpty || products.Weights.Codes.IsEmpty || claim.Spec.Activation.Bits
            + claim.Spec.Weight.Bits > ProductSet.MostEnumeratedBits) return null;
        using var digest = new CaseDigest();
        foreach (uint a in products.Activations.Codes)
            foreach (uint w in products.Weights.Codes)
            {
                var pair = new CodePair(a, w);
                DatapathWitness witness = DatapathWitness.Replay(claim.Spec, 0, [new(pair, 1)]);
                Dyadic exact = Value(products, pair);
                digest.Add(pair, exact);
                if (witness.Overflowed || witness.IsNaN || Held(claim.Spec.Accumulator, witness.Result) != exact) return (witness,
                    digest.Cases, "");
            }
        return (null, digest.Cases, digest.Finish());
    }

    private static (DatapathWitness Witness, Dyadic Exact, string Held)? Inexact(DatapathClaim claim, ProductSet products, BigInteger safe)
    {
        CodePair large = products.Largest, fine = products.Finest!.Value;
        long most = Math.Min(claim.Terms - 1, DatapathWitness.MostTerms - 1), near = (long)BigInteger.Min(safe, most);
        foreach (long count in new[] { 0, 1, 2, 3, near - 1, near, near + 1, near + 2, 2 * near + 1, most }.Where(c => c >= 0 && c <= most)
            .Distinct())
        {
            Dyadic exact = Value(products, large) * new Dyadic(count) + Value(products, fine);
            DatapathWitness witness = DatapathWitness.Replay(claim.Spec, 0, count == 0 ? [new(fine, 1)]
                : [new(large, (int)count), new(fine, 1)]);
            Dyadic? held = Held(claim.Spec.Accumulator, witness.Result);
            if (witness.Overflowed || witness.IsNaN || held is null) return (witness, exact, "no number: it overflowed");
            if (held != exact) return (witness, exact, held.Value.ToString());
        }
        return null;
    }

    private static Dyadic Value(ProductSet products, CodePair pair) => Dyadic.Of(products.Of(pair));

    internal static Dyadic? Held(AccumulatorSpec accumulator, long result) => accumulator switch
    {
        IntegerAccumulator => new Dyadic(result),
        FixedAccumulator f => new Dyadic(result, -f.Fraction),
        FloatAccumulator f => Number(f.Format.Decode((uint)result)),
        ExactAccumulator e => Number(e.Output.Decode((uint)result)),
        { ResultFormat: { } format } => Number(format.Decode((uint)result)),
        _ => null,
    };

    private static Dyadic? Number(in Exact value) => value.Class is NumberClass.NaN or NumberClass.Infinity ? null : Dyadic.Of(value);
}
