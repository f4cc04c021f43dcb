using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Quantization;

namespace Sim.Verification.Repair;

/// <summary>Runs a network over data and sums up how the inputs of its integer layers vary together, group by group. The sums are exact
/// integers, so that threads change nothing.</summary>
public sealed class MomentsObserver : ILayerEngine
{
    private sealed record Sums(long[] First, long[] Second)
    {
        internal long Count { get; set; }
    }

    private readonly IntegerNetwork _network;
    private readonly Dictionary<string, int> _index = [];
    private readonly Sums[][] _sums;

    private MomentsObserver(IntegerNetwork network)
    {
        _network = network;
        _sums = new Sums[network.Layers.Length][];
        for (int i = 0; i < _sums.Length; i++)
        {
            IntegerLayer layer = network.Layers[i];
            if (layer.Weights.Length == 0) continue;
            _index.Add(layer.Name, i);
            _sums[i] = [.. Enumerable.Range(0, layer.Shape.Groups).Select(_ => new Sums(new long[layer.K], new long[layer.K * layer.K]))];
        }
    }

    /// <summary>Of each layer, of each group: the moments of its inputs; null where nothing was seen.</summary>
    /// <param name="samples">Samples along dimension 0, as the network takes them.</param>
    public static ImmutableArray<InputMoments[]?> Observe(IntegerNetwork network, Tensor samples, int threads,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(samples);
        int total = samples.Shape[0], fixedBatch = network.Graph.Inputs[0].Shape is [> 0, ..] shape ? shape[0] : 0, part = fixedBatch > 0
            ? fixedBatch : Math.Max(1, Math.Min(32, total / Math.Max(1, threads)));
        var parts = new MomentsObserver[(total + part - 1) / part];
        BatchLoop.Run(parts.Length, threads, i =>
        {
            parts[i] = new MomentsObserver(network);
            BatchExecutor.Run(network.Graph, BatchExecutor.Rows(samples, i * part, Math.Min(part, total - i * part)), part, parts[i]);
        }, cancellation);
        return [.. Enumerable.Range(0, network.Layers.Length)
            .Select(l => parts[0]._sums[l] is null ? null : Moments([.. parts.Select(p => p._sums[l])]))];
    }

    /// <inheritdoc/>
    public Tensor[]? Execute(Node node, IReadOnlyList<Tensor?> inputs)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(inputs);
        if (!_index.TryGetValue(node.Name, out int index) || inputs[0] is not { } x) return null;
        IntegerLayer layer = _network.Layers[index];
        int[] centred = Centred(_network.Inputs[index], x);
        if (layer.Shape.Conv is not { } g)
        {
            // Every row of the left operand is one set of K inputs of each group whose matrix it meets.
            int rows = centred.Length / layer.K;
            int[] weights = inputs[LayerWeights.WeightIndex(node)]!.Shape;
            int[][] ofGroups = weights.Length <= 2 ? [[.. Enumerable.Range(0, rows)]]
                : [.. ProductRows.Of(node, _network.Graph.Opset, x.Shape, weights).Groups.Select(g => g.Input)];
            for (int group = 0; group < ofGroups.Length; group++)
            {
                int[] own = ofGroups[group];
                var transposed = new int[layer.K * Math.Max(1, own.Length)];
                for (int row = 0; row < own.Length; row++)
                    for (int k = 0; k < layer.K; k++) transposed[k * own.Length + row] = centred[own[row] * layer.K + k];
                Add(_sums[index][group], transposed, layer.K, own.Length, 0, own.Length);
            }
            return null;
        }
        int pixels = g.OutputHeight * g.OutputWidth, size = g.InputChannels * g.InputHeight * g.InputWidth,
            channels = g.InputChannels / layer.Shape.Groups;
        var columns = new int[layer.K * pixels];
        for (int sample = 0; sample < centred.Length / size; sample++)
            for (int group = 0; group < layer.Shape.Groups; group++)
            {
                Im2Col.Columns<int>(centred.AsSpan(sample * size, size), g, group * channels, channels, 0, columns);
                Add(_sums[index][group], columns, layer.K, pixels, 0, pixels);
            }
        return null;
    }

    // The integers that the layer multiplies, zero point subtracted; a float value is quantized as the graph says.
    private static int[] Centred(LayerInput input, Tensor x)
    {
        if (!x.Type.IsReal()) return Array.ConvertAll(x.Integers, v => (int)v - input.ZeroPoint);
        float scale = input.Scale ?? 1;
        return Array.ConvertAll(x.Floats,
            v => (int)Math.Clamp(MathF.Round(v / scale, MidpointRounding.ToEven) + input.ZeroPoint, (double)input.Type.Low,
            (double)input.Type.High) - input.ZeroPoint);
    }

    // K rows of places; the places from `from` on are sets of inputs. Only the lower triangle is summed.
    private static void Add(Sums sums, int[] columns, int k, int places, int from, int count)
    {
        sums.Count += count;
        for (int i = 0; i < k; i++)
        {
            ReadOnlySpan<int> left = columns.AsSpan(i * places + from, count);
            long first = 0;
            foreach (int v in left) first += v;
            sums.First[i] += first;
            if (first == 0 && left.IndexOfAnyExcept(0) < 0) continue;
            for (int j = 0; j <= i; j++)
            {
                ReadOnlySpan<int> right = columns.AsSpan(j * places + from, count);
                long second = 0;
                for (int p = 0; p < left.Length; p++) second += (long)left[p] * right[p];
                sums.Second[i * k + j] += second;
            }
        }
    }

    private static InputMoments[]? Moments(Sums[][] parts)
    {
        int k = parts[0][0].First.Length;
        if (parts.Sum(p => p[0].Count) == 0) return null;
        var groups = new InputMoments[parts[0].Length];
        for (int g = 0; g < groups.Length; g++)
        {
            long count = parts.Sum(p => p[g].Count);
            double[] mean = new double[k], covariance = new double[k * k];
            for (int i = 0; i < k; i++) mean[i] = (double)parts.Sum(p => p[g].First[i]) / count;
            for (int i = 0; i < k; i++)
                for (int j = 0; j <= i; j++)
                    covariance[i * k + j] = covariance[j * k + i] = (double)parts.Sum(p => p[g].Second[i * k + j]) / count - mean[i]
                        * mean[j];
            groups[g] = new(mean, covariance);
        }
        return groups;
    }
}
