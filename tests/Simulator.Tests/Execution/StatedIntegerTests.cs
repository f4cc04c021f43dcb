using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>
/// Graphs of DequantizeLinear → Conv → QuantizeLinear. All scales are powers of two and all numbers small, so that the float32 network
/// computes without any rounding: a datapath that takes the stated integers equals it bit for bit, and one that chooses scales of its own
/// does not.
/// </summary>
public class StatedIntegerTests
{
    private const int Samples = 12, Rows = 6;

    [TestCase("int8", "int8", ElementType.Int8, -5)]
    [TestCase("int8", "int8", ElementType.UInt8, 122)]
    [TestCase("uint8", "int8", ElementType.UInt8, 7)]
    [TestCase("int12", "int9", ElementType.Int8, 0)]
    public void ADatapathThatHoldsTheIntegersTakesThem(string activation, string weight, ElementType element, int zeroPoint)
    {
        AccuracyResult found = Evaluate(activation, weight, element, zeroPoint);
        Assert.That(found.Layers.Keys, Is.EqualTo(new[] { "conv", "dense" }));
        foreach (LayerNumerics layer in found.Layers.Values)
        {
            Assert.That(layer.SqnrDb, Is.EqualTo(double.PositiveInfinity));
            Assert.That((layer.SaturatedInputs, layer.OverflowedOutputs), Is.EqualTo((0L, 0L)));
        }
        Assert.That(found.Warnings, Is.Empty);
    }

    [TestCase("int6", "int8", 2)]
    [TestCase("int8", "int7", 2)]
    [TestCase("int4", "int4", 4)]
    public void ADatapathThatCannotHoldThemSaysSo(string activation, string weight, int warnings)
    {
        AccuracyResult found = Evaluate(activation, weight, ElementType.Int8, -5);
        Assert.That(found.Layers["conv"].SqnrDb, Is.InRange(5, 80));
        Assert.That(found.Warnings, Has.Length.EqualTo(warnings).And.All.Contain("NET032").And.All.Contain("that the network states"));
    }

    private static AccuracyResult Evaluate(string activation, string weight, ElementType element, int zeroPoint)
    {
        var spec = new DatapathSpec("t", FormatCatalogue.Parse(weight), FormatCatalogue.Parse(activation),
            new IntegerAccumulator(32, RegisterOverflow.Wrap));
        PreparedNetwork network = PreparedNetwork.Create(Graph(element, zeroPoint),
            EvaluationData.Of(Tensor.OfFloats(TinyNetwork.Random(Samples * 2 * 25, 7, 2.5f), Samples, 2, 5, 5)),
            null, Recipe.Default, 2);
        return AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, spec, Recipe.Default, _ => new ReductionOrder(0)), 2);
    }

    // x → Q → DQ → Conv (grouped, padded, DQ weights with a scale a channel) → Relu → Q → DQ → MaxPool → Flatten → Gemm (transB, DQ
    // weights, one scale).
    private static NetworkGraph Graph(ElementType element, int zeroPoint)
    {
        long shift = element == ElementType.UInt8 ? 128 : 0;
        ImmutableDictionary<string, Tensor> constants = new Dictionary<string, Tensor>
        {
            ["sx"] = Tensor.OfFloats([0.03125f], []), ["zx"] = Tensor.OfIntegers(element, [zeroPoint], []),
            ["w"] = Integers(Rows * 9, 1, Rows, 1, 3, 3),
                ["sw"] = Tensor.OfFloats([.. Enumerable.Range(0, Rows).Select(r => MathF.ScaleB(1, -5 - r % 3))], Rows),
            ["b"] = Tensor.OfFloats([.. Enumerable.Range(0, Rows).Select(r => r * 0.25f - 0.5f)], Rows),
            ["sc"] = Tensor.OfFloats([0.25f], []), ["zc"] = Tensor.OfIntegers(element, [shift - 100], []),
            ["v"] = Integers(4 * Rows * 4, 2, 4, Rows * 4), ["sv"] = Tensor.OfFloats([0.0625f], []),
        }.ToImmutableDictionary();
        Node[] nodes =
        [
            Op("q1", "QuantizeLinear", ["x", "sx", "zx"]), Op("d1", "DequantizeLinear", ["q1", "sx", "zx"]),
                Op("dw", "DequantizeLinear", ["w", "sw"], ("axis", [0])),
            Op("conv", "Conv", ["d1", "dw", "b"], ("group", [2]), ("pads", [1, 1, 1, 1])), Op("relu", "Relu", ["conv"]),
            Op("q2", "QuantizeLinear", ["relu", "sc", "zc"]), Op("d2", "DequantizeLinear", ["q2", "sc", "zc"]),
            Op("pool", "MaxPool", ["d2"], ("kernel_shape", [2, 2]), ("strides", [2, 2])), Op("flat", "Flatten", ["pool"]),
            Op("dv", "DequantizeLinear", ["v", "sv"]), Op("dense", "Gemm", ["flat", "dv"], ("transB", [1])),
        ];
        return new("qdq", 13, [new("x", ElementType.Float32, [-1, 2, 5, 5])], [new("dense", ElementType.Float32, [-1, 4])], [.. nodes],
            constants, $"qdq {element} {zeroPoint}");
    }

    private static Tensor Integers(int count, int seed, params int[] shape)
    {
        var random = new Random(seed);
        return Tensor.OfIntegers(ElementType.Int8, [.. Enumerable.Range(0, count).Select(i => i == 0 ? -128L : random.Next(-128, 128))],
            shape);
    }

    private static Node Op(string name, string type, ImmutableArray<string> inputs, params (string Name, long[] Values)[] attributes) =>
        new(name, "", type, inputs, [name],
        attributes.ToImmutableDictionary(a => a.Name, a => a.Values.Length == 1 ? new NodeAttribute(a.Name, Integer: a.Values[0])
            : new NodeAttribute(a.Name, Integers: [.. a.Values])));
}
