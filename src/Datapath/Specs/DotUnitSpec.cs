using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// A unit that adds several products to the accumulator in one step, in place of one multiply-add a step: a closed family, one record (and
/// file) a kind.
/// Products are taken in the reduction's order, <paramref name="Lanes"/> at a time; the last step of a chain takes what is left.
/// The register stays a <see cref="FloatAccumulator"/>, into whose format every step's result goes.
/// </summary>
/// <param name="Lanes">Products of a step, 1 to <see cref="MaximumLanes"/>.</param>
public abstract record DotUnitSpec(int Lanes)
{
    /// <summary>Most products that a step may take: with it, sums of aligned terms stay below 2^11 times the largest.</summary>
    public const int MaximumLanes = 1024;

    /// <summary>Elements of a row behind each scale code, when operands come in scaled blocks: rows are then segments of a scale's code and
    /// its elements'; 0: rows are element codes alone.</summary>
    public virtual int Segment => 0;

    /// <summary>Format of the scale codes in rows of activations; null: none, or places that nothing reads.</summary>
    public virtual INumberFormat? ActivationScale => null;

    /// <summary>Format of the scale codes in rows of weights, as <see cref="ActivationScale"/>.</summary>
    public virtual INumberFormat? WeightScale => null;

    /// <summary>Codes of a row of <paramref name="k"/> elements with its scales.</summary>
    public int RowCodes(int k) => Segment == 0 ? k : k + (k + Segment - 1) / Segment;

    /// <summary>null when the unit means something with this register; else what is wrong with it.</summary>
    public virtual string? Refuses(AccumulatorSpec accumulator)
    {
        if (Lanes is < 1 or > MaximumLanes) return $"a dot unit has 1 to {MaximumLanes} lanes, found {Lanes}";
        return accumulator is FloatAccumulator { Product: null } or PromotedAccumulator { Inner.Product: null } ? null
            : "a dot unit needs a float accumulator with fused products";
    }

    /// <summary>Registers that the unit has beside the accumulator and its pipeline.</summary>
    public virtual Structure Registers => Structure.Empty;

    /// <summary>Logic of one whole step behind the multipliers; registers are not included.</summary>
    public abstract Structure Step(ProductShape product, FloatAccumulator register);
}
