using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>Runs a data set of many samples through a network in batches and joins the results along the first dimension.</summary>
public static class BatchExecutor
{
    /// <summary>
    /// <paramref name="samples"/> has the samples along dimension 0. A graph with a fixed first dimension is run at that batch size (which
    /// must divide the number of samples), one with an open first dimension at <paramref name="batch"/>. <paramref name="completed"/> is
    /// told how many samples are done.
    /// Returns the graph's first output for all samples. Throws <see cref="NetworkException"/> when samples do not fit the graph.
    /// </summary>
    public static Tensor Run(NetworkGraph graph, Tensor samples, int batch = 64, ILayerEngine? engine = null, Action<int>? completed = null,
        Action<string, Tensor>? observer = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(samples);
        if (graph.Inputs.Length != 1) throw new NetworkException($"the network has {graph.Inputs.Length} inputs; a data set feeds exactly one");
        GraphValue input = graph.Inputs[0];
        if (samples.Shape.Length == 0 || samples.Shape[0] == 0
            || input.Shape.Length == 0) throw new NetworkException($"data of shape {Shapes.Text(samples.Shape)} holds no samples for input '{input.Name}'");
        int total = samples.Shape[0], step = input.Shape[0] > 0 ? input.Shape[0] : Math.Min(batch, total), per = samples.Count / total;
        if (input.Shape[0] > 0 && total % step
            != 0) throw new NetworkException($"{total} samples do not divide into the network's fixed batch of {step}");
        if (total > step) graph = ConstantFolding.Fold(graph);
        var parts = new List<Tensor>();
        for (int from = 0; from < total; from += step)
        {
            int count = Math.Min(step, total - from);
            Tensor part = Rows(samples, from, count, per);
            parts.Add(GraphExecutor.Run(graph, new Dictionary<string, Tensor> { [input.Name] = part }, engine,
                observer)[graph.Outputs[0].Name]);
            completed?.Invoke(from + count);
        }
        return Join(parts);
    }

    /// <summary>Samples [from, from + count) along dimension 0.</summary>
    public static Tensor Rows(Tensor samples, int from, int count)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return Rows(samples, from, count, samples.Count / Math.Max(1, samples.Shape[0]));
    }

    private static Tensor Rows(Tensor samples, int from, int count, int per)
    {
        int[] shape = [count, .. samples.Shape[1..]];
        return new Tensor(samples.Type, shape, TensorStorage.Part(samples.Data, from * per, count * per));
    }

    private static Tensor Join(List<Tensor> parts)
    {
        if (parts.Count == 1) return parts[0];
        ElementType type = parts[0].Type;
        Array data = Array.CreateInstance(type.Storage(), parts.Sum(p => p.Count));
        int at = 0;
        foreach (Tensor part in parts)
        {
            Array.Copy(part.Data, 0, data, at, part.Count);
            at += part.Count;
        }
        return new Tensor(type, [parts.Sum(p => p.Shape[0]), .. parts[0].Shape[1..]], data);
    }
}
