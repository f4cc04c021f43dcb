using System.Collections.Immutable;
using System.Numerics;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats;

/// <summary>
/// A table of 2^Bits binary32 numbers, one a code, in any order; numbers may repeat. There is no Inf and no NaN. Encoding picks between the
/// two table numbers around a value: nearest by distance (a tie: the number of the even code, then the lower number), or as the mode says;
/// `to_zero` takes the one nearer to zero. Beyond the ends is the end (Overflow), NaN is the number nearest to zero (Invalid). Of a
/// repeated number the lowest code is used, but a negative zero goes to a code of -0 where there is one.
/// </summary>
public sealed class CodebookFormat : INumberFormat, IEquatable<CodebookFormat>
{
    private readonly ImmutableArray<float> _sorted;
    private readonly uint[] _codes;
    private readonly uint _negativeZero, _nanCode;

    /// <param name="name">Canonical name.</param>
    /// <param name="values">2, 4, … or 65,536 finite numbers, at least two of them different.</param>
    /// <param name="boundaries">
    /// Where nearest rounding changes from one number to the next, in ascending order; a value on a boundary goes below. Empty: half way,
    /// ties as above.
    /// </param>
    public CodebookFormat(string name, ImmutableArray<float> values, ImmutableArray<float> boundaries = default)
    {
        Name = name;
        Values = values;
        Boundaries = boundaries.IsDefault ? [] : boundaries;
        if (Problem(values) is { } problem) throw new ArgumentException(problem, nameof(values));
        Bits = BitOperations.Log2((uint)values.Length);
        (float Value, uint Code)[] order = [.. values.Select((v, i) => (v == 0 ? 0f : v, (uint)i)).OrderBy(p => p.Item1)
            .ThenBy(p => p.Item2).DistinctBy(p => p.Item1)];
        _sorted = [.. order.Select(p => p.Value)];
        _codes = [.. order.Select(p => p.Code)];
        int zero = values.ToList().FindIndex(v => v == 0 && !float.IsNegative(v)), negativeZero = values.ToList()
            .FindIndex(v => v == 0 && float.IsNegative(v));
        if (zero >= 0) _codes[_sorted.IndexOf(0f)] = (uint)zero;
        _negativeZero = negativeZero >= 0 ? (uint)negativeZero : uint.MaxValue;
        _nanCode = order.OrderBy(p => MathF.Abs(p.Value)).ThenByDescending(p => p.Value).First().Code;
        if (zero >= 0) _nanCode = (uint)zero;
        if (Boundaries.Length != 0 && Boundaries.Length != _sorted.Length - 1)
            throw new ArgumentException($"{Boundaries.Length} boundaries between {_sorted.Length} numbers", nameof(boundaries));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Bits { get; }

    /// <summary>The number of every code.</summary>
    public ImmutableArray<float> Values { get; }

    /// <summary>See the constructor.</summary>
    public ImmutableArray<float> Boundaries { get; }

    /// <inheritdoc/>
    public Exact Maximum => Exact.FromDouble(_sorted[^1]);

    /// <inheritdoc/>
    public Exact Minimum => Exact.FromDouble(_sorted[0]);

    /// <inheritdoc/>
    public Exact SmallestPositive => Exact.FromDouble(_sorted.FirstOrDefault(v => v > 0, _sorted[^1]));

    /// <summary>What a decoding table delivers: integers when all numbers are, else the common significand width and exponents of the
    /// numbers.</summary>
    public OperandShape Shape
    {
        get
        {
            Exact[] finite = [.. _sorted.Where(v => v != 0).Select(v => Exact.FromDouble(v))];
            int unit = finite.Min(v => v.Exponent + (int)UInt128.TrailingZeroCount(v.Significand)),
                top = finite.Max(v => v.LeadingExponent);
            int width = finite.Max(v => v.Length - (int)UInt128.TrailingZeroCount(v.Significand)), low = finite.Min(v => v.LeadingExponent);
            if (top - unit + 1 <= 8) return OperandShape.Fixed(top - unit + 2, -unit, true) with { StorageBits = Bits, DecodeTable = true };
            int exponentBits = BitOperations.Log2((uint)Math.Max(1, top - low)) + 1;
            return new(width, exponentBits, top - low, low - width + 1, _sorted[0] < 0, false, Bits) { DecodeTable = true };
        }
    }

    /// <summary>Why numbers make no codebook; null when they do.</summary>
    public static string? Problem(ImmutableArray<float> values)
    {
        if (values.IsDefault || values.Length is < 2 or > 65536 || !BitOperations.IsPow2(values.Length))
            return $"a codebook has 2, 4, 8, … or 65536 numbers, found {(values.IsDefault ? 0 : values.Length)}";
        if (values.Any(v => !float.IsFinite(v))) return "the numbers of a codebook are finite binary32 numbers";
        return values.Distinct().Take(2).Count() < 2 ? "the numbers of a codebook are all the same" : null;
    }

    /// <inheritdoc/>
    public Exact Decode(uint code) => Exact.FromDouble(Values[(int)code]);

    /// <inheritdoc/>
    public uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        if (value.Class == NumberClass.NaN)
        {
            flags = RoundingFlags.Invalid;
            return _nanCode;
        }
        if (value.Class == NumberClass.Zero && value.Negative && _negativeZero != uint.MaxValue) return _negativeZero;
        int above = FirstAtLeast(value);
        if (above == _sorted.Length || above == 0 && Compare(value, _sorted[0]) < 0)
        {
            flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
            return _codes[above == 0 ? 0 : ^1];
        }
        if (Compare(value, _sorted[above]) == 0) return _codes[above];
        flags = RoundingFlags.Inexact;
        int chosen = TakesUpper(value, above - 1, rounding) ? above : above - 1;
        return _sorted[chosen] == 0 && value.Negative && _negativeZero != uint.MaxValue ? _negativeZero : _codes[chosen];
    }

    /// <inheritdoc/>
    public bool Equals(CodebookFormat? other) =>
        other is not null && Name == other.Name && Values.SequenceEqual(other.Values) && Boundaries.SequenceEqual(other.Boundaries);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CodebookFormat);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Values.Length, Values[0], Values[^1]);

    /// <inheritdoc/>
    public override string ToString() => Name;

    private bool TakesUpper(in Exact value, int below, in Rounding rounding)
    {
        float low = _sorted[below], high = _sorted[below + 1];
        bool upperIsNearZero = MathF.Abs(high) < MathF.Abs(low) || MathF.Abs(high) == MathF.Abs(low) && !value.Negative;
        switch (rounding.Mode)
        {
            case RoundingMode.Up: return true;
            case RoundingMode.Down: return false;
            case RoundingMode.ToZero: return upperIsNearZero;
            case RoundingMode.ToOdd: return ((_codes[below] ^ _codes[below + 1]) & 1) != 0 ? (_codes[below + 1] & 1) != 0
                : !upperIsNearZero;
        }
        if (rounding.Mode == RoundingMode.NearestEven && Boundaries.Length != 0) return Compare(value, Boundaries[below]) > 0;
        (BigInteger x, BigInteger l, BigInteger h) = CommonGrid(value, low, high);
        if (rounding.Mode == RoundingMode.Stochastic)
        {
            // The fraction of the step that lies beyond the number nearer to zero, in units of 2^-64 with a sticky last bit.
            BigInteger lost = upperIsNearZero ? h - x : x - l;
            BigInteger scaled = BigInteger.DivRem(lost << 64, h - l, out BigInteger rest);
            UInt128 fraction = (UInt128)scaled << 1 | (rest.IsZero ? 0u : 1u);
            bool away = Rounder.Shorten(fraction, 65, false, rounding, out _) != 0;
            return away != upperIsNearZero;
        }
        int side = (x - l).CompareTo(h - x);
        if (side != 0) return side > 0;
        if (rounding.Mode == RoundingMode.NearestAway) return !upperIsNearZero;
        return ((_codes[below] ^ _codes[below + 1]) & 1) != 0 && (_codes[below + 1] & 1) == 0;
    }

    // Index of the first number not below the value.
    private int FirstAtLeast(in Exact value)
    {
        int low = 0, high = _sorted.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Compare(value, _sorted[middle]) > 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private static int Compare(in Exact value, float number)
    {
        if (value.Class == NumberClass.Infinity) return value.Negative ? -1 : 1;
        Exact other = Exact.FromDouble(number);
        int sign = Sign(value), otherSign = Sign(other);
        if (sign != otherSign || sign == 0) return sign.CompareTo(otherSign);
        if (value.LeadingExponent != other.LeadingExponent) return value.LeadingExponent > other.LeadingExponent ? sign : -sign;
        (BigInteger x, BigInteger l, _) = CommonGrid(value, number, number);
        return x.CompareTo(l);
    }

    private static int Sign(in Exact value) => value.Class == NumberClass.Zero ? 0 : value.Negative ? -1 : 1;

    private static (BigInteger Value, BigInteger Low, BigInteger High) CommonGrid(in Exact value, float low, float high)
    {
        Exact l = Exact.FromDouble(low), h = Exact.FromDouble(high);
        int unit = Math.Min(Math.Min(value.Class == NumberClass.Zero ? 0 : value.Exponent, l.Exponent), h.Exponent);
        return (On(value, unit), On(l, unit), On(h, unit));
    }

    private static BigInteger On(in Exact value, int unit)
    {
        BigInteger magnitude = value.Class == NumberClass.Zero ? BigInteger.Zero : (BigInteger)value.Significand << value.Exponent - unit;
        return value.Negative ? -magnitude : magnitude;
    }
}
