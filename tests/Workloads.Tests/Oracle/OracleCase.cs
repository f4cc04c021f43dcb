using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>One operator application that both runtimes execute; integers must be equal bit for bit, reals to a few units of their
/// type.</summary>
internal sealed record OracleCase(string OpType, string Domain, int Opset, Tensor?[] Inputs, NodeAttribute[] Attributes, int Outputs = 1,
    double Relative = 2e-5)
{
    public override string ToString() =>
        $"{OpType}@{Opset} {string.Join(' ', Inputs.Select(t => t is null ? "-" : $"{t.Type}{Shapes.Text(t.Shape)}"))} {string.Join(' ', Attributes.Select(a => $"{a.Name}={a.Text ?? (a.Integer ?? (object?)a.Real ?? (a.Integers.IsDefault ? "" : Shapes.Text(a.Integers.Select(v => (int)v))))}"))}";

    /// <summary>Where the two differ; null when they agree.</summary>
    internal string? Difference()
    {
        string[] outputs = [.. Enumerable.Range(0, Outputs).Select(i => $"y{i}")];
        var node = new Node("n", Domain, OpType, [.. Inputs.Select((t, i) => t is null ? "" : $"i{i}")], [.. outputs],
            Attributes.ToImmutableDictionary(a => a.Name));
        Tensor[] ours = GraphExecutor.Apply(node, Opset, Inputs);
        (string, Tensor)[] given = [.. Inputs.Select((t, i) => ($"i{i}", t)).Where(p => p.t is not null).Select(p => (p.Item1, p.t!))];
        byte[] model = OracleModel.Bytes(Opset, given, [], [node], outputs.Select((o, i) => (o, ours[i].Type)));
        Tensor[] theirs = OnnxRuntimeOracle.Run(model, given, outputs);
        for (int o = 0; o < Outputs; o++)
            if (Differ(ours[o], theirs[o], Relative) is { } difference) return $"output {o}: {difference}";
        return null;
    }

    internal static string? Differ(Tensor ours, Tensor theirs, double relative)
    {
        if (ours.Type != theirs.Type || !ours.Shape.SequenceEqual(theirs.Shape)) return $"{ours.Type} {Shapes.Text(ours.Shape)}, onnxruntime {theirs.Type} {Shapes.Text(theirs.Shape)}";
        double largest = 0;
        if (ours.Type.IsReal())
            for (int i = 0; i < ours.Count; i++) largest = Math.Max(largest, double.IsFinite(theirs.Real(i)) ? Math.Abs(theirs.Real(i))
                : 0);
        for (int i = 0; i < ours.Count; i++)
        {
            double a = ours.Real(i), b = theirs.Real(i);
            bool equal = !ours.Type.IsReal() ? ours.Integer(i) == theirs.Integer(i) : a.Equals(b)
                || Math.Abs(a - b) <= relative * (Math.Abs(b) + 1e-3 * largest);
            if (!equal) return $"element {i} is {a:R}, onnxruntime has {b:R}";
        }
        return null;
    }
}
