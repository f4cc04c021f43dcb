using System.Collections.Concurrent;
using System.Numerics;
using Sim.Datapath.Arithmetic;

namespace Sim.Datapath.Formats.Logarithmic;

/// <summary>
/// Powers 2^(j/2^R), 0 ≤ j &lt; 2^R, as binary64 significands, and the places 2^((j+½)/2^R) where rounding to nearest turns, as floors in
/// units of 2^-127:
/// a number of at most 128 significant bits is above such a place exactly when it is above the floor, because the place is irrational.
/// </summary>
internal sealed class LogTables
{
    private const int TableFractionBits = 14;

    private static readonly ConcurrentDictionary<int, LogTables> Cache = new();

    private readonly int _fractionBits;
    private readonly ConcurrentDictionary<(int, int), ulong> _rounded = [];
    private readonly Lazy<ulong[]>? _significands;
    private readonly Lazy<UInt128[]>? _turns;

    private LogTables(int fractionBits)
    {
        _fractionBits = fractionBits;
        if (fractionBits > TableFractionBits) return;
        _significands = new(() => [.. Enumerable.Range(0, 1 << fractionBits).Select(j => Round(j, 53))]);
        _turns = new(() => [.. Enumerable.Range(0, 1 << fractionBits)
            .Select(j => (UInt128)Enclosure.Decide(f => Enclosure.Power(2 * j + 1, fractionBits + 1, f).Floor(127)))]);
    }

    /// <summary>The tables for R fraction bits; they are made once.</summary>
    public static LogTables Of(int fractionBits) => Cache.GetOrAdd(fractionBits, r => new(r));

    /// <summary>2^(j/2^R) · 2^52, to nearest.</summary>
    public ulong Significand(int j) => _significands is { } table ? table.Value[j] : Round(j, 53);

    /// <summary>2^(j/2^R) rounded to nearest with <paramref name="bits"/> significant bits; a tie cannot be, one half-way down to 1 is
    /// exact.</summary>
    public ulong Rounded(int j, int bits) => _rounded.GetOrAdd((j, bits), key => Round(key.Item1, key.Item2));

    private ulong Round(int j, int bits) => (ulong)((Enclosure.Decide(f => Enclosure.Power(j, _fractionBits, f).Floor(bits)) + 1) >> 1);

    /// <summary>The j of the power nearest in the logarithm to a number of [1, 2), given in units of 2^-127; null when there is no
    /// table.</summary>
    public int? Nearest(UInt128 normalised)
    {
        if (_turns is null) return null;
        UInt128[] turns = _turns.Value;
        int low = 0, high = turns.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (normalised > turns[middle]) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// <summary>floor(log2(x) · 2^digits) of a number x of [1, 2), given in units of 2^-127.</summary>
    public static BigInteger FloorLogarithm(UInt128 normalised, int digits) =>
        Enclosure.Decide(f => new Enclosure((BigInteger)normalised << f - 127, (BigInteger)normalised << f - 127, f)
            .FloorLogarithm(digits));
}
