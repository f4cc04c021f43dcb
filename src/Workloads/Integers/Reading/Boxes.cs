using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers.Reading;

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
        return new(constant, type, [constant.Count == 0 ? type : new(constant.IntegerBounds().Minimum, constant.IntegerBounds().Maximum)]);
    }

    /// <summary>The box of a layer's inputs: by channel where the channels of the value are those of the layer, else one that holds
    /// all.</summary>
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

    /// <summary>Stored outputs of a layer, channel by channel, by the executor's own rounding.</summary>
    internal static Interval[] Requantized(IntegerLayer layer, LayerSource to)
    {
        Interval[] boxes = RowSums.Of(layer);
        for (int row = 0; row < boxes.Length; row++) boxes[row] = new(to.Stored(boxes[row].Low, row), to.Stored(boxes[row].High, row));
        return boxes;
    }

    /// <summary>Whether the output channels of a layer are the channels of its output: not so for products of a batch.</summary>
    internal static bool IsByChannel(GemmLayer shape) => shape.Conv is not null || shape.Groups == 1;

    /// <summary>How many elements of a sample lie beside each other in one output channel.</summary>
    internal static int Inner(GemmLayer shape) => shape.Conv is null ? 1 : shape.M;
}
