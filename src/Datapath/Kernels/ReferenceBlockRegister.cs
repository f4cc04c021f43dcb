using System.Numerics;
using Sim.Datapath.Arithmetic;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// The definition of a <see cref="BlockDotUnit"/>. Operands come as segments: the scale, then elements. A segment's products are added
/// exactly, the sum is multiplied by both scales exactly, and the register takes it in one step: acc ← R(acc + T), or acc ← R(acc +
/// R_product(T)). T = 0 is +0. A NaN, 0·Inf or infinities of both signs in a segment make T NaN; else an infinity times the scales stays.
/// Joining chunks is one addition in the register's rounding.
/// </summary>
internal sealed class ReferenceBlockRegister(DatapathSpec spec, BlockDotUnit unit) : ReferenceRegister
{
    private readonly FloatAccumulator _register = (FloatAccumulator)spec.Accumulator;
    private uint _code;
    private Exact _value;

    public override bool IsNaN => _value.Class == NumberClass.NaN;

    public override long Finish() => _code;

    public override void Load(ulong code)
    {
        _code = checked((uint)code);
        _value = _register.Format.Decode(_code);
    }

    public override void MultiplyAdd(in Exact a, in Exact b) =>
        throw new InvalidOperationException("operands in blocks come with their scales");

    public override void MultiplyAdd(ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        for (int start = 0; start < a.Length; start += unit.Lanes + 1)
        {
            int end = Math.Min(start + unit.Lanes + 1, a.Length);
            Segment(a[start], b[start], a[(start + 1)..end], b[(start + 1)..end]);
        }
    }

    /// <summary>A row of codes as numbers: scales in their places, 1 on a side without blocks.</summary>
    public static void Decode(INumberFormat element, INumberFormat? scale, int segment, ReadOnlySpan<uint> codes, Span<Exact> values)
    {
        for (int i = 0; i < codes.Length; i++)
            values[i] = i % (segment + 1) != 0 ? element.Decode(codes[i]) : Scale(scale, codes[i]);
    }

    /// <summary>A scale as a number: 1 on a side without blocks.</summary>
    public static Exact Scale(INumberFormat? scale, uint code) => scale is null ? Exact.Finite(false, 0, 1) : scale.Decode(code);

    protected override void AddValue(ReferenceRegister other)
    {
        RoundingFlags invalid = RoundingFlags.None;
        Load(Round(_register.Format, ExactArithmetic.Add(_value, ((ReferenceBlockRegister)other)._value, _register.Rounding, ref invalid)));
    }

    private void Segment(in Exact scaleA, in Exact scaleB, ReadOnlySpan<Exact> a, ReadOnlySpan<Exact> b)
    {
        RoundingFlags invalid = RoundingFlags.None;
        BigInteger sum = BigInteger.Zero;
        int unitExponent = 0;
        Exact special = Exact.Zero();
        for (int i = 0; i < a.Length; i++)
        {
            Exact product = ExactArithmetic.Multiply(a[i], b[i], ref invalid);
            if (product.Class is NumberClass.NaN or NumberClass.Infinity) special = ExactArithmetic.Add(special, product,
                RoundingMode.NearestEven, ref invalid);
            else if (product.Class == NumberClass.Finite) AddTo(ref sum, ref unitExponent, product.Negative
                ? -(BigInteger)product.Significand : product.Significand, product.Exponent);
        }
        Exact scale = ExactArithmetic.Multiply(scaleA, scaleB, ref invalid);
        if (special.Class != NumberClass.Zero || scale.Class != NumberClass.Finite)
        {
            // A scale of zero makes a finite sum zero; NaN and Inf follow IEEE 754.
            Exact total = special.Class != NumberClass.Zero ? special : sum.IsZero ? Exact.Zero() : Exact.Finite(sum.Sign < 0, 0, 1);
            Step(ExactArithmetic.Multiply(total, scale, ref invalid));
            return;
        }
        // Float scale formats have a sign, though no rule chooses a negative scale.
        Step(scale.Negative ? -sum * (BigInteger)scale.Significand : sum * (BigInteger)scale.Significand, unitExponent + scale.Exponent);
    }

    private void Step(BigInteger addend, int exponent)
    {
        if (_register.Product is { } format)
        {
            Step(format.Decode(Round(format, Jammed(addend, exponent))));
            return;
        }
        if (_value.Class != NumberClass.Finite || addend.IsZero)
        {
            Step(Jammed(addend, exponent));
            return;
        }
        AddTo(ref addend, ref exponent, _value.Negative ? -(BigInteger)_value.Significand : _value.Significand, _value.Exponent);
        Load(Round(_register.Format, addend.IsZero ? Exact.Zero(_register.Rounding == RoundingMode.Down) : Jammed(addend, exponent)));
    }

    private void Step(in Exact addend)
    {
        RoundingFlags invalid = RoundingFlags.None;
        Exact positive = addend.Class == NumberClass.Zero ? Exact.Zero() : addend;
        Load(Round(_register.Format, ExactArithmetic.Add(_value, positive, _register.Rounding, ref invalid)));
    }

    private static void AddTo(ref BigInteger sum, ref int unitExponent, BigInteger integer, int exponent)
    {
        int unit = sum.IsZero ? exponent : Math.Min(unitExponent, exponent);
        sum = (sum.IsZero ? sum : sum << unitExponent - unit) + (integer << exponent - unit);
        unitExponent = unit;
    }

    private static Exact Jammed(BigInteger sum, int exponent)
    {
        UInt128 significand = Rounder.Jam(BigInteger.Abs(sum), out int dropped);
        return Exact.Finite(sum.Sign < 0, exponent + dropped, significand);
    }

    private uint Round(INumberFormat format, in Exact exact)
    {
        uint code = format.Encode(exact, new Rounding(_register.Rounding, _register.Overflow), out RoundingFlags flags);
        Overflowed |= (flags & RoundingFlags.Overflow) != 0;
        LostNaN |= exact.Class == NumberClass.NaN && (flags & RoundingFlags.Invalid) != 0;
        return code;
    }
}
