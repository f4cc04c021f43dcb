using System.Collections.Concurrent;
using System.Numerics;
using Sim.Datapath.Arithmetic;

namespace Sim.Datapath.Formats.Logarithmic;

/// <summary>How the sum of two numbers given by their logarithms is found. Names are those of the adders of the Universal
/// library.</summary>
public enum LogAdderKind : byte
{
    /// <summary>The exact sum, rounded once.</summary>
    Exact,
    /// <summary>The correction interpolated linearly between 2^(R+2)+1 equally spaced exact values over [0, R+2] (Mitchell 1962 as a
    /// table); exact below the first step of a difference.</summary>
    Lookup,
    /// <summary>The correction interpolated linearly between its exact values at 0, 1, …, 5 and zero from 6 on; differences exact below
    /// 1.</summary>
    ArnoldBailey,
}

/// <summary>
/// Gauss's correction log2(1 ± 2^-δ): log2(x ± y) = log2(x) + correction when δ = log2(x/y) ≥ 0. Arguments and results count in units of
/// 2^-R. The exact correction is rational only for x + x (1) and 2y - y (-1): 1 ± z^-d = z^m with z = 2^(1/2^R) is a relation between
/// powers of z, of degree 2^R over the rationals, so it holds only between whole powers of two. Nearest rounding therefore never meets a
/// tie.
/// </summary>
internal sealed class LogAdder
{
    private const int TableFractionBits = 12;

    private static readonly ConcurrentDictionary<(int, LogAdderKind), LogAdder> Cache = new();

    private readonly int _fractionBits;
    private readonly LogAdderKind _kind;
    private readonly long[]? _sums, _differences;

    private LogAdder(int fractionBits, LogAdderKind kind)
    {
        (_fractionBits, _kind) = (fractionBits, kind);
        if (fractionBits > TableFractionBits) return;
        long[] Table(bool subtract) =>
            [.. Enumerable.Range(0, Reach).Select(d => subtract && d == 0 ? 0 : (long)Floor(d, subtract, 1).Floor)];
        (_sums, _differences) = (Table(false), Table(true));
    }

    // Beyond it, |correction| < 2^-(R+2): less than half a unit however many digits are asked for.
    private int Reach => _fractionBits + 3 << _fractionBits;

    /// <summary>The adder for R fraction bits; one is made once.</summary>
    public static LogAdder Of(int fractionBits, LogAdderKind kind) =>
        Cache.GetOrAdd((fractionBits, kind), key => new(key.Item1, key.Item2));

    /// <summary>floor(correction · 2^<paramref name="digits"/>) in units of 2^-R, and whether nothing was lost. A difference asks for
    /// <paramref name="distance"/> &gt; 0.</summary>
    public (BigInteger Floor, bool Exact) Correction(long distance, bool subtract, int digits)
    {
        if (digits == 1 && _sums is not null && distance < Reach) return ((subtract ? _differences! : _sums)[distance],
            IsExact(distance, subtract));
        return Floor(distance, subtract, digits);
    }

    private (BigInteger Floor, bool Exact) Floor(long distance, bool subtract, int digits)
    {
        if (IsExact(distance, subtract)) return (Whole(distance, subtract) << _fractionBits + digits, true);
        // Nothing but the direction is left of a correction below 2^-128.
        if (_kind == LogAdderKind.Exact && distance >> _fractionBits > 128) return (subtract ? -1 : 0, false);
        return (Enclosure.Decide(fraction => Attempt(distance, subtract, _fractionBits + digits, fraction)), false);
    }

    private bool IsExact(long distance, bool subtract) => _kind switch
    {
        LogAdderKind.Lookup when distance >= (long)_fractionBits + 2 << _fractionBits => true,
        LogAdderKind.ArnoldBailey when distance >= 6L << _fractionBits => true,
        LogAdderKind.Lookup when subtract => distance == 1L << _fractionBits && (distance << 2) % (_fractionBits + 2) == 0,
        _ => distance == (subtract ? 1L << _fractionBits : 0),
    };

    private int Whole(long distance, bool subtract) => distance > 1L << _fractionBits ? 0 : subtract ? -1 : 1;

    private BigInteger? Attempt(long distance, bool subtract, int digits, int fraction)
    {
        if (_kind == LogAdderKind.Lookup)
        {
            // Knot i lies at i·(R+2)/2^(R+2); the distance is a multiple of 2^-R, so i = 4·distance/(R+2) in codes.
            BigInteger scaled = (BigInteger)distance << 2, step = _fractionBits + 2;
            BigInteger index = BigInteger.DivRem(scaled, step, out BigInteger part);
            if (!subtract || index > 0)
                return Between(Knot(index, subtract, fraction), Knot(index + 1, subtract, fraction), part, step)?.Floor(digits);
        }
        else if (_kind == LogAdderKind.ArnoldBailey && (!subtract || distance >> _fractionBits > 0))
        {
            long whole = distance >> _fractionBits, part = distance - (whole << _fractionBits);
            Enclosure? left = At(whole << _fractionBits, _fractionBits, subtract, fraction);
            Enclosure? right = whole == 5 ? Enclosure.Of(0, fraction) : At(whole + 1 << _fractionBits, _fractionBits, subtract, fraction);
            return Between(left, right, part, 1L << _fractionBits)?.Floor(digits);
        }
        Enclosure power = Enclosure.Power(-distance, _fractionBits, fraction);
        return (subtract ? Enclosure.Of(1, fraction) - power : Enclosure.Of(1, fraction) + power).FloorLogarithm(digits);
    }

    // The correction at i·(R+2)/2^(R+2).
    private Enclosure? Knot(BigInteger index, bool subtract, int fraction) =>
        At((long)index * (_fractionBits + 2), _fractionBits + 2, subtract, fraction);

    private static Enclosure? At(long numerator, int logDenominator, bool subtract, int fraction)
    {
        Enclosure power = Enclosure.Power(-numerator, logDenominator, fraction);
        return (subtract ? Enclosure.Of(1, fraction) - power : Enclosure.Of(1, fraction) + power).Logarithm(fraction / 4);
    }

    private static Enclosure? Between(Enclosure? left, Enclosure? right, BigInteger part, BigInteger whole) =>
        left is { } a && right is { } b ? a.Times(whole - part, whole) + b.Times(part, whole) : null;
}
