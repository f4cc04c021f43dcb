using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>Judges, before anything is simulated, whether a graph can be run. Line numbers of its findings are node numbers in the
/// file.</summary>
public static class GraphChecks
{
    /// <summary>Checks that every node's operator is supported and that its inputs, outputs and attributes are understood; true when
    /// so.</summary>
    public static bool Operators(NetworkGraph graph, string file, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        bool listed = false;
        foreach (Node node in graph.Nodes)
        {
            void Error(string code, string what) =>
                bag.Error(new Location(file, node.Position, 1), code, $"node '{node.Name}' ({node.OpType}): {what}");
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

    // Honoured or refused: an attribute must be one of the operator's version, of the kind that it states, and one that the operator here
    // acts on.
    private static void Attributes(Node node, Operator op, OperatorSchema? schema, Action<string, string> error)
    {
        IEnumerable<string> known = (schema is null ? op.AttributeNames : schema.Attributes.Keys.Where(op.Knows))
            .Order(StringComparer.Ordinal);
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

    /// <summary>Infers types and shapes, open dimensions taken as 1; true when every node's fit and the outputs are what the file
    /// declares.</summary>
    public static bool Shapes(NetworkGraph graph, string file, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(bag);
        void Report(NetworkException e) =>
            bag.Error(new Location(file, Math.Max(1, e.Node?.Position ?? 1), 1), "ONX044", e.Message + OpenDimensions(graph));
        try
        {
            int before = bag.ErrorCount;
            IReadOnlyDictionary<string, StaticValue> values = ShapeInference.Values(graph, null, out _, Report);
            foreach (GraphValue output in graph.Outputs)
                if (values.TryGetValue(output.Name, out StaticValue? found)) Declared(graph, output, found, file, bag);
            return bag.ErrorCount == before;
        }
        catch (NetworkException e)
        {
            Report(e);
            return false;
        }
    }

    /// <summary>True when inputs and matrix layers have elements: without any there is nothing to run.</summary>
    public static bool Sizes(NetworkGraph graph, string file, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        IReadOnlyDictionary<string, StaticValue> values = ShapeInference.Values(graph);
        foreach (GraphValue input in graph.Inputs.Where(i => i.Shape.Contains(0)))
            bag.Error(new Location(file, 1, 1), "ONX045",
                $"input '{input.Name}' of shape {Graph.Shapes.Text(input.Shape)} has no elements: there is nothing to run");
        foreach (Node node in graph.Nodes.Where(n => LayerExtraction.IsMatrixOperator(n.OpType)))
            foreach (string name in node.Inputs.Concat(node.Outputs))
                if (values.TryGetValue(name, out StaticValue? v) && v.Shape.Contains(0))
                    bag.Error(new Location(file, Math.Max(1, node.Position), 1), "ONX045",
                        $"node '{node.Name}' ({node.OpType}): '{name}' of shape {Graph.Shapes.Text(v.Shape)} has no elements: there is nothing to run");
        return bag.ErrorCount == before;
    }

    private static void Declared(NetworkGraph graph, GraphValue output, StaticValue found, string file, DiagnosticBag bag)
    {
        // Sizes that follow from an open dimension are not the declared ones; ranks are.
        bool isOpen = graph.Inputs.Any(i => i.IsOpen);
        bool fits = !output.HasShape || output.Shape.Length == found.Shape.Length
            && (isOpen || output.Shape.Zip(found.Shape).All(d => d.First < 0 || d.First == d.Second));
        Node? maker = graph.Nodes.FirstOrDefault(n => n.Outputs.Contains(output.Name));
        var place = new Location(file, Math.Max(1, maker?.Position ?? 1), 1);
        string by = maker is null ? "" : $"node '{maker.Name}' ({maker.OpType}): ";
        if (output.Type != found.Type) bag.Error(place, "ONX046",
            $"{by}output '{output.Name}' is declared {output.Type}, computed {found.Type}");
        if (!fits) bag.Error(place, "ONX046",
            $"{by}output '{output.Name}' is declared with shape {Text(output)}, computed with {Graph.Shapes.Text(found.Shape)}");
    }

    private static string Text(GraphValue v) => $"[{string.Join(',', v.Shape.Select(d => d < 0 ? "?" : $"{d}"))}]";

    // What was assumed, as part of a message.
    private static string OpenDimensions(NetworkGraph graph)
    {
        string[] open = [.. graph.Inputs.Where(i => i.IsOpen)
            .Select(i => $"{string.Join(", ", Enumerable.Range(0, i.Shape.Length).Where(d => i.Shape[d] < 0).Select(d => Name(i, d)))} of input '{i.Name}'")];
        return open.Length == 0 ? "" : $"; open dimensions were taken as 1: {string.Join("; ", open)}";
    }

    private static string Name(GraphValue input, int d) =>
        d < input.Names.Length && input.Names[d].Length > 0 ? $"'{PlainText.Of(input.Names[d])}'" : $"number {d}";
}
