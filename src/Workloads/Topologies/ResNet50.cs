using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Topologies;

/// <summary>
/// The matrix layers of ResNet-50 for one 224×224 image (He et al., CVPR 2016, Table 1; the stride of a stage lies in its first 1×1
/// convolution): shapes without weights, for speed measurements and mapping studies.
/// </summary>
public static class ResNet50
{
    private static readonly ImmutableArray<(int Blocks, int Width)> Stages = [(3, 64), (4, 128), (6, 256), (3, 512)];

    /// <summary>All 54 layers in order of execution; a stage's shortcut convolution follows the block that it bypasses.</summary>
    public static ImmutableArray<GemmLayer> Layers()
    {
        var layers = ImmutableArray.CreateBuilder<GemmLayer>();
        layers.Add(Convolution("conv1", 3, 224, 7, 64, 2));
        (int channels, int size) = (64, 56);
        for (int stage = 0; stage < Stages.Length; stage++)
        {
            (int blocks, int width) = Stages[stage];
            for (int block = 0; block < blocks; block++)
            {
                string name = $"conv{stage + 2}_{block + 1}";
                int stride = stage > 0 && block == 0 ? 2 : 1, inner = size / stride;
                layers.Add(Convolution(name + "_reduce", channels, size, 1, width, stride));
                layers.Add(Convolution(name + "_3x3", width, inner, 3, width, 1));
                layers.Add(Convolution(name + "_expand", width, inner, 1, 4 * width, 1));
                if (block == 0) layers.Add(Convolution(name + "_shortcut", channels, size, 1, 4 * width, stride));
                (channels, size) = (4 * width, inner);
            }
        }
        layers.Add(new GemmLayer("fc", "Gemm", 1, 1, 1000, channels, channels));
        return layers.ToImmutable();
    }

    private static GemmLayer Convolution(string name, int channels, int size, int kernel, int filters, int stride)
    {
        int pad = kernel / 2, output = (size + 2 * pad - kernel) / stride + 1;
        var conv = new ConvGeometry(channels, size, size, kernel, kernel, stride, stride, pad, pad, pad, pad, 1, 1, output, output);
        return new GemmLayer(name, "Conv", 1, output * output, filters, channels * kernel * kernel, (long)channels * size * size, conv);
    }
}
