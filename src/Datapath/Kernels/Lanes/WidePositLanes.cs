using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// The rounding of <see cref="PositLanes"/> for posits of up to 16 bits in binary64 lanes. They have more regimes than a register holds
/// distances, so two tables of 16-bit words give how far the shortest distance is shifted: by the length of the run, and for the bit that
/// is set when a code is odd.
/// </summary>
internal readonly struct WidePositLanes : IPositLanes<double>
{
    // Regimes follow the exponent field modulo 32; regime 0 is word 0, whose 0 the upper words of a lane find.
    private const int Entries = 32, FractionBits = 52, DoubledBias = 1024, WidestCode = 16, FarthestExponent = 224;

    private readonly Vector512<ushort> _runs, _odds;
    private readonly Vector512<long> _lowest, _highest, _unit;
    private readonly Vector512<ulong> _regimeShift;

    public WidePositLanes(PositFormat format)
    {
        int last = format.Bits - 2, shortest = FractionBits + format.ExponentBits + 3 - format.Bits;
        _regimeShift = Vector512.Create((ulong)(FractionBits + format.ExponentBits));
        _lowest = Vector512.Create((long)(DoubledBias - format.MaximumExponent) << FractionBits);
        _highest = Vector512.Create((long)(DoubledBias + format.MaximumExponent) << FractionBits);
        _unit = Vector512.Create(1L << shortest);
        Span<ushort> runs = stackalloc ushort[Entries], odds = stackalloc ushort[Entries];
        // The largest is the only one of its regime: with the shortest distance it stays, whatever a tie would do.
        for (int regime = -last; regime < last; regime++)
        {
            int run = regime < 0 ? -regime - 1 : regime;
            runs[regime & Entries - 1] = (ushort)run;
            // Of the codes that end with their run, the smallest is odd and the one below the largest even: as bit 61 of all exponent
            // fields there.
            odds[regime & Entries - 1] = (ushort)(run < last - 1 ? run : 61 - shortest);
        }
        (_runs, _odds) = (Vector512.Create<ushort>(runs), Vector512.Create<ushort>(odds));
    }

    /// <inheritdoc/>
    public double Highest => BitConverter.Int64BitsToDouble(_highest.ToScalar());

    /// <summary>Whether a posit has few enough regimes for the tables, more than the two whose codes end with their run, and exponents that
    /// leave bit 61 alone.</summary>
    public static bool Takes(PositFormat format) => format.Bits is > 3 and <= WidestCode && format.MaximumExponent <= FarthestExponent;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> MultiplyAdd(Vector512<double> a, Vector512<double> b, Vector512<double> c) =>
        Vector512.FusedMultiplyAdd(a, b, c);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> MultiplySubtract(Vector512<double> a, Vector512<double> b, Vector512<double> c) =>
        Avx512F.IsSupported ? Avx512F.FusedMultiplySubtract(a, b, c) : Vector512.FusedMultiplyAdd(a, b, -c);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Round<TLost>(Vector512<double> sum, Vector512<double> lost, ref Vector512<double> largest)
        where TLost : struct, IChoice
    {
        Vector512<long> magnitude = sum.AsInt64() & Vector512.Create(long.MaxValue);
        largest = Vector512.Max(largest.AsInt64(), magnitude).AsDouble();
        Vector512<long> held = Vector512.Min(Vector512.Max(magnitude, _lowest), _highest);
        (Vector512<long> unit, Vector512<long> odd) = Units(held);
        // -1 where a tie goes down: the code below is even, or what was lost has the other sign than the sum.
        Vector512<long> down = Vector512.Equals(held & odd, Vector512<long>.Zero);
        if (TLost.IsMade) down = Vector512.ConditionalSelect(Vector512.Equals(lost, Vector512<double>.Zero).AsInt64(), down,
            (sum ^ lost).AsInt64() >> 63);
        Vector512<long> rounded = (held + (unit >>> 1) + down) & -unit;
        rounded |= sum.AsInt64() & Vector512.Create(long.MinValue);
        return Vector512.ConditionalSelect(Vector512.Equals(sum, Vector512<double>.Zero), Vector512<double>.Zero, rounded.AsDouble());
    }

    // The distance of codes, and the bit that is set when a code is odd.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (Vector512<long> Unit, Vector512<long> Odd) Units(Vector512<long> held)
    {
        if (!Avx512BW.IsSupported) return UnitsOneByOne(held);
        Vector512<ushort> regime = Avx512F.ShiftRightLogicalVariable(held, _regimeShift).AsUInt16();
        return (Avx512F.ShiftLeftLogicalVariable(_unit, Avx512BW.PermuteVar32x16(_runs, regime).AsUInt64()),
            Avx512F.ShiftLeftLogicalVariable(_unit, Avx512BW.PermuteVar32x16(_odds, regime).AsUInt64()));
    }

    private (Vector512<long> Unit, Vector512<long> Odd) UnitsOneByOne(Vector512<long> held)
    {
        Span<long> unit = stackalloc long[8], odd = stackalloc long[8];
        for (int lane = 0; lane < 8; lane++)
        {
            int regime = (int)(held[lane] >> (int)_regimeShift.ToScalar()) & Entries - 1;
            (unit[lane], odd[lane]) = (_unit.ToScalar() << _runs[regime], _unit.ToScalar() << _odds[regime]);
        }
        return (Vector512.Create<long>(unit), Vector512.Create<long>(odd));
    }
}
