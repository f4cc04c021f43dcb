using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests.Execution;

/// <summary>Convolution (1→3, 3×3, stride 2, padded) → ReLU → flatten → fully connected (27→4), with seeded random weights and
/// data.</summary>
internal static class TinyNetwork
{
    internal const int Side = 5, Out = 3, Channels = 3, Classes = 4;

    internal static float[] ConvWeight { get; } = Random(Channels * 9, 1, 0.5f);
    internal static float[] ConvBias { get; } = Random(Channels, 2, 0.2f);
    internal static float[] DenseWeight { get; } = Random(Classes * Channels * Out * Out, 3, 0.4f);
    internal static float[] DenseBias { get; } = Random(Classes, 4, 0.3f);

    internal static Tensor Samples(int count) => Tensor.OfFloats(Random(count * Side * Side, 5, 2f), count, 1, Side, Side);

    internal static NetworkGraph Graph(int fixedBatch = -1)
    {
        Node conv = new("conv", "", "Conv", ["x", "cw", "cb"], ["c"],
            Attributes(("strides", [2, 2]), ("pads", [1, 1, 1, 1]), ("kernel_shape", [3, 3])));
        Node relu = new("relu", "", "Relu", ["c"], ["r"], ImmutableDictionary<string, NodeAttribute>.Empty);
        Node flat = new("flat", "", "Flatten", ["r"], ["f"], ImmutableDictionary<string, NodeAttribute>.Empty);
        Node dense = new("dense", "", "Gemm", ["f", "dw", "db"], ["y"], ImmutableDictionary<string,
            NodeAttribute>.Empty.Add("transB", new("transB", Integer: 1)));
        return new("tiny", 13, [new("x", ElementType.Float32, [fixedBatch, 1, Side, Side])],
            [new("y", ElementType.Float32, [fixedBatch, Classes])],
            [conv, relu, flat, dense], ImmutableDictionary<string, Tensor>.Empty
                .Add("cw", Tensor.OfFloats(ConvWeight, Channels, 1, 3, 3)).Add("cb", Tensor.OfFloats(ConvBias, Channels))
                .Add("dw", Tensor.OfFloats(DenseWeight, Classes, Channels * Out * Out)).Add("db", Tensor.OfFloats(DenseBias, Classes)),
                    "tiny-digest");
    }

    private static ImmutableDictionary<string, NodeAttribute> Attributes(params (string Name, long[] Values)[] lists) =>
        lists.ToImmutableDictionary(l => l.Name, l => new NodeAttribute(l.Name, Integers: [.. l.Values]));

    internal static float[] Random(int count, int seed, float size)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1) * size)];
    }
}
