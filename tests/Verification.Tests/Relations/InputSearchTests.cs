using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Relations;
using Sim.Verification.Verdicts;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Relations;

/// <summary>Refutations about a network come with an input of the network that really does it.</summary>
public class InputSearchTests
{
    [TestCase("any"), TestCase("sequential"), TestCase("final"), TestCase("tiles:2")]
    public void InputsOfRefutationsOverflowWhenTheNetworkRuns(string text)
    {
        SumOrder order = SumOrderCatalogue.Parse(text)!;
        int refuted = 0, unknown = 0, tight = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            SmallNetwork small = SmallNetwork.Random(500 + seed, 6, 4, 2 + seed % 2);
            IntegerNetwork network = small.Read();
            Dictionary<string, Tensor> all = small.Run();
            var options = new VerifyOptions { Order = order, Network = new NetworkRelations(network),
                Provers = ProverCatalogue.OverLayers };
            for (int i = 0; i < network.Layers.Length; i++)
            {
                IntegerLayer layer = network.Layers[i];
                string into = i == 0 ? "x" : $"y{i - 1}";
                foreach ((ChannelWidth channel, int row) in Verifier.Minimal(layer, options).Channels.Select((c, r) => (c, r)))
                {
                    Interval[] held = SmallNetwork.Held(layer, row, all[into], order);
                    for (int r = 0; r < channel.Below.Length; r++)
                    {
                        // Enumeration: what is refuted is reached by some input, and no width below what is reached is ever proved.
                        Assert.That(channel.Widths[r], Is.GreaterThanOrEqualTo(held[r].Width));
                        if (channel.Below[r] is Unknown) unknown++;
                        if (channel.Below[r] is not Refuted { Witness: { Network: { } input } witness }) continue;
                        var seen = new Dictionary<string, Tensor> { ["x"] = input.Input };
                        GraphExecutor.Run(small.Graph, seen.ToDictionary(), null, (name, t) => seen[name] = t);
                        Assert.That(input.Input.Integers.All(v => v >= 0 && v < small.Levels), "an input that the network is said to have");
                        Interval made = SmallNetwork.Held(layer, row, seen[into], order)[witness.Node.Register];
                        Assert.That(made.Contains(witness.Value) && held[witness.Node.Register].Contains(witness.Value),
                            $"{made} {held[r]} {witness.Value}");
                        Assert.That(made.Width, Is.GreaterThan(channel.Widths[r] - 1));
                        refuted++;
                        tight += held[r].Width == channel.Widths[r] ? 1 : 0;
                    }
                }
            }
        }
        Assert.That(refuted, Is.GreaterThan(60));
        Assert.That(tight, Is.EqualTo(refuted), "a width is least when one bit less is refuted");
        TestContext.Out.WriteLine($"{text}: {refuted} refuted, {unknown} unknown");
        Truth.Checked("Proofs", $"refutations over layers ({text})", "exhaustive runs of the executor", refuted,
            "every input overflows when the network runs");
    }

    [Test]
    public void AnUnsettledClaimSaysWhatWasReached()
    {
        IntegerNetwork network = LayerBoundTests.Differences().Read();
        var claim = new ChannelClaim(network.Layers[1], 0, new FinalOrder(), [new Register(20)], BiasPlacement.Preloaded,
            ZeroPoints.Folded) { Network = new NetworkRelations(network) };
        Assert.That(new NetworkSearch().Bound(claim).Search!().Max(w => w.Value), Is.EqualTo((Int128)30),
            "10 · (3 − 0), the middle pixel cancels");
        Assert.That(new NetworkSearch().Bound(claim).Search!(), Has.All.Property(nameof(Witness.Network)).Not.Null);
    }
}
