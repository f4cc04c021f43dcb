using System.Numerics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>
/// Rounds by looking at the list of a short format's numbers, all in integers: the values in order, and between two neighbours the place
/// where rounding turns.
/// That is their middle, decided at a tie by the even code or away from zero; of posits it is the number of the longer string with a 1
/// appended (Standard 2022 §4.1).
/// Values are taken from the decoder, which other software confirms code by code, but for posits, whose strings are read here.
/// </summary>
internal sealed class ExactTable
{
    private readonly INumberFormat _format;
    private readonly bool _away;
    private readonly (BigInteger Value, uint Code)[] _numbers;
    private readonly BigInteger[] _turns;
    private readonly uint? _negativeZero, _infinity;
    private readonly bool _hasNaN;

    public ExactTable(INumberFormat format)
    {
        _format = format;
        // HiFloat8 rounds half away from zero (arXiv 2409.16626 §3); powers of two go up, as the recorded rows of ml_dtypes do.
        _away = format is HiFloat8Format or ExponentFormat;
        Unit = format is PositFormat p ? 2 * (p.Bits - 1 << p.ExponentBits) : Enumerable.Range(0, 1 << format.Bits)
            .Select(c => format.Decode((uint)c)).Where(v => v.Class == NumberClass.Finite).Max(v => -v.Exponent) + 2;
        var numbers = new List<(BigInteger, uint)>();
        for (uint code = 0; code >> format.Bits == 0; code++)
        {
            Exact value = format.Decode(code);
            if (value.Class == NumberClass.NaN) _hasNaN = true;
            else if (value.Class == NumberClass.Infinity && !value.Negative) _infinity = code;
            else if (value.Class == NumberClass.Zero && value.Negative) _negativeZero = code;
            else if (value.Class != NumberClass.Infinity) numbers.Add((Value(code), code));
        }
        _numbers = [.. numbers.OrderBy(n => n.Item1)];
        _turns = [.. _numbers.Zip(_numbers.Skip(1), (low, high) => Turn(low, high) << Unit)];
    }

    /// <summary>Numbers are multiples of 2^-Unit, sums and products are counted in 2^-2·Unit.</summary>
    public int Unit { get; }

    /// <summary>The number of a finite code in units.</summary>
    public BigInteger Value(uint code)
    {
        if (_format is PositFormat p) return (code >> p.Bits - 1) == 0 ? String(code, p.Bits, p.ExponentBits)
            : -String(unchecked(0 - code) & uint.MaxValue >> 32 - p.Bits, p.Bits, p.ExponentBits);
        Exact value = _format.Decode(code);
        BigInteger magnitude = value.Class == NumberClass.Zero ? 0 : (BigInteger)value.Significand << value.Exponent + Unit;
        return value.Negative ? -magnitude : magnitude;
    }

    /// <summary>The code of an exact result, null for NaN; <paramref name="negative"/> is the sign of a zero, and of what is rounded to
    /// zero.</summary>
    public uint? Round(BigInteger exact, bool negative)
    {
        int at = Array.BinarySearch(_turns, exact);
        bool tie = at >= 0;
        if (!tie) at = ~at;
        (BigInteger value, uint code) = _numbers[at];
        if (tie && !(_away ? exact.Sign < 0 : code % 2 == 0)) (value, code) = _numbers[at + 1];
        if (_format is PositFormat) return Clamped(exact, code);
        if (Overflows(exact, at == 0, code, out uint? beyond)) return beyond;
        return value.IsZero && negative && _negativeZero is { } zero ? zero : code;
    }

    /// <summary>Whether the code is NaN, or NaR.</summary>
    public bool IsNaN(uint code) => _format.Decode(code).Class == NumberClass.NaN;

    /// <summary>The code of an infinity, or what stands for one: NaN (null), or the end of the range.</summary>
    public uint? Infinity(bool negative) => _infinity is { } infinity ? infinity | (negative ? 1u << _format.Bits - 1 : 0) : _hasNaN ? null
        : negative ? _numbers[0].Code : _numbers[^1].Code;

    // Half a step beyond the last number; integers and fixed point end there, whatever comes.
    private bool Overflows(BigInteger exact, bool bottom, uint code, out uint? beyond)
    {
        beyond = null;
        if (_format is FixedFormat || exact.Sign < 0 && !bottom || exact.Sign >= 0 && code != _numbers[^1].Code) return false;
        if (exact.Sign < 0 && _numbers[0].Value.Sign >= 0) return false;
        // Behind a power of two numbers lie twice as far apart as before it.
        BigInteger last = _numbers[^1].Value, step = last - _numbers[^2].Value << (last.IsPowerOfTwo ? 1 : 0), limit = 2 * last
            + step << Unit - 1;
        int side = BigInteger.Abs(exact).CompareTo(limit);
        if (side < 0 || side == 0 && !_away && code % 2 == 0) return false;
        beyond = Infinity(exact.Sign < 0);
        return true;
    }

    // Nothing becomes 0 or NaR.
    private uint Clamped(BigInteger exact, uint code) => exact.IsZero ? 0
        : exact.Sign > 0 ? Math.Clamp(code, 1, (1u << _format.Bits - 1) - 1)
        : code == 0 ? uint.MaxValue >> 32 - _format.Bits : code;

    private BigInteger Turn((BigInteger Value, uint Code) low, (BigInteger Value, uint Code) high)
    {
        if (_format is not PositFormat p) return low.Value + high.Value >> 1;
        uint smaller = low.Value.Sign >= 0 ? low.Code : unchecked(0 - high.Code) & uint.MaxValue >> 32 - p.Bits;
        BigInteger turn = String(smaller << 1 | 1, p.Bits + 1, p.ExponentBits);
        return low.Value.Sign >= 0 ? turn : -turn;
    }

    // The string behind the sign: a regime of equal bits, the bit that ends it, exponent bits (zeros where they are cut off), the fraction.
    private BigInteger String(uint code, int bits, int exponentBits)
    {
        if (code == 0) return 0;
        int at = bits - 2;
        uint Next() => at < 0 ? 0 : code >> at-- & 1;
        uint first = Next();
        int run = 1;
        while (at >= 0 && (code >> at & 1) == first) (run, at) = (run + 1, at - 1);
        Next();
        int exponent = 0;
        for (int i = 0; i < exponentBits; i++) exponent = 2 * exponent + (int)Next();
        BigInteger significand = 1;
        int fraction = Math.Max(0, at + 1);
        while (at >= 0) significand = 2 * significand + Next();
        int scale = (first == 1 ? run - 1 : -run) * (1 << exponentBits) + exponent - fraction + Unit;
        return scale >= 0 ? significand << scale : throw new InvalidOperationException("the unit is too coarse");
    }
}
