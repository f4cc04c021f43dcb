using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;

namespace Sim.Workloads.Tests;

/// <summary>Constants of a model replaced in its bytes, which were written by hand.</summary>
public class OnnxEditorTests
{
    // y = (x · w) · w: one tensor for two nodes; a Constant node; fields that no part of this project reads (documentation, a model
    // version).
    private static byte[] Model() =>
    [
        .. OnnxBytes.Model(13,
            OnnxBytes.Op("first", "Mul", ["x", "w"], ["a"]), OnnxBytes.Op("second", "Mul", ["a", "w"], ["b"]),
                OnnxBytes.Op("third", "Add", ["b", "v"], ["y"]),
            OnnxBytes.Floats("w", [2], 3, 5), OnnxBytes.Floats("v", [2], 1, 2), OnnxBytes.Input("x", 1, 2), OnnxBytes.Output("y", 1, 2)),
        .. OnnxBytes.Int(5, 42), .. OnnxBytes.Text(6, "a model to keep"),
            .. OnnxBytes.Block(14, [.. OnnxBytes.Text(1, "author"), .. OnnxBytes.Text(2, "someone")]),
    ];

    [Test]
    public void ATensorOfOneNodeIsReplacedAndOneOfTwoIsCopied()
    {
        byte[] changed = OnnxEditor.Replace(Model(), [new(2, 1, Tensor.OfFloats([7, 8], 2)), new(3, 1, Tensor.OfFloats([-1], 1))], []);
        NetworkGraph graph = Load(changed);
        Assert.That(graph.Constants["w"].Floats, Is.EqualTo(new[] { 3f, 5f }), "the first node's weights stay");
        Assert.That(graph.Constants[graph.Nodes[1].Inputs[1]].Floats, Is.EqualTo(new[] { 7f, 8f }));
        Assert.That(graph.Constants["v"].Floats, Is.EqualTo(new[] { -1f }));
        Assert.That(graph.Nodes.Select(n => n.OpType), Is.EqualTo(new[] { "Mul", "Mul", "Add" }));
    }

    [Test]
    public void WhatThisProjectDoesNotReadStays()
    {
        byte[] once = OnnxEditor.Replace(Model(), [], [new("sim.repair.method", "split"), new("author", "someone else")]);
        byte[] twice = OnnxEditor.Replace(once, [], [new("sim.repair.method", "gptq")]);
        Assert.That(Contains(twice, OnnxBytes.Text(6, "a model to keep")), Is.True);
        Assert.That(Contains(twice, OnnxBytes.Int(5, 42)), Is.True);
        Assert.That(Contains(twice, OnnxBytes.Block(14, [.. OnnxBytes.Text(1, "author"), .. OnnxBytes.Text(2, "someone else")])), Is.True);
        Assert.That(Contains(twice, OnnxBytes.Block(14, [.. OnnxBytes.Text(1, "sim.repair.method"), .. OnnxBytes.Text(2, "gptq")])),
            Is.True);
        Assert.That(Contains(twice, "split"u8.ToArray()), Is.False);
    }

    [TestCase(ElementType.Int8, -128L)]
    [TestCase(ElementType.UInt8, 255L)]
    [TestCase(ElementType.Int32, -2147483648L)]
    public void IntegersKeepTheirType(ElementType type, long value)
    {
        byte[] changed = OnnxEditor.Replace(Model(), [new(3, 1, Tensor.OfIntegers(type, [value, 1], 2))], []);
        var bag = new DiagnosticBag();
        NetworkGraph graph = OnnxReader.Read(changed, "net.onnx", bag)!;
        Assert.That((graph.Constants["v"].Type, graph.Constants["v"].Integers[0]), Is.EqualTo((type, value)));
    }

    [Test]
    public void ComputedInputsAndTensorsInOtherFilesAreRefused()
    {
        Assert.That(() => OnnxEditor.Replace(Model(), [new(2, 0, Tensor.OfFloats([1], 1))], []),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("'a' of node 'second' is computed"));
        byte[] external = OnnxBytes.Model(13, OnnxBytes.Initializer([.. OnnxBytes.TensorBytes("w", 1, [1]), .. OnnxBytes.Int(14, 1)]));
        Assert.That(() => OnnxEditor.Replace(external, [], []),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("files beside it"));
    }

    private static NetworkGraph Load(byte[] model)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Load(model, "net.onnx", bag);
        Assert.That(bag.ToString(), Is.Empty);
        return graph!;
    }

    private static bool Contains(byte[] whole, byte[] part) => whole.AsSpan().IndexOf(part) >= 0;
}
