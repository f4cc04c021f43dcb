using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>Collects layers in order with their tensors. An output tensor has the name of its layer.</summary>
internal sealed class NetworkBuilder
{
    private readonly ImmutableArray<LayerStep>.Builder _steps = ImmutableArray.CreateBuilder<LayerStep>();
    private readonly ImmutableSortedDictionary<string, LayerTensor>.Builder _tensors =
        ImmutableSortedDictionary.CreateBuilder<string, LayerTensor>(StringComparer.Ordinal);

    /// <summary>Elements of a tensor that is known.</summary>
    public long Elements(string tensor) => _tensors[tensor].Elements;

    /// <summary>A tensor that no layer makes; asked for again, the same one.</summary>
    public string Tensor(string name, TensorKind kind, long elements)
    {
        var tensor = new LayerTensor(name, kind, elements);
        if (!_tensors.TryAdd(name, tensor) && _tensors[name] != tensor)
            throw new ArgumentException($"the tensor '{name}' is there as {_tensors[name]}", nameof(name));
        return name;
    }

    /// <summary>Constants of the network.</summary>
    public string Weights(string name, long elements) => Tensor(name, TensorKind.Weights, elements);

    /// <summary>A matrix layer.</summary>
    public string Matrix(GemmLayer layer, ImmutableArray<string> inputs, string second, params ImmutableArray<string> parameters)
    {
        Tensor(layer.Name, TensorKind.Activation, layer.OutputElements);
        Add(new LayerStep(layer, null, inputs, second, parameters, [layer.Name]));
        return layer.Name;
    }

    /// <summary>A vector layer of one operation an output element, or as many as stated. Rows: elements of tables that it looks
    /// up.</summary>
    public string Vector(string name, string opType, long outputs, ImmutableArray<string> inputs,
        ImmutableArray<string> parameters = default, long? operations = null, long rows = 0)
    {
        Tensor(name, TensorKind.Activation, outputs);
        AddVector(name, opType, outputs, inputs, parameters, operations, [name], rows);
        return name;
    }

    /// <summary>A vector layer that writes tensors that are there already.</summary>
    public void Write(string name, string opType, ImmutableArray<string> inputs, ImmutableArray<string> outputs, long operations,
        ImmutableArray<string> parameters = default) =>
        AddVector(name, opType, outputs.Sum(Elements), inputs, parameters, operations, outputs);

    /// <summary>Appends a step.</summary>
    public void Add(LayerStep step)
    {
        if (step.Reads.FirstOrDefault(t => !_tensors.ContainsKey(t)) is { } missing)
            throw new ArgumentException($"layer '{step.Name}' reads '{missing}', which nothing makes", nameof(step));
        _steps.Add(step);
    }

    /// <summary>A tensor that is known.</summary>
    public LayerTensor this[string name] => _tensors[name];

    /// <summary>The network, of which these tensors are the result.</summary>
    public NetworkLayers Build(params ReadOnlySpan<string> outputs)
    {
        foreach (string output in outputs) _tensors[output] = _tensors[output] with { Kind = TensorKind.Output };
        return new NetworkLayers(Fused(), _tensors.ToImmutable());
    }

    // As of networks that are read: what is pointwise runs in the chain of the layer before, of which it is the only user.
    private ImmutableArray<LayerStep> Fused()
    {
        Dictionary<string, int> users = _steps.SelectMany(s => s.Reads.Distinct()).CountBy(t => t).ToDictionary(StringComparer.Ordinal);
        var chains = new HashSet<string>(StringComparer.Ordinal);
        var steps = ImmutableArray.CreateBuilder<LayerStep>(_steps.Count);
        foreach (LayerStep step in _steps)
        {
            bool pointwise = step.Vector is not null && FusionGroups.IsPointwise(step.OpType);
            bool fused = pointwise && step.Inputs.Length == 1 && chains.Contains(step.Inputs[0]) && users[step.Inputs[0]] == 1
                && _tensors[step.Inputs[0]].Kind == TensorKind.Activation;
            if (step.Matrix is not null || pointwise) chains.UnionWith(step.Outputs);
            steps.Add(step.Vector is { } vector ? step with { Vector = vector with { IsFused = fused } } : step);
        }
        return steps.MoveToImmutable();
    }

    private void AddVector(string name, string opType, long outputs, ImmutableArray<string> inputs, ImmutableArray<string> parameters,
        long? operations, ImmutableArray<string> written, long rows = 0) =>
        Add(new LayerStep(null, new VectorLayer(name, opType, operations ?? outputs, inputs.Sum(Elements) + rows, outputs), inputs, null,
            parameters.IsDefault ? [] : parameters, written));
}
