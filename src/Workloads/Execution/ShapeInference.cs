using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>Finds the shape of every value by one run on zeros: exact for every operator that can be executed, at the price of one inference.</summary>
public static class ShapeInference
{
    /// <summary>Shapes of all values (inputs, constants, results). <paramref name="inputShapes"/> overrides the graph's own; an open dimension becomes 1.</summary>
    public static IReadOnlyDictionary<string, int[]> Infer(NetworkGraph graph, IReadOnlyDictionary<string, int[]>? inputShapes = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var shapes = new Dictionary<string, int[]>(StringComparer.Ordinal);
        foreach ((string name, Tensor t) in graph.Constants) shapes[name] = t.Shape;
        var inputs = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (GraphValue input in graph.Inputs)
        {
            int[] shape = inputShapes is not null && inputShapes.TryGetValue(input.Name, out int[]? given) ? given : [.. input.Shape.Select(d => d < 0 ? 1 : d)];
            inputs[input.Name] = Zeros(input.Type, shape);
            shapes[input.Name] = shape;
        }
        GraphExecutor.Run(graph, inputs, null, (name, t) => shapes[name] = t.Shape);
        return shapes;
    }

    /// <summary>A tensor of zeros.</summary>
    public static Tensor Zeros(ElementType type, int[] shape) => Tensor.Zeros(type, shape);
}
