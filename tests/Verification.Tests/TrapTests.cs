using System.Collections.Immutable;
using Sim.Datapath.Specs;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests;

/// <summary>Mistakes that other tools made or invite, one test each.</summary>
public class TrapTests
{
    private static readonly Interval Int8 = new(-128, 127), UInt8 = new(0, 255);

    [Test]
    public void TheA2QPlusFormulaIsRefusedOnWeightsThatDoNotSumToZero()
    {
        // S⁺ = 100, S⁻ = 0, unsigned 8 bits: the exact range is [0, 25500] (16 bits), the formula says 100·255/2 = 12750 (15 bits).
        ChannelClaim claim = Claim([60, 40], Int8, UInt8, new AnyOrder(), 15);
        Assert.That(new ZeroSumBound().Refuses(claim), Does.Contain("sum to 100"));
        Assert.That(new Ladder([new ZeroSumBound()]).Decide(claim), Is.InstanceOf<Unknown>());
        Assert.That(new Ladder(ProverCatalogue.ClosedForm).Decide(claim), Is.InstanceOf<Refuted>());
    }

    [Test]
    public void TheA2QPlusFormulaIsExactOnWeightsThatSumToZero()
    {
        ChannelClaim claim = Claim([60, -40, -20], Int8, UInt8, new AnyOrder(), 14);
        Assert.That(new ZeroSumBound().Refuses(claim), Is.Null);
        Assert.That(new ZeroSumBound().Bound(claim).Ranges[0], Is.EqualTo(new Interval(-15300, 15300)));
        Assert.That(new PrefixExtremes().Bound(claim).Ranges[0], Is.EqualTo(new Interval(-15300, 15300)));
    }

    [Test]
    public void SixtyFourProductsOfMinus128SquaredNeed22Bits()
    {
        // finn PR #1324: max(upper, upper) missed (−128)·(−128): 64·16384 = 2^20 does not fit 21 bits.
        IntegerLayer layer = new("runtime", "MatMul", Shape(64), [], Int8, [Int8]);
        LayerWidth width = Verifier.Minimal(layer, new VerifyOptions());
        Assert.That((width.Widest(), (long)width.Channels[0].Bounds[0].High, width.Channels[0].IsTight), Is.EqualTo((22, 1L << 20, true)));
        Assert.That(((Refuted)width.Channels[0].Below[0]!).Witness.Weights, Is.All.EqualTo(-128));
    }

    [Test]
    public void RangesBeyondFloat32AreExact()
    {
        // finn issue #1517: −2^31 − 1 rounds to −2^31 in float32, and 32 bits seem to do.
        IntegerLayer layer = new("edge", "MatMul", Shape(1), [-32768], new(-32768, 32767), [new(0, 65536)]) { Bias = [-1] };
        LayerWidth width = Verifier.Minimal(layer, new VerifyOptions());
        Assert.That((float)width.Channels[0].Bounds[0].Low, Is.EqualTo(-2147483648f), "float32 cannot tell");
        Assert.That((width.Channels[0].Bounds[0].Low, width.Widest()), Is.EqualTo(((Int128)(-2147483649), 33)));
        Assert.That(width.Channels[0].Below[0], Is.InstanceOf<Refuted>());
    }

    [Test]
    public void WithoutZeroInTheRangePartialSumsLeaveTheRangeOfTheFinalOne()
    {
        // Inputs in [1, 3]: w = (8, −8) ends in [−16, 16], but the first partial sum reaches 24.
        LayerWidth final = Verifier.Minimal(Layer([8, -8], Int8, new(1, 3)), new VerifyOptions { Order = new FinalOrder() });
        LayerWidth sequential = Verifier.Minimal(Layer([8, -8], Int8, new(1, 3)), new VerifyOptions { Order = new SequentialOrder() });
        Assert.That((final.Channels[0].Bounds[0], sequential.Channels[0].Bounds[0]),
            Is.EqualTo((new Interval(-16, 16), new Interval(-16, 24))));
        // Bipolar operands: the sum of ±1 has the extremes ±K whatever the weights.
        LayerWidth bipolar = Verifier.Minimal(Layer([1, -1, 1], new(-1, 1), new(-1, 1)), new VerifyOptions());
        Assert.That(bipolar.Channels[0].Bounds[0], Is.EqualTo(new Interval(-3, 3)));
    }

    [Test]
    public void ABiasNearTwoToTheThirtyDominates()
    {
        // MLPerf Tiny VWW: products need 21 bits, the preloaded register 32.
        IntegerLayer layer = new("vww", "QLinearConv", Shape(16), [.. Enumerable.Repeat(127, 16)], Int8, [Int8])
            { Bias = [(1L << 30) + 5] };
        Assert.That(Verifier.Minimal(layer, new VerifyOptions { Bias = BiasPlacement.None }).Widest(), Is.EqualTo(19));
        Assert.That(Verifier.Minimal(layer, new VerifyOptions()).Widest(), Is.EqualTo(32));
        LayerVerdict narrow = Verifier.Decide(layer, new VerifyOptions(), [31]);
        Assert.That(((Refuted)narrow.Channels[0]).Witness.Value, Is.GreaterThan((Int128)1 << 30));
    }

    [Test]
    public void RawAccumulationOfWeightsWithZeroPointsIsRefusedNotWeakened()
    {
        IntegerLayer layer = new("raw", "QLinearConv", Shape(2), [1, 2], Int8, [UInt8]) { InputZeroPoint = 3, WeightZeroPoints = [5] };
        Assert.Throws<NotSupportedException>(() =>
            _ = new ChannelClaim(layer, 0, new AnyOrder(), [new Register(16)], BiasPlacement.None, ZeroPoints.Raw));
    }

    [Test]
    public void NoSearchRefutesWhatIsProved()
    {
        var random = new Random(20260122);
        int tried = 0;
        for (int channel = 0; channel < 400; channel++)
        {
            int k = random.Next(1, 200);
            Interval box = channel % 3 == 0 ? UInt8 : channel % 3 == 1 ? Int8 : new(2, 90);
            int[] weights = [.. Enumerable.Range(0, k).Select(_ => random.Next(-128, 128))];
            SumOrder order = channel % 2 == 0 ? new SequentialOrder() : new TiledOrder(16);
            IntegerLayer layer = Layer(weights, Int8, box);
            ChannelWidth width = Verifier.Minimal(layer, new VerifyOptions { Order = order }).Channels[0];
            Assert.That(width.IsTight, Is.True);
            for (int attempt = 0; attempt < 30; attempt++, tried++)
            {
                // Mostly extremes by the sign of the weight, some flipped: near the worst case, where a wrong bound would show.
                bool highest = attempt % 2 == 0;
                long[] inputs = [.. weights.Select(w => random.Next(10) < attempt % 7 ? random.Next((int)box.Low, (int)box.High + 1)
                    : (long)((w > 0) == highest ? box.High : box.Low))];
                long sum = 0, inner = 0;
                for (int i = 0; i < k; i++)
                {
                    sum += weights[i] * inputs[i];
                    inner = (i % 16 == 0 ? 0 : inner) + weights[i] * inputs[i];
                    if (order is SequentialOrder || i % 16 == 15
                        || i == k - 1) Assert.That(new Register(width.Widths[0]).Range.Contains(sum));
                    if (order is TiledOrder) Assert.That(new Register(width.Widths[1]).Range.Contains(inner));
                }
            }
        }
        Assert.That(tried, Is.GreaterThanOrEqualTo(12_000));
        Truth.Checked("Proofs", "search for inputs that overflow a proved register", "plain integer sums in the tests", tried,
            "none found");
    }

    private static GemmLayer Shape(int k) => new("layer", "MatMul", 1, 1, 1, k, k);

    private static IntegerLayer Layer(int[] weights, Interval type, Interval box) =>
        new("layer", "MatMul", Shape(weights.Length), weights, type, [box]);

    private static ChannelClaim Claim(int[] weights, Interval type, Interval box, SumOrder order, int bits) =>
        new(Layer(weights, type, box), 0, order, [new Register(bits, RegisterOverflow.Saturate)], BiasPlacement.None, ZeroPoints.Folded);
}
