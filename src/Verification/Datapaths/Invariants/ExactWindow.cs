using System.Numerics;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>
/// The Kulisch register is wide enough: its lowest place is no higher than that of any product, and so many products of the largest
/// magnitude stay within its two's complement bits. The simulated register is as wide as sums need; this is about the one that is priced
/// and built.
/// </summary>
public sealed class ExactWindow : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "exact-window";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Spec.Accumulator is not ExactAccumulator { Quire: null } exact) return null;
        ProductShape shape = claim.Spec.Product;
        int bits = exact.RegisterBits(shape), unit = shape.LeastExponent;
        string text = $"{bits} bits from 2^{unit} up hold every sum of {claim.Terms} products exactly";
        if (claim.Products is not { IsKnown: true, Special: null } products) return new UnknownInvariant(Name, text,
            "what products can be is not known");
        if (products.LeastUnit is { } fine && fine < unit)
            return new RefutedInvariant(Name, text, $"a product has places down to 2^{fine}",
                DatapathWitness.Replay(claim.Spec, 0, [new(products.Finest!.Value, 1)]));
        Interval<Dyadic> register = new(-Dyadic.Power(unit + bits - 1), Dyadic.Power(unit + bits - 1) - Dyadic.Power(unit));
        BigInteger high = products.Range.High.Sign > 0 ? register.High.Floor(products.Range.High) : -1, low = products.Range.Low.Sign < 0
            ? (-register.Low).Floor(-products.Range.Low) : -1;
        if (high < 0 && low < 0) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm, "every product is 0", products.Cases);
        BigInteger safe = high < 0 ? low : low < 0 ? high : BigInteger.Min(high, low);
        int carry = (int)(safe.GetBitLength() - 1);
        if (safe >= claim.Terms)
            return new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
                $"products lie in {products.Range} on multiples of 2^{products.LeastUnit ?? unit}; {safe} of them fit (2^{carry} and more), {safe + 1} do not", products.Cases);
        CodePair pair = safe == high ? products.Highest : products.Lowest;
        Dyadic sum = Dyadic.Of(products.Of(pair)) * new Dyadic(safe + 1);
        if (safe + 1 > DatapathWitness.MostTerms) return new UnknownInvariant(Name, text,
            $"proved up to {safe} products; {safe + 1} of {products.Of(pair)} do not fit, more than are replayed");
        DatapathWitness witness = DatapathWitness.Replay(claim.Spec, 0, [new(pair, (int)safe + 1)]);
        return new RefutedInvariant(Name, text, $"proved up to {safe} products; {safe + 1} sum to {sum}, outside {register}",
            witness.Demand(sum < register.Low || sum > register.High, Name));
    }
}
