using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Sums;

/// <summary>Products of elements, added exactly within a segment, times both scales, are one addend of a float register.</summary>
internal sealed class BlockStep(BlockDotUnit unit, FloatAccumulator register) : SumStep
{
    private readonly FloatStep _register = new(register);
    private readonly Interval<Dyadic> _scales = Scales(unit);

    public override int Lanes => unit.Lanes;

    public override Interval<Dyadic>? Next(Interval<Dyadic> register1, ReadOnlySpan<Interval<Dyadic>> products)
    {
        Interval<Dyadic> sum = default;
        foreach (Interval<Dyadic> p in products) sum += p;
        return _register.Next(register1, [sum * _scales]);
    }

    public override Interval<Dyadic>? Join(Interval<Dyadic> register1, Interval<Dyadic> other) => _register.Join(register1, other);

    public override int? ShiftUnit(Dyadic value) => _register.ShiftUnit(value);

    /// <summary>What both scales together multiply a sum by.</summary>
    public static Interval<Dyadic> Scales(DotUnitSpec unit) => Of(unit.ActivationScale) * Of(unit.WeightScale);

    /// <summary>The scales of one side, 1 without any.</summary>
    public static Interval<Dyadic> Of(INumberFormat? scale) =>
        scale is null ? new(Dyadic.Power(0), Dyadic.Power(0)) : OperandSet.Of(scale)!.Range;
}
