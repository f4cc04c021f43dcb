using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>State of one pass over a graph: what is known of each value, the layers found so far, the problems.</summary>
internal sealed class GraphReading
{
    private const int LargestMadeAtOnce = 4096;

    private readonly Dictionary<string, int[]> _shapes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ElementType> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Known> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _constants;
    private readonly HashSet<string> _constantNames;

    // Large constants that nodes make of constants: computed when asked for. Weights in float, whose integers are what is read, never are.
    private readonly Dictionary<string, Node> _unmade = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sizes = new(StringComparer.Ordinal);
    private readonly bool _openDimensions;
    private Dictionary<string, int[]>? _widened;
    private readonly string _file;
    private readonly DiagnosticBag _bag;

    internal GraphReading(NetworkGraph graph, string file, DiagnosticBag bag, ReadingOptions options)
    {
        (Graph, _file, _bag, Options) = (graph, file, bag, options);
        _constants = graph.Constants.ToDictionary(StringComparer.Ordinal);
        _constantNames = [.. graph.Constants.Keys];
        foreach ((string name, StaticValue value) in ShapeInference.Values(graph)) (_shapes[name], _types[name]) =
            (value.Shape, value.Type);
        _openDimensions = graph.Inputs.Any(i => i.Shape.Any(d => d < 0));
        Quantizer = options.PostTraining is { } rule ? new(graph, rule) : null;
        Batch = graph.Inputs.Length > 0 && _shapes[graph.Inputs[0].Name] is { Length: > 0 } first ? Math.Max(1, first[0]) : 1;
    }

    internal NetworkGraph Graph { get; }

    internal ReadingOptions Options { get; }

    /// <summary>Quantizes operands that the graph does not; null: nothing does.</summary>
    internal OperandQuantizer? Quantizer { get; }

    /// <summary>Samples in the shapes.</summary>
    internal int Batch { get; }

    internal List<IntegerLayer> Layers { get; } = [];

    /// <summary>Sums that are no matrix products.</summary>
    internal List<IntegerLayer> Sums { get; } = [];

    /// <summary>How the sums of layers are requantized, by index of the layer.</summary>
    internal Dictionary<int, LayerSource> Outputs { get; } = [];

    internal ImmutableArray<LayerInput>.Builder Inputs { get; } = ImmutableArray.CreateBuilder<LayerInput>();

    internal ImmutableArray<string>.Builder Notes { get; } = ImmutableArray.CreateBuilder<string>();

    /// <summary>The constant of a node's input; null when it is absent or computed.</summary>
    internal Tensor? Constant(Node node, int index) => index < node.Inputs.Length ? Made(node.Inputs[index]) : null;

    internal bool Has(Node node, int index) => index >= 0 && index < node.Inputs.Length && node.Inputs[index].Length > 0;

    internal int[] Shape(string name) => _shapes.GetValueOrDefault(name)
        ?? throw new NetworkException($"the shape of '{name}' depends on the values of the network's inputs; layers are known only where shapes are");

    internal ElementType Type(string name) => _types.TryGetValue(name, out ElementType type)
        ? type : throw new NetworkException($"the type of '{name}' depends on the values of the network's inputs");

    /// <summary>Whether all inputs of a node are constants.</summary>
    internal bool IsConstant(Node node) => node.Inputs.All(i => i.Length == 0 || _constantNames.Contains(i));

    /// <summary>Whether an input of a node is a constant, made or not.</summary>
    internal bool IsConstant(Node node, int index) => index < node.Inputs.Length && _constantNames.Contains(node.Inputs[index]);

    /// <summary>The first output of a node for given inputs.</summary>
    internal Tensor Apply(Node node, params Tensor?[] inputs) => GraphExecutor.Apply(node, Graph.Opset, inputs)[0];

    /// <summary>A tensor repeated to a shape that it broadcasts to.</summary>
    internal Tensor Expanded(Tensor t, int[] shape)
    {
        if (t.Shape.SequenceEqual(shape)) return t;
        var node = new Node("", "", "Expand", ["x", "shape"], ["y"], ImmutableDictionary<string, NodeAttribute>.Empty);
        return Apply(node, t, Tensor.OfIntegers(ElementType.Int64, Array.ConvertAll(shape, d => (long)d), shape.Length));
    }

    /// <summary>What is known of a node's input; integers are known at least by their data type. null: nothing.</summary>
    internal Known? Value(Node node, int index)
    {
        string name = node.Inputs[index];
        if (_values.TryGetValue(name, out Known? known)) return known;
        if (_constantNames.Contains(name)) return Type(name).IsReal() ? null : Boxes.OfConstant(Made(name)!);
        if (!_types.TryGetValue(name, out ElementType type) || type.IsReal()) return Options.RealRanges.TryGetValue(name,
            out (float Low, float High) real) ? new Reals([real.Low], [real.High]) : null;
        Interval range = Boxes.Of(type);
        if (Options.Boxes == BoxRule.Propagated && Options.InputRanges.TryGetValue(name, out ImmutableArray<Interval> given))
            return new Stored(null, range, [.. given], Shapes.Count(_shapes[name].AsSpan(Math.Min(2, _shapes[name].Length))));
        return new Stored(null, range, [range]);
    }

    /// <summary>Whether a value is known to be integers, or numbers of integers.</summary>
    internal bool IsStated(string name) => _values.TryGetValue(name, out Known? known) && known is Stored or Dequantized;

    internal void Set(Node node, Known value) => _values[node.Outputs[0]] = value;

    /// <summary>The same of every output.</summary>
    internal void SetAll(Node node, Known value)
    {
        foreach (string output in node.Outputs.Where(o => o.Length > 0)) _values[output] = value;
    }

    /// <summary>The node's layer; its sizes are those of one sample.</summary>
    internal GemmLayer Gemm(Node node) =>
        LayerExtraction.MatrixLayer(node, Graph.Opset, _shapes, Batch, _constantNames)
            ?? throw new NetworkException(node, "is no matrix layer");

    /// <summary>Whether all inputs of a node are constants; then its outputs are made constants.</summary>
    internal bool Fold(Node node)
    {
        if (!IsConstant(node)) return false;
        foreach (string output in node.Outputs.Where(o => o.Length > 0))
        {
            _constantNames.Add(output);
            _unmade[output] = node;
        }
        if (node.Outputs.Any(o => o.Length > 0
            && !(_shapes.TryGetValue(o, out int[]? shape) && Shapes.Count(shape) > LargestMadeAtOnce))) Make(node);
        return true;
    }

    private Tensor? Made(string name)
    {
        if (_unmade.TryGetValue(name, out Node? node)) Make(node);
        return _constants.GetValueOrDefault(name);
    }

    private void Make(Node node)
    {
        Tensor[] results = GraphExecutor.Apply(node, Graph.Opset, [.. node.Inputs.Select(i => i.Length == 0 ? null : Made(i))]);
        for (int o = 0; o < node.Outputs.Length; o++)
        {
            _unmade.Remove(node.Outputs[o]);
            if (node.Outputs[o].Length > 0 && o < results.Length) _constants[node.Outputs[o]] = results[o];
        }
    }

    /// <summary>A layer of a node, and where its inputs are in the graph.</summary>
    /// <param name="scale">Scale of the input when the graph holds it as float32; null: it holds the integers.</param>
    /// <param name="type">What the quantizer of the input can make.</param>
    internal void Add(Node node, IntegerLayer layer, float? scale, Interval type)
    {
        Layers.Add(layer);
        Inputs.Add(new(node.Inputs[0], scale, layer.InputZeroPoint, type));
    }

    /// <summary>Nodes with a sum or register of which nothing can be claimed.</summary>
    internal ImmutableArray<UnjudgedNode>.Builder NotJudged { get; } = ImmutableArray.CreateBuilder<UnjudgedNode>();

    /// <summary>Lists a node with a sum or register of which nothing can be claimed.</summary>
    internal void Leave(Node node, string why) => NotJudged.Add(new(node.Name, node.OpType, why));

    /// <summary>Leaves a matrix product.</summary>
    internal void Note(Node node, string what)
    {
        Leave(node, what);
        Notes.Add(NotJudged[^1].ToString());
    }

    /// <summary>A register of a sum that is no matrix product; one that could leave 62 bits is listed as not judged, because no register
    /// here is wider than 64.</summary>
    internal bool AddSum(Node node, IntegerLayer layer)
    {
        Interval widest = new(-((Int128)1 << 62), (Int128)1 << 62);
        Int128 most = Array.TrueForAll(layer.Inputs, widest.Contains) ? 0 : widest.High;
        if (most == 0) foreach (Interval sum in RowSums.Of(layer)) most =
            Int128.Max(most, Int128.Max(Int128.Abs(sum.Low), Int128.Abs(sum.High)));
        if (most < (Int128)1 << 62)
        {
            Sums.Add(layer);
            return true;
        }
        Leave(node, "sums integers that need more than 62 bits");
        return false;
    }

    /// <summary>Whether inputs leave 32 bits or sums could leave 62.</summary>
    internal static bool IsBeyond(IntegerLayer layer)
    {
        static Int128 Most(Interval range) => Int128.Max(Int128.Abs(range.Low), Int128.Abs(range.High));
        Int128 zeros = layer.WeightZeroPoints.Length == 0 ? 0 : layer.WeightZeroPoints.Max(z => Math.Abs((long)z)),
            bias = layer.Bias.Length == 0 ? 0 : layer.Bias.Max(b => Int128.Abs(b));
        Int128 input = layer.Inputs.Max(Most);
        return input > int.MaxValue || layer.K * (input + Int128.Abs(layer.InputZeroPoint)) * (Most(layer.WeightRange) + zeros)
            + bias >= (Int128)1 << 62;
    }

    /// <summary>Whether a node was judged or listed.</summary>
    internal bool IsAccounted(Node node) =>
        Layers.Exists(l => l.Name == node.Name) || Sums.Exists(l => l.Name == node.Name) || NotJudged.Any(n => n.Name == node.Name);

    /// <summary>Whether the values of a node are sizes of tensors, made of shapes and constants alone.</summary>
    internal bool IsSize(Node node)
    {
        bool isSize = node.OpType is "Shape" or "Size" || node.Inputs.Any(_sizes.Contains)
            && node.Inputs.All(i => i.Length == 0 || _constantNames.Contains(i) || _sizes.Contains(i));
        if (isSize) _sizes.UnionWith(node.Outputs);
        return isSize;
    }

    /// <summary>Whether a number of elements depends on a dimension that the graph leaves open.</summary>
    /// <param name="count">The number, of the shapes by name.</param>
    internal bool IsOpen(Func<Func<string, int[]>, long> count)
    {
        if (!_openDimensions) return false;
        _widened ??= Widened();
        return _widened.Count == 0 || count(name => _widened.TryGetValue(name, out int[]? s) ? s : _shapes[name])
            != count(name => _shapes[name]);
    }

    // Shapes with every open dimension doubled; none when the graph cannot have them.
    private Dictionary<string, int[]> Widened()
    {
        foreach (int first in (ReadOnlySpan<int>)[2, 1])
        {
            // Where only the batch is open and the graph has no room for two samples, it is as good as fixed.
            if (first == 1 && Graph.Inputs.All(i => i.Shape.Skip(1).All(d => d >= 0))) return _shapes;
            try
            {
                return new(ShapeInference.Infer(Graph,
                    Graph.Inputs.ToDictionary(i => i.Name, i => i.Shape.Select((d, n) => d >= 0 ? d : n == 0 ? first : 2).ToArray())),
                    StringComparer.Ordinal);
            }
            catch (NetworkException)
            {
                // The next widening may fit where this one does not.
            }
        }
        return [];
    }

    internal void Error(Node node, string code, string what) =>
        _bag.Error(new Location(_file, Math.Max(1, node.Position), 1), code, $"node '{node.Name}' ({node.OpType}): {what}");

    /// <summary>Scales that are constant, positive and finite; null after recording what is wrong.</summary>
    internal float[]? Scales(Node node, int index, string what)
    {
        if (Constant(node, index) is not { } t)
        {
            Error(node, "INT002", $"its {what} is computed at run time, so that the range of its values is unknown; allowed are constant scales");
            return null;
        }
        if (t.Type == ElementType.Float32 && t.Floats.All(s => s > 0 && float.IsFinite(s))) return t.Floats;
        Error(node, "INT001", $"its {what} must be float32 numbers greater than 0 and finite");
        return null;
    }

    /// <summary>Zero points that are constant integers, [0] when the input is absent; null after recording what is wrong.</summary>
    internal long[]? Zeros(Node node, int index, string what)
    {
        if (!Has(node, index)) return [0];
        if (Constant(node, index) is { } t && !t.Type.IsReal()) return t.Integers;
        Error(node, "INT002", $"its {what} is computed at run time, so that the range of its values is unknown; allowed are constant zero points");
        return null;
    }
}
