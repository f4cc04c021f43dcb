using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using static Sim.Tests.OracleData;

namespace Sim.Tests;

/// <summary>
/// Small random graphs of mixed operators, run by both. Values are multiples of 1/8 and scales powers of two, so that every sum is exact
/// and quantized results are equal bit for bit.
/// </summary>
public sealed class GraphOracleTests
{
    [Test]
    public void Random_graphs_give_equal_results()
    {
        const int graphs = 300;
        int nodes = 0;
        var operators = new SortedSet<string>(StringComparer.Ordinal);
        for (int seed = 0; seed < graphs; seed++)
        {
            var graph = new RandomGraph(seed);
            nodes += graph.Nodes.Count;
            operators.UnionWith(graph.Nodes.Select(n => n.OpType));
            string last = graph.Nodes[^1].Outputs[0];
            var network = new NetworkGraph("g", RandomGraph.Opset, [new GraphValue("x", ElementType.Float32, [.. graph.Input.Shape])],
                [new GraphValue(last, ElementType.Float32, [])],
                [.. graph.Nodes], graph.Constants.ToImmutableDictionary(c => c.Name, c => c.Value), "");
            Tensor ours = GraphExecutor.Run(network, new Dictionary<string, Tensor> { ["x"] = graph.Input })[last];
            byte[] model = OracleModel.Bytes(RandomGraph.Opset, [("x", graph.Input)], graph.Constants, graph.Nodes, [(last, ours.Type)]);
            Tensor theirs = OnnxRuntimeOracle.Run(model, [("x", graph.Input)], [last])[0];
            Assert.That(OracleCase.Differ(ours, theirs, 1e-5), Is.Null,
                $"graph {seed}: {string.Join(" ", graph.Nodes.Select(n => n.OpType))}");
        }
        Assert.That(nodes, Is.GreaterThan(5 * graphs));
        Assert.That(operators, Has.Count.GreaterThanOrEqualTo(18));
        Truth.Checked("Workloads", "random graphs", "Microsoft.ML.OnnxRuntime 1.31.1, optimizer off", graphs,
            $"{nodes} nodes of {operators.Count} operators agree");
    }

    private sealed class RandomGraph
    {
        internal const int Opset = 21;

        private readonly OracleData _data;
        private string _value = "x";
        private int[] _shape;

        internal RandomGraph(int seed)
        {
            _data = new OracleData(10_000 + seed);
            _shape = [_data.Next(1, 3), 4, _data.Next(3, 7), _data.Next(3, 7)];
            Input = _data.Eighths(_shape);
            for (int i = _data.Next(4, 9); i > 0; i--) Grow();
        }

        internal Tensor Input { get; }

        internal List<Node> Nodes { get; } = [];

        internal List<(string Name, Tensor Value)> Constants { get; } = [];

        private void Grow()
        {
            switch (_data.Next(0, 14))
            {
                case 0: Add("Conv", [_value, Constant(_data.Eighths(4, 4, 1, 1))], []); Quantize(); break;
                case 1: Add("MaxPool", [_value], [Ints("kernel_shape", 2, 2), Ints("pads", 1, 0, 0, 1)]); break;
                case 2: Add("AveragePool", [_value], [Ints("kernel_shape", 2, 2), Ints("pads", 0, 0, 1, 1), I("count_include_pad", 1)]);
                    Quantize(); break;
                case 3: Add("Relu", [_value], []); break;
                case 4: Add(_data.Next(0, 2) == 0 ? "Add" : "Sub", [_value, Constant(_data.Eighths(4, 1, 1))], []); break;
                case 5: Add("Mul", [_value, Constant(Scalar(0.5f))], []); Quantize(); break;
                case 6: Add("Clip", [_value, Constant(Scalar(-2)), Constant(Scalar(3))], []); break;
                case 7: Add("Transpose", [_value], [Ints("perm", 0, 1, 3, 2)]); break;
                case 8: Add("Concat", [_value, _value], [I("axis", 2)]);
                    Add("Slice", [_value, Constant(L(1)), Constant(L(long.MaxValue)), Constant(L(2))], []); break;
                case 9: Add("Resize", [_value, "", Constant(F(1, 1, 2, 1))],
                    [S("coordinate_transformation_mode", "asymmetric"), S("nearest_mode", "floor")]); break;
                case 10: Add("Pad", [_value, Constant(L(0, 0, 1, 0, 0, 0, 0, 1))], [S("mode", "edge")]); break;
                case 11: Add("ReduceMax", [_value, Constant(L(3))], [I("keepdims", 1)]); break;
                case 12: Add("MatMul", [_value, Constant(_data.Eighths(Last(), 4))], []); Quantize(); break;
                default: Add("LeakyRelu", [_value], [R("alpha", 0.25f)]); Quantize(); break;
            }
        }

        // Back to multiples of 1/8 in [-16, 16): the next sums are exact again.
        private void Quantize()
        {
            ElementType type = _data.Next(0, 2) == 0 ? ElementType.Int8 : ElementType.UInt8;
            string scale = Constant(Scalar(0.125f)), zero = Constant(Scalar(type, type == ElementType.Int8 ? 0 : 128));
            Add("QuantizeLinear", [_value, scale, zero], []);
            Add("DequantizeLinear", [_value, scale, zero], []);
        }

        private int Last()
        {
            var network = new NetworkGraph("g", Opset, [new GraphValue("x", ElementType.Float32, [.. Input.Shape])],
                [new GraphValue(_value, ElementType.Float32, [])], [.. Nodes],
                Constants.ToImmutableDictionary(c => c.Name, c => c.Value), "");
            _shape = GraphExecutor.Run(network, new Dictionary<string, Tensor> { ["x"] = Input })[_value].Shape;
            return _shape[^1];
        }

        private string Constant(Tensor value)
        {
            Constants.Add(($"c{Constants.Count}", value));
            return Constants[^1].Name;
        }

        private void Add(string op, string[] inputs, NodeAttribute[] attributes)
        {
            string output = $"v{Nodes.Count}";
            Nodes.Add(new Node($"n{Nodes.Count}", "", op, [.. inputs], [output], attributes.ToImmutableDictionary(a => a.Name)));
            _value = output;
        }
    }
}
