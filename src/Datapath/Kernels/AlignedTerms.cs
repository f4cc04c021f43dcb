using System.Numerics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>The terms of one step of a unit that aligns: zeros fall away, Inf and NaN are remembered beside the finite ones.</summary>
internal sealed class AlignedTerms
{
    private readonly List<(Exact Value, int Binade)> _terms = [];
    private bool _nan, _positiveInfinity, _negativeInfinity;

    /// <summary>Forgets all terms.</summary>
    public void Clear()
    {
        _terms.Clear();
        (_nan, _positiveInfinity, _negativeInfinity) = (false, false, false);
    }

    /// <summary>Takes a term with the exponent of its binade.</summary>
    public void Add(in Exact value, int binade)
    {
        _nan |= value.Class == NumberClass.NaN;
        _positiveInfinity |= value.Class == NumberClass.Infinity && !value.Negative;
        _negativeInfinity |= value.Class == NumberClass.Infinity && value.Negative;
        if (value.Class == NumberClass.Finite) _terms.Add((value, binade));
    }

    /// <summary>NaN or Inf where a term, or terms together, make it; else null.</summary>
    public Exact? Special => _nan || _positiveInfinity && _negativeInfinity ? Exact.NaN : _positiveInfinity || _negativeInfinity
        ? Exact.Infinity(_negativeInfinity) : null;

    /// <summary>The terms shortened to <paramref name="fraction"/> bits below the largest exponent, <paramref name="least"/> at least, and
    /// added exactly; none give +0.</summary>
    public Exact Sum(int? fraction, RoundingMode alignment, int? least)
    {
        if (Special is { } special) return special;
        if (_terms.Count == 0) return Exact.Zero();
        int unit = fraction is { } kept ? Math.Max(_terms.Max(t => t.Binade), least ?? int.MinValue) - kept
            : _terms.Min(t => t.Value.Exponent);
        return Number(_terms.Aggregate(BigInteger.Zero, (sum, term) => sum + Shortened(term.Value, unit, alignment)), unit);
    }

    /// <summary>A finite number in units of 2^<paramref name="unit"/>, shortened where it has places below.</summary>
    public static BigInteger Shortened(in Exact value, int unit, RoundingMode alignment)
    {
        int drop = unit - value.Exponent;
        BigInteger magnitude = drop > 0
            ? Rounder.Shorten(value.Significand, drop, value.Negative, new Rounding(alignment), out _)
            : (BigInteger)value.Significand << -drop;
        return value.Negative ? -magnitude : magnitude;
    }

    /// <summary>sum·2^unit; 126 bits of it and a sticky bit, which no rounding of a format tells from the whole.</summary>
    public static Exact Number(BigInteger sum, int unit)
    {
        UInt128 significand = Rounder.Jam(BigInteger.Abs(sum), out int dropped);
        return Exact.Finite(sum.Sign < 0, unit + dropped, significand);
    }

    /// <summary>The exponent of a number's binade: a float's field (subnormals: the smallest normal's), of other formats that of the
    /// leading bit or of the grid.</summary>
    public static int Binade(INumberFormat format, in Exact value) => value.Class != NumberClass.Finite ? 0 : format switch
    {
        FloatFormat f => value.Exponent + f.FractionBits,
        FixedFormat => format.Maximum.LeadingExponent,
        _ => value.LeadingExponent,
    };

    /// <summary>a·b, exact.</summary>
    public static Exact Product(in Exact a, in Exact b)
    {
        RoundingFlags invalid = RoundingFlags.None;
        return Arithmetic.ExactArithmetic.Multiply(a, b, ref invalid);
    }
}
