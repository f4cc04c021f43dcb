using System.Collections.Immutable;

namespace Sim.Workloads.Graph;

/// <summary>The tensors of an ONNX network's layers, for one sample. What a view gives another name has the name under which it was
/// made.</summary>
internal sealed class StepTensors(NetworkGraph graph, IReadOnlyDictionary<string, int[]> shapes, int batch)
{
    private readonly Dictionary<string, string> _views = new(StringComparer.Ordinal);
    private readonly ImmutableSortedDictionary<string, LayerTensor>.Builder _tensors =
        ImmutableSortedDictionary.CreateBuilder<string, LayerTensor>(StringComparer.Ordinal);
    private readonly HashSet<string> _inputs = [.. graph.Inputs.Select(i => i.Name)];

    /// <summary>The outputs of a node that computes nothing are its first input.</summary>
    public void Alias(Node node)
    {
        foreach (string output in node.Outputs.Where(o => o.Length > 0)) _views[output] = Resolve(node.Inputs[0]);
    }

    /// <summary>The step of a matrix layer whose second operand is that input of the node.</summary>
    public LayerStep Matrix(GemmLayer layer, Node node, int second, IReadOnlySet<string> constants)
    {
        string[] rest = [.. node.Inputs.Where((n, i) => i != 0 && i != second && n.Length > 0)];
        return new(layer, null, [Read(node.Inputs[0], constants)], Read(node.Inputs[second], constants),
            [.. rest.Select(n => Read(n, constants))], Written(node));
    }

    /// <summary>The step of a vector layer.</summary>
    public LayerStep Vector(VectorLayer layer, Node node, IReadOnlySet<string> constants) => new(null, layer,
        [.. node.Inputs.Where(n => n.Length > 0 && !constants.Contains(n)).Select(n => Read(n, constants))], null,
        [.. node.Inputs.Where(n => n.Length > 0 && constants.Contains(n)).Select(n => Read(n, constants))], Written(node));

    /// <summary>All tensors met.</summary>
    public ImmutableSortedDictionary<string, LayerTensor> All()
    {
        foreach (string output in graph.Outputs.Select(o => Resolve(o.Name)))
            if (_tensors.TryGetValue(output, out LayerTensor? tensor) && tensor.Kind == TensorKind.Activation)
                _tensors[output] = tensor with { Kind = TensorKind.Output };
        return _tensors.ToImmutable();
    }

    private string Resolve(string name) => _views.GetValueOrDefault(name, name);

    private string Read(string name, IReadOnlySet<string> constants)
    {
        string root = Resolve(name);
        if (_tensors.ContainsKey(root)) return root;
        bool constant = constants.Contains(root);
        long elements = Shapes.Count(shapes[root]);
        Add(root, constant ? TensorKind.Weights : _inputs.Contains(root) ? TensorKind.Input : TensorKind.Activation,
            constant ? elements : PerSample(elements));
        return root;
    }

    private ImmutableArray<string> Written(Node node)
    {
        string[] outputs = [.. node.Outputs.Where(o => o.Length > 0)];
        foreach (string output in outputs)
            Add(output, TensorKind.Activation, PerSample(Shapes.Count(shapes[output])));
        return [.. outputs];
    }

    private void Add(string name, TensorKind kind, long elements) => _tensors[name] = new LayerTensor(name, kind, elements);

    private long PerSample(long elements) => elements % batch == 0 ? elements / batch : elements;
}
