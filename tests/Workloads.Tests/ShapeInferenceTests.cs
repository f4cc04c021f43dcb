using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using static Sim.Tests.OnnxBytes;

namespace Sim.Tests;

/// <summary>Shapes without execution: equal to ONNX's expected outputs, and judged before anything is allocated.</summary>
public sealed class ShapeInferenceTests
{
    [Test]
    public void ShapesAndTypesAreThoseOfTheNodeTests()
    {
        SortedDictionary<string, Dictionary<string,
            byte[]>> cases = OnnxNodeTests.ReadCases(ReferenceData.Shared("reference/onnx-node-tests.tar.gz"));
        int models = 0, whole = 0, open = 0;
        var failures = new List<string>();
        foreach ((string name, Dictionary<string, byte[]> files) in cases)
        {
            if (!files.TryGetValue("model.onnx", out byte[]? model)) continue;
            var bag = new DiagnosticBag();
            NetworkGraph? graph = OnnxReader.Read(model, name, new DiagnosticBag());
            if (graph is null || !GraphChecks.Operators(graph, name, new DiagnosticBag())) continue;
            if (OnnxNodeTests.IsExcluded(name)) continue;
            models++;
            // As in the file, where scales, divisors, shapes or steps may be inputs: accepted, and what is known is right.
            if (!GraphChecks.Shapes(graph, name, bag)) failures.Add($"{name}: {bag}");
            else if (Differences(graph, graph, files, ref open) is { } wrong) failures.Add(wrong);
            // With the inputs as constants everything is known.
            Dictionary<string, Tensor> given =
                graph.Inputs.Select((v, i) => (v.Name, Tensor: TensorFile.ReadProto(files[$"test_data_set_0/input_{i}.pb"], name, bag)!))
                .ToDictionary(v => v.Name, v => v.Tensor);
            if (Differences(graph, graph with { Inputs = [], Constants = graph.Constants.AddRange(given) }, files, ref whole) is
                { } different) failures.Add($"{name}, constants: {different}");
        }
        Assert.That(failures, Is.Empty, string.Join('\n', failures));
        Assert.That(models, Is.GreaterThanOrEqualTo(400));
        Assert.That(whole, Is.GreaterThanOrEqualTo(models), "every output with constant inputs");
        Assert.That(open, Is.GreaterThanOrEqualTo(models * 8 / 10));
        Truth.Checked("Workloads", "Inferred shapes of the ONNX backend node tests", "onnx/onnx at 6be0677f, expected outputs", models,
            "types and shapes equal, without execution");
    }

    private static string? Differences(NetworkGraph file, NetworkGraph graph, Dictionary<string, byte[]> files, ref int known)
    {
        try
        {
            IReadOnlyDictionary<string, StaticValue> values = ShapeInference.Values(graph);
            for (int i = 0; i < file.Outputs.Length; i++)
            {
                Tensor expected = TensorFile.ReadProto(files[$"test_data_set_0/output_{i}.pb"], "", new DiagnosticBag())!;
                if (!values.TryGetValue(file.Outputs[i].Name, out StaticValue? found)) continue;
                known++;
                if (found.Type != expected.Type || !found.Shape.SequenceEqual(expected.Shape))
                    return $"{file.Name} output {i}: {found.Type} {Shapes.Text(found.Shape)}, expected {expected.Type} {Shapes.Text(expected.Shape)}";
            }
            return null;
        }
        catch (NetworkException e)
        {
            return $"{file.Name}: {e.Message}";
        }
    }

    // A few bytes that ask for gigabytes or minutes: what the graph is made of, and what the message says.
    private static readonly object[] Greedy =
    [
        new object[] { "ConstantOfShape", new[] { Longs("s", 1 << 20, 1 << 20) }, new[] { "s" }, "more than 1073741824 elements" },
        new object[] { "ConstantOfShape", new[] { Longs("s", 1 << 29) }, new[] { "s" }, "more than 268435456 elements" },
        new object[] { "Expand", new[] { Longs("s", 1 << 14, 1 << 15) }, new[] { "x", "s" }, "more than 268435456 elements" },
        new object[] { "Tile", new[] { Longs("s", 1 << 14, 1 << 15) }, new[] { "x", "s" }, "more than 268435456 elements" },
        new object[] { "Pad", new[] { Longs("s", 0, 1 << 30, 0, 1 << 30) }, new[] { "x", "s" }, "beyond the range" },
        new object[] { "Range", new[] { Scalar("a", 0), Scalar("b", 1L << 40), Scalar("d", 1) }, new[] { "a", "b", "d" },
            "more than 1073741824" },
    ];

    [TestCaseSource(nameof(Greedy))]
    public void SizesAreJudgedBeforeAnythingIsAllocated(string op, byte[][] constants, string[] inputs, string message)
    {
        byte[] model = Model(13, [Op("n", op, inputs, ["y"]), .. constants, Input("x", 1, 1, 1), Output("y", 1, 1)]);
        Assert.That(Refused(model), Does.StartWith("net.onnx:1:1: error ONX044: node 'n'").And.Contains(message));
    }

    [Test]
    public void LargeProductsAreRefusedWithoutBeingComputed()
    {
        byte[] product = Model(13, Op("m", "MatMul", ["x", "z"], ["y"]), Input("x", 1, 1 << 14, 1 << 14), Input("z", 1, 1 << 14, 1 << 14),
            Output("y", 1, 1 << 14, 1 << 14));
        Assert.That(Allocated(() => Assert.That(OnnxReader.Load(product, "net.onnx", new DiagnosticBag()), Is.Not.Null)),
            Is.LessThan(1 << 20), "4.4 T operations are inferred, not executed");
        byte[][] chain = [.. Enumerable.Range(0, 300)
            .Select(i => Op($"m{i}", "MatMul", [i == 0 ? "x" : $"v{i - 1}", "z"], [i == 299 ? "y" : $"v{i}"]))];
        byte[] many = Model(13, [.. chain, Input("x", 1, 1 << 14, 1 << 14), Input("z", 1, 1 << 14, 1 << 14),
            Output("y", 1, 1 << 14, 1 << 14)]);
        Assert.That(Refused(many), Does.Contain("operations up to here"));
        byte[] wide = Model(13, Op("n", "Relu", ["x"], ["y"]), Input("x", 1, 1 << 20, 1 << 20), Output("y", 1, 1 << 20, 1 << 20));
        Assert.That(Refused(wide), Does.Contain("more than 1073741824 elements"));
    }

    [Test]
    public void AllThatDoesNotFitIsToldAtOnceAndNothingThatFollows()
    {
        byte[] model = Model(13, Op("a", "MatMul", ["x", "w"], ["p"]), Op("b", "Relu", ["p"], ["q"]), Op("c", "MatMul", ["w", "x"], ["r"]),
            Op("d", "Add", ["q", "r"], ["y"]),
            Floats("w", [3, 2], 1, 2, 3, 4, 5, 6), Input("x", 1, 1, 4), Output("y", 1, 1, 4));
        Assert.That(Refused(model).Split('\n').Select(l => l.Split(':')[1]), Is.EqualTo(new[] { "1", "3" }));
    }

    [Test]
    public void OpenDimensionsAreNamedInMessages()
    {
        byte[] dims = Block(1, [.. Int(1, 1),
            .. Block(2, Join([Block(1, Int(1, 1)), Block(1, Int(1, 1)), Block(1, Text(2, "height")), Block(1, Int(1, 8))]))]);
        byte[] input = Block(11, [.. Text(1, "x"), .. Block(2, dims)]);
        byte[] model = Model(13, Op("p", "MaxPool", ["x"], ["y"], IntsAttribute("kernel_shape", 3, 3)), input, Output("y", 1, 1, 1, -1, 6));
        Assert.That(Refused(model), Does.Contain("a window of 3 does not fit into 1").And.EndWith("open dimensions were taken as 1: 'height' of input 'x'"));
        NetworkGraph graph = OnnxReader.Read(model, "net.onnx", new DiagnosticBag())!;
        Assert.That(ShapeInference.Infer(graph.WithDimensions(new Dictionary<string, int> { ["height"] = 5 }))["y"],
            Is.EqualTo(new[] { 1, 1, 3, 6 }));
        Assert.That(ShapeInference.Infer(graph.ForSamples([7, 1, 9, 8]))["y"], Is.EqualTo(new[] { 1, 1, 7, 6 }));
    }

    [Test]
    public void WhatShapesAreComputedFromIsFolded()
    {
        // The usual way of exporters to flatten: Shape, Gather, Unsqueeze, Concat, Reshape.
        byte[] model = Model(13, Op("s", "Shape", ["x"], ["s"]), Op("g", "Gather", ["s", "zero"], ["n"]),
            Op("u", "Unsqueeze", ["n", "axis"], ["n1"]),
            Op("c", "Concat", ["n1", "rest"], ["t"], IntAttribute("axis", 0)), Op("r", "Reshape", ["x", "t"], ["y"]), Scalar("zero", 0),
                Longs("axis", 0), Longs("rest", -1),
            Input("x", 1, 2, 3, 4), Output("y", 1, 2, 12));
        var bag = new DiagnosticBag();
        Assert.That(ShapeInference.Infer(OnnxReader.Load(model, "net.onnx", bag) ?? throw new AssertionException(bag.ToString()))["y"],
            Is.EqualTo(new[] { 2, 12 }));
    }

    [Test]
    public void AShapeThatIsAnInputIsAcceptedAndItsLayersAreNotGuessed()
    {
        byte[] model = Model(13, Op("r", "Reshape", ["x", "s"], ["t"]), Op("m", "MatMul", ["t", "w"], ["y"]),
            Floats("w", [3, 2], 1, 2, 3, 4, 5, 6),
            Input("x", 1, 2, 3), Input("s", 7, 2), Output("y", 1, 2, 2));
        var bag = new DiagnosticBag();
        NetworkGraph graph = OnnxReader.Load(model, "net.onnx", bag) ?? throw new AssertionException(bag.ToString());
        Assert.That(Assert.Throws<NetworkException>(() => LayerExtraction.Layers(graph))!.Message,
            Does.Contain("depends on the values of the network's inputs"));
    }

    [TestCase(7, new long[] { 1, 2 }, "declared Int64, computed Float32")]
    [TestCase(1, new long[] { 1, 3 }, "declared with shape [1,3], computed with [1,2]")]
    [TestCase(1, new long[] { 2 }, "declared with shape [2], computed with [1,2]")]
    [TestCase(1, new long[] { -1, 2 }, null)]
    [TestCase(1, new long[0], null)]
    public void DeclaredOutputsAreComparedWithWhatComesOut(int type, long[] shape, string? message)
    {
        byte[] model = Model(13, Op("a", "Relu", ["x"], ["y"]), Input("x", 1, 1, 2), Output("y", type, shape));
        var bag = new DiagnosticBag();
        Assert.That(OnnxReader.Load(model, "net.onnx", bag) is null, Is.EqualTo(message is not null));
        if (message is not null) Assert.That(bag.ToString(), Does.Contain("ONX046").And.Contains(message));
    }

    private static byte[] Longs(string name, params long[] values) =>
        Initializer(TensorBytes(name, 7, [values.Length], Block(9, [.. values.SelectMany(BitConverter.GetBytes)])));

    private static byte[] Scalar(string name, long value) => Initializer(TensorBytes(name, 7, [], Block(9, BitConverter.GetBytes(value))));

    private static long Allocated(Action run)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        run();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static string Refused(byte[] model)
    {
        var bag = new DiagnosticBag();
        Assert.That(Allocated(() => Assert.That(OnnxReader.Load(model, "net.onnx", bag), Is.Null)),
            Is.LessThan(4 * model.Length + (64 << 20)));
        return bag.ToString();
    }
}
