using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using static Sim.Tests.OnnxBytes;

namespace Sim.Tests;

/// <summary>Models that are wrong in one way each: the located error that says so; and odd ones that are right.</summary>
public sealed class MalformedModelTests
{
    private static byte[] Constant(string output, params byte[][] attributes) => Op("k", "Constant", [], [output], attributes);

    private static readonly object[] Wrong =
    [
        new object[] { "two values", Graph(Constant("k", FloatAttribute("value_float", 1), IntAttribute("value_int", 2))),
            "1:1: error ONX017: node 'k' (Constant): has 2 values (value_float, value_int); exactly one is allowed" },
        new object[] { "the same in another order", Graph(Constant("k", IntAttribute("value_int", 2), FloatAttribute("value_float", 1))),
            "1:1: error ONX017: node 'k' (Constant): has 2 values (value_float, value_int); exactly one is allowed" },
        new object[] { "an attribute that Constant has not",
            Graph(Constant("k", FloatAttribute("value_float", 1), IntAttribute("axis", 2))),
            "1:1: error ONX017: node 'k' (Constant): attribute 'axis' is not understood" },
        new object[] { "no value", Graph(Constant("k")), "1:1: error ONX017: node 'k' (Constant): needs one of value, value_float" },
        new object[] { "a value of another kind", Graph(Constant("k", IntAttribute("value_float", 1))),
            "1:1: error ONX017: node 'k' (Constant): attribute 'value_float' does not hold what its name says" },
        new object[] { "an output twice", Model(13, Op("r", "Relu", ["x"], ["y"]), Input("x", 1, 1), Output("y", 1, 1), Output("y", 1, 1)),
            "1:1: error ONX013: output 'y' is listed twice" },
        new object[] { "a float mode of Dropout",
            Model(13, Op("d", "Dropout", ["x", "", "m"], ["y"]), Floats("m", [], 0), Input("x", 1, 1), Output("y", 1, 1)),
            "1:1: error ONX044: node 'd' (Dropout): training_mode must be one Bool" },
        new object[] { "a length near 2^31", (byte[])[.. Int(1, 8), .. Varint(7 << 3 | 2), .. Varint(int.MaxValue), 1, 2, 3],
            "1:1: error ONX001: not a whole ONNX model (truncated or another kind of file): at byte 3: a length of 2147483647" },
        new object[] { "a length near 2^31 within",
            (byte[])[.. Int(1, 8), .. Block(7, [.. Varint(11 << 3 | 2), .. Varint(int.MaxValue - 8), 1]), .. Block(8, Int(2, 13))],
            "error ONX001" },
        new object[] { "a length near 2^64", (byte[])[.. Int(1, 8), .. Varint(7 << 3 | 2), .. Varint(ulong.MaxValue), 1], "error ONX001" },
        new object[] { "a number of eleven bytes", (byte[])[.. Varint(1 << 3), .. Enumerable.Repeat((byte)0xFF, 11)],
            "a number has more than ten bytes" },
        new object[] { "no operator set where one is needed",
            (byte[])[.. Int(1, 8), .. Block(7, [.. Op("r", "Relu", ["x"], ["y"]), .. Input("x", 1, 1), .. Output("y", 1, 1)])],
            "error ONX003: imports no operator set" },
    ];

    [TestCaseSource(nameof(Wrong))]
    public void IsALocatedError(string what, byte[] model, string message)
    {
        var bag = new DiagnosticBag();
        Assert.That(OnnxReader.Load(model, "net.onnx", bag), Is.Null, what);
        Assert.That(bag.ToString(), Does.Contain("net.onnx:").And.Contains(message), what);
    }

    // ONNX IR, Models: only operator sets that are used need be imported. QONNX Quant: 1, -4, 1 for scale 1, 3 bits
    // (cases/onnx-only-custom-domain).
    [TestCase("qonnx.custom_op.general", false)]
    [TestCase("onnx.brevitas", false)]
    [TestCase("", false)]
    [TestCase("", true)]
    public void AGraphOfQonnxAloneNeedsNoOtherOperatorSet(string domain, bool imports)
    {
        byte[] node = Block(1, [.. Text(1, "x"), .. Text(1, "s"), .. Text(1, "z"), .. Text(1, "b"), .. Text(2, "y"), .. Text(3, "q"),
            .. Text(4, "Quant"), .. domain.Length == 0 ? [] : Text(7, domain)]);
        byte[] graph = [.. node, .. Floats("s", [], 1), .. Floats("z", [], 0), .. Floats("b", [], 3), .. Input("x", 1, 3),
            .. Output("y", 1, 3)];
        byte[] model = [.. Int(1, 8), .. Block(7, graph), .. Block(8, [.. Text(1, "qonnx.custom_op.general"), .. Int(2, 1)]), .. imports
            ? Block(8, Int(2, 13)) : []];
        var bag = new DiagnosticBag();
        NetworkGraph read = OnnxReader.Load(model, "net.onnx", bag) ?? throw new AssertionException(bag.ToString());
        Assert.That(GraphExecutor.Run(read, new Dictionary<string, Tensor> { ["x"] = Tensor.OfFloats([1.2f, -7, 0.7f], 3) })["y"].Floats,
            Is.EqualTo(new[] { 1f, -4f, 1f }));
    }

    [Test]
    public void NothingToRunIsSaidSo()
    {
        byte[] empty = Model(13, Op("r", "Relu", ["x"], ["y"]), Input("x", 1, 1, 0), Output("y", 1, 1, 0));
        byte[] within = Model(13, Op("s", "Slice", ["x", "b", "b"], ["t"]), Op("m", "MatMul", ["t", "w"], ["y"]),
            Floats("w", [2, 1], 1, 2), Initializer(TensorBytes("b", 7, [1], Block(9, new byte[8]))), Input("x", 1, 3, 2),
            Output("y", 1, 0, 1));
        foreach ((byte[] model, string place) in new[]
            { (empty, "net.onnx:1:1: error ONX045: input 'x'"),
            (within, "net.onnx:2:1: error ONX045: node 'm' (MatMul): 't' of shape [0,2]") })
        {
            var bag = new DiagnosticBag();
            NetworkGraph graph = OnnxReader.Load(model, "net.onnx", bag) ?? throw new AssertionException(bag.ToString());
            Assert.That(GraphChecks.Sizes(graph, "net.onnx", bag), Is.False);
            Assert.That(bag.ToString(), Does.Contain(place));
        }
    }

    [Test]
    public void WindowsThatOverflowAreRefusedBeforeTheyRun()
    {
        // 50,000 · 50,001 elements of windows: beyond 2^31, which a parallel loop over two samples met.
        byte[] model = Model(13, Op("c", "Conv", ["x", "w"], ["y"], IntsAttribute("pads", 25000, 25000)), Input("x", 1, 2, 1, 50000),
            Input("w", 1, 1, 1, 50000), Output("y", 1, 2, 1, 50001));
        var bag = new DiagnosticBag();
        Assert.That(OnnxReader.Load(model, "net.onnx", bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain("net.onnx:1:1: error ONX044: node 'c' (Conv): windows of [50000] over [2,1,50000] hold more than 1073741824 elements"));
    }

    private static byte[] Graph(byte[] constant) =>
        Model(13, constant, Op("a", "Add", ["x", "k"], ["y"]), Input("x", 1, 1), Output("y", 1, 1));
}
