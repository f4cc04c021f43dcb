using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Posit steps in binary64 lanes that hold twice a number, where a code ends inside its fraction: inside a regime it keeps so many bits,
/// and with t = 2^j·s, t - (t - s) is s at those (<see cref="RoundedReduction{T}"/>), j from a table by regime. Sums of any other regime
/// become NaN and stay it.
/// </summary>
/// <typeparam name="TSeparate">Whether products are rounded to the posit before they are added.</typeparam>
internal readonly struct PositReduction<TSeparate> : IReduction<double>
    where TSeparate : struct, IChoice
{
    private const int Entries = 64, FractionBits = 52, Bias = 1023;
    private const ushort NaN = 0x7FF8;

    // By regime modulo 64, the upper 16 bits of 2^j.
    private readonly Vector512<ushort> _low, _high;
    private readonly Vector512<ulong> _regimeShift;

    /// <param name="format">A posit of at most 16 bits.</param>
    /// <param name="above">Sums from 2^above on are NaN too.</param>
    public PositReduction(PositFormat format, int above)
    {
        _regimeShift = Vector512.Create((ulong)(FractionBits + format.ExponentBits));
        Span<ushort> factors = stackalloc ushort[Entries];
        factors.Fill(NaN);
        int longest = LongestRun(format), last = Math.Min(longest, (above >> format.ExponentBits) - 1);
        for (int regime = -longest - 1; regime <= last; regime++)
        {
            int kept = format.Bits - 3 - format.ExponentBits - (regime < 0 ? -regime - 1 : regime);
            factors[regime & Entries - 1] = (ushort)(Bias + FractionBits - kept << 4);
        }
        (_low, _high) = (Vector512.Create<ushort>(factors), Vector512.Create<ushort>(factors[(Entries / 2)..]));
    }

    /// <summary>Whether the processor looks the table up in one operation.</summary>
    public static bool IsFast => Avx512BW.IsSupported;

    /// <summary>Whether sums of products that are multiples of 2^<paramref name="unit"/>, none of 2^<paramref name="top"/> or more, find
    /// themselves in the table.</summary>
    public static bool Takes(PositFormat format, int unit, int top) =>
        unit >> format.ExponentBits > LongestRun(format) - Entries
            && top >> format.ExponentBits <= Entries - 3 * LongestRun(format) / 2 - 4;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Step(Vector512<double> acc, Vector512<double> a, Vector512<double> b) =>
        Round(TSeparate.IsMade ? acc + Round(a * b) : Vector512.FusedMultiplyAdd(a, b, acc));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Combine(Vector512<double> total, Vector512<double> chunk) => Round(total + chunk);

    // Regimes end above the last fraction bit.
    private static int LongestRun(PositFormat format) => format.Bits - 4 - format.ExponentBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<double> Round(Vector512<double> sum)
    {
        Vector512<ushort> regime = Avx512F.ShiftRightLogicalVariable(sum.AsUInt64(), _regimeShift).AsUInt16();
        Vector512<double> factor = (Avx512BW.PermuteVar32x16x2(_low, regime, _high).AsUInt64() << 48).AsDouble();
        return Avx512F.FusedMultiplySubtract(sum, factor, Avx512F.FusedMultiplySubtract(sum, factor, sum));
    }
}
