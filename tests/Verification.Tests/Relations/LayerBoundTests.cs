using System.Collections.Immutable;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Relations;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Relations;

/// <summary>Bounds over several layers against every input of small networks, run by the executor: the sums by their definition.</summary>
public class LayerBoundTests
{
    private static readonly SumOrder[] Orders = [new SequentialOrder(), new AnyOrder(), new FinalOrder(), new TiledOrder(2),
        new TreeOrder(4)];

    private static readonly IProver[] OverLayers = [new AffineBound(), new LayerProgram()];

    [TestCase(2, 60), TestCase(3, 40), TestCase(4, 20)]
    public void EverySumOfEveryInputLiesWithinTheBounds(int depth, int networks)
    {
        long sums = 0;
        int tighter = 0;
        for (int seed = 0; seed < networks; seed++)
        {
            SmallNetwork small = SmallNetwork.Random(1000 * depth + seed, 6, 4, depth);
            Dictionary<string, Tensor> values = small.Run();
            foreach (BoxRule rule in Enum.GetValues<BoxRule>())
            {
                IntegerNetwork network = small.Read(rule);
                var relations = new NetworkRelations(network);
                for (int i = 1; i < network.Layers.Length; i++)
                    for (int row = 0; row < network.Layers[i].Rows; row++)
                        foreach (SumOrder order in Orders)
                        {
                            IntegerLayer layer = network.Layers[i];
                            Interval[] held = SmallNetwork.Held(layer, row, values[$"y{i - 1}"], order);
                            var claim = new ChannelClaim(layer, row, order, [.. held.Select(_ => new Register(40))],
                                BiasPlacement.Preloaded, ZeroPoints.Folded) { Network = relations };
                            ProverBound ranges = new PrefixExtremes().Bound(claim);
                            foreach (IProver prover in OverLayers)
                            {
                                Assert.That(prover.Refuses(claim), Is.Null);
                                ProverBound bound = prover.Bound(claim);
                                for (int r = 0; r < held.Length; r++)
                                {
                                    Assert.That(bound.Ranges[r].Contains(held[r]),
                                        $"seed {seed} {rule} layer {i} row {row} {order} {prover.Name}: {bound.Ranges[r]} misses {held[r]}");
                                    if (rule == BoxRule.Propagated
                                        && ranges.Ranges[r].High - ranges.Ranges[r].Low > bound.Ranges[r].High
                                        - bound.Ranges[r].Low) tighter++;
                                }
                                sums++;
                            }
                        }
            }
        }
        Assert.That(sums, Is.GreaterThan(networks * 20));
        Assert.That(tighter, Is.GreaterThan(networks), "bounds that are tighter than those of propagated boxes");
        Truth.Checked("Proofs", $"bounds over {depth} layers against every input of small networks", "exhaustive runs of the executor",
            sums, "every sum within its bound");
    }

    /// <summary>Differences of neighbours, then sums of neighbours: what the middle pixel adds, it takes away again. Boxes cannot see that;
    /// enumeration agrees with the program.</summary>
    [Test]
    public void RelationsSaveABitThatBoxesCannot()
    {
        SmallNetwork small = Differences();
        IntegerNetwork network = small.Read();
        IntegerLayer layer = network.Layers[1];
        Interval held = SmallNetwork.Held(layer, 0, small.Run()["y0"], new FinalOrder())[0];
        var relations = new NetworkRelations(network);
        foreach (IProver prover in OverLayers)
        {
            Interval boxes = new PrefixExtremes().Bound(Claim(64)).Ranges[0], bound = prover.Bound(Claim(64)).Ranges[0];
            Assert.That((boxes.Width, bound.Width, held.Width), Is.EqualTo((held.Width + 1, held.Width, held.Width)),
                $"{prover.Name}: boxes {boxes}, bound {bound}, reached {held}");
        }
        Assert.That(new Ladder(ProverCatalogue.OverLayers).Decide(Claim(held.Width)),
            Is.TypeOf<Proved>().With.Property(nameof(Proved.Prover)).EqualTo("affine"));
        Assert.That(new Ladder([new PrefixExtremes()]).Decide(Claim(held.Width)), Is.TypeOf<Unknown>(),
            "boxes alone neither prove nor refute what is about a network");
        ChannelClaim Claim(int bits) =>
            new(layer, 0, new FinalOrder(), [new Register(bits)], BiasPlacement.Preloaded, ZeroPoints.Folded) { Network = relations };
    }

    [Test]
    public void BoundsDoNotDependOnThreads()
    {
        IntegerNetwork network = Nets5();
        string[] answers = [.. new[] { 1, 3 }.Select(threads => string.Join('\n', network.Layers.Skip(1).Take(2).SelectMany(l =>
            Verifier.Minimal(l, new VerifyOptions { Threads = threads, Network = new NetworkRelations(network),
                Provers = ProverCatalogue.OverLayers }, tight: false).Channels.Select(c => $"{c.Prover} {string.Join(' ', c.Bounds)}"))))];
        Assert.That(answers[0], Is.EqualTo(answers[1]).And.Contains("exact"));
    }

    internal static SmallNetwork Differences() => SmallNetwork.Of(5, 4, 0,
        new SmallNetwork.Layer(1, 1, 2, [1, -1], [0], 10, 128, 0), new SmallNetwork.Layer(1, 1, 2, [1, 1], [0], 1, 128, 0));

    private static IntegerNetwork Nets5() =>
        Layers.Nets.Read(Layers.Nets.Graph("mlperf-streaming-wakeword/model_int8.onnx"), new ReadingOptions { Boxes = BoxRule.Propagated });
}
