using System.Numerics;
using Sim.Datapath.Arithmetic;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>A register of a number format, rounded into it after every step.</summary>
internal sealed class ReferenceFloatRegister(FloatAccumulator spec) : ReferenceRegister
{
    private readonly Rounding _rounding = new(spec.Rounding, spec.Overflow);
    private uint _code;
    private Exact _value;

    public override bool IsNaN => _value.Class == NumberClass.NaN;

    public override long Finish() => _code;

    public override void Load(ulong code)
    {
        _code = checked((uint)code);
        _value = spec.Format.Decode(_code);
    }

    public override void MultiplyAdd(in Exact a, in Exact b)
    {
        RoundingFlags invalid = RoundingFlags.None;
        Exact product = ExactArithmetic.Multiply(a, b, ref invalid);
        if (spec.Product is { } format) product = format.Decode(Round(format, product));
        Step(product);
    }

    protected override void AddValue(ReferenceRegister other) => Step(((ReferenceFloatRegister)other)._value);

    private void Step(in Exact addend)
    {
        RoundingFlags invalid = RoundingFlags.None;
        Load(Round(spec.Format, ExactArithmetic.Add(_value, addend, spec.Rounding, ref invalid)));
    }

    private uint Round(INumberFormat format, in Exact exact)
    {
        uint code = format.Encode(exact, _rounding, out RoundingFlags flags);
        Overflowed |= (flags & RoundingFlags.Overflow) != 0;
        LostNaN |= exact.Class == NumberClass.NaN && (flags & RoundingFlags.Invalid) != 0;
        return code;
    }
}

/// <summary>A register wide enough for every sum; Inf and NaN are remembered beside it.</summary>
internal sealed class ReferenceExactRegister(ExactAccumulator spec) : ReferenceRegister
{
    private BigInteger _sum;
    private int _unit;
    private bool _positiveInfinity, _negativeInfinity, _nan;

    public override bool IsNaN => _nan || _positiveInfinity && _negativeInfinity;

    public override long Finish()
    {
        uint code = spec.Output.Encode(Value(), new Rounding(spec.Rounding, spec.Overflow), out RoundingFlags flags);
        // Without Inf in the output format, both an overflow and a remembered Inf end as NaN.
        _nan |= spec.Output.Decode(code).Class == NumberClass.NaN;
        Overflowed |= (flags & RoundingFlags.Overflow) != 0;
        LostNaN |= IsNaN && (flags & RoundingFlags.Invalid) != 0;
        return code;
    }

    public override void Load(ulong code)
    {
        (_sum, _unit, _positiveInfinity, _negativeInfinity, _nan) = (BigInteger.Zero, 0, false, false, false);
        Accumulate(spec.Output.Decode(checked((uint)code)));
    }

    public override void MultiplyAdd(in Exact a, in Exact b)
    {
        RoundingFlags invalid = RoundingFlags.None;
        Accumulate(ExactArithmetic.Multiply(a, b, ref invalid));
    }

    protected override void AddValue(ReferenceRegister other)
    {
        var wide = (ReferenceExactRegister)other;
        _positiveInfinity |= wide._positiveInfinity;
        _negativeInfinity |= wide._negativeInfinity;
        _nan |= wide._nan;
        AddFinite(wide._sum, wide._unit);
    }

    private void Accumulate(in Exact value)
    {
        _nan |= value.Class == NumberClass.NaN;
        _positiveInfinity |= value.Class == NumberClass.Infinity && !value.Negative;
        _negativeInfinity |= value.Class == NumberClass.Infinity && value.Negative;
        if (value.Class == NumberClass.Finite) AddFinite(value.Negative ? -(BigInteger)value.Significand : value.Significand,
            value.Exponent);
    }

    private void AddFinite(BigInteger integer, int exponent)
    {
        int unit = Math.Min(_unit, exponent);
        _sum = (_sum << _unit - unit) + (integer << exponent - unit);
        _unit = unit;
        // The register -2^(bits-1) is the pattern of NaR.
        if (spec.Quire is not { } quire || BigInteger.Abs(_sum) >> quire.Bits - 1 + quire.Unit - _unit == 0) return;
        _nan = Overflowed = true;
    }

    private Exact Value()
    {
        if (IsNaN) return Exact.NaN;
        if (_positiveInfinity || _negativeInfinity) return Exact.Infinity(_negativeInfinity);
        UInt128 significand = Rounder.Jam(BigInteger.Abs(_sum), out int dropped);
        return Exact.Finite(_sum.Sign < 0, _unit + dropped, significand);
    }
}
