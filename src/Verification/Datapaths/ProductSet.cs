using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths;

/// <summary>A pair of operand codes.</summary>
public readonly record struct CodePair(uint Activation, uint Weight);

/// <summary>What products of a datapath can be: exact ones, or those of its multiplier, over every pair of operands.</summary>
public sealed class ProductSet
{
    /// <summary>Most bits of both operands together of which every pair is tried.</summary>
    public const int MostEnumeratedBits = 16;

    private ProductSet(DatapathSpec spec, OperandSet activations, OperandSet weights) =>
        (Spec, Activations, Weights) = (spec, activations, weights);

    /// <summary>The datapath.</summary>
    public DatapathSpec Spec { get; }

    /// <summary>Activations.</summary>
    public OperandSet Activations { get; }

    /// <summary>Weights.</summary>
    public OperandSet Weights { get; }

    /// <summary>Whether the extremes below are known: not for a multiplier that is not exact of operands too wide to try all.</summary>
    public bool IsKnown { get; private set; } = true;

    /// <summary>Pairs tried; 0 when the extremes follow from those of the operands.</summary>
    public long Cases { get; private set; }

    /// <summary>From the least product to the greatest.</summary>
    public Interval<Dyadic> Range { get; private set; }

    /// <summary>Operands of the least product.</summary>
    public CodePair Lowest { get; private set; }

    /// <summary>Operands of the greatest product.</summary>
    public CodePair Highest { get; private set; }

    /// <summary>Every product is a multiple of 2^LeastUnit; null: every product is 0, or the unit is not known.</summary>
    public int? LeastUnit { get; private set; }

    /// <summary>Operands whose product is an odd multiple of 2^LeastUnit.</summary>
    public CodePair? Finest { get; private set; }

    /// <summary>Finite operands whose product is Inf or NaN, where there are such.</summary>
    public CodePair? Special { get; private set; }

    /// <summary>The pair of the largest magnitude.</summary>
    public CodePair Largest => Range.High.Magnitude >= Range.Low.Magnitude ? Highest : Lowest;

    /// <summary>The product of a pair as the register takes it.</summary>
    public Exact Of(CodePair pair)
    {
        RoundingFlags flags = RoundingFlags.None;
        return Spec.InexactMultiplier is { } multiplier
            ? multiplier.Multiply(Spec.Activation, Spec.Weight, pair.Activation, pair.Weight)
            : Sim.Datapath.Arithmetic.ExactArithmetic.Multiply(Spec.Activation.Decode(pair.Activation), Spec.Weight.Decode(pair.Weight),
                ref flags);
    }

    /// <summary>The products of a datapath's operands.</summary>
    public static ProductSet Of(DatapathSpec spec, OperandSet activations, OperandSet weights)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(activations);
        ArgumentNullException.ThrowIfNull(weights);
        var set = new ProductSet(spec, activations, weights);
        if (spec.InexactMultiplier is null) set.FromEnds();
        else if (!activations.Codes.IsEmpty && !weights.Codes.IsEmpty && spec.Activation.Bits
            + spec.Weight.Bits <= MostEnumeratedBits) set.FromAll();
        else set.FromProbes();
        return set;
    }

    // A product of two intervals has its extremes at corners; its last place is the sum of the last places, for odd numbers multiply to odd
    // ones.
    private void FromEnds()
    {
        CodePair[] corners = [.. Corners()];
        (Lowest, Highest) = (corners.MinBy(Value), corners.MaxBy(Value));
        Range = new(Value(Lowest), Value(Highest));
        if (Activations.FinestCode is not { } a || Weights.FinestCode is not { } w) return;
        Finest = new CodePair(a, w);
        LeastUnit = Value(Finest.Value).Exponent;
    }

    private void FromAll()
    {
        bool first = true;
        foreach (uint a in Activations.Codes)
            foreach (uint w in Weights.Codes)
            {
                Cases++;
                var pair = new CodePair(a, w);
                Exact product = Of(pair);
                if (product.Class is NumberClass.NaN or NumberClass.Infinity)
                {
                    Special ??= pair;
                    continue;
                }
                Dyadic value = Dyadic.Of(product);
                if (first || value < Range.Low) (Range, Lowest) = (new(value, first ? value : Range.High), pair);
                if (first || value > Range.High) (Range, Highest) = (new(Range.Low, value), pair);
                if (value.Sign != 0 && (LeastUnit is null || value.Exponent < LeastUnit)) (LeastUnit, Finest) = (value.Exponent, pair);
                first = false;
            }
    }

    // Too many pairs: only a product that is no number can be shown, not that there is none.
    private void FromProbes()
    {
        IsKnown = false;
        uint one = Spec.Weight.Encode(Exact.Finite(false, 0, 1), Rounding.NearestEven, out _);
        CodePair[] probes = [.. Corners(), new(Activations.HighCode, one)];
        Special = probes.Where(p => Weights.Range.Low <= Weights.Value(p.Weight) && Weights.Value(p.Weight) <= Weights.Range.High)
            .Where(p => Of(p).Class is NumberClass.NaN or NumberClass.Infinity).Select(p => (CodePair?)p).FirstOrDefault();
    }

    private IEnumerable<CodePair> Corners() =>
        from a in new[] { Activations.LowCode, Activations.HighCode } from w in new[] { Weights.LowCode, Weights.HighCode }
            select new CodePair(a, w);

    private Dyadic Value(CodePair pair) => Dyadic.Of(Of(pair));
}
