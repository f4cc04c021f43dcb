using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>The definition of a <see cref="RealignedDotUnit"/>. Lanes without a product hold zero operands; Inf and NaN operands or
/// registers go before products beyond the register.</summary>
internal sealed class ReferenceRealignedRegister(DatapathSpec spec, RealignedDotUnit unit) : ReferenceOuterRegister(spec)
{
    private readonly AlignedTerms _special = new();
    private readonly List<(Exact Product, int Binade)>[] _groups =
        [.. Enumerable.Range(0, unit.Groups).Select(_ => new List<(Exact, int)>())];

    private int Least => ((FloatFormat)Register.Format).MinimumExponent;

    protected override void Step(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        Sort(a, b);
        if (_special.Special is { } special)
        {
            Store(special);
            return;
        }
        (BigInteger Sum, int Exponent)[] sums = [.. _groups.Select(GroupSum)];
        int largest = sums.Max(s => s.Exponent);
        BigInteger products = BigInteger.Zero;
        foreach ((BigInteger sum, int exponent) in sums) products += sum >> largest - exponent;
        int own = Value.Class == NumberClass.Finite ? AlignedTerms.Binade(Register.Format, Value) : Least, aligned = Math.Max(largest, own);
        // Both ends of what is kept, so that every shift to a unit is exact but the two floors.
        int unitOfSum = aligned - unit.SumFraction, unitOfAddend = aligned - unit.AddendFraction,
            finest = Math.Min(unitOfSum, unitOfAddend);
        BigInteger total = Floored(products, largest - unit.Fraction, unitOfSum) << unitOfSum - finest;
        if (Value.Class == NumberClass.Finite && !(unit.AddendReach is { } reach && own < aligned - reach))
            total += AlignedTerms.Shortened(Value, unitOfAddend, RoundingMode.Down) << unitOfAddend - finest;
        Store(AlignedTerms.Number(total, finest));
    }

    // Specials, and products beyond the register as infinities of their own: those count only where nothing is Inf or NaN already.
    private void Sort(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        _special.Clear();
        if (Value.Class is NumberClass.Infinity or NumberClass.NaN) _special.Add(Value, 0);
        foreach (List<(Exact, int)> group in _groups) group.Clear();
        bool above = false, below = false;
        int top = Register.Format.Maximum.LeadingExponent;
        for (int i = 0; i < a.Length; i++)
        {
            Exact product = AlignedTerms.Product(a[i], b[i]);
            if (product.Class is NumberClass.Infinity or NumberClass.NaN) _special.Add(product, 0);
            if (product.Class == NumberClass.Finite && product.LeadingExponent > top)
            {
                above |= !product.Negative;
                below |= product.Negative;
            }
            _groups[i % unit.Groups].Add((product, Binade(Spec.Activation, a[i]) + Binade(Spec.Weight, b[i])));
        }
        if (_special.Special is not null) return;
        if (above) _special.Add(Exact.Infinity(), 0);
        if (below) _special.Add(Exact.Infinity(true), 0);
        Overflowed |= above | below;
    }

    private int Binade(INumberFormat format, in Exact value) =>
        value.Class == NumberClass.Zero ? Least : AlignedTerms.Binade(format, value);

    // In units of 2^(exponent - Fraction).
    private (BigInteger Sum, int Exponent) GroupSum(List<(Exact Product, int Binade)> group)
    {
        int largest = group.Select(t => t.Binade).DefaultIfEmpty(2 * Least).Max();
        BigInteger sum = BigInteger.Zero;
        foreach ((Exact product, _) in group)
            if (product.Class == NumberClass.Finite) sum += AlignedTerms.Shortened(product, largest - unit.Fraction, RoundingMode.ToZero);
        return (sum, largest);
    }

    private static BigInteger Floored(BigInteger value, int from, int to) => to >= from ? value >> to - from : value << from - to;
}
