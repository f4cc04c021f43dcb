using System.Numerics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Tests.Numbers.Posits;

/// <summary>
/// Laws of every posit of up to 12 bits, over all codes, and rounding checked from the definition: the n-bit string is the (n+40)-bit
/// string of the same number, cut, with the lost bits deciding.
/// </summary>
public sealed class PositLawTests
{
    private static IEnumerable<PositFormat> Small() =>
        from n in Enumerable.Range(3, 10) from es in Enumerable.Range(0, 5) where es < n
            select (PositFormat)FormatCatalogue.Parse(FormattableString.Invariant($"posit{n}_{es}"));

    [Test]
    public void CodesAreInOrderAndSurviveARoundTrip()
    {
        long checks = 0;
        foreach (PositFormat format in Small())
        {
            double last = double.NegativeInfinity;
            int half = 1 << format.Bits - 1;
            for (int i = 1 - half; i < half; i++)
            {
                uint code = (uint)(i & 2 * half - 1);
                Exact value = format.Decode(code);
                double number = value.ToDouble();
                Assert.That(number, Is.GreaterThan(last), $"{format.Name} {code:x}");
                foreach (RoundingMode mode in Enum.GetValues<RoundingMode>())
                    Assert.That(format.Encode(value, new Rounding(mode, OverflowPolicy.Ieee, mode == RoundingMode.Stochastic ? 8 : 0),
                        out RoundingFlags flags), Is.EqualTo(code).And.EqualTo(flags == 0 ? code : ~code));
                Assert.That(format.Decode((uint)(-i & 2 * half - 1)).ToDouble(), Is.EqualTo(-number), "negation is the two's complement");
                last = number;
                checks++;
            }
            Assert.That(format.Decode((uint)half).Class, Is.EqualTo(NumberClass.NaN));
            Assert.That((format.Minimum.ToDouble(), format.Maximum.ToDouble()), Is.EqualTo((-last, last)));
            Assert.That(format.SmallestPositive.ToDouble(), Is.EqualTo(format.Decode(1).ToDouble()));
        }
        Assert.That(checks, Is.GreaterThan(30_000));
    }

    /// <summary>A code of n bits with 0 appended is a code of n+1 bits of the same number, and with 1 appended the place where rounding
    /// turns (Standard 2022 §4.1).</summary>
    [Test]
    public void NumbersBetweenCodesAreRoundedOnTheLongerString()
    {
        long checks = 0;
        foreach (PositFormat format in Small())
        {
            var wide = new PositFormat("wide", format.Bits + 6, format.ExponentBits);
            int most = 1 << format.Bits - 1;
            for (uint code = 1; code < 1u << wide.Bits - 1; code++)
            {
                Exact value = wide.Decode(code);
                uint below = code >> 6, lost = code & 63;
                uint Held(uint rounded) => (uint)Math.Clamp(rounded, 1, most - 1);
                Check(RoundingMode.NearestEven, lost > 32 || lost == 32 && below % 2 == 1);
                Check(RoundingMode.NearestAway, lost >= 32);
                Check(RoundingMode.ToZero, false);
                Check(RoundingMode.Up, lost > 0);
                Check(RoundingMode.Down, false);
                Check(RoundingMode.ToOdd, lost > 0 && below % 2 == 0);
                void Check(RoundingMode mode, bool up)
                {
                    uint expected = Held(below + (up ? 1u : 0)), actual = format.Encode(value, new Rounding(mode), out RoundingFlags flags);
                    if (actual != expected || (flags != 0)
                        != (lost != 0)) Assert.Fail($"{format.Name}: {value} under {mode} gave {actual:x} {flags}, not {expected:x}");
                    RoundingMode mirrored = mode switch { RoundingMode.Up => RoundingMode.Down, RoundingMode.Down => RoundingMode.Up,
                        _ => mode };
                    uint negative = format.Encode(value.Negated, new Rounding(mirrored), out _);
                    if (negative != (uint)(2 * most
                        - (int)actual)) Assert.Fail($"{format.Name}: -{value} under {mirrored} gave {negative:x}");
                    checks++;
                }
            }
        }
        Assert.That(checks, Is.GreaterThan(3_000_000));
    }

    [Test]
    public void NothingBecomesZeroOrNaRByRounding([Values("posit3_0", "posit8_2", "posit16_1", "posit32_4")] string name)
    {
        var format = (PositFormat)FormatCatalogue.Parse(name);
        foreach (RoundingMode mode in Enum.GetValues<RoundingMode>())
            foreach (OverflowPolicy policy in Enum.GetValues<OverflowPolicy>())
            {
                var rounding = new Rounding(mode, policy);
                Assert.That(format.Encode(Exact.Finite(false, -2000, 3), rounding, out RoundingFlags low), Is.EqualTo(1));
                Assert.That(format.Encode(Exact.Finite(false, 2000, 3), rounding, out RoundingFlags high), Is.EqualTo(format.NaRCode - 1));
                Assert.That((low, high), Is.EqualTo((RoundingFlags.Underflow | RoundingFlags.Inexact,
                    RoundingFlags.Overflow | RoundingFlags.Inexact)));
                Assert.That(format.Encode(Exact.Infinity(), rounding, out _), Is.EqualTo(format.NaRCode));
                Assert.That(format.Encode(Exact.NaN, rounding, out _), Is.EqualTo(format.NaRCode));
                Assert.That(format.Encode(Exact.Zero(true), rounding, out _), Is.Zero);
            }
        Assert.That(format.Divide(format.Encode(Exact.Integer(1), default, out _), 0, default, out RoundingFlags divided),
            Is.EqualTo(format.NaRCode));
        Assert.That(divided, Is.EqualTo(RoundingFlags.DivideByZero | RoundingFlags.Overflow | RoundingFlags.Inexact));
        foreach (uint other in new[] { 0u, 1u, format.NaRCode })
        {
            Assert.That(format.Add(format.NaRCode, other, default, out _), Is.EqualTo(format.NaRCode));
            Assert.That(format.Multiply(format.NaRCode, other, default, out _), Is.EqualTo(format.NaRCode));
        }
    }

    /// <summary>A wide posit's fraction is a plain integer: codes near one are checked against BigInteger.</summary>
    [Test]
    public void WidePositsHoldTheirFraction()
    {
        var format = (PositFormat)FormatCatalogue.Parse("posit32_2");
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            // 01 (regime 0), 00 (exponent 0), 27 fraction bits: 1 + f/2^27.
            uint fraction = (uint)random.Next(1 << 27);
            Exact value = format.Decode(0x4000_0000 | fraction);
            BigInteger scaled = (BigInteger)value.Significand * BigInteger.Pow(2, 60 + value.Exponent);
            Assert.That(scaled, Is.EqualTo((BigInteger.One << 60) + ((BigInteger)fraction << 33)));
            // A code of 32 bits fills its word: the two's complement must not leave it.
            Assert.That(format.Encode(value, Rounding.NearestEven, out _), Is.EqualTo(0x4000_0000 | fraction));
            Assert.That(format.Encode(value.Negated, Rounding.NearestEven, out _), Is.EqualTo(0xC000_0000 - fraction));
        }
    }

    [TestCase("posit2_0", "3 to 32 bits")]
    [TestCase("posit33_2", "3 to 32 bits")]
    [TestCase("posit8_5", "0 to 4")]
    [TestCase("posit3_3", "3 exponent bits do not fit")]
    [TestCase("posit4_4", "4 exponent bits do not fit")]
    [TestCase("posit8", "posit8_2")]
    [TestCase("posit99999999999_2", "3 to 32 bits")]
    public void AWrongNameSaysWhatIsAllowed(string name, string part)
    {
        Assert.That(FormatCatalogue.TryParse(name, out _, out string error), Is.False);
        Assert.That(error, Does.Contain(part).And.Contain($"'{name}'"));
    }
}
