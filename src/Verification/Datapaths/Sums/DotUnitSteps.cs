using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Sums;

/// <summary>
/// A dot unit that aligns. Shortening to zero moves a term towards 0, so the sum is at most that of the terms that are positive; rounding
/// down never raises a term, rounding up never lowers one; other modes move each by less than a unit 2^(largest exponent - Fraction). So
/// the aligned sum of acc and products lies between their exact sums, 0 in place of every product that could raise (lower) it, and a unit a
/// term where the mode rounds away. Not reached in general: alignment is not monotone.
/// </summary>
internal sealed class AlignedStep(DatapathSpec spec, AlignedDotUnit unit, FloatAccumulator register) : SumStep
{
    private readonly MonotoneRounding _register = new(register.Format, register.Rounding, register.Overflow);
    private readonly MonotoneRounding? _result = unit.Result is { } r ? new(r, register.Rounding, register.Overflow) : null;
    private readonly Interval<Dyadic> _scales = BlockStep.Scales(unit);
    private readonly int _productBinade = unit.Scales is { } s ? 2 * Top(s.Format) : Top(spec.Activation) + Top(spec.Weight);

    public override int Lanes => unit.Lanes;

    public override bool IsExact => unit.Fraction is null;

    public override Interval<Dyadic>? Next(Interval<Dyadic> register1, ReadOnlySpan<Interval<Dyadic>> products)
    {
        Interval<Dyadic> sum = unit.Fraction is null ? register1 : Truncated(register1);
        foreach (Interval<Dyadic> p in products) sum += unit.Fraction is null ? p * _scales : (p * _scales).WithZero;
        if (unit.Fraction is { } kept && unit.Alignment != RoundingMode.ToZero)
        {
            Dyadic m = register1.Magnitude;
            int largest = m.Sign == 0 ? _productBinade : Math.Max(_productBinade, Math.Max(m.LeadingExponent, Least(register.Format)));
            if (unit.LeastExponent is { } least) largest = Math.Max(largest, least);
            Dyadic slack = new(products.Length + 1, largest - kept);
            sum = new(unit.Alignment == RoundingMode.Up ? sum.Low : sum.Low - slack, unit.Alignment == RoundingMode.Down ? sum.High
                : sum.High + slack);
        }
        return Stored(sum);
    }

    public override Interval<Dyadic>? Join(Interval<Dyadic> register1, Interval<Dyadic> other) => _register.Of(register1 + other);

    public override int? ShiftUnit(Dyadic value) => _register.Unit(value) is not { } own ? null
        : _result is null ? own : _result.Unit(value) is { } cut ? Math.Max(own, cut) : null;

    // The register is a term too: truncated towards 0 it can pass from above 0 no further than to 0.
    internal static Interval<Dyadic> Truncated(Interval<Dyadic> acc) =>
        new(Dyadic.Min(acc.Low, acc.Low.Sign > 0 ? default : acc.Low), Dyadic.Max(acc.High, acc.High.Sign < 0 ? default : acc.High));

    private Interval<Dyadic>? Stored(Interval<Dyadic> sum) =>
        (_result is null ? sum : _result.Of(sum)) is { } cut ? _register.Of(cut) : null;

    internal static int Top(INumberFormat format) => format.Maximum.LeadingExponent;

    internal static int Least(INumberFormat format) =>
        format is FloatFormat f ? f.MinimumExponent : format.SmallestPositive.LeadingExponent;
}

/// <summary>A tree or chain of float adders: every node rounds, so bounds go up node by node.</summary>
internal sealed class TreeStep(AdderTreeDotUnit unit, FloatAccumulator register) : SumStep
{
    private readonly MonotoneRounding _node = new(unit.Format, unit.Rounding, register.Overflow),
        _register = new(register.Format, register.Rounding, register.Overflow);

    public override int Lanes => unit.Lanes;

    public override Interval<Dyadic>? Next(Interval<Dyadic> register1, ReadOnlySpan<Interval<Dyadic>> products)
    {
        var terms = new List<Interval<Dyadic>>(products.Length);
        foreach (Interval<Dyadic> p in products)
        {
            if (_node.Of(p) is not { } rounded) return null;
            terms.Add(rounded);
        }
        while (terms.Count > 1)
        {
            var next = new List<Interval<Dyadic>>();
            for (int i = 0; i < terms.Count; i += unit.IsChain && i > 0 ? 1 : 2)
            {
                bool alone = i + 1 == terms.Count || unit.IsChain && i > 0;
                if ((alone ? terms[i] : _node.Of(terms[i] + terms[i + 1])) is not { } node) return null;
                next.Add(node);
            }
            terms = next;
        }
        return Join(register1, terms[0]);
    }

    public override Interval<Dyadic>? Join(Interval<Dyadic> register1, Interval<Dyadic> other) => _register.Of(register1 + other);

    public override int? ShiftUnit(Dyadic value) => _register.Unit(value);
}

/// <summary>Products go into the narrow register, which starts at 0; its sum is one addend of the wider one. A step is a whole
/// chunk.</summary>
internal sealed class PromotedStep(SumStep inner, PromotedAccumulator spec) : SumStep
{
    private readonly MonotoneRounding _outer = new(spec.Outer.Format, spec.Outer.Rounding, spec.Outer.Overflow);

    public override int Lanes => spec.Every;

    public override bool IsExact => inner.IsExact;

    public override Interval<Dyadic>? Next(Interval<Dyadic> register, ReadOnlySpan<Interval<Dyadic>> products)
    {
        Interval<Dyadic>? chunk = default(Interval<Dyadic>);
        for (int i = 0; i < products.Length && chunk is { } sum; i += inner.Lanes) chunk =
            inner.Next(sum, products.Slice(i, Math.Min(inner.Lanes, products.Length - i)));
        return chunk is { } done ? Join(register, done) : null;
    }

    public override Interval<Dyadic>? Join(Interval<Dyadic> register, Interval<Dyadic> other) => _outer.Of(register + other);

    public override int? ShiftUnit(Dyadic value) => _outer.Unit(value);
}

/// <summary>
/// A register that need not be normalised. Both addends are cut towards 0, the sum is shortened by less than a unit of the stored last
/// place, and its top place is at most the larger of a product's and the leading one of the largest sum: a top place rises only with a
/// carry, which is a leading one there.
/// </summary>
internal sealed class NormalizingStep(DatapathSpec spec, NormalizingAccumulator acc) : SumStep
{
    private readonly int _productTop = spec.Activation.Maximum.LeadingExponent + spec.Weight.Maximum.LeadingExponent + 1;

    public override bool IsExact => false;

    public override Interval<Dyadic>? Next(Interval<Dyadic> register, ReadOnlySpan<Interval<Dyadic>> products) =>
        Add(register, products[0], _productTop);

    public override Interval<Dyadic>? Join(Interval<Dyadic> register, Interval<Dyadic> other) => Add(register, other, _productTop);

    private Interval<Dyadic>? Add(Interval<Dyadic> register, Interval<Dyadic> addend, int addendTop)
    {
        Interval<Dyadic> a = register.WithZero, b = addend.WithZero;
        Interval<Dyadic> sum = new(a.Low + b.Low, a.High + b.High);
        if (acc.Rounding != RoundingMode.ToZero)
        {
            int top = Math.Max(addendTop, sum.Magnitude.Sign == 0 ? acc.Format.MinimumExponent
                : Math.Max(sum.Magnitude.LeadingExponent + 1, acc.Format.MinimumExponent));
            Dyadic unit = Dyadic.Power(top - acc.Format.Precision + 1);
            sum = new(sum.Low - unit, sum.High + unit);
        }
        int highest = Math.Max(addendTop, sum.Magnitude.Sign == 0 ? addendTop : sum.Magnitude.LeadingExponent);
        return highest > acc.Format.Maximum.LeadingExponent ? null : sum;
    }
}
