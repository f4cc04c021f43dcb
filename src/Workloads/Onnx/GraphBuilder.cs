using System.Collections.Immutable;
using System.Security.Cryptography;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx.Messages;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Onnx;

/// <summary>Builds the graph records from the messages of one file and reports every structural problem.</summary>
internal sealed class GraphBuilder
{
    private readonly GraphProto _proto;
    private readonly int _opset;
    private readonly OnnxProblems _problems;
    private readonly ModelSource _source;
    private readonly OnnxTensorReader _tensors;
    private readonly Dictionary<string, Tensor> _constants = [];
    private readonly HashSet<string> _brokenConstants = [];

    internal GraphBuilder(GraphProto proto, int opset, OnnxProblems problems, ModelSource source, string folder, IncrementalHash digest)
    {
        (_proto, _opset, _problems, _source) = (proto, opset, problems, source);
        _tensors = new OnnxTensorReader(problems.File, source, new ExternalData(folder, problems.File, digest));
    }

    /// <summary>The graph; only meaningful when no problem was reported.</summary>
    internal NetworkGraph Build()
    {
        if (_proto.SparseInitializer.Count > 0) _problems.File("ONX010", "has sparse initializers; only dense ones are supported");
        foreach (TensorProto initializer in _proto.Initializer) AddConstant(initializer.Name, initializer);
        ImmutableArray<GraphValue> inputs = [.. _proto.Input.Where(i => !IsConstant(i.Name)).Select(v => Value(v, "input"))];
        ImmutableArray<GraphValue> outputs = [.. _proto.Output.Select(v => Value(v, "output"))];
        if (outputs.Length == 0) _problems.File("ONX011", "has no outputs");
        foreach (string twice in outputs.GroupBy(o => o.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key))
            _problems.File("ONX013", $"output '{twice}' is listed twice");
        var nodes = new List<(int Index, Node Node)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < _proto.Node.Count; i++)
        {
            Node node = ReadNode(i, names);
            if (node is { OpType: "Constant", Domain: "" } && TryConstantNode(i, node)) continue;
            nodes.Add((i, node));
        }
        ImmutableArray<Node> order = new NodeOrder(_problems, nodes, inputs, outputs, IsConstant).Sort();
        return new NetworkGraph(_proto.Name, _opset, inputs, outputs, order, _constants.ToImmutableDictionary(), "");
    }

    private bool IsConstant(string name) => _constants.ContainsKey(name) || _brokenConstants.Contains(name);

    private void AddConstant(string name, TensorProto proto)
    {
        if (name.Length == 0) _problems.File("ONX012", "has an initializer without a name");
        else if (IsConstant(name)) _problems.File("ONX013", $"initializer '{name}' occurs twice");
        else if (_tensors.Read(proto, $"initializer '{name}'") is { } tensor) _constants.Add(name, tensor);
        else _brokenConstants.Add(name);
    }

    private GraphValue Value(ValueInfoProto proto, string role)
    {
        string what = $"{role} '{proto.Name}'";
        TypeProto.Types.Tensor? type = proto.Type?.TensorType;
        if (type is null)
        {
            _problems.File("ONX014", $"{what} is not a tensor; sequences, maps and optionals are not supported");
            return new GraphValue(proto.Name, ElementType.Float32, []);
        }
        ElementType? element = ElementTypes.FromOnnx(type.ElemType);
        if (element is null) _problems.File("ONX020",
            $"{what} has element type {ElementTypes.OnnxName(type.ElemType)}, which is not supported");
        var shape = ImmutableArray.CreateBuilder<int>();
        foreach (TensorShapeProto.Types.Dimension d in type.Shape?.Dim ?? [])
        {
            if (d.HasDimValue && d.DimValue is < 0 or > int.MaxValue) _problems.File("ONX022", $"{what} has dimension {d.DimValue}");
            shape.Add(d.HasDimValue ? (int)Math.Clamp(d.DimValue, 0, int.MaxValue) : -1);
        }
        if (role == "input" && type.Shape is null) _problems.File("ONX022", $"{what} has no shape; at least its rank must be given");
        return new GraphValue(proto.Name, element ?? ElementType.Float32, shape.ToImmutable())
        {
            HasShape = type.Shape?.Dim.Count > 0, Names = [.. (type.Shape?.Dim ?? []).Select(d => d.HasDimValue ? "" : d.DimParam)],
        };
    }

    private Node ReadNode(int index, HashSet<string> names)
    {
        NodeProto proto = _proto.Node[index];
        string name = proto.Name.Length > 0 ? proto.Name : proto.Output.FirstOrDefault(o => o.Length > 0) ?? $"#{index + 1}";
        if (!names.Add(name)) _problems.Node(index, name, proto.OpType, "ONX015", "another node has the same name");
        var attributes = ImmutableDictionary.CreateBuilder<string, NodeAttribute>();
        foreach (AttributeProto a in proto.Attribute)
        {
            if (attributes.ContainsKey(a.Name)) _problems.Node(index, name, proto.OpType, "ONX016", $"attribute '{a.Name}' occurs twice");
            else if (AttributeReader.Read(a, _source, (code, text) => _problems.Node(index, name, proto.OpType, code, text)) is
                { } read) attributes.Add(a.Name, read);
        }
        string domain = proto.Domain == "ai.onnx" ? "" : proto.Domain;
        // Exporters left the domain of QONNX operators out; the standard has none of their names.
        if (domain.Length == 0 && QonnxQuantizer.Operators.Contains(proto.OpType)) domain = QonnxQuantizer.Domains[1];
        return new Node(name, domain, proto.OpType, [.. proto.Input], [.. proto.Output], attributes.ToImmutable(), index + 1);
    }

    // A Constant node is an initializer written another way; the graph has one kind only.
    private bool TryConstantNode(int index, Node node)
    {
        if (node.Outputs.Length != 1 || node.Inputs.Length != 0) return false;
        Tensor? value = AttributeReader.ConstantValue(node, out string? problem);
        if (value is null)
        {
            if (problem is not null) _problems.Node(index, node.Name, node.OpType, "ONX017", problem);
            _brokenConstants.Add(node.Outputs[0]);
        }
        else if (_brokenConstants.Contains(node.Outputs[0]) || !_constants.TryAdd(node.Outputs[0], value))
        {
            _problems.Node(index, node.Name, node.OpType, "ONX013", $"value '{node.Outputs[0]}' is produced twice");
        }
        return true;
    }
}
