using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers;

/// <summary>
/// Narrows the boxes of a network's layers to what their inputs are on data, input channel by input channel. A claim about such boxes is a
/// claim about data that stay within them, and about nothing else. The inputs are those of the network as the executor runs it: after
/// post-training quantization those of the float network, quantized at each layer, so that boxes of <see cref="BoxRule.Propagated"/> need
/// not hold them.
/// </summary>
public sealed class CalibratedBoxes : ILayerEngine
{
    private readonly Dictionary<string, (IntegerLayer Layer, LayerInput Input)> _layers;
    private readonly Dictionary<string, Interval[]> _boxes = [];

    private CalibratedBoxes(IntegerNetwork network) =>
        _layers = network.Layers.Zip(network.Inputs).Where(l => l.Second.IsKnown).ToDictionary(l => l.First.Name, l => (l.First, l.Second));

    /// <summary>The network with calibrated boxes, where the inputs are known; each lies within the box that was there.</summary>
    /// <param name="samples">Samples along the first dimension, at least one.</param>
    /// <exception cref="NetworkException">The samples do not fit the network, or an input lies outside the box that it has been
    /// given.</exception>
    public static IntegerNetwork Narrow(IntegerNetwork network, Tensor samples)
    {
        ArgumentNullException.ThrowIfNull(network);
        var boxes = new CalibratedBoxes(network);
        BatchExecutor.Run(network.Graph, samples, engine: boxes);
        return network with { Layers = [.. network.Layers.Select(boxes.Narrowed)] };
    }

    /// <inheritdoc/>
    public Tensor[]? Execute(Node node, IReadOnlyList<Tensor?> inputs)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(inputs);
        if (!_layers.TryGetValue(node.Name, out (IntegerLayer Layer, LayerInput Input) at)) return null;
        long[] stored = at.Input.Stored(inputs[0]!);
        (int channels, int inner) = Channels(at.Layer.Shape);
        if (!_boxes.TryGetValue(node.Name, out Interval[]? box)) _boxes[node.Name] = box =
            [.. Enumerable.Range(0, channels).Select(c => new Interval(stored[c * inner], stored[c * inner]))];
        for (int i = 0; i < stored.Length; i += inner)
        {
            int c = i / inner % channels;
            long low = stored[i], high = low;
            foreach (long v in stored.AsSpan(i, inner)) (low, high) = (Math.Min(low, v), Math.Max(high, v));
            box[c] = box[c].Hull(new(low, high));
        }
        return null;
    }

    private static (int Channels, int Inner) Channels(GemmLayer shape) => shape switch
    {
        { Conv: { } g } => (g.InputChannels, g.InputHeight * g.InputWidth),
        { Groups: 1 } => (shape.K, 1),
        _ => (1, 1),
    };

    private IntegerLayer Narrowed(IntegerLayer layer)
    {
        if (!_boxes.TryGetValue(layer.Name, out Interval[]? box)) return layer;
        int run = box.Length / layer.Inputs.Length;
        for (int c = 0; c < box.Length; c++)
            if (!layer.Inputs[c / run].Contains(box[c])) throw new NetworkException($"layer '{layer.Name}': inputs {box[c]} on the data lie outside their box {layer.Inputs[c / run]}");
        return layer.WithInputs(box);
    }
}
