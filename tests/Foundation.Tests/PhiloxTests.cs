using Sim.Foundation.Random;
using Sim.Tests;

namespace Sim.Foundation.Tests;

public class PhiloxTests
{
    // Random123 (D. E. Shaw Research), tests/kat_vectors, lines `philox4x32 10`: counter, key, result.
    private static readonly (string Counter, string Key, string Result)[] Published =
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ];

    [Test]
    public void PublishedVectors()
    {
        foreach ((string counter, string key, string result) in Published)
        {
            uint[] c = Words(counter), k = Words(key), x = Words(result);
            PhiloxBlock block = Philox.Block(c[0], c[1], c[2], c[3], k[0], k[1]);
            for (int i = 0; i < 4; i++) Assert.That(block[i], Is.EqualTo(x[i]), $"word {i}");
        }
        Truth.Checked("Numbers", "Philox4x32-10 known answers", "Random123 (D. E. Shaw Research), tests/kat_vectors", Published.Length,
            "equal");
    }

    [Test]
    public void StreamIsTheBlocksInOrder()
    {
        var stream = new RandomStream(0, 0);
        uint[] first = Words("6627e8d5 e169c58d bc57ac4c 9b00dbd8");
        foreach (uint word in first) Assert.That(stream.NextUInt32(), Is.EqualTo(word));
        Assert.That(stream.NextUInt32(), Is.EqualTo(Philox.Block(1, 0, 0, 0, 0, 0).X0));
    }

    [Test]
    public void StreamsAndSeedsDiffer()
    {
        ulong[] firsts = [.. Enumerable.Range(0, 50)
            .SelectMany(i => new[] { new RandomStream((ulong)i).NextUInt64(), new RandomStream(1000, (ulong)i).NextUInt64() })];
        Assert.That(firsts.Distinct().Count(), Is.EqualTo(100));
    }

    [Test]
    public void IntegersCoverTheirRangeEvenly()
    {
        var stream = new RandomStream(7);
        var counts = new int[10];
        for (int i = 0; i < 100_000; i++) counts[stream.NextInt32(-5, 5) + 5]++;
        // Chi square with 9 degrees of freedom: 27.9 is exceeded with probability 0.001.
        Assert.That(counts.Sum(c => (c - 10_000.0) * (c - 10_000.0) / 10_000.0), Is.LessThan(27.9));
        Assert.That(() => stream.NextInt32(3, 3), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(new RandomStream(1).NextInt32(int.MinValue, int.MaxValue), Is.InRange(int.MinValue, int.MaxValue - 1));
    }

    [Test]
    public void NormalHasTheMomentsAndTailsOfTheGaussian()
    {
        var stream = new RandomStream(11);
        const int n = 200_000;
        double[] x = [.. Enumerable.Range(0, n).Select(_ => stream.NextNormal())];
        double mean = x.Average(), variance = x.Average(v => v * v) - mean * mean, fourth = x.Average(v => v * v * v * v);
        Assert.That(mean, Is.EqualTo(0).Within(4 / Math.Sqrt(n)));
        Assert.That(variance, Is.EqualTo(1).Within(4 * Math.Sqrt(2.0 / n)));
        Assert.That(fourth, Is.EqualTo(3).Within(4 * Math.Sqrt(96.0 / n)));
        // Φ at 0.5, 1, 2 and 3 (Abramowitz and Stegun, table 26.1).
        foreach ((double at, double p) in new[] { (0.5, 0.6914624613), (1.0, 0.8413447461), (2.0, 0.9772498681), (3.0, 0.9986501020) })
            Assert.That(x.Count(v => v < at) / (double)n, Is.EqualTo(p).Within(4 * Math.Sqrt(p * (1 - p) / n)), $"below {at}");
    }

    [Test]
    public void PortableLogarithmMatchesTheLibrary()
    {
        int cases = 0;
        foreach (double x in Enumerable.Range(1, 5000).Select(i => i / 5000.0).Concat([1e-300, 1e300, 2, Math.E, 0.70710678, 1.41421356]))
        {
            Assert.That(RandomStream.PortableLog(x), Is.EqualTo(Math.Log(x)).Within(2e-15 * Math.Max(1e-2, Math.Abs(Math.Log(x)))),
                $"log {x}");
            cases++;
        }
        Assert.That(cases, Is.GreaterThan(5000));
    }

    [Test]
    public void ShuffleIsAPermutation()
    {
        int[] items = [.. Enumerable.Range(0, 1000)];
        new RandomStream(3).Shuffle<int>(items);
        Assert.That(items, Is.Not.Ordered);
        Assert.That(items.Order(), Is.EqualTo(Enumerable.Range(0, 1000)));
    }

    private static uint[] Words(string hex) => [.. hex.Split(' ').Select(w => Convert.ToUInt32(w, 16))];
}
