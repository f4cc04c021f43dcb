using System.Collections.Immutable;
using Sim.Foundation.Random;
using Sim.Verification;
using Sim.Verification.Layers;
using Sim.Workloads.Graph;

namespace Sim.Cli.Verbs.Bench;

/// <summary>The matrix layers of ResNet-50 (arXiv 1512.03385, table 1: bottleneck blocks of 3, 4, 6, 3, and 1 × 1 projections), with random weights.</summary>
internal static class ResNet50
{
    internal static ImmutableArray<IntegerLayer> Layers(RandomStream random, Interval weights, Interval inputs)
    {
        var layers = ImmutableArray.CreateBuilder<IntegerLayer>();
        Add(64, 3 * 7 * 7);
        int channels = 64;
        foreach ((int blocks, int width) in (ReadOnlySpan<(int, int)>)[(3, 64), (4, 128), (6, 256), (3, 512)])
        {
            for (int block = 0; block < blocks; block++)
            {
                if (block == 0) Add(4 * width, channels);
                Add(width, channels);
                Add(width, width * 3 * 3);
                Add(4 * width, width);
                channels = 4 * width;
            }
        }
        Add(1000, channels);
        return layers.ToImmutable();

        void Add(int rows, int k)
        {
            string name = $"layer{layers.Count}";
            var values = new int[rows * k];
            for (int i = 0; i < values.Length; i += 8)
            {
                ulong bits = random.NextUInt64();
                for (int j = i; j < Math.Min(i + 8, values.Length); j++, bits >>= 8) values[j] = unchecked((sbyte)bits);
            }
            layers.Add(new(name, "Conv", new GemmLayer(name, "Conv", 1, 1, rows, k, k), values, weights, [inputs]) { Bias = new long[rows] });
        }
    }
}
