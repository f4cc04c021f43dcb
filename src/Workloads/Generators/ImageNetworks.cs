using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>Residual networks (He et al., CVPR 2016, Table 1).</summary>
/// <param name="Layers">18, 34, 50, 101 or 152.</param>
/// <param name="StrideFirst">Stride in the first 1×1 convolution of a bottleneck, as in the paper; else in its 3×3 one, as in torchvision
/// (v1.5).</param>
/// <param name="Image">Pixels a side.</param>
/// <param name="Classes">Outputs.</param>
public sealed record ResNet(int Layers, bool StrideFirst, int Image, int Classes) : NetworkSizes
{
    /// <summary>Blocks of the four stages by number of layers.</summary>
    internal static ImmutableDictionary<int, ImmutableArray<int>> Blocks { get; } = new Dictionary<int, ImmutableArray<int>>
    {
        [18] = [2, 2, 2, 2], [34] = [3, 4, 6, 3], [50] = [3, 4, 6, 3], [101] = [3, 4, 23, 3], [152] = [3, 8, 36, 3],
    }.ToImmutableDictionary();

    internal override NetworkLayers Generate(RunSizes run)
    {
        var builder = new NetworkBuilder();
        var image = new ImageLayers(builder, run.Batch, run.Training);
        FeatureMap x = image.MaxPool("pool1", image.Convolution("conv1", image.Images(Image), 64, 7, 2), 3, 2, 1);
        for (int stage = 0; stage < 4; stage++)
            for (int block = 0; block < Blocks[Layers][stage]; block++)
                x = Block(image, $"conv{stage + 2}_{block + 1}", x, 64 << stage, stage > 0 && block == 0 ? 2 : 1, block == 0);
        return builder.Build(image.Connected("fc", image.AveragePool("pool5", x), Classes).Tensor);
    }

    private FeatureMap Block(ImageLayers image, string name, FeatureMap x, int width, int stride, bool first)
    {
        bool bottleneck = Layers >= 50;
        int outputs = bottleneck ? 4 * width : width;
        FeatureMap y;
        if (bottleneck)
        {
            y = image.Convolution(name + "_reduce", x, width, 1, StrideFirst ? stride : 1);
            y = image.Convolution(name + "_3x3", y, width, 3, StrideFirst ? 1 : stride);
            y = image.Convolution(name + "_expand", y, outputs, 1, activation: null);
        }
        else
        {
            y = image.Convolution(name + "_a", x, width, 3, stride);
            y = image.Convolution(name + "_b", y, width, 3, activation: null);
        }
        FeatureMap shortcut = !first || x.Channels == outputs && stride == 1 ? x
            : image.Convolution(name + "_shortcut", x, outputs, 1, stride, activation: null);
        return image.Add(name + "_add", y, shortcut, "Relu");
    }
}

/// <summary>MobileNetV2 (Sandler et al., CVPR 2018, Table 2), width 1.</summary>
public sealed record MobileNetV2(int Image, int Classes) : NetworkSizes
{
    // Expansion, channels, repeats, stride.
    private static readonly ImmutableArray<(int Expand, int Channels, int Repeats, int Stride)> Stages =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    internal override NetworkLayers Generate(RunSizes run)
    {
        var builder = new NetworkBuilder();
        var image = new ImageLayers(builder, run.Batch, run.Training);
        FeatureMap x = image.Convolution("conv1", image.Images(Image), 32, 3, 2, activation: "Clip");
        for (int stage = 0; stage < Stages.Length; stage++)
            for (int block = 0; block < Stages[stage].Repeats; block++)
                x = Block(image, $"block{stage + 1}_{block + 1}", x, Stages[stage], block == 0 ? Stages[stage].Stride : 1);
        x = image.Convolution("conv2", x, 1280, 1, activation: "Clip");
        return builder.Build(image.Connected("fc", image.AveragePool("pool", x), Classes).Tensor);
    }

    private static FeatureMap Block(ImageLayers image, string name, FeatureMap x, (int Expand, int Channels, int Repeats, int Stride) stage,
        int stride)
    {
        int inner = x.Channels * stage.Expand;
        FeatureMap y = stage.Expand == 1 ? x : image.Convolution(name + "_expand", x, inner, 1, activation: "Clip");
        y = image.Convolution(name + "_depthwise", y, inner, 3, stride, groups: inner, activation: "Clip");
        y = image.Convolution(name + "_project", y, stage.Channels, 1, activation: null);
        return stride == 1 && x.Channels == stage.Channels ? image.Add(name + "_add", y, x) : y;
    }
}

/// <summary>VGG (Simonyan and Zisserman, ICLR 2015, Table 1: A, B, D and E).</summary>
/// <param name="Layers">11, 13, 16 or 19.</param>
/// <param name="Image">Pixels a side.</param>
/// <param name="Classes">Outputs.</param>
public sealed record Vgg(int Layers, int Image, int Classes) : NetworkSizes
{
    /// <summary>Convolutions of the five stages by number of layers.</summary>
    internal static ImmutableDictionary<int, ImmutableArray<int>> Stages { get; } = new Dictionary<int, ImmutableArray<int>>
    {
        [11] = [1, 1, 2, 2, 2], [13] = [2, 2, 2, 2, 2], [16] = [2, 2, 3, 3, 3], [19] = [2, 2, 4, 4, 4],
    }.ToImmutableDictionary();

    internal override NetworkLayers Generate(RunSizes run)
    {
        var builder = new NetworkBuilder();
        var image = new ImageLayers(builder, run.Batch, run.Training);
        FeatureMap x = image.Images(Image);
        for (int stage = 0; stage < 5; stage++)
        {
            for (int i = 0; i < Stages[Layers][stage]; i++)
                x = image.Convolution($"conv{stage + 1}_{i + 1}", x, Math.Min(512, 64 << stage), 3, normalized: false);
            x = image.MaxPool($"pool{stage + 1}", x, 2, 2);
        }
        // Other image sizes are pooled to the 7×7 that the classifier takes.
        if (x.Size != 7) x = image.AveragePool("pool", x, 7);
        x = image.Connected("fc6", x, 4096, "Relu");
        return builder.Build(image.Connected("fc8", image.Connected("fc7", x, 4096, "Relu"), Classes).Tensor);
    }
}

/// <summary>AlexNet: of one tower (Krizhevsky 2014, as in torchvision) or the original of two towers on 227×227 pixels (Krizhevsky et al.
/// 2012, as in Caffe).</summary>
/// <param name="Towers">1 or 2; with 2 the second, fourth and fifth convolution have two groups.</param>
/// <param name="Image">Pixels a side.</param>
/// <param name="Classes">Outputs.</param>
public sealed record AlexNet(int Towers, int Image, int Classes) : NetworkSizes
{
    internal override NetworkLayers Generate(RunSizes run)
    {
        var builder = new NetworkBuilder();
        var image = new ImageLayers(builder, run.Batch, run.Training);
        ImmutableArray<int> filters = Towers == 1 ? [64, 192, 384, 256, 256] : [96, 256, 384, 384, 256];
        FeatureMap Conv(int i, FeatureMap x, int kernel, int stride, int pad, int groups) =>
            image.Convolution($"conv{i}", x, filters[i - 1], kernel, stride, pad, groups, normalized: false);
        FeatureMap x = Conv(1, image.Images(Image), 11, 4, Towers == 1 ? 2 : 0, 1);
        x = image.MaxPool("pool1", Normalized(builder, "norm1", x), 3, 2);
        x = image.MaxPool("pool2", Normalized(builder, "norm2", Conv(2, x, 5, 1, 2, Towers)), 3, 2);
        x = Conv(5, Conv(4, Conv(3, x, 3, 1, 1, 1), 3, 1, 1, Towers), 3, 1, 1, Towers);
        x = image.MaxPool("pool5", x, 3, 2);
        if (x.Size != 6) x = image.AveragePool("pool", x, 6);
        x = image.Connected("fc6", x, 4096, "Relu");
        return builder.Build(image.Connected("fc8", image.Connected("fc7", x, 4096, "Relu"), Classes).Tensor);
    }

    // Only the original normalizes over five neighbouring channels: one operation for each.
    private FeatureMap Normalized(NetworkBuilder builder, string name, FeatureMap x) => Towers == 1 ? x
        : x with { Tensor = builder.Vector(name, "LRN", builder.Elements(x.Tensor), [x.Tensor],
            operations: 5 * builder.Elements(x.Tensor)) };
}
