using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Rounds double lanes into a float format with subnormals: any mode but stochastic, any overflow policy, Inf and NaN as the format has
/// them.
/// What a format makes of overflow, Inf and NaN is asked of the format itself once.
/// </summary>
internal readonly struct LaneRounding
{
    private const long ExponentMask = 0x7FF0_0000_0000_0000;

    private readonly RoundingMode _mode;
    private readonly long _fractionShift, _unit;
    private readonly double _maximum, _overflowUp, _overflowDown, _infinityUp, _infinityDown;
    private readonly bool _infinityOverflows, _unsignedZero;

    public LaneRounding(FloatFormat format, RoundingMode mode, OverflowPolicy overflow)
    {
        var rounding = new Rounding(mode, overflow);
        _mode = mode;
        _fractionShift = (long)format.FractionBits << 52;
        _unit = 1023L + format.MinimumExponent - format.FractionBits << 52;
        _maximum = format.Maximum.ToDouble();
        _overflowUp = Of(format, Exact.Finite(false, 2000, 1), rounding);
        _overflowDown = Of(format, Exact.Finite(true, 2000, 1), rounding);
        _infinityUp = Of(format, Exact.Infinity(), rounding);
        _infinityDown = Of(format, Exact.Infinity(true), rounding);
        format.Encode(Exact.Infinity(), rounding, out RoundingFlags flags);
        _infinityOverflows = flags.HasFlag(RoundingFlags.Overflow);
        _unsignedZero = !format.HasNegativeZero;
    }

    /// <summary>
    /// Whether a format can be rounded to: at most 25 bits (round to odd in 53 is harmless for 51), exponents that leave room for 2^-unit
    /// in a double, and subnormals, because flushing is judged on the result rounded as if there was no lowest exponent.
    /// </summary>
    public static bool Takes(FloatFormat f) =>
        f.Subnormals && f.Precision <= 25 && f.MinimumExponent - f.FractionBits >= -900 && f.Maximum.LeadingExponent <= 900;

    private static double Of(FloatFormat format, Exact value, Rounding rounding)
    {
        Exact result = format.Decode(format.Encode(value, rounding, out _));
        double magnitude = result.Class == NumberClass.NaN ? double.NaN : Math.Abs(result.ToDouble());
        return Math.CopySign(magnitude, result.Negative ? -1 : 1);
    }

    /// <summary>The lanes rounded; a lane that raised Overflow becomes non-zero in <paramref name="overflowed"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Round(Vector512<double> x, ref Vector512<double> overflowed)
    {
        Vector512<double> infinity = Vector512.Create(double.PositiveInfinity), sign = x & Vector512.Create(-0.0),
            magnitude = Vector512.Abs(x);
        Vector512<double> negative = (x.AsInt64() >> 63).AsDouble();
        Vector512<long> unit = Vector512.Max((magnitude.AsInt64() & Vector512.Create(ExponentMask)) - Vector512.Create(_fractionShift),
            Vector512.Create(_unit));
        Vector512<double> inverse = (Vector512.Create(2046L << 52) - unit).AsDouble();
        Vector512<double> rounded = LaneInteger.Round(_mode, magnitude * inverse, negative) * unit.AsDouble();
        Vector512<double> finite = Vector512.LessThan(magnitude, infinity);
        Vector512<double> over = Vector512.GreaterThan(rounded, Vector512.Create(_maximum)) & finite;
        rounded |= sign;
        if (_unsignedZero) rounded = Vector512.ConditionalSelect(Vector512.Equals(rounded, Vector512<double>.Zero), Vector512<double>.Zero,
            rounded);
        overflowed |= over;
        Vector512<double> clipped = Vector512.ConditionalSelect(negative, Vector512.Create(_overflowDown), Vector512.Create(_overflowUp));
        rounded = Vector512.ConditionalSelect(over, clipped, rounded);
        Vector512<double> infinite = Vector512.Equals(magnitude, infinity);
        if (_infinityOverflows) overflowed |= infinite;
        Vector512<double> ends = Vector512.ConditionalSelect(negative, Vector512.Create(_infinityDown), Vector512.Create(_infinityUp));
        rounded = Vector512.ConditionalSelect(infinite, ends, rounded);
        // Exact.NaN, the NaN of every invalid step, is negative.
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), rounded,
            Vector512.Create(BitConverter.Int64BitsToDouble(unchecked((long)0xFFF8_0000_0000_0000))));
    }
}
