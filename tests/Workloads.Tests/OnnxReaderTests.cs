using System.Security.Cryptography;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using static Sim.Tests.OnnxBytes;

namespace Sim.Tests;

/// <summary>ONNX files written byte by byte: every way to hold data, every kind of damage.</summary>
public sealed class OnnxReaderTests
{
    private static readonly byte[] ConvModel = Model(13,
        Op("c", "Conv", ["x", "w", "b"], ["y"], IntsAttribute("kernel_shape", 2, 2)), Floats("w", [1, 1, 2, 2], 1, 0, 0, -1),
            Floats("b", [1], 0.5f),
        Input("x", 1, -1, 1, 3, 3), Output("y", 1, -1, 1, 2, 2));

    [Test]
    public void A_hand_made_convolution_computes_what_pencil_and_paper_do()
    {
        NetworkGraph graph = Load(ConvModel);
        Tensor x = Tensor.OfFloats([1, 2, 3, 4, 5, 6, 7, 8, 10], 1, 1, 3, 3);
        Tensor y = GraphExecutor.Run(graph, new Dictionary<string, Tensor> { ["x"] = x })["y"];
        Assert.That(y.Floats, Is.EqualTo(new[] { -3.5f, -3.5f, -3.5f, -4.5f }));
        Assert.That(graph.Inputs[0].Shape, Is.EqualTo(new[] { -1, 1, 3, 3 }));
        Assert.That(graph.Digest, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(ConvModel))));
        NetworkLayers layers = LayerExtraction.Layers(graph);
        Assert.That((layers.Gemms[0].M, layers.Gemms[0].N, layers.Gemms[0].K, layers.Macs), Is.EqualTo((4, 1, 4, 16L)));
    }

    [Test]
    public void Raw_packed_and_unpacked_data_mean_the_same()
    {
        float[] values = [1.5f, -2, 3.25f];
        byte[][] forms =
        [
            Raw(values),
            Block(4, [.. values.SelectMany(BitConverter.GetBytes)]),
            Join(values.Select(v => Float(4, v))),
        ];
        foreach (byte[] data in forms)
            Assert.That(Constant(TensorBytes("t", 1, [3], data)).Floats, Is.EqualTo(values));
        byte[] packedDims = [.. Block(1, [.. Varint(1), .. Varint(3)]), .. Int(2, 1), .. Text(8, "t"), .. Raw(values)];
        Assert.That(Constant(packedDims).Shape, Is.EqualTo(new[] { 1, 3 }));
    }

    // Code, bytes of raw data, field and value of typed data, the value meant.
    private static readonly object[] ElementCases =
    [
        new object[] { 2, new byte[] { 200 }, 5, 200L, 200.0 },
        new object[] { 3, new byte[] { 0x80 }, 5, -128L, -128.0 },
        new object[] { 4, new byte[] { 0xFF, 0xFF }, 5, 65535L, 65535.0 },
        new object[] { 5, new byte[] { 0x00, 0x80 }, 5, -32768L, -32768.0 },
        new object[] { 6, new byte[] { 0xFE, 0xFF, 0xFF, 0xFF }, 5, -2L, -2.0 },
        new object[] { 7, new byte[] { 0, 0, 0, 0, 1, 0, 0, 0 }, 7, 4294967296L, 4294967296.0 },
        new object[] { 9, new byte[] { 1 }, 5, 1L, 1.0 },
        new object[] { 10, new byte[] { 0x00, 0xC0 }, 5, 0xC000L, -2.0 },
        new object[] { 12, new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }, 11, 4294967295L, 4294967295.0 },
        new object[] { 13, new byte[] { 0, 0, 0, 0, 1, 0, 0, 0 }, 11, 4294967296L, 4294967296.0 },
    ];

    [TestCaseSource(nameof(ElementCases))]
    public void Every_element_type_is_read(int code, byte[] raw, int field, long typed, double meant)
    {
        foreach (byte[] data in new[] { Block(9, raw), Int(field, typed), Block(field, Varint(unchecked((ulong)typed))) })
        {
            Tensor t = Constant(TensorBytes("t", code, [1], data));
            Assert.That(t.Type.IsReal() ? (double)t.Floats[0] : t.Integers[0], Is.EqualTo(meant));
        }
    }

    [Test]
    public void Doubles_are_read()
    {
        foreach (byte[] data in new[] { Block(9, BitConverter.GetBytes(0.1)), Block(10, BitConverter.GetBytes(0.1)) })
            Assert.That(Constant(TensorBytes("t", 11, [1], data)).Doubles, Is.EqualTo(new[] { 0.1 }));
    }

    [Test]
    public void All_problems_are_told_at_once_with_the_nodes_they_concern()
    {
        byte[] model = Model(13, Op("a", "Convv", ["x", "w"], ["p"]), Op("b", "Relu", ["nowhere"], ["q"]), Op("b", "Relu", ["p"], ["q"]),
            Floats("w", [2, 2], 1, 2, 3),
            Input("x", 1, 1, 4), Output("z", 1, 1, 4));
        string[] lines = Problems(model);
        string[] parts =
        [
            "net.onnx:2:1: error ONX031: node 'b' (Relu): input 'nowhere'", "net.onnx:3:1: error ONX015",
                "net.onnx:3:1: error ONX013: node 'b' (Relu): value 'q'",
            "error ONX021: initializer 'w' of shape [2,2] needs 16 bytes", "error ONX032: output 'z'",
                "net.onnx:1:1: error ONX040: node 'a' (Convv)",
        ];
        foreach (string part in parts) Assert.That(lines.Any(l => l.Contains(part, StringComparison.Ordinal)), Is.True,
            $"{part} in\n{string.Join('\n', lines)}");
    }

    [Test]
    public void An_unsupported_operator_is_named_with_what_is_supported()
    {
        byte[] model = Model(13, Op("a", "Sofmax", ["x"], ["p"]), Op("b", "LSTM", ["p"], ["y"]), Input("x", 1, 1, 4), Output("y", 1, 1, 4));
        string[] lines = Problems(model);
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[0], Does.StartWith("net.onnx:1:1: error ONX040: node 'a' (Sofmax): operator Sofmax is not supported; did you mean 'Softmax'?; supported are Abs, Add"));
        Assert.That(lines[1], Does.StartWith("net.onnx:2:1: error ONX040: node 'b' (LSTM): operator LSTM is not supported"));
    }

    [Test]
    public void Unknown_attributes_missing_inputs_and_training_outputs_are_errors()
    {
        byte[] model = Model(13, Op("a", "Relu", ["x"], ["p"], IntAttribute("slope", 1)), Op("b", "Add", ["p"], ["q"]),
            Op("c", "Softmax", ["q"], ["y", "extra"]),
            Input("x", 1, 1, 4), Output("y", 1, 1, 4));
        string[] lines = Problems(model);
        Assert.That(lines.Select(l => l.Split(' ')[2]), Is.EqualTo(new[] { "ONX043:", "ONX041:", "ONX042:" }));
    }

    [Test]
    public void Shapes_that_do_not_fit_are_located()
    {
        byte[] model = Model(13, Op("r", "Relu", ["x"], ["p"]), Op("g", "Gemm", ["p", "w"], ["y"]), Floats("w", [3, 2], 1, 2, 3, 4, 5, 6),
            Input("x", 1, 1, 4), Output("y", 1, 1, 2));
        Assert.That(Problems(model), Is.EqualTo(new[]
            { "net.onnx:2:1: error ONX044: node 'g' (Gemm): A [1,4] and B [3,2] have inner dimensions 4 and 3" }));
    }

    [Test]
    public void A_cycle_is_an_error()
    {
        byte[] model = Model(13, Op("a", "Add", ["x", "q"], ["p"]), Op("b", "Relu", ["p"], ["q"]), Input("x", 1, 1), Output("q", 1, 1));
        Assert.That(Problems(model).All(l => l.Contains("ONX033", StringComparison.Ordinal)), Is.True);
    }

    [Test]
    public void Nodes_in_any_order_are_sorted()
    {
        byte[] model = Model(13, Op("b", "Relu", ["p"], ["y"]), Op("a", "Identity", ["x"], ["p"]), Input("x", 1, 2), Output("y", 1, 2));
        NetworkGraph graph = Load(model);
        Assert.That(graph.Nodes.Select(n => n.Name), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(GraphExecutor.Run(graph, new Dictionary<string, Tensor> { ["x"] = Tensor.OfFloats([-1, 2], 2) })["y"].Floats,
            Is.EqualTo(new[] { 0f, 2f }));
    }

    [TestCase(6)]
    [TestCase(26)]
    public void Opsets_outside_the_range_are_errors(int opset) =>
        Assert.That(Problems(Model(opset, Op("b", "Relu", ["x"], ["y"]), Input("x", 1, 2), Output("y", 1, 2))).Single(),
            Does.Contain($"uses opset {opset}; supported are 7 to 25"));

    [Test]
    public void A_model_cut_at_any_length_is_a_located_error()
    {
        int errors = 0;
        for (int length = 0; length < ConvModel.Length; length++)
        {
            string[] lines = Problems(ConvModel[..length]);
            Assert.That(lines, Is.Not.Empty, $"cut at {length}");
            Assert.That(lines, Has.All.Match(@"^net\.onnx:\d+:\d+: error ONX\d\d\d: "));
            errors++;
        }
        Assert.That(errors, Is.GreaterThan(100));
    }

    [Test]
    public void Flipped_bits_give_a_graph_or_a_located_error_and_never_a_crash()
    {
        int refused = 0;
        for (int bit = 0; bit < 8 * ConvModel.Length; bit++)
        {
            byte[] damaged = [.. ConvModel];
            damaged[bit / 8] ^= (byte)(1 << bit % 8);
            var bag = new DiagnosticBag();
            bool read = OnnxReader.Load(damaged, "net.onnx", bag) is not null;
            Assert.That(read, Is.EqualTo(!bag.HasErrors), $"bit {bit}");
            refused += read ? 0 : 1;
        }
        Assert.That(refused, Is.GreaterThan(ConvModel.Length));
    }

    [Test]
    public void A_trained_network_with_damaged_bytes_gives_layers_or_a_located_error()
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits", "digits_cnn.onnx"));
        // Names and their neighbourhood: damage to weights would only change values.
        int[] places = [.. Enumerable.Range(8, whole.Length - 16)
            .Where(i => whole.AsSpan(i - 8, 16).ToArray().Count(b => b is >= (byte)'a' and <= (byte)'z') >= 5)];
        var random = new Random(5);
        int refused = 0, tried = 0;
        for (; tried < 400; tried++)
        {
            byte[] damaged = [.. whole];
            damaged[places[random.Next(places.Length)]] = (byte)random.Next(256);
            var bag = new DiagnosticBag();
            NetworkGraph? graph = OnnxReader.Load(damaged, "net.onnx", bag);
            Assert.That(graph is null, Is.EqualTo(bag.HasErrors));
            if (graph is null) refused++;
            else Assert.That(LayerExtraction.Layers(BatchNormFolding.Fold(graph)).Macs, Is.GreaterThan(0));
        }
        Assert.That(refused, Is.InRange(tried / 4, tried));
    }

    private static Tensor Constant(byte[] tensor) =>
        Load(Model(13, Initializer(tensor), Op("i", "Identity", ["x"], ["y"]), Input("x", 1, 1), Output("y", 1, 1))).Constants["t"];

    private static NetworkGraph Load(byte[] model)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Load(model, "net.onnx", bag);
        Assert.That(bag.ToString(), Is.Empty);
        return graph!;
    }

    private static string[] Problems(byte[] model)
    {
        var bag = new DiagnosticBag();
        Assert.That(OnnxReader.Load(model, "net.onnx", bag) is null, Is.EqualTo(bag.HasErrors));
        return [.. bag.Sorted.Select(d => d.ToString())];
    }
}
