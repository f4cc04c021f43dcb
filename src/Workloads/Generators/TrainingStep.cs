using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>How weights are updated.</summary>
public enum Optimizer : byte
{
    /// <summary>w − rate · gradient: two operations a weight.</summary>
    Sgd,

    /// <summary>Two moments a weight (Kingma and Ba, ICLR 2015, Algorithm 1, in its efficient order): twelve operations.</summary>
    Adam,
}

/// <summary>
/// A step of training from the forward layers: the gradient of the loss, then for every layer from the last to the first the gradients of
/// its operands, where a parameter lies behind them; gradients that meet are added; at last every weight is updated. An addition hands its
/// gradient on; any other vector layer has one for its gradients, of as many operations as forward, or one for each element written.
/// </summary>
internal sealed class TrainingStep
{
    private readonly NetworkBuilder _builder = new();
    private readonly Dictionary<string, List<string>> _gradients = new(StringComparer.Ordinal);
    private readonly List<string> _weights = [];
    private readonly HashSet<string> _trained = new(StringComparer.Ordinal);

    private TrainingStep() { }

    /// <summary>Forward, backward and update.</summary>
    public static NetworkLayers Of(NetworkLayers forward, Optimizer optimizer)
    {
        var step = new TrainingStep();
        string[] outputs = [.. forward.Tensors.Values.Where(t => t.Kind == TensorKind.Output).Select(t => t.Name)];
        foreach (LayerTensor t in forward.Tensors.Values)
            step._builder.Tensor(t.Name, t.Kind == TensorKind.Output ? TensorKind.Activation : t.Kind, t.Elements);
        foreach (LayerStep layer in forward.Steps) step.Forward(layer);
        foreach (string output in outputs)
            step.Gradient(output, step._builder.Vector(output + ".loss_gradient", "LossGradient", step._builder.Elements(output),
                [output]));
        foreach (LayerStep layer in forward.Steps.Reverse()) step.Backward(layer);
        foreach (string weight in step._weights) step.Update(weight, optimizer);
        return step._builder.Build() with
            { Samples = forward.Samples, Tokens = forward.Tokens, IdleParameters = forward.IdleParameters };
    }

    private void Forward(LayerStep layer)
    {
        _builder.Add(layer);
        foreach (string tensor in layer.Reads.Where(t => _builder[t].Kind == TensorKind.Weights))
            if (_trained.Add(tensor)) _weights.Add(tensor);
        if (layer.Reads.Any(_trained.Contains)) _trained.UnionWith(layer.Outputs);
    }

    private void Backward(LayerStep layer)
    {
        if (!layer.Reads.Any(_trained.Contains)) return;
        if (Sum(layer.Outputs.Single()) is not { } gradient) return;
        if (layer.Matrix is { } matrix) Matrix(layer, matrix, gradient);
        else Vector(layer, layer.Vector!, gradient);
    }

    private void Matrix(LayerStep layer, GemmLayer matrix, string gradient)
    {
        string x = layer.Inputs.Single(), second = layer.Second!;
        if (_trained.Contains(x))
        {
            string dx = _builder.Matrix(BackwardProducts.First(matrix), [gradient], second);
            if (BackwardProducts.GivesColumns(matrix)) dx = _builder.Vector(matrix.Name + ".col2im", "Col2Im", _builder.Elements(x), [dx],
                operations: _builder.Elements(dx));
            Gradient(x, dx);
        }
        if (_trained.Contains(second)) Gradient(second, _builder.Matrix(BackwardProducts.Second(matrix), [x], gradient));
        foreach (string bias in layer.Parameters)
            Gradient(bias, _builder.Vector(matrix.Name + ".bias_gradient", "ReduceSum", _builder.Elements(bias), [gradient],
                operations: _builder.Elements(gradient)));
    }

    private void Vector(LayerStep layer, VectorLayer vector, string gradient)
    {
        string[] targets = [.. layer.Reads.Where(_trained.Contains).Distinct()];
        if (vector.OpType == "Add")
        {
            foreach (string same in targets.Where(t => _builder.Elements(t) == _builder.Elements(gradient))) Gradient(same, gradient);
            targets = [.. targets.Where(t => _builder.Elements(t) != _builder.Elements(gradient))];
            if (targets.Length == 0) return;
        }
        var written = ImmutableArray.CreateBuilder<string>();
        foreach (string target in targets)
        {
            string name = $"{vector.Name}.gradient.{target}";
            written.Add(_builder.Tensor(name, TensorKind.Activation, _builder.Elements(target)));
            Gradient(target, name);
        }
        long operations = Math.Max(vector.Operations, written.Sum(_builder.Elements));
        _builder.Write(vector.Name + ".gradient", vector.OpType + "Gradient", [gradient, .. layer.Inputs], written.ToImmutable(),
            operations,
            layer.Parameters);
    }

    private void Update(string weight, Optimizer optimizer)
    {
        if (Sum(weight) is not { } gradient) return;
        long elements = _builder.Elements(weight);
        ImmutableArray<string> kept = optimizer == Optimizer.Sgd ? [weight]
            : [weight, _builder.Tensor(weight + ".moment1", TensorKind.State, elements),
                _builder.Tensor(weight + ".moment2", TensorKind.State, elements)];
        _builder.Write(weight + ".update", optimizer == Optimizer.Sgd ? "Sgd" : "Adam", [gradient, .. kept], kept,
            (optimizer == Optimizer.Sgd ? 2 : 12) * elements);
    }

    private void Gradient(string tensor, string gradient)
    {
        if (!_gradients.TryGetValue(tensor, out List<string>? list)) _gradients.Add(tensor, list = []);
        list.Add(gradient);
    }

    // The gradient of a tensor from all its users; null when nothing that counts uses it.
    private string? Sum(string tensor)
    {
        if (!_gradients.TryGetValue(tensor, out List<string>? list)) return null;
        if (list.Count == 1) return list[0];
        // Gradients of different experts lie side by side; others are added.
        long elements = _builder.Elements(tensor), given = list.Sum(_builder.Elements);
        return given <= elements ? _builder.Vector(tensor + ".gradient_parts", "Concat", elements, [.. list], operations: given)
            : _builder.Vector(tensor + ".gradient_sum", "Sum", elements, [.. list], operations: given - elements);
    }
}
