using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Sums;

/// <summary>
/// Products aligned and added without the register: their sum lies between that of the negative and that of the positive ones, and a unit a
/// term beyond where alignment rounds away from 0; it is rounded, then added to the register.
/// </summary>
internal sealed class AlignedSumStep(DatapathSpec spec, AlignedSumDotUnit unit, FloatAccumulator register) : SumStep
{
    private readonly MonotoneRounding _sum = new(unit.Sum, unit.SumRounding, register.Overflow),
        _register = new(register.Format, register.Rounding, register.Overflow);
    private readonly int _largest = Math.Max(AlignedStep.Top(spec.Activation) + AlignedStep.Top(spec.Weight), unit.LeastExponent
        ?? int.MinValue);

    public override int Lanes => unit.Lanes;

    public override bool IsExact => unit.Fraction is null;

    public override Interval<Dyadic>? Next(Interval<Dyadic> register1, ReadOnlySpan<Interval<Dyadic>> products)
    {
        Interval<Dyadic> sum = default;
        foreach (Interval<Dyadic> p in products) sum += unit.Fraction is null ? p : p.WithZero;
        if (unit.Fraction is { } kept && unit.Alignment != RoundingMode.ToZero)
        {
            Dyadic slack = new(products.Length, _largest - kept);
            sum = new(unit.Alignment == RoundingMode.Up ? sum.Low : sum.Low - slack, unit.Alignment == RoundingMode.Down ? sum.High
                : sum.High + slack);
        }
        return _sum.Of(sum) is { } rounded ? Join(register1, rounded) : null;
    }

    public override Interval<Dyadic>? Join(Interval<Dyadic> register1, Interval<Dyadic> other) => _register.Of(register1 + other);

    public override int? ShiftUnit(Dyadic value) => _register.Unit(value);
}

/// <summary>
/// Products truncated toward 0, then floors: of each group's sum, of the sum of groups, of the register, each by less than a unit below the
/// largest exponent that may occur. The register may be left out. A product beyond the register's binades is an overflow.
/// </summary>
internal sealed class RealignedStep(DatapathSpec spec, RealignedDotUnit unit, FloatAccumulator register) : SumStep
{
    private readonly MonotoneRounding _register = new(register.Format, register.Rounding, register.Overflow);
    private readonly int _productBinade = AlignedStep.Top(spec.Activation) + AlignedStep.Top(spec.Weight);
    private readonly int _kept = Math.Min(unit.Fraction, Math.Min(unit.SumFraction, unit.AddendFraction));
    private readonly Dyadic _limit = Dyadic.Power(AlignedStep.Top(register.Format) + 1);

    public override int Lanes => unit.Lanes;

    public override bool IsExact => false;

    public override Interval<Dyadic>? Next(Interval<Dyadic> register1, ReadOnlySpan<Interval<Dyadic>> products)
    {
        Interval<Dyadic> sum = AlignedStep.Truncated(register1);
        foreach (Interval<Dyadic> p in products)
        {
            if (p.Magnitude >= _limit) return null;
            sum += p.WithZero;
        }
        Dyadic m = register1.Magnitude;
        int largest = m.Sign == 0 ? _productBinade
            : Math.Max(_productBinade, Math.Max(m.LeadingExponent, AlignedStep.Least(register.Format)));
        return _register.Of(new Interval<Dyadic>(sum.Low - new Dyadic(unit.Groups + 2, largest - _kept), sum.High));
    }

    public override Interval<Dyadic>? Join(Interval<Dyadic> register1, Interval<Dyadic> other) => _register.Of(register1 + other);

    public override int? ShiftUnit(Dyadic value) => null;
}
