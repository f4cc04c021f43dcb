using System.Collections.Immutable;
using System.Numerics;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Quantization;

namespace Sim.Verification.Observation;

/// <summary>
/// Runs a network over data and watches every partial sum of its integer layers: operands without their zero points, k ascending, the bias
/// preloaded. The sums are exact; nothing overflows here.
/// </summary>
public sealed class AccumulatorObserver : ILayerEngine
{
    private readonly Dictionary<string, IntegerLayer> _layers;
    private readonly Dictionary<string, LayerInput> _inputs;
    private readonly Dictionary<string, ObservedLayer> _seen;

    private readonly int _opset;

    private AccumulatorObserver(IntegerNetwork network)
    {
        _opset = network.Graph.Opset;
        _layers = network.Layers.Where(l => l.Weights.Length > 0).ToDictionary(l => l.Name);
        _inputs = network.Layers.Zip(network.Inputs).ToDictionary(l => l.First.Name, l => l.Second);
        _seen = _layers.ToDictionary(l => l.Key, l => new ObservedLayer(l.Key, l.Value.Rows));
    }

    /// <summary>What each layer with constant weights did, in order of the network. The same for any number of threads.</summary>
    /// <param name="samples">Samples along dimension 0.</param>
    public static ImmutableArray<ObservedLayer> Observe(IntegerNetwork network, Tensor samples, int threads,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(samples);
        int total = samples.Shape[0], fixedBatch = network.Graph.Inputs[0].Shape is [> 0, ..] shape ? shape[0] : 0;
        int part = fixedBatch > 0 ? fixedBatch : Math.Max(1, Math.Min(32, total / Math.Max(1, threads)));
        var parts = new AccumulatorObserver[(total + part - 1) / part];
        BatchLoop.Run(parts.Length, threads, i =>
        {
            parts[i] = new AccumulatorObserver(network);
            BatchExecutor.Run(network.Graph, BatchExecutor.Rows(samples, i * part, Math.Min(part, total - i * part)), part, parts[i]);
        }, cancellation);
        foreach (AccumulatorObserver other in parts.Skip(1))
            foreach ((string name, ObservedLayer seen) in other._seen) parts[0]._seen[name].Add(seen);
        return [.. network.Layers.Where(l => l.Weights.Length > 0).Select(l => parts[0]._seen[l.Name])];
    }

    /// <inheritdoc/>
    public Tensor[]? Execute(Node node, IReadOnlyList<Tensor?> inputs)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(inputs);
        if (!_layers.TryGetValue(node.Name, out IntegerLayer? layer) || inputs[0] is not { } x
            || !_inputs.TryGetValue(node.Name, out LayerInput? input) || !input.IsKnown) return null;
        int[] stored = Array.ConvertAll(input.Stored(x), v => (int)v);
        for (int i = 0; i < stored.Length; i++) stored[i] -= layer.InputZeroPoint;
        if (layer.Shape.Conv is { } geometry) Windows(layer, geometry, stored);
        else
        {
            int[] weights = inputs[LayerWeights.WeightIndex(node)]!.Shape;
            if (weights.Length <= 2) Products(layer, 0, stored, [.. Enumerable.Range(0, stored.Length / layer.K)]);
            else
            {
                (int[] Input, int[] Output)[] groups = ProductRows.Of(node, _opset, x.Shape, weights).Groups;
                for (int group = 0; group < groups.Length; group++) Products(layer, group, stored, groups[group].Input);
            }
        }
        return null;
    }

    // The products of some rows of the left operand with the matrix of a group.
    private void Products(IntegerLayer layer, int group, int[] stored, int[] rows)
    {
        var columns = new int[rows.Length * layer.K];
        for (int row = 0; row < rows.Length; row++)
            for (int k = 0; k < layer.K; k++) columns[k * rows.Length + row] = stored[rows[row] * layer.K + k];
        for (int n = 0; n < layer.Shape.N; n++) Sums(layer, group * layer.Shape.N + n, columns, rows.Length);
    }

    private void Windows(IntegerLayer layer, ConvGeometry geometry, int[] stored)
    {
        int pixels = geometry.OutputHeight * geometry.OutputWidth,
            size = geometry.InputChannels * geometry.InputHeight * geometry.InputWidth;
        int groupInputs = geometry.InputChannels / layer.Shape.Groups;
        var columns = new int[layer.K * pixels];
        for (int sample = 0; sample < stored.Length / size; sample++)
        {
            for (int group = 0; group < layer.Shape.Groups; group++)
            {
                Im2Col.Columns<int>(stored.AsSpan(sample * size, size), geometry, group * groupInputs, groupInputs, 0, columns);
                for (int n = 0; n < layer.Shape.N; n++) Sums(layer, group * layer.Shape.N + n, columns, pixels);
            }
        }
    }

    // Columns: K rows of as many places as there are sums.
    private void Sums(IntegerLayer layer, int channel, int[] columns, int places)
    {
        ReadOnlySpan<int> weights = layer.Row(channel, ZeroPoints.Folded);
        long bias = layer.Bias.Length == 0 ? 0 : layer.Bias[channel];
        ObservedLayer seen = _seen[layer.Name];
        int p = 0;
        if (FitsInt32(layer, channel))
        {
            for (; p + Vector<int>.Count <= places; p += Vector<int>.Count)
            {
                Vector<int> sum = new((int)bias), least = sum, greatest = sum;
                for (int k = 0; k < weights.Length; k++)
                {
                    sum += new Vector<int>(weights[k]) * new Vector<int>(columns, k * places + p);
                    least = Vector.Min(least, sum);
                    greatest = Vector.Max(greatest, sum);
                }
                for (int lane = 0; lane < Vector<int>.Count; lane++) seen.Note(channel, sum[lane], least[lane], greatest[lane]);
            }
        }
        for (; p < places; p++)
        {
            long sum = bias, least = bias, greatest = bias;
            for (int k = 0; k < weights.Length; k++)
            {
                sum += (long)weights[k] * columns[k * places + p];
                least = Math.Min(least, sum);
                greatest = Math.Max(greatest, sum);
            }
            seen.Note(channel, sum, least, greatest);
        }
    }

    private readonly Dictionary<(string, int), bool> _fits = [];

    private bool FitsInt32(IntegerLayer layer, int channel)
    {
        if (_fits.TryGetValue((layer.Name, channel), out bool fits)) return fits;
        var claim = new ChannelClaim(layer, channel, new AnyOrder(), [new Register(32)], BiasPlacement.Preloaded, ZeroPoints.Folded);
        fits = new PrefixExtremes().Bound(claim).Ranges[0].Width <= 32;
        _fits.Add((layer.Name, channel), fits);
        return fits;
    }
}
