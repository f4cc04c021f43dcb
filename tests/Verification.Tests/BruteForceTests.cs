using System.Collections.Immutable;
using Sim.Datapath.Specs;
using Sim.Verification.Claims;
using Sim.Verification.Layers;
using Sim.Verification.Provers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;

namespace Sim.Verification.Tests;

/// <summary>Verdicts against enumeration of all inputs and all orders; the enumeration knows nothing of the provers.</summary>
public class BruteForceTests
{
    [Test]
    public void SmallChannelsAreDecidedAsEnumerationDecides()
    {
        var ladder = new Ladder(ProverCatalogue.ClosedForm);
        int cases = 0;
        foreach (int[] weights in Vectors(-2, 2, 3))
        {
            foreach (Interval box in (Interval[])[new(0, 3), new(-2, 1), new(1, 3)])
            {
                foreach (SumOrder order in (SumOrder[])[new SequentialOrder(), new AnyOrder(), new FinalOrder()])
                {
                    (int low, int high) = Extremes(weights, box, order);
                    for (int bits = 2; bits <= 6; bits++)
                    {
                        var layer = new IntegerLayer("layer", "MatMul", new GemmLayer("layer", "MatMul", 1, 1, 1, 3, 3), weights, new(-4, 3), [box]);
                        var claim = new ChannelClaim(layer, 0, order, [new Register(bits, RegisterOverflow.Saturate)], BiasPlacement.None, ZeroPoints.Folded);
                        bool fits = low >= -(1 << (bits - 1)) && high < 1 << (bits - 1);
                        Assert.That(ladder.Decide(claim), fits ? Is.InstanceOf<Proved>() : Is.InstanceOf<Refuted>(), $"[{string.Join(',', weights)}] {box} {order} P={bits}");
                        cases++;
                    }
                }
            }
        }
        Assert.That(cases, Is.GreaterThan(5000));
    }

    private static IEnumerable<int[]> Vectors(int low, int high, int length)
    {
        if (length == 0) return [[]];
        return Vectors(low, high, length - 1).SelectMany(v => Enumerable.Range(low, high - low + 1).Select(x => (int[])[.. v, x]));
    }

    private static (int Low, int High) Extremes(int[] weights, Interval box, SumOrder order)
    {
        int low = int.MaxValue, high = int.MinValue;
        foreach (int[] inputs in Vectors((int)box.Low, (int)box.High, weights.Length))
        {
            foreach (int sum in Sums([.. weights.Zip(inputs, (w, x) => w * x)], order)) (low, high) = (Math.Min(low, sum), Math.Max(high, sum));
        }
        return (low, high);
    }

    private static IEnumerable<int> Sums(int[] products, SumOrder order)
    {
        if (order is FinalOrder) return [products.Sum()];
        if (order is SequentialOrder) return Enumerable.Range(1, products.Length).Select(n => products[..n].Sum());
        return Enumerable.Range(1, (1 << products.Length) - 1).Select(mask => products.Where((_, i) => (mask >> i & 1) != 0).Sum());
    }
}
