using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests;

/// <summary>The fast road to minimal widths: sums over typed weights, and bounds from them, against one weight and one prover after the
/// other.</summary>
public class ClosedFormTests
{
    private static readonly SumOrder[] Orders = [new AnyOrder(), new SequentialOrder(), new FinalOrder(), new TiledOrder(5)];

    /// <summary>Every storage, lengths around the SIMD steps, all at an end of the type as well: no lane overflows.</summary>
    [Test]
    public void SumsOfPositiveAndNegativeWeightsAreExactInEveryStorage()
    {
        var random = new Random(3);
        int cases = 0;
        foreach (int length in (int[])[0, 1, 7, 31, 32, 33, 63, 64, 65, 1000, 3839, 3840, 3841, 7681, 20_000, 600_000])
        {
            for (int kind = 0; kind < 3; kind++)
            {
                double Draw() => kind == 0 ? random.NextDouble() : kind - 1;
                T[] Filled<T>(double low, double high, Func<double, T> as_) =>
                    [.. Enumerable.Range(0, length).Select(_ => as_(Math.Floor(low + Draw() * (high - low) + 0.5)))];
                Check(IntegerWeights.Of(Filled(sbyte.MinValue, sbyte.MaxValue, v => (sbyte)v)), ref cases);
                Check(IntegerWeights.Of(Filled(byte.MinValue, byte.MaxValue, v => (byte)v)), ref cases);
                Check(IntegerWeights.Of(Filled(short.MinValue, short.MaxValue, v => (short)v)), ref cases);
                Check(IntegerWeights.Of(Filled(int.MinValue, int.MaxValue, v => (int)v)), ref cases);
            }
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(190));
    }

    private static void Check(IntegerWeights weights, ref int cases)
    {
        int from = Math.Min(weights.Length, cases % 3), count = weights.Length - from;
        foreach (int zero in (int[])[0, 3])
        {
            long positive = 0, negative = 0;
            int low = int.MaxValue, high = int.MinValue;
            for (int i = 0; i < weights.Length; i++)
            {
                long w = (long)weights[i] - zero;
                if (i >= from) (positive, negative) = (positive + Math.Max(w, 0), negative - Math.Min(w, 0));
                (low, high) = (Math.Min(low, weights[i]), Math.Max(high, weights[i]));
            }
            Assert.That(weights.Signed(from, count, zero), Is.EqualTo((positive, negative)));
            if (weights.Length > 0) Assert.That(weights.Range, Is.EqualTo(new Interval(low, high)));
        }
        cases++;
    }

    /// <summary>Bounds and prover are those that the ladder finds by asking one prover after the other.</summary>
    [Test]
    public void MinimalWidthsAreThoseOfTheLadder()
    {
        var random = new Random(11);
        int fast = 0;
        for (int i = 0; i < 600; i++)
        {
            int k = random.Next(1, 40), rows = random.Next(1, 4);
            int[] weights = [.. Enumerable.Range(0, rows * k).Select(_ => random.Next(-8, 9))];
            if (i % 4 == 0)
                for (int w = 0; w + 1 < weights.Length; w += 2) weights[w + 1] = -weights[w];
            if (i % 9 == 0) Array.Clear(weights);
            Interval box = new(-random.Next(0, 9), random.Next(0, 9));
            var layer = new IntegerLayer("l", "MatMul", new GemmLayer("l", "MatMul", 1, 1, rows, k, k), weights, new(-8, 8), [box.Plus(3)])
            {
                InputZeroPoint = 3, Bias = i % 3 == 0 ? [] : [.. Enumerable.Range(0, rows).Select(_ => (long)random.Next(-50, 51))],
            };
            var options = new VerifyOptions { Order = Orders[i % 4], Bias = (BiasPlacement)(i / 4 % 3), ZeroPoints = i % 5 == 0
                ? ZeroPoints.Raw : ZeroPoints.Folded };
            LayerWidth found = Verifier.Minimal(layer, options, tight: false);
            for (int row = 0; row < rows; row++)
            {
                Proved proof = new Ladder(options.Provers).Tightest(options.Claim(layer, row, options.Widths(64)));
                Assert.That((found.Channels[row].Prover, string.Join(' ', found.Channels[row].Bounds)),
                    Is.EqualTo((proof.Prover, string.Join(' ', proof.Bounds))),
                    $"{i}: [{string.Join(',', weights)}] {box} {options.Order} {options.Bias} {options.ZeroPoints}");
                fast++;
            }
        }
        Assert.That(fast, Is.GreaterThan(900));
    }
}
