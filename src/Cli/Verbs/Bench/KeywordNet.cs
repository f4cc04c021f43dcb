using System.Collections.Immutable;
using Sim.Foundation.Random;
using Sim.Verification;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Cli.Verbs.Bench;

/// <summary>The convolutions of the keyword spotting network of MLPerf Tiny (DS-CNN, 64 channels, 25 × 5 pixels), each fed by the one
/// before, with random 8-bit weights.</summary>
internal static class KeywordNet
{
    internal static IntegerNetwork Network()
    {
        var random = new RandomStream(12);
        var layers = new List<IntegerLayer> { Layer("first", 1, new(1, 49, 10, 10, 4, 2, 2, 4, 1, 5, 1, 1, 1, 25, 5), null, random) };
        for (int block = 0; block < 4; block++)
        {
            layers.Add(Layer($"depthwise{block}", 64, new(64, 25, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 25, 5), layers, random));
            layers.Add(Layer($"pointwise{block}", 1, new(64, 25, 5, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 25, 5), layers, random));
        }
        return new(new NetworkGraph("keywords", 13, [], [], [], ImmutableDictionary<string, Tensor>.Empty, ""), [.. layers], []);
    }

    private static IntegerLayer Layer(string name, int groups, ConvGeometry g, List<IntegerLayer>? before, RandomStream random)
    {
        int k = g.InputChannels / groups * g.KernelHeight * g.KernelWidth;
        var shape = new GemmLayer(name, "QLinearConv", groups, g.OutputHeight * g.OutputWidth, 64 / groups, k,
            (long)g.InputChannels * g.InputHeight * g.InputWidth, g);
        int[] weights = [.. Enumerable.Range(0, 64 * k).Select(_ => random.NextInt32(-127, 127))];
        // A quarter of what sums typically reach is clipped, as calibration does it.
        return new(name, "QLinearConv", shape, weights, new(-127, 127), [new(-128, 127)])
        {
            InputZeroPoint = -128, Bias = new long[64],
            Source = before is null ? null : new(before.Count - 1, [255 / (4 * 74 * 100 * MathF.Sqrt(before[^1].K))], -128, -128, 127),
        };
    }
}
