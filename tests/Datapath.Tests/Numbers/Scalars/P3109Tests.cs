using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;

namespace Sim.Datapath.Tests.Numbers.Scalars;

/// <summary>The sentences of the P3109 interim report on the formats that the golden files do not hold.</summary>
public sealed class P3109Tests
{
    // Unsigned: NaN is the last code, Inf the one before it; bias 2^(K-P); the largest is just below them.
    [TestCase("p3109_k8p4ue", 0xffu, 0xfeu, 0xfdu)]
    [TestCase("p3109_k8p4uf", 0xffu, null, 0xfeu)]
    [TestCase("p3109_k8p4se", 0x80u, 0x7fu, 0x7eu)]
    [TestCase("p3109_k8p4sf", 0x80u, null, 0x7fu)]
    [TestCase("p3109_k3p2se", 0x4u, 0x3u, 0x2u)]
    [TestCase("p3109_k8p1uf", 0xffu, null, 0xfeu)]
    public void SpecialCodesAreWhereTheReportPutsThem(string name, uint nan, uint? infinity, uint largest)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        Assert.Multiple(() =>
        {
            Assert.That(format.Decode(nan).Class, Is.EqualTo(NumberClass.NaN));
            Assert.That(Enumerable.Range(0, 1 << format.Bits).Count(c => format.Decode((uint)c).Class == NumberClass.NaN), Is.EqualTo(1));
            if (infinity is { } code) Assert.That(format.Decode(code), Is.EqualTo(Exact.Infinity()));
            else Assert.That(Enumerable.Range(0, 1 << format.Bits).Any(c => format.Decode((uint)c).Class == NumberClass.Infinity),
                Is.False);
            Assert.That(format.Encode(format.Maximum, default, out _), Is.EqualTo(largest));
            Assert.That(format.Decode(0).Class, Is.EqualTo(NumberClass.Zero));
        });
    }

    // 1 has the field of the bias: code bias·2^(P-1).
    [TestCase("p3109_k8p4se", 8 * 8)]
    [TestCase("p3109_k8p4ue", 16 * 8)]
    [TestCase("p3109_k8p3se", 16 * 4)]
    [TestCase("p3109_k8p1uf", 128)]
    [TestCase("p3109_k8p1se", 64)]
    public void OneLiesInTheMiddle(string name, int code) =>
        Assert.That(FormatCatalogue.Parse(name).Decode((uint)code).ToDouble(), Is.EqualTo(1));

    [Test]
    public void EveryFormatRoundTripsAndRises()
    {
        long checks = 0;
        for (int k = 3; k <= 10; k++)
            for (int p = 1; p <= k; p++)
                foreach (string kind in new[] { "se", "sf", "ue", "uf" })
                {
                    if (!FormatCatalogue.TryParse($"p3109_k{k}p{p}{kind}", out INumberFormat? format, out _)) continue;
                    double last = double.NegativeInfinity;
                    for (uint code = 0; code >> k == 0; code++)
                    {
                        Exact value = format.Decode(code);
                        Assert.That(format.Encode(value, default, out RoundingFlags flags), Is.EqualTo(code), format.Name);
                        Assert.That(flags, Is.EqualTo(RoundingFlags.None));
                        checks++;
                        if (value.Class == NumberClass.NaN || value.Negative) continue;
                        Assert.That(value.ToDouble(), Is.GreaterThan(last), format.Name);
                        last = value.ToDouble();
                    }
                }
        Assert.That(checks, Is.GreaterThan(40_000));
    }

    // Half way between neighbours goes to the even code, whatever the precision (RoundToPrecision: with P = 1 the exponent's parity); next
    // to it, to the nearer one.
    [Test]
    public void TiesGoToTheEvenCode()
    {
        long ties = 0;
        for (int k = 3; k <= 8; k++)
            for (int p = 1; p <= k; p++)
                foreach (string kind in new[] { "se", "sf", "ue", "uf" })
                {
                    if (!FormatCatalogue.TryParse($"p3109_k{k}p{p}{kind}", out INumberFormat? format, out _)) continue;
                    for (uint code = 0; format.Decode(code + 1).Class == NumberClass.Finite && !format.Decode(code + 1).Negative; code++,
                        ties++)
                    {
                        double half = (format.Decode(code).ToDouble() + format.Decode(code + 1).ToDouble()) / 2;
                        foreach (int sign in kind[0] == 's' ? new[] { 1, -1 } : [1])
                        {
                            uint at = Code(sign * half), above = Code(sign * Math.BitIncrement(half)),
                                below = Code(sign * Math.BitDecrement(half));
                            uint negative = sign < 0 ? 1u << k - 1 : 0, even = code + (code & 1);
                            Assert.That((at, above), Is.EqualTo((even == 0 ? 0 : even | negative, code + 1 | negative)),
                                $"{format.Name} {code:x}");
                            Assert.That(below, Is.EqualTo(code == 0 ? 0 : code | negative), $"{format.Name} {code:x}");
                        }
                        uint Code(double value) => format.Encode(Exact.FromDouble(value), default, out _);
                    }
                }
        Assert.That(ties, Is.GreaterThan(5_000));
    }

    // 1.5, 3, 6, 12 and 0.75 lie half way (cases of the interim report's rule; gfloat gives the same).
    [Test]
    public void PrecisionOneTakesTheParityOfTheExponent()
    {
        INumberFormat format = FormatCatalogue.Parse("p3109_k8p1ue");
        Assert.That(new[] { 1, 1.5, 3, 6, 12, 0.75 }.Select(v => format.Encode(Exact.FromDouble(v), default, out _)),
            Is.EqualTo(new uint[] { 0x80, 0x80, 0x82, 0x82, 0x84, 0x80 }));
        Assert.That(format.Add(0x81, 0x82, default, out _), Is.EqualTo(0x82), "2 + 4 is half way between 4 and 8");
        // The fast encoder and the reference agree on every tie and beside it.
        float[] values = [.. Enumerable.Range(-120, 240)
            .SelectMany(e => new[] { MathF.ScaleB(1.5f, e), MathF.BitIncrement(MathF.ScaleB(1.5f, e)),
            MathF.BitDecrement(MathF.ScaleB(1.5f, e)) })];
        var codes = new uint[values.Length];
        foreach (string name in new[] { "p3109_k8p1ue", "p3109_k8p1uf", "p3109_k8p1se", "p3109_k6p1sf" })
        {
            INumberFormat each = FormatCatalogue.Parse(name);
            Quantizer.For(each, Rounding.NearestEven).Encode(values, 1, 0, codes);
            Assert.That(codes, Is.EqualTo(values.Select(v => each.Encode(Exact.FromDouble(v), default, out _))), name);
        }
    }

    [Test]
    public void NegativeNumbersHaveNoUnsignedCode()
    {
        INumberFormat format = FormatCatalogue.Parse("p3109_k8p4ue");
        Exact minusOne = Exact.Finite(true, 0, 1);
        Assert.That(format.Encode(minusOne, default, out RoundingFlags flags), Is.EqualTo(0xff));
        Assert.That(flags, Is.EqualTo(RoundingFlags.Invalid));
        Assert.That(format.Encode(minusOne, new(default, OverflowPolicy.Saturate), out _), Is.EqualTo(0));
        Assert.That(format.Encode(Exact.Finite(true, -60, 1), default, out flags), Is.EqualTo(0), "rounds to zero, which has a code");
        Assert.That(flags, Is.EqualTo(RoundingFlags.Inexact | RoundingFlags.Underflow));
    }
}
