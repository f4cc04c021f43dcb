using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Repair;
using Sim.Verification.Tests.Layers;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Repair;

/// <summary>Laws of the projections on random rows: what they make fits by the prover's own bound, they are the nearest points that they
/// claim to be, none is worse than A2Q's ball.</summary>
public class ProjectionTests
{
    private static readonly Interval Weights = new(-128, 127);

    [Test]
    public void EveryMethodMakesWeightsThatAreProved()
    {
        int cases = 0;
        foreach ((double[] values, Interval box, int bits, long bias, Random random) in Cases(400))
        {
            int tile = random.Next(2) == 0 ? 0 : random.Next(2, 9);
            var options = new VerifyOptions { Order = tile == 0 ? new AnyOrder() : new TiledOrder(tile),
                Bias = (BiasPlacement)random.Next(3) };
            int inner = random.Next(Math.Max(2, bits - 3), bits + 1);
            IntegerLayer layer = Layer(new int[values.Length], box, bias);
            FeasibleSet set = FeasibleSet.Of(layer, 0, bias, options, options.Widths(bits, inner));
            var problem = new RowProblem(values, set, Weights, Moments(values.Length, random));
            foreach (IRepairMethod method in RepairCatalogue.All)
            {
                int[] weights = method.Repair(problem);
                IntegerLayer repaired = Layer(weights, box, bias);
                Assert.That(Verifier.Decide(repaired, options, options.Widths(bits, inner)).IsProved, Is.True,
                    $"{method.Name} {box} {bits} {options.Order} {options.Bias} {bias}");
                cases++;
            }
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(1600));
    }

    [Test]
    public void TheExactSetHoldsJustWhatTheProverProves()
    {
        var random = new Random(7);
        int inside = 0, outside = 0;
        foreach ((double[] values, Interval box, int bits, long bias, _) in Cases(3000))
        {
            int[] weights = [.. values.Select(v => (int)Math.Clamp(v * random.NextDouble(), -128, 127))];
            var options = new VerifyOptions { Bias = (BiasPlacement)random.Next(3) };
            IntegerLayer layer = Layer(weights, box, bias);
            bool holds = FeasibleSet.Of(layer, 0, bias, options, [bits]).Holds(weights);
            Assert.That(holds, Is.EqualTo(Verifier.Decide(layer, options, [bits]).IsProved), $"{box} {bits} {options.Bias} {bias}");
            if (holds) inside++;
            else outside++;
        }
        Assert.That((inside, outside), Is.GreaterThan((200, 200)));
    }

    [Test]
    public void TheSplitIsNeverFartherThanTheBallOfA2q()
    {
        int cases = 0, nearer = 0;
        foreach ((double[] values, Interval box, int bits, long bias, _) in Cases(2000))
        {
            SumLimits limits = SumLimits.Of(box, bits, bias, BiasPlacement.Preloaded);
            double ball = Distance(values, new A2q().Project(values, limits)),
                split = Distance(values, new SignSplit().Project(values, limits));
            Assert.That(split, Is.LessThanOrEqualTo(ball * (1 + 1e-9) + 1e-9), $"{box} {bits} {bias}");
            if (split < ball * 0.999) nearer++;
            cases++;
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(2000));
        Assert.That(nearer, Is.GreaterThan(500));
    }

    [Test]
    public void NoPointOfTheExactSetIsNearerThanTheProjection()
    {
        int cases = 0;
        foreach ((double[] values, Interval box, int bits, long bias, Random random) in Cases(300))
        {
            SumLimits limits = SumLimits.Of(box, bits, bias, BiasPlacement.Preloaded);
            double[] projected = SoftThreshold.OntoLimits(values, limits);
            Assert.That(Excess(projected, limits), Is.LessThanOrEqualTo(1e-6), $"{box} {bits} {bias}");
            double least = Distance(values, projected);
            for (int trial = 0; trial < 40; trial++)
            {
                // The set is convex, so that a projection which is nearest among its neighbours is nearest of all.
                double[] other = [.. projected.Select((p, k) => p
                    + (random.NextDouble() - 0.5) * Math.Pow(10, -random.Next(0, 4)) * Math.Abs(values[k]))];
                if (Excess(other, limits) > 0) continue;
                Assert.That(Distance(values, other), Is.GreaterThanOrEqualTo(least * (1 - 1e-9) - 1e-9), $"{box} {bits} {bias}");
                cases++;
            }
        }
        Assert.That(cases, Is.GreaterThan(1000));
    }

    [Test]
    public void CentredWeightsThatAreProjectedWithoutCentringAgainOverflowByABit()
    {
        // The trap of the notes on the keyword net: 8 bits, unsigned inputs, P = 16; soft thresholds break the zero sum that the formula
        // needs.
        NetworkGraph graph = Nets.Graph("mlperf-dscnn-kws/model_folded.onnx");
        Dictionary<string, GemmLayer> shapes = LayerExtraction.Layers(graph).Gemms.ToDictionary(g => g.Name);
        SumLimits limits = SumLimits.Of(new(0, 255), 16);
        int trapped = 0, channels = 0;
        foreach (double[] values in GoldenRepairTests.Channels("mlperf-dscnn-kws", graph, shapes, "conv2d_1", 8))
        {
            double mean = values.Average();
            double[] naive = SoftThreshold.OntoBall([.. values.Select(v => v - mean)], A2qPlus.Radius(limits));
            if (!limits.Holds([.. naive.Select(v => (int)v)])) trapped++;
            Assert.That(limits.Holds(new A2qPlus().Repair(new RowProblem(values, new FeasibleSet(limits), Weights))), Is.True);
            channels++;
        }
        Assert.That(channels, Is.EqualTo(64));
        Assert.That(trapped, Is.GreaterThan(0));
    }

    [Test]
    public void ABiasThatDoesNotFitAloneAndInputsWithoutZeroAreRefused()
    {
        Assert.That(() => SumLimits.Of(new(0, 255), 16, 40000, BiasPlacement.Preloaded),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("bias alone"));
        Assert.That(() => SumLimits.Of(new(1, 255), 16), Throws.TypeOf<NotSupportedException>().With.Message.Contains("no input can be 0"));
        Assert.That(SumLimits.Of(new(0, 255), 16, 40000).High, Is.EqualTo((Int128)32767),
            "a bias outside the register takes nothing of it");
    }

    // Rows of one sign, both signs, sparse ones; boxes of whole types, with zero points, of one sign; biases within the register.
    private static IEnumerable<(double[] Values, Interval Box, int Bits, long Bias, Random Random)> Cases(int count)
    {
        for (int seed = 0; seed < count; seed++)
        {
            var random = new Random(seed);
            int zero = random.Next(5) switch { 0 => 0, 1 => 128, 2 => 255, _ => random.Next(256) }, bits = random.Next(9, 18);
            double[] values = new double[random.Next(1, 40)];
            double shift = random.Next(3) == 0 ? 0.6 : 0;
            for (int k = 0; k < values.Length; k++) values[k] = random.Next(6) == 0 ? 0
                : Math.Clamp((random.NextDouble() - 0.5 + shift) * 240, -128, 127);
            yield return (values, new(-zero, 255 - zero), bits, random.Next(-(1 << (bits - 2)), 1 << (bits - 2)), random);
        }
    }

    private static InputMoments Moments(int k, Random random)
    {
        double[] factor = [.. Enumerable.Range(0, k * k).Select(_ => random.NextDouble() - 0.3)], covariance = new double[k * k];
        for (int i = 0; i < k; i++)
            for (int j = 0; j < k; j++)
                for (int l = 0; l < k; l++) covariance[i * k + j] += factor[i * k + l] * factor[j * k + l];
        return new(new double[k], covariance);
    }

    private static IntegerLayer Layer(int[] weights, Interval box, long bias) =>
        new("row", "MatMul", new GemmLayer("row", "MatMul", 1, 1, 1, weights.Length, weights.Length), weights, Weights, [box])
            { Bias = [bias] };

    private static double Distance(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum();

    private static double Excess(double[] v, SumLimits limits)
    {
        double positive = v.Where(x => x > 0).Sum(), negative = -v.Where(x => x < 0).Sum(), up = (double)limits.Box.High,
            down = -(double)limits.Box.Low;
        return Math.Max(up * positive + down * negative - (double)limits.High, up * negative + down * positive - (double)limits.Low);
    }
}
