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
            OperatorSchema? schema = node.Domain.Length == 0 ? OnnxSchema.Of(node.OpType, graph.Opset) : null;
            if (schema is { IsWithdrawn: true })
            {
                Error("ONX040", $"operator set {graph.Opset} has no {node.OpType}: {schema} withdrew it");
                continue;
            }
            Arity(node, op, schema, Error);
            Attributes(node, op, schema, Error);
        }
        return bag.ErrorCount == before;
    }

    private static void Arity(Node node, Operator op, OperatorSchema? schema, Action<string, string> error)
    {
        int least = Math.Max(op.MinInputs, schema?.MinInputs ?? 0), most = Math.Min(op.MaxInputs, schema?.MaxInputs ?? int.MaxValue);
        if (node.Inputs.Length < least || node.Inputs.Length > most && node.Inputs.Skip(most).Any(i => i.Length > 0))
            error("ONX041", $"has {node.Inputs.Length} inputs; {(most == int.MaxValue ? $"at least {least}" : least == most ? $"{least}" : $"{least} to {most}")} are allowed");
        for (int i = 0; i < Math.Min(least, node.Inputs.Length); i++)
            if (node.Inputs[i].Length == 0) error("ONX041", $"required input {i} is left empty");
        int outputs = node.Outputs.Count(o => o.Length > 0);
        if (outputs == 0 || node.Outputs.Length > op.MaxOutputs && node.Outputs.Skip(op.MaxOutputs).Any(o => o.Length > 0))
            error("ONX042", $"has {node.Outputs.Length} outputs; 1 to {op.MaxOutputs} are supported (training outputs are not)");
    }

    // Honoured or refused: an attribute must be one of the operator's version, of the kind that it states, and one that the operator here acts on.
    private static void Attributes(Node node, Operator op, OperatorSchema? schema, Action<string, string> error)
    {
        IEnumerable<string> known = (schema is null ? op.AttributeNames : schema.Attributes.Keys.Where(op.Knows)).Order(StringComparer.Ordinal);
        foreach (NodeAttribute a in node.Attributes.Values.OrderBy(a => a.Name, StringComparer.Ordinal))
        {
            SchemaAttribute? stated = schema?.Attributes.GetValueOrDefault(a.Name);
            string name = PlainText.Of(a.Name);
            if (schema is not null && stated is null && op.Knows(a.Name))
                error("ONX043", $"attribute '{name}' is not one of {schema}; known are {string.Join(", ", known.DefaultIfEmpty("none"))}");
            else if (!op.Knows(a.Name) || schema is not null && stated is null)
                error("ONX043", $"attribute '{name}' is not understood; known are {string.Join(", ", known.DefaultIfEmpty("none"))}");
            else if (stated is not null && OnnxSchema.WrongKind(stated, a) is { } wrong)
                error("ONX043", $"attribute '{name}' {wrong}");
        }
        foreach (SchemaAttribute stated in schema?.Attributes.Values ?? [])
            if (stated.IsRequired && !node.Attributes.ContainsKey(stated.Name)) error("ONX043", $"attribute '{stated.Name}' is missing");
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
