using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>
/// Alignment never loses more than stated. A step shortens each of its N terms (products or scaled group sums, and the register) to a
/// multiple of U = 2^(e - F), e being the largest exponent of the step (or the unit's least one): to zero, down, up and to odd by less than
/// U each, to nearest by at most U/2. So the sum that is then rounded once differs from the exact one by less than N·U (N·U/2). The term
/// with the largest exponent loses only the places that it has below F.
/// </summary>
public sealed class AlignmentLoss : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "alignment-loss";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Spec.Dot is not AlignedDotUnit unit) return null;
        int products = unit.Lanes / (unit.Scales?.Group ?? 1);
        if (unit.Fraction is not { } kept) return new ProvedInvariant(Name, "alignment loses nothing", ProofMethod.ClosedForm,
            "every place of every term is kept; a step rounds once");
        bool nearest = unit.Alignment is RoundingMode.NearestEven or RoundingMode.NearestAway;
        int losing = LosingTerms(claim.Spec, unit, kept);
        string text = $"a step of {products} terms and the register loses {(nearest ? "at most" : "less than")} {(nearest ? $"{losing}/2" : losing)} units of 2^(e - {kept}), e the largest exponent"
            + (unit.LeastExponent is { } least ? $" or {least}" : "");
        string bound = losing > products ? "a unit a term"
            : "a unit for every term but the one of the largest exponent, whose places are all kept";
        Loss? closest = Closest(claim, unit, kept, products);
        return new ProvedInvariant(Name, text, ProofMethod.ClosedForm, closest is null ? bound
            : string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"{bound}; the operands shown lose {closest.Value.Units:F6} units"), 0, null, closest?.Witness);
    }

    /// <summary>Terms of a step that may lose places: all, but for one of the largest exponent whose places all lie within the kept
    /// ones.</summary>
    public static int LosingTerms(DatapathSpec spec, AlignedDotUnit unit, int kept)
    {
        ArgumentNullException.ThrowIfNull(unit);
        return unit.Lanes / (unit.Scales?.Group ?? 1) + (unit is { Scales: null, LeastExponent: null } && Places(spec) <= kept ? 0 : 1);
    }

    // Most places below the exponent of a term: of products those of both significands, and of the register.
    private static int Places(DatapathSpec spec)
    {
        var register = (FloatFormat?)(spec.Accumulator switch { FloatAccumulator f => f.Format as FloatFormat, PromotedAccumulator p =>
            p.Inner.Format as FloatFormat, _ => null });
        return spec.Activation is FloatFormat a && spec.Weight is FloatFormat w && register is { } r
            ? Math.Max(a.FractionBits + w.FractionBits, r.FractionBits) : int.MaxValue;
    }

    /// <summary>A step and how much it lost before it was rounded.</summary>
    public readonly record struct Loss(DatapathWitness Witness, double Units);

    // One product as large as its exponent, and in the other lanes the product whose cut part is the largest fraction of a unit; the replay
    // must equal the exact sum less that loss, rounded.
    private static Loss? Closest(DatapathClaim claim, AlignedDotUnit unit, int kept, int products)
    {
        DatapathSpec spec = claim.Spec;
        if (unit.Scales is not null || unit.Alignment != RoundingMode.ToZero || products < 2
            || spec.Accumulator is not FloatAccumulator register) return null;
        if (spec.Activation is not FloatFormat a || spec.Weight is not FloatFormat w || claim.Activations is null
            || claim.Weights is null) return null;
        List<(CodePair Pair, Dyadic Value, int Binade)> terms = [.. Candidates(claim, a, w)];
        (CodePair Big, CodePair Small, Dyadic Lost, int Exponent, int Count)? best = null;
        foreach (IGrouping<int, (CodePair Pair, Dyadic Value, int Binade)> level in terms.GroupBy(t => t.Binade))
        {
            if (unit.LeastExponent > level.Key) continue;
            Dyadic u = Dyadic.Power(level.Key - kept);
            (CodePair Pair, Dyadic Value, int Binade) big = level.MaxBy(t => Cut(t.Value, u)),
                small = terms.Where(t => t.Binade <= level.Key).MaxBy(t => Cut(t.Value, u));
            Dyadic lost = (Cut(big.Value, u) + Cut(small.Value, u) * new Dyadic(products - 1)) * Dyadic.Power(kept - level.Key);
            if (best is null || lost > best.Value.Lost) best = (big.Pair, small.Pair, lost, level.Key, products);
        }
        if (best is not { Lost.Sign: > 0 } found) return null;
        Dyadic exact = Value(spec, found.Big) + Value(spec, found.Small) * new Dyadic(products - 1);
        Dyadic aligned = exact - found.Lost * Dyadic.Power(found.Exponent - kept);
        DatapathWitness witness = DatapathWitness.Replay(spec, 0, [new(found.Big, 1), new(found.Small, products - 1)]);
        var rounding = new Sums.MonotoneRounding(register.Format, register.Rounding, register.Overflow);
        Dyadic? cut = unit.Result is null ? aligned : new Sums.MonotoneRounding(unit.Result, register.Rounding, register.Overflow)
            .Of(aligned);
        if (cut is null || rounding.Of(cut.Value) is not { } held) return null;
        return new(witness.Demand(ExactSums.Held(register, witness.Result) == held, "the loss of an alignment"), found.Lost.ToDouble());
    }

    private static Dyadic Cut(Dyadic value, Dyadic unit) => value - new Dyadic(value.Floor(unit)) * unit;

    private static Dyadic Value(DatapathSpec spec, CodePair pair) =>
        Dyadic.Of(spec.Activation.Decode(pair.Activation)) * Dyadic.Of(spec.Weight.Decode(pair.Weight));

    // Products that are positive, of all pairs of short formats; else of the significands with all and with one place set, in the binades
    // around 1.
    private static IEnumerable<(CodePair, Dyadic, int)> Candidates(DatapathClaim claim, FloatFormat a, FloatFormat w)
    {
        uint[] left = Codes(claim.Activations!, a), right = Codes(claim.Weights!, w);
        return left.SelectMany(x => right.Select(y =>
            (Pair: new CodePair(x, y), Value: claim.Activations!.Value(x) * claim.Weights!.Value(y), Binade: Binade(a, x) + Binade(w, y))))
            .GroupBy(t => (t.Value, t.Binade)).Select(g => (g.First().Pair, g.First().Value, g.First().Binade));
    }

    private static uint[] Codes(OperandSet set, FloatFormat format)
    {
        if (format.Bits <= 8) return [.. set.Codes.Where(c => set.Value(c).Sign > 0)];
        uint ones = (1u << format.FractionBits) - 1, middle = (uint)format.Bias, reach = Math.Min(middle - 1, 15);
        var codes = new List<uint>();
        for (uint field = middle - reach; field <= middle + reach;
            field++) codes.AddRange([field << format.FractionBits, Math.Min(field << format.FractionBits | ones, format.MaximumCode)]);
        return [.. codes.Where(c => set.Value(c) is var v && v >= set.Range.Low && v <= set.Range.High)];
    }

    private static int Binade(FloatFormat format, uint code) => format.Decode(code).Exponent + format.FractionBits;
}
