using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Execution;

/// <summary>What an evaluation found: totals and the numerics of each layer that the datapath executed.</summary>
public sealed record AccuracyResult(string Key, AccuracyRecord Totals, ImmutableSortedDictionary<string, LayerNumerics> Layers,
    ImmutableArray<string> Warnings);

/// <summary>Runs the quantized network over the data, bit for bit. A pure function of the plan: the number of threads changes
/// nothing.</summary>
public static class AccuracyEvaluator
{
    /// <summary>Evaluates a plan on <paramref name="threads"/> ≥ 1 threads.</summary>
    public static AccuracyResult Evaluate(AccuracyPlan plan, int threads, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        PreparedNetwork network = plan.Network;
        Tensor inputs = network.Data.Inputs;
        int batch = NetworkRecording.BatchOf(network.Graph), samples = inputs.Shape[0], batches = (samples + batch - 1) / batch;
        var parts = new (Tensor Output, Dictionary<string, LayerTally> Tallies)[batches];
        BatchLoop.Run(batches, threads, i =>
        {
            Tensor part = EvaluationData.Slice(inputs, i * batch, Math.Min(batch, samples - i * batch));
            var engine = new DatapathEngine(plan.Quantized, network.ReferenceResults, i * batch, part.Shape[0]);
            IReadOnlyDictionary<string, Tensor> outputs =
                GraphExecutor.Run(network.Graph, new Dictionary<string, Tensor> { [network.Graph.Inputs[0].Name] = part }, engine);
            parts[i] = (outputs[network.Graph.Outputs[0].Name], engine.Tallies);
        }, cancellation);
        var totals = new SortedDictionary<string, LayerTally>(StringComparer.Ordinal);
        foreach ((_, Dictionary<string, LayerTally> tallies) in parts)
        {
            foreach ((string name, LayerTally tally) in tallies)
            {
                if (!totals.TryGetValue(name, out LayerTally? total)) totals.Add(name, total = new LayerTally());
                total.Add(tally);
            }
        }
        return new(plan.Key, Totals(network, [.. parts.Select(p => p.Output)]),
            totals.ToImmutableSortedDictionary(p => p.Key, p => p.Value.ToNumerics(), StringComparer.Ordinal), plan.Warnings);
    }

    private static AccuracyRecord Totals(PreparedNetwork network, Tensor[] outputs)
    {
        int samples = network.Data.Samples, batch = NetworkRecording.BatchOf(network.Graph), sample = 0, agree = 0, right = 0,
            floatRight = 0, predictions = 0;
        ImmutableArray<int> labels = network.Data.Labels;
        var tally = new LayerTally();
        for (int b = 0; b < outputs.Length; b++)
        {
            float[] values = NetworkRecording.Values(outputs[b]), reference = NetworkRecording.Values(network.ReferenceOutputs[b]);
            int count = Math.Min(batch, samples - b * batch);
            PredictionShape shape = PredictionShape.Of(outputs[b].Shape, count);
            for (int s = 0; s < count; s++, sample++)
                for (int p = 0; p < shape.Positions; p++)
                {
                    int found = shape.Top(values, s, p), expected = shape.Top(reference, s, p);
                    predictions++;
                    if (found == expected && found >= 0) agree++;
                    if (labels.IsDefault) continue;
                    if (found == labels[sample]) right++;
                    if (expected == labels[sample]) floatRight++;
                }
            for (int i = 0; i < values.Length; i++) tally.Compare(reference[i], values[i]);
        }
        return new(samples, labels.IsDefault ? null : (double)right / samples, labels.IsDefault ? null : (double)floatRight / samples,
            (double)agree / predictions, tally.SqnrDb);
    }

    /// <summary>Index of the first largest value; NaN never wins; -1 when there is nothing but NaN.</summary>
    public static int Top(ReadOnlySpan<float> values) => new PredictionShape(1, values.Length, 1, 0).Top(values, 0, 0);
}
