using Sim.Datapath.Arithmetic;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// The definition of a <see cref="NormalizingAccumulator"/>: sign, top place and an integer of P places that may begin with zeros. Zeros
/// are +0. A finished register is normalised exactly. Joining chunks is a step whose addend has its own top place in place of a product's.
/// </summary>
internal sealed class ReferenceNormalizingRegister(DatapathSpec spec, NormalizingAccumulator acc) : ReferenceRegister
{
    private readonly int _precision = acc.Format.Precision, _window = acc.Format.Precision + acc.Guard;
    private Term _value;
    private Exact _special;

    public override bool IsNaN => _special.Class == NumberClass.NaN;

    // A significand of P places or fewer is a number of the format, whatever zeros it begins with.
    public override long Finish() =>
        acc.Format.Encode(_special.Class != NumberClass.Zero ? _special : Number(_value), Rounding.NearestEven, out _);

    public override void Load(ulong code)
    {
        Exact value = acc.Format.Decode(checked((uint)code));
        bool finite = value.Class is NumberClass.Finite or NumberClass.Zero;
        _special = finite ? Exact.Zero() : value;
        _value = finite ? Place(value) : default;
    }

    public override void MultiplyAdd(in Exact a, in Exact b)
    {
        RoundingFlags flags = RoundingFlags.None;
        Exact product = ExactArithmetic.Multiply(a, b, ref flags);
        Step(product, product.Class == NumberClass.Finite ? Top(spec.Activation, a) + Top(spec.Weight, b) + 1 : 0);
    }

    protected override void AddValue(ReferenceRegister other)
    {
        var chunk = (ReferenceNormalizingRegister)other;
        if (chunk._special.Class != NumberClass.Zero) Step(chunk._special, 0);
        else Step(Number(chunk._value), chunk._value.Top);
    }

    // The place of a significand's leading bit as hardware holds it, hidden or not.
    private static int Top(INumberFormat format, in Exact value) =>
        format is FloatFormat f ? value.Exponent + f.FractionBits : value.LeadingExponent;

    private Exact Number(in Term term) => Exact.Finite(term.Negative, term.Top - _precision + 1, term.Significand);

    private Term Place(in Exact value) =>
        value.Class == NumberClass.Zero ? default : new(value.Negative, value.Exponent + acc.Format.FractionBits, value.Significand);

    private void Step(in Exact addend, int top)
    {
        RoundingFlags flags = RoundingFlags.None;
        if (_special.Class != NumberClass.Zero || addend.Class is NumberClass.NaN or NumberClass.Infinity)
        {
            _special = ExactArithmetic.Add(_special, addend, acc.Rounding, ref flags);
            return;
        }
        if (addend.Class == NumberClass.Zero) return;
        Exact held = Number(_value);
        if (held.Class == NumberClass.Finite) top = Math.Max(top, _value.Top);
        Int128 sum = Cut(held, top) + Cut(addend, top);
        Store(sum < 0, (UInt128)Int128.Abs(sum), top);
    }

    // Multiples of the window's last place; bits below it are cut from the magnitude.
    private Int128 Cut(in Exact value, int top)
    {
        if (value.Class != NumberClass.Finite) return 0;
        var magnitude = (Int128)Rounder.Shorten(value.Significand, top - _window + 1 - value.Exponent, value.Negative,
            new Rounding(RoundingMode.ToZero), out _);
        return value.Negative ? -magnitude : magnitude;
    }

    private void Store(bool negative, UInt128 sum, int top)
    {
        int drop = acc.Guard;
        if (sum >> _window != 0)
        {
            top++;
            drop++;
        }
        else
        {
            int shift = Math.Clamp(Shift(sum), 0, Math.Max(0, top - acc.Format.MinimumExponent));
            top -= shift;
            drop -= shift;
        }
        // Below the smallest exponent the last places are lost, as in any subnormal number.
        if (top < acc.Format.MinimumExponent)
        {
            drop += acc.Format.MinimumExponent - top;
            top = acc.Format.MinimumExponent;
        }
        UInt128 kept = Rounder.Shorten(sum, drop, negative, new Rounding(acc.Rounding), out _);
        if (kept >> _precision != 0) (kept, top) = (kept >> 1, top + 1);
        _value = kept == 0 ? default : new(negative, top, kept);
        if (kept == 0 || top <= acc.Format.Maximum.LeadingExponent) return;
        Overflowed = true;
        _special = Exact.Infinity(negative);
    }

    private int Shift(UInt128 sum)
    {
        if (sum == 0) return 0;
        int zeros = _window - (128 - (int)UInt128.LeadingZeroCount(sum));
        return acc.Normalization switch
        {
            Normalization.None => 0,
            Normalization.Full => zeros,
            _ => zeros < acc.K ? 0 : zeros < acc.K + acc.Lambda ? acc.K : acc.K + acc.Lambda,
        };
    }

    private readonly record struct Term(bool Negative, int Top, UInt128 Significand);
}
