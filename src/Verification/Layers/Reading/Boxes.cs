using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Verification.Layers.Reading;

/// <summary>Boxes of integers: of types, of constants, of a layer's inputs, of requantized sums.</summary>
internal static class Boxes
{
    internal static Interval Of(ElementType type)
    {
        (long low, long high) = type.Range();
        return new(low, high);
    }

    internal static Stored OfConstant(Tensor constant)
    {
        Interval type = Of(constant.Type);
        return new(constant, type, [constant.Count == 0 ? type : new(constant.Integers.Min(), constant.Integers.Max())]);
    }

    /// <summary>The box of a layer's inputs: by channel where the channels of the value are those of the layer, else one that holds all.</summary>
    internal static Interval[] Inputs(Stored value, GemmLayer shape)
    {
        if (value.Box.Length == 1) return value.Box;
        bool fits = shape.Conv is { } g
            ? value.Box.Length == g.InputChannels && value.Inner == g.InputHeight * g.InputWidth
            : shape.Groups == 1 && value.Box.Length * value.Inner == shape.K;
        return fits ? value.Box : [value.Hull];
    }

    /// <summary>The link to the layer that made the inputs, when the arrangement of its outputs is that of the inputs.</summary>
    internal static LayerSource? Link(LayerSource? source, IReadOnlyList<IntegerLayer> layers, GemmLayer shape)
    {
        if (source is null) return null;
        GemmLayer from = layers[source.Layer].Shape;
        if (!IsByChannel(from)) return null;
        int rows = from.Groups * from.N;
        bool fits = shape.Conv is { } to
            ? from.Conv is { } g && rows == to.InputChannels && g.OutputHeight == to.InputHeight && g.OutputWidth == to.InputWidth
            : shape.Groups == 1 && shape.K == (from.Conv is null ? rows : rows * from.M);
        return fits ? source : null;
    }

    /// <summary>Every sum of a row, its bias included, for inputs within their boxes: both ends are reached.</summary>
    internal static Interval Sum(IntegerLayer layer, int row)
    {
        Int128 bias = layer.Bias.Length == 0 ? 0 : layer.Bias[row];
        if (layer.Weights.Length == 0)
        {
            int zero = layer.WeightZeroPoints.Length == 0 ? 0 : layer.WeightZeroPoints[row];
            Interval w = layer.WeightRange.Plus(-zero), all = default;
            for (int k = 0; k < layer.K; k++)
            {
                Interval x = layer.Input(row, k, Claims.ZeroPoints.Folded);
                all += x.Times(w.Low).Hull(x.Times(w.High));
            }
            return all.Plus(bias);
        }
        ReadOnlySpan<int> weights = layer.Row(row, Claims.ZeroPoints.Folded);
        int channels = layer.Inputs.Length == 1 ? 1 : layer.Inputs.Length / layer.Shape.Groups, run = layer.K / channels;
        Interval sum = new(bias, bias);
        for (int c = 0; c < channels; c++)
        {
            long positive = 0, negative = 0;
            foreach (int w in weights.Slice(c * run, run))
            {
                if (w > 0) positive += w;
                else negative -= w;
            }
            Interval x = layer.Input(row, c * run, Claims.ZeroPoints.Folded);
            sum += x.Times(positive) + x.Times(-negative);
        }
        return sum;
    }

    /// <summary>Stored outputs of a layer, channel by channel, by the executor's own rounding.</summary>
    internal static Interval[] Requantized(IntegerLayer layer, LayerSource to)
    {
        var boxes = new Interval[layer.Rows];
        Parallel.For(0, boxes.Length, row =>
        {
            Interval sum = Sum(layer, row);
            boxes[row] = new(to.Stored(sum.Low, row), to.Stored(sum.High, row));
        });
        return boxes;
    }

    /// <summary>Whether the output channels of a layer are the channels of its output: not so for products of a batch.</summary>
    internal static bool IsByChannel(GemmLayer shape) => shape.Conv is not null || shape.Groups == 1;

    /// <summary>How many elements of a sample lie beside each other in one output channel.</summary>
    internal static int Inner(GemmLayer shape) => shape.Conv is null ? 1 : shape.M;
}
