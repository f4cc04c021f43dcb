using System.Numerics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Tests.Blocks;

/// <summary>
/// OCP MX v1.0 §6.2 Dot with one rounding into binary32 a segment, in integers that count units of 2^-1200. Written from the definition;
/// shares no code with src:
/// codes are decoded from their fields, and rounding is that of IEEE 754-2019 §4.3.1.
/// </summary>
internal static class BlockDotOracle
{
    private const int Unit = 1200;

    /// <summary>Binary32 after adding the segments of <paramref name="lanes"/> products in order.</summary>
    public static float Dot(string elementA, string scaleFormat, uint[] scalesA, uint[] a, string elementB, uint[] scalesB, uint[] b,
        int lanes)
    {
        float acc = 0;
        for (int start = 0; start < a.Length; start += lanes)
        {
            BigInteger sum = 0;
            for (int i = start; i < Math.Min(start + lanes, a.Length); i++) sum += Element(elementA, a[i]) * Element(elementB, b[i]);
            // Elements count units of 2^-20 each, scales units of 2^-150.
            BigInteger addend = sum * Scale(scaleFormat, scalesA[start / lanes]) * Scale(scaleFormat, scalesB[start / lanes]) << Unit - 2
                * 20 - 2 * 150;
            // An overflow is final: all later addends are finite.
            if (!float.IsInfinity(acc)) acc = Round(Fixed(acc) + addend);
        }
        return acc;
    }

    private static BigInteger Element(string format, uint code) => format switch
    {
        "e2m1" => Float(code, 2, 1, 1),
        "e2m3" => Float(code, 2, 3, 1),
        "e3m2" => Float(code, 3, 2, 3),
        "e4m3" => Float(code, 4, 3, 7),
        "e5m2" => Float(code, 5, 2, 15),
        "q2.6" => (BigInteger)unchecked((sbyte)code) << 14,
        _ => throw new ArgumentException(format),
    };

    private static BigInteger Float(uint code, int exponentBits, int fractionBits, int bias)
    {
        int field = (int)(code >> fractionBits) & (1 << exponentBits) - 1, fraction = (int)code & (1 << fractionBits) - 1;
        BigInteger significand = field == 0 ? fraction : fraction + (1 << fractionBits);
        BigInteger value = significand << 20 + Math.Max(field, 1) - bias - fractionBits;
        return (code >> exponentBits + fractionBits & 1) == 0 ? value : -value;
    }

    private static BigInteger Scale(string format, uint code) =>
        format == "e8m0" ? BigInteger.One << 150 + (int)code - 127 : Float(code, 4, 3, 7) << 130;

    private static BigInteger Fixed(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value), field = bits >> 23 & 255;
        BigInteger magnitude = (BigInteger)(field == 0 ? bits & 0x7FFFFF : bits & 0x7FFFFF | 0x800000) << Unit + Math.Max(field, 1) - 150;
        return bits < 0 ? -magnitude : magnitude;
    }

    private static float Round(BigInteger value)
    {
        // +0 + +0, x + -x and -0 + +0 are +0.
        if (value.IsZero) return 0f;
        BigInteger magnitude = BigInteger.Abs(value);
        int leading = (int)magnitude.GetBitLength() - 1 - Unit, exponent = Math.Max(leading, -126), shift = Unit + exponent - 23;
        BigInteger kept = magnitude >> shift, lost = magnitude - (kept << shift), half = BigInteger.One << shift - 1;
        if (lost > half || lost == half && !kept.IsEven) kept++;
        if (kept == BigInteger.One << 24) (kept, exponent) = (kept >> 1, exponent + 1);
        float result = exponent > 127 ? float.PositiveInfinity
            : BitConverter.Int32BitsToSingle((kept < 1 << 23 ? 0 : exponent + 127 << 23) | (int)(kept & 0x7FFFFF));
        return value.Sign < 0 ? -result : result;
    }
}
