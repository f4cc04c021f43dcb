using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Sums;

/// <summary>
/// One step of an accumulating register on intervals: when the register holds a number of one interval and products lie in others, all that
/// it can hold afterwards lies in the result. Sound for every input; <see cref="IsExact"/> says whether both ends are reached too.
/// </summary>
internal abstract class SumStep
{
    /// <summary>Products of a step.</summary>
    public virtual int Lanes => 1;

    /// <summary>Whether a step's ends are reached by products at their ends, so that an overflow of the interval is an overflow of some
    /// input.</summary>
    public virtual bool IsExact => true;

    /// <summary>The register after a step; null when some number may overflow: leave the register, become Inf or NaN, or be
    /// clipped.</summary>
    public abstract Interval<Dyadic>? Next(Interval<Dyadic> register, ReadOnlySpan<Interval<Dyadic>> products);

    /// <summary>The register after another sum of the same kind is added to it.</summary>
    public abstract Interval<Dyadic>? Join(Interval<Dyadic> register, Interval<Dyadic> other);

    /// <summary>
    /// While the register stays in the binade of <paramref name="value"/>, steps shift with it by multiples of twice this power of two;
    /// null: nothing is known.
    /// </summary>
    public virtual int? ShiftUnit(Dyadic value) => null;

    /// <summary>The steps of a datapath; null when no sound rule is known, with the reason.</summary>
    public static SumStep? Of(DatapathSpec spec, out string reason)
    {
        reason = "";
        SumStep? step = (spec.Dot, spec.Accumulator) switch
        {
            (_, PromotedAccumulator p) when Of(spec with { Accumulator = p.Inner }, out reason) is { } inner
                && MonotoneRounding.Applies(p.Outer.Format) => new PromotedStep(inner, p),
            (null, FloatAccumulator f) when Monotone(f) => new FloatStep(f),
            (null, IntegerAccumulator i) => new RegisterStep(i.Bits, 0, Sim.Datapath.RoundingMode.ToZero),
            (null, FixedAccumulator f) => new RegisterStep(f.Bits, f.Fraction, f.Rounding),
            (null, ExactAccumulator e) => new ExactStep(e.Quire),
            (null, NormalizingAccumulator n) => new NormalizingStep(spec, n),
            (BlockDotUnit u, FloatAccumulator f) when Monotone(f) => new BlockStep(u, f),
            (AlignedDotUnit u, FloatAccumulator f) when Monotone(f) => new AlignedStep(spec, u, f),
            (AlignedSumDotUnit u, FloatAccumulator f) when Monotone(f) && MonotoneRounding.Applies(u.Sum) => new AlignedSumStep(spec, u, f),
            (RealignedDotUnit u, FloatAccumulator f) when Monotone(f) => new RealignedStep(spec, u, f),
            (AdderTreeDotUnit u, FloatAccumulator f) when Monotone(f) && MonotoneRounding.Applies(u.Format) => new TreeStep(u, f),
            _ => null,
        };
        if (step is null && reason.Length == 0) reason =
            $"no rule bounds the sums of {(spec.Dot is { } d ? $"{d.GetType().Name} with " : "")}{spec.Accumulator.GetType().Name}";
        return step;
    }

    private static bool Monotone(FloatAccumulator f) =>
        MonotoneRounding.Applies(f.Format) && (f.Product is null || MonotoneRounding.Applies(f.Product));
}

/// <summary>acc ← R(acc + p), p rounded first where the register has a format for products.</summary>
internal sealed class FloatStep(FloatAccumulator spec) : SumStep
{
    private readonly MonotoneRounding _register = new(spec.Format, spec.Rounding, spec.Overflow);
    private readonly MonotoneRounding? _product = spec.Product is { } p ? new(p, spec.Rounding, spec.Overflow) : null;

    public override Interval<Dyadic>? Next(Interval<Dyadic> register, ReadOnlySpan<Interval<Dyadic>> products) =>
        (_product is null ? products[0] : _product.Of(products[0])) is { } p ? Join(register, p) : null;

    public override Interval<Dyadic>? Join(Interval<Dyadic> register, Interval<Dyadic> other) => _register.Of(register + other);

    public override int? ShiftUnit(Dyadic value) => _register.Unit(value);
}

/// <summary>A two's complement register: each product rounded to its grid, sums exact.</summary>
internal sealed class RegisterStep(int bits, int fraction, Sim.Datapath.RoundingMode mode) : SumStep
{
    private readonly Interval<Dyadic> _range = new(-Dyadic.Power(bits - 1 - fraction),
        Dyadic.Power(bits - 1 - fraction) - Dyadic.Power(-fraction));

    public override Interval<Dyadic>? Next(Interval<Dyadic> register, ReadOnlySpan<Interval<Dyadic>> products) =>
        Join(register, new(OnGrid(products[0].Low), OnGrid(products[0].High)));

    public override Interval<Dyadic>? Join(Interval<Dyadic> register, Interval<Dyadic> other)
    {
        Interval<Dyadic> sum = register + other;
        return sum.Low >= _range.Low && sum.High <= _range.High ? sum : null;
    }

    // Sums are exact: every number of steps is the first one shifted.
    public override int? ShiftUnit(Dyadic value) => -fraction;

    /// <summary>A product on the register's grid.</summary>
    public Dyadic OnGrid(Dyadic product)
    {
        if (product.Sign == 0) return product;
        Sim.Datapath.Exact exact = product.ToExact();
        int drop = -fraction - exact.Exponent;
        if (drop <= 0) return product;
        var kept = new Dyadic((System.Numerics.BigInteger)Sim.Datapath.Rounder.Shorten(exact.Significand, drop, exact.Negative,
            new Sim.Datapath.Rounding(mode), out _), -fraction);
        return exact.Negative ? -kept : kept;
    }
}

/// <summary>Exact sums, bounded only by a quire: |sum| &lt; 2^(Bits - 1 + Unit).</summary>
internal sealed class ExactStep(Quire? quire) : SumStep
{
    public override Interval<Dyadic>? Next(Interval<Dyadic> register, ReadOnlySpan<Interval<Dyadic>> products) =>
        Join(register, products[0]);

    public override Interval<Dyadic>? Join(Interval<Dyadic> register, Interval<Dyadic> other)
    {
        Interval<Dyadic> sum = register + other;
        return quire is { } q && sum.Magnitude >= Dyadic.Power(q.Bits - 1 + q.Unit) ? null : sum;
    }
}
