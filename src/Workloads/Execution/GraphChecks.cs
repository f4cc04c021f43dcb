using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>Judges, before anything is simulated, whether a graph can be run. Line numbers of its findings are node numbers in the file.</summary>
public static class GraphChecks
{
    /// <summary>Checks that every node's operator is supported and that its inputs, outputs and attributes are understood; true when so.</summary>
    public static bool Operators(NetworkGraph graph, string file, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        bool listed = false;
        foreach (Node node in graph.Nodes)
        {
            void Error(string code, string what) => bag.Error(new Location(file, node.Position, 1), code, $"node '{node.Name}' ({node.OpType}): {what}");
            if (OperatorCatalogue.Find(node) is not { } op)
            {
                Error("ONX040", OperatorCatalogue.Unsupported(node, !listed));
                listed = true;
                continue;
            }
            if (node.Inputs.Length < op.MinInputs || node.Inputs.Length > op.MaxInputs)
                Error("ONX041", $"has {node.Inputs.Length} inputs; {(op.MaxInputs == int.MaxValue ? $"at least {op.MinInputs}" : $"{op.MinInputs} to {op.MaxInputs}")} are allowed");
            for (int i = 0; i < Math.Min(op.MinInputs, node.Inputs.Length); i++)
                if (node.Inputs[i].Length == 0) Error("ONX041", $"required input {i} is left empty");
            int outputs = node.Outputs.Count(o => o.Length > 0);
            if (outputs == 0 || node.Outputs.Length > op.MaxOutputs && node.Outputs.Skip(op.MaxOutputs).Any(o => o.Length > 0))
                Error("ONX042", $"has {node.Outputs.Length} outputs; 1 to {op.MaxOutputs} are supported (training outputs are not)");
            foreach (string name in node.Attributes.Keys.Where(k => !op.Knows(k)).Order(StringComparer.Ordinal))
                Error("ONX043", $"attribute '{name}' is not understood; known are {string.Join(", ", op.AttributeNames.DefaultIfEmpty("none"))}");
        }
        return bag.ErrorCount == before;
    }

    /// <summary>Runs the graph once on zeros with open dimensions set to 1; true when every node's shapes and types fit.</summary>
    public static bool Shapes(NetworkGraph graph, string file, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(bag);
        try
        {
            ShapeInference.Infer(graph);
            return true;
        }
        catch (NetworkException e)
        {
            bag.Error(new Location(file, Math.Max(1, e.Node?.Position ?? 1), 1), "ONX044", e.Message);
            return false;
        }
    }
}
