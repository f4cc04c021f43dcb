using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Datapaths;
using Sim.Verification.Datapaths.Networks;

namespace Sim.Verification.Tests.Datapaths;

/// <summary>Verdicts about channels with given weights against every input and, for claims about any order, every permutation.</summary>
public class ChannelSumTests
{
    private static readonly SumOrder[] Orders = [new SequentialOrder(), new TiledOrder(2), new AnyOrder()];

    [Test]
    public void ChannelsAreDecidedAsEnumerationDecides()
    {
        int proved = 0, refuted = 0, unknown = 0;
        long sums = 0;
        var random = new Random(20);
        AccumulatorSpec[] registers =
        [
            SmallDatapaths.Float("e3m2"), SmallDatapaths.Float("e4m3"), SmallDatapaths.Float("e3m4", RoundingMode.Up),
                SmallDatapaths.Float("e5m2", RoundingMode.ToZero), SmallDatapaths.Float("posit6_1"), SmallDatapaths.Float("posit8_1"),
            new FixedAccumulator(7, 2, RegisterOverflow.Saturate, RoundingMode.NearestEven),
                new FixedAccumulator(9, 3, RegisterOverflow.Wrap, RoundingMode.Down), new IntegerAccumulator(7, RegisterOverflow.Wrap),
            new FloatAccumulator(SmallDatapaths.Format("e4m3"), RoundingMode.NearestEven, OverflowPolicy.Ieee,
                SmallDatapaths.Format("e3m2")),
                new ExactAccumulator(SmallDatapaths.Format("e3m2"), RoundingMode.NearestEven, OverflowPolicy.Ieee),
        ];
        foreach (string operand in new[] { "e2m1", "int4", "posit4_0" })
            foreach (AccumulatorSpec register in registers)
                foreach (DotUnitSpec? unit in (DotUnitSpec?[])[null, new AlignedDotUnit(2, 3),
                    new AdderTreeDotUnit(2, SmallDatapaths.Format("e5m2"), RoundingMode.NearestEven)])
                {
                    var spec = new DatapathSpec($"{operand} into {register} by {unit}", SmallDatapaths.Format(operand),
                        SmallDatapaths.Format(operand), register) { Dot = unit };
                    if (ReferenceKernel.RefusesDot(spec, ReductionOrder.Sequential, 3) is not null) continue;
                    OperandSet activations = OperandSet.Of(spec.Activation)!;
                    for (int trial = 0; trial < 3; trial++)
                    {
                        uint[] weights = [.. Enumerable.Range(0, 3).Select(_ => activations.Codes[random.Next(activations.Codes.Length)])];
                        foreach (SumOrder order in Orders)
                        {
                            var channel = new ChannelSums(spec, activations, order);
                            Assert.That(channel.Refuses(), Is.Null);
                            (bool fails, bool rounds, long tried) = Enumerate(spec, activations, weights, order);
                            sums += tried;
                            // Exactness is a claim about every order.
                            bool[] broken = order is AnyOrder ? [fails, rounds] : [fails];
                            ChannelVerdict?[] verdicts = [channel.Range(weights), channel.Exactness(weights)];
                            for (int c = 0; c < broken.Length; c++)
                            {
                                if (verdicts[c] is null) continue;
                                if (verdicts[c] is UnknownChannel) unknown++;
                                else Assert.That(verdicts[c] is RefutedChannel, Is.EqualTo(broken[c]),
                                    $"{spec.Name}, {order.Text}, weights {string.Join(' ', weights)}: {verdicts[c]}");
                                if (verdicts[c] is ProvedChannel) proved++;
                                if (verdicts[c] is RefutedChannel) refuted++;
                            }
                        }
                    }
                }
        TestContext.Out.WriteLine($"{proved} proved, {refuted} refuted, {unknown} unknown, {sums} sums");
        Assert.That(proved, Is.GreaterThan(250));
        Assert.That(refuted, Is.GreaterThan(250));
        Assert.That(unknown, Is.LessThan((proved + refuted) / 5));
        Truth.Checked("Proofs", "enumeration of channels of 3 weights in float, posit and fixed-point registers",
            "exhaustive enumeration in the tests", sums, "no proof and no refutation contradicted, in a given order and in all");
    }

    [Test]
    public void BoundsHoldForRandomInputsOfLongChannels()
    {
        var random = new Random(7);
        int proved = 0;
        foreach ((string operand, string register) in new[] { ("e4m3", "fp32"), ("e4m3", "bf16"), ("e5m2", "fp32"), ("int8", "fp32"),
            ("posit8_1", "posit16_1"), ("e3m2", "fp16") })
            foreach (SumOrder order in Orders)
            {
                var spec = new DatapathSpec("long", SmallDatapaths.Format(operand), SmallDatapaths.Format(operand),
                    SmallDatapaths.Float(register));
                OperandSet activations = OperandSet.Of(spec.Activation)!;
                uint[] weights = [.. Enumerable.Range(0, 60).Select(_ => activations.Codes[random.Next(activations.Codes.Length)])];
                if (new ChannelSums(spec, activations, order).Range(weights) is not ProvedChannel { Sums: { } bounds }) continue;
                proved++;
                for (int trial = 0; trial < 200; trial++)
                {
                    uint[] x = [.. weights.Select(_ => activations.Codes[random.Next(activations.Codes.Length)])];
                    int[] way = [.. Enumerable.Range(0, weights.Length)];
                    if (order is AnyOrder) random.Shuffle(way);
                    (double held, bool failed) = Run(spec, [.. way.Select(i => x[i])], [.. way.Select(i => weights[i])],
                        order is TiledOrder ? 2 : 0);
                    Assert.That(failed, Is.False);
                    Assert.That(held, Is.InRange(bounds.Low.ToDouble(), bounds.High.ToDouble()));
                }
            }
        Assert.That(proved, Is.GreaterThanOrEqualTo(8));
    }

    private static (bool Fails, bool Rounds, long Sums) Enumerate(DatapathSpec spec, OperandSet activations, uint[] weights, SumOrder order)
    {
        int[][] ways = order is AnyOrder ? [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] : [[0, 1, 2]];
        bool fails = false, rounds = false;
        long sums = 0;
        foreach (uint x in activations.Codes)
            foreach (uint y in activations.Codes)
                foreach (uint z in activations.Codes)
                    foreach (int[] way in ways)
                    {
                        uint[] codes = [x, y, z], a = [.. way.Select(i => codes[i])], b = [.. way.Select(i => weights[i])];
                        sums++;
                        (double held, bool failed) = Run(spec, a, b, order is TiledOrder ? 2 : 0);
                        double exact = 0;
                        for (int i = 0; i < 3; i++) exact += spec.Activation.Decode(a[i]).ToDouble() * spec.Weight.Decode(b[i]).ToDouble();
                        fails |= failed;
                        rounds |= failed || held != exact;
                    }
        return (fails, rounds, sums);
    }

    private static (double Held, bool Failed) Run(DatapathSpec spec, uint[] a, uint[] b, int chunk)
    {
        long[] result = new long[1];
        GemmEvents events = default;
        new ReferenceKernel().Run(spec, new ReductionOrder(chunk), new GemmOperands { M = 1, N = 1, K = a.Length, A = a, B = b }, result,
            ref events);
        double held = SmallDatapaths.Held(spec.Accumulator, result[0]);
        return (held, events.OverflowedOutputs + events.NaNOutputs > 0 || !double.IsFinite(held));
    }
}
