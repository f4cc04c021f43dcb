using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Stochastic quantization depends on the element's index only, and is right on average.</summary>
public sealed class StochasticQuantizerTests
{
    private static readonly INumberFormat E4M3 = FormatCatalogue.Parse("e4m3");

    // A counter-based mixer (SplitMix64's finaliser), as good as any for this.
    private static uint Mix(ulong element)
    {
        unchecked
        {
            ulong z = (element + 1) * 0x9E3779B97F4A7C15;
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
            z = (z ^ z >> 27) * 0x94D049BB133111EB;
            return (uint)(z ^ z >> 31);
        }
    }

    [Test]
    public void CutsDoNotMatter([Values] StochasticRule rule)
    {
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, 5000).Select(_ => (float)(random.NextDouble() * 1200 - 600))];
        var quantizer = new StochasticQuantizer(E4M3, new(RoundingMode.Stochastic, OverflowPolicy.Saturate, 12, 0, rule), Mix);
        uint[] whole = new uint[values.Length], parts = new uint[values.Length];
        long saturated = quantizer.Encode(values, 1.25f, 7, whole), again = 0;
        for (int start = values.Length; start > 0;)
        {
            int length = Math.Min(start, 1 + random.Next(300));
            start -= length;
            again += quantizer.Encode(values.AsSpan(start, length), 1.25f, 7 + (ulong)start, parts.AsSpan(start, length));
        }
        Assert.That(parts, Is.EqualTo(whole));
        Assert.That(again, Is.EqualTo(saturated).And.GreaterThan(100));
        for (int i = 0; i < values.Length; i++)
            Assert.That(whole[i], Is.EqualTo(E4M3.Encode(Exact.FromDouble(values[i] / 1.25f),
                new(RoundingMode.Stochastic, OverflowPolicy.Saturate, 12, Mix(7 + (ulong)i) & 4095, rule), out _)));
    }

    /// <summary>1.03125 lies a quarter of the way from 1 to 1.125: of 100,000 elements a quarter goes up, within five standard
    /// deviations.</summary>
    [Test]
    public void TheMeanIsKept([Values] StochasticRule rule)
    {
        float[] values = [.. Enumerable.Repeat(1.03125f, 100_000)];
        var codes = new uint[values.Length];
        new StochasticQuantizer(E4M3, new(RoundingMode.Stochastic, default, 16, 0, rule), Mix).Encode(values, 1, 0, codes);
        int up = codes.Count(c => c == 0x39);
        Assert.That(codes.Count(c => c == 0x38) + up, Is.EqualTo(codes.Length));
        Assert.That(up, Is.EqualTo(25_000).Within(5 * Math.Sqrt(100_000 * 0.25 * 0.75)));
    }

    [Test]
    public void OtherModesAreRefused()
    {
        Assert.That(() => new StochasticQuantizer(E4M3, new(RoundingMode.NearestEven), Mix), Throws.ArgumentException);
        Assert.That(() => new StochasticQuantizer(E4M3, new(RoundingMode.Stochastic), Mix), Throws.ArgumentException);
    }
}
