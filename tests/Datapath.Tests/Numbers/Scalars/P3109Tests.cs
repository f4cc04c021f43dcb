using Sim.Datapath.Formats;

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
            else Assert.That(Enumerable.Range(0, 1 << format.Bits).Any(c => format.Decode((uint)c).Class == NumberClass.Infinity), Is.False);
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
    public void OneLiesInTheMiddle(string name, int code) => Assert.That(FormatCatalogue.Parse(name).Decode((uint)code).ToDouble(), Is.EqualTo(1));

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
