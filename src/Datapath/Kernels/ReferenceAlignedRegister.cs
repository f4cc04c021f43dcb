using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// The definition of an <see cref="AlignedDotUnit"/>. A step: the terms are the products (or scaled group sums) and the register, each a
/// significand with the exponent of its binade, not renormalised. Zero terms fall away. The others are shortened to multiples of 2^(largest
/// exponent, or LeastExponent, - Fraction), added exactly, and the sum is rounded once (twice with a Result format, the second time
/// exactly). A sum of zero is +0. Any NaN term, 0·Inf, or infinities of both signs give NaN; else an infinity stays. Joining chunks is one
/// float addition in the register's rounding.
/// </summary>
internal sealed class ReferenceAlignedRegister(DatapathSpec spec, AlignedDotUnit unit) : ReferenceRegister
{
    private readonly FloatAccumulator _register = (FloatAccumulator)spec.Accumulator;
    private readonly AlignedTerms _terms = new();
    private uint _code;
    private Exact _value;

    public override bool IsNaN => _value.Class == NumberClass.NaN;

    public override long Finish() => _code;

    public override void Load(ulong code)
    {
        _code = checked((uint)code);
        _value = _register.Format.Decode(_code);
    }

    public override void MultiplyAdd(in Exact a, in Exact b) => MultiplyAdd([a], [b]);

    public override void MultiplyAdd(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        if (unit.Scales is { } scales)
        {
            MultiplyAdd(scales, a, b);
            return;
        }
        for (int start = 0; start < a.Length; start += unit.Lanes)
        {
            Begin();
            for (int i = start; i < Math.Min(start + unit.Lanes, a.Length); i++)
                _terms.Add(AlignedTerms.Product(a[i], b[i]), AlignedTerms.Binade(spec.Activation, a[i])
                    + AlignedTerms.Binade(spec.Weight, b[i]));
            Conclude();
        }
    }

    // The same for rows of segments: a scale, then the elements of its block.
    private void MultiplyAdd(BlockScales scales, ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        for (int start = 0, step = unit.RowCodes(unit.Lanes); start < a.Length; start += step)
        {
            Begin();
            for (int segment = start; segment < Math.Min(start + step, a.Length); segment += scales.Block + 1)
            {
                (Exact x, Exact y) = (a[segment], b[segment]);
                int end = Math.Min(segment + scales.Block + 1, a.Length);
                for (int first = segment + 1; first < end; first += scales.Group)
                {
                    int count = Math.Min(scales.Group, end - first);
                    Exact scaled = AlignedTerms.Product(Group(a.Slice(first, count), b.Slice(first, count)), AlignedTerms.Product(x, y));
                    _terms.Add(scaled, AlignedTerms.Binade(scales.Format, x) + AlignedTerms.Binade(scales.Format, y));
                }
            }
            Conclude();
        }
    }

    protected override void AddValue(ReferenceRegister other)
    {
        RoundingFlags invalid = RoundingFlags.None;
        Store(Arithmetic.ExactArithmetic.Add(_value, ((ReferenceAlignedRegister)other)._value, _register.Rounding, ref invalid));
    }

    // The exact sum of a group's products.
    private static Exact Group(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        RoundingFlags invalid = RoundingFlags.None;
        Exact sum = Exact.Zero();
        for (int i = 0; i < a.Length; i++) sum = Arithmetic.ExactArithmetic.Add(sum, AlignedTerms.Product(a[i], b[i]),
            RoundingMode.NearestEven, ref invalid);
        // A sum of small terms has more leading room than significant bits; the scales' product must still fit beside it.
        if (sum.Class != NumberClass.Finite) return sum;
        int trailing = (int)UInt128.TrailingZeroCount(sum.Significand);
        return Exact.Finite(sum.Negative, sum.Exponent + trailing, sum.Significand >> trailing);
    }

    private void Begin()
    {
        _terms.Clear();
        _terms.Add(_value, AlignedTerms.Binade(_register.Format, _value));
    }

    private void Conclude() => Store(_terms.Sum(unit.Fraction, unit.Alignment, unit.LeastExponent));

    private void Store(in Exact exact)
    {
        Exact result = unit.Result is { } cut ? cut.Decode(Round(cut, exact)) : exact;
        Load(Round(_register.Format, result));
    }

    private uint Round(INumberFormat format, in Exact exact)
    {
        uint code = format.Encode(exact, new Rounding(_register.Rounding, _register.Overflow), out RoundingFlags flags);
        Overflowed |= (flags & RoundingFlags.Overflow) != 0;
        LostNaN |= exact.Class == NumberClass.NaN && (flags & RoundingFlags.Invalid) != 0;
        return code;
    }
}
