using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>A feature map of a batch: its tensor, channels and size.</summary>
internal readonly record struct FeatureMap(string Tensor, int Channels, int Size);

/// <summary>
/// Layers of image networks, square, for a batch. Batch normalization is folded into its convolution, whose parameters beside the weights
/// then are a scale and a bias a channel; a training step normalizes in a layer of its own, with the statistics of the batch.
/// </summary>
internal sealed class ImageLayers(NetworkBuilder builder, int batch, bool training)
{
    /// <summary>The images.</summary>
    public FeatureMap Images(int size) => new(builder.Tensor("images", TensorKind.Input, 3L * size * size * batch), 3, size);

    /// <summary>A convolution with bias or batch normalization; its activation is the name of an operator, or none.</summary>
    public FeatureMap Convolution(string name, FeatureMap x, int filters, int kernel, int stride = 1, int? pad = null, int groups = 1,
        bool normalized = true, string? activation = "Relu")
    {
        int border = pad ?? kernel / 2, size = (x.Size + 2 * border - kernel) / stride + 1, k = x.Channels / groups * kernel * kernel;
        if (size < 1)
            throw new NetworkSizeException($"'{name}' finds an image of {x.Size}×{x.Size}, smaller than its window of {kernel}×{kernel}");
        var conv = new ConvGeometry(x.Channels, x.Size, x.Size, kernel, kernel, stride, stride, border, border, border, border, 1, 1, size,
            size);
        var layer = new GemmLayer(name, "Conv", groups, checked(batch * size * size), filters / groups, k, builder.Elements(x.Tensor), conv)
            { Batch = batch };
        string weights = builder.Weights(name + ".weight", layer.WeightElements), scale = builder.Weights(
            name + (normalized ? ".norm" : ".bias"), normalized ? 2L * filters : filters);
        string y = normalized && training ? builder.Matrix(layer, [x.Tensor], weights) : builder.Matrix(layer, [x.Tensor], weights, scale);
        if (normalized && training) y = builder.Vector(name + ".batch_norm", "BatchNormalization", builder.Elements(y), [y], [scale]);
        if (activation is not null) y = builder.Vector($"{name}.{activation.ToLowerInvariant()}", activation, builder.Elements(y), [y]);
        return new FeatureMap(y, filters, size);
    }

    /// <summary>Maximum over windows.</summary>
    public FeatureMap MaxPool(string name, FeatureMap x, int kernel, int stride, int pad = 0)
    {
        int size = (x.Size + 2 * pad - kernel) / stride + 1;
        if (size < 1)
            throw new NetworkSizeException($"'{name}' finds an image of {x.Size}×{x.Size}, smaller than its window of {kernel}×{kernel}");
        long outputs = (long)batch * x.Channels * size * size;
        return new FeatureMap(builder.Vector(name, "MaxPool", outputs, [x.Tensor], operations: outputs * kernel * kernel), x.Channels,
            size);
    }

    /// <summary>Mean over bins of the whole image, as many a side.</summary>
    public FeatureMap AveragePool(string name, FeatureMap x, int bins = 1) =>
        new(builder.Vector(name, bins == 1 ? "GlobalAveragePool" : "AveragePool", (long)batch * x.Channels * bins * bins, [x.Tensor],
            operations: Math.Max(builder.Elements(x.Tensor), (long)batch * x.Channels * bins * bins)), x.Channels, bins);

    /// <summary>Sum of two maps.</summary>
    public FeatureMap Add(string name, FeatureMap a, FeatureMap b, string? activation = null)
    {
        string y = builder.Vector(name, "Add", builder.Elements(a.Tensor), [a.Tensor, b.Tensor]);
        if (activation is not null) y = builder.Vector($"{name}.{activation.ToLowerInvariant()}", activation, builder.Elements(y), [y]);
        return a with { Tensor = y };
    }

    /// <summary>A fully connected layer over all elements of a sample.</summary>
    public FeatureMap Connected(string name, FeatureMap x, int outputs, string? activation = null)
    {
        int k = checked(x.Channels * x.Size * x.Size);
        var layer = new GemmLayer(name, "Gemm", 1, batch, outputs, k, builder.Elements(x.Tensor)) { Batch = batch };
        string y = builder.Matrix(layer, [x.Tensor], builder.Weights(name + ".weight", layer.WeightElements),
            builder.Weights(name + ".bias", outputs));
        if (activation is not null) y = builder.Vector($"{name}.{activation.ToLowerInvariant()}", activation, builder.Elements(y), [y]);
        return new FeatureMap(y, outputs, 1);
    }
}
