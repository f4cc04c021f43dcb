using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>Older forms of operators and paths that ONNX's node tests (newest opset only) do not reach; expectations by hand.</summary>
public sealed class OperatorVersionTests
{
    [Test]
    public void Softmax_flattens_before_opset_13_and_takes_one_axis_since()
    {
        Tensor zeros = Tensor.OfFloats(new float[4], 1, 2, 2);
        Assert.That(Run("Softmax", 12, [zeros]).Floats, Has.All.EqualTo(0.25f));
        Assert.That(Run("Softmax", 13, [zeros]).Floats, Has.All.EqualTo(0.5f));
    }

    [Test]
    public void Clip_takes_bounds_as_attributes_and_as_inputs()
    {
        Tensor x = Tensor.OfFloats([-3, 0.5f, 9], 3);
        Assert.That(Run("Clip", 9, [x], Real("min", 0), Real("max", 6)).Floats, Is.EqualTo(new[] { 0, 0.5f, 6 }));
        Assert.That(Run("Clip", 13, [x, Tensor.OfFloats([0]), null]).Floats, Is.EqualTo(new[] { 0, 0.5f, 9 }));
    }

    [Test]
    public void Axes_are_taken_as_attributes_and_as_inputs()
    {
        Tensor x = Tensor.OfFloats([1, 2, 3, 4], 1, 2, 2), axis = Tensor.OfIntegers(ElementType.Int64, [1], 1);
        Assert.That(Run("ReduceMean", 13, [x], Ints("axes", 1)).Floats, Is.EqualTo(new[] { 2f, 3 }));
        Assert.That(Run("ReduceMean", 18, [x, axis]).Floats, Is.EqualTo(new[] { 2f, 3 }));
        Assert.That(Run("Squeeze", 11, [x], Ints("axes", 0)).Shape, Is.EqualTo(new[] { 2, 2 }));
        Assert.That(Run("Unsqueeze", 11, [x], Ints("axes", 0, 4)).Shape, Is.EqualTo(new[] { 1, 1, 2, 2, 1 }));
        Assert.That(Run("Unsqueeze", 13, [x, axis]).Shape, Is.EqualTo(new[] { 1, 1, 2, 2 }));
    }

    [Test]
    public void Pad_takes_attributes_and_all_modes()
    {
        Tensor x = Tensor.OfFloats([1, 2, 3], 3), pads = Tensor.OfIntegers(ElementType.Int64, [2, 1], 2);
        Assert.That(Run("Pad", 10, [x], Ints("pads", 1, 1), Real("value", 7)).Floats, Is.EqualTo(new[] { 7f, 1, 2, 3, 7 }));
        Assert.That(Run("Pad", 19, [x, pads], Text("mode", "reflect")).Floats, Is.EqualTo(new[] { 3f, 2, 1, 2, 3, 2 }));
        Assert.That(Run("Pad", 19, [x, pads], Text("mode", "edge")).Floats, Is.EqualTo(new[] { 1f, 1, 1, 2, 3, 3 }));
        Assert.That(Run("Pad", 19, [x, pads], Text("mode", "wrap")).Floats, Is.EqualTo(new[] { 2f, 3, 1, 2, 3, 1 }));
    }

    [Test]
    public void Grouped_dilated_and_one_dimensional_convolutions()
    {
        Tensor x = Tensor.OfFloats([1, 2, 3, 4, 10, 20, 30, 40], 1, 2, 4), w = Tensor.OfFloats([1, -1, 2, 1], 2, 1, 2);
        Assert.That(Run("Conv", 13, [x, w], Ints("dilations", 2), Whole("group", 2)).Floats, Is.EqualTo(new[] { -2f, -2, 50, 80 }));
        Assert.That(Run("Conv", 13, [x, w], Whole("group", 2), Text("auto_pad", "SAME_LOWER")).Floats,
            Is.EqualTo(new[] { -1f, -1, -1, -1, 10, 40, 70, 100 }));
        Assert.That(Run("Conv", 13, [x, w], Whole("group", 2), Text("auto_pad", "SAME_UPPER"), Ints("strides", 2)).Floats,
            Is.EqualTo(new[] { -1f, -1, 40, 100 }));
    }

    [Test]
    public void Quantization_rounds_half_to_even_saturates_and_knows_axes()
    {
        Tensor x = Tensor.OfFloats([0.5f, 1.5f, -300, 300], 2, 2), scales = Tensor.OfFloats([1, 2], 2),
            zeros = Tensor.OfIntegers(ElementType.Int8, [0, 1], 2);
        Assert.That(Run("QuantizeLinear", 13, [x, scales, zeros], Whole("axis", 0)).Integers, Is.EqualTo(new long[] { 0, 2, -128, 127 }));
        Tensor q = Tensor.OfIntegers(ElementType.Int32, [3, 4, 5, 6], 2, 2);
        Assert.That(Run("DequantizeLinear", 13, [q, scales], Whole("axis", 1)).Floats, Is.EqualTo(new[] { 3f, 8, 5, 12 }));
        Tensor blocks = Tensor.OfFloats([1, 2, 3, 4], 2, 2), wide = Tensor.OfIntegers(ElementType.Int8, [1, 1, 1, 1, 1, 1], 2, 3);
        Assert.That(Run("DequantizeLinear", 21, [wide, blocks], Whole("axis", 1), Whole("block_size", 2)).Floats,
            Is.EqualTo(new[] { 1f, 1, 2, 3, 3, 4 }));
    }

    [Test]
    public void Errors_name_the_node()
    {
        NetworkException e = Assert.Throws<NetworkException>(() =>
            Run("MatMul", 13, [Tensor.OfFloats([1, 2], 1, 2), Tensor.OfFloats([1, 2, 3], 3, 1)]))!;
        Assert.That(e.Message, Is.EqualTo("node 'n' (MatMul): A [1,2] and B [3,1] do not fit for a matrix product"));
        Assert.That(Assert.Throws<NetworkException>(() =>
            Run("Div", 13, [Tensor.OfIntegers(ElementType.Int32, [1]), Tensor.OfIntegers(ElementType.Int32, [0])]))!.Message,
            Does.Contain("divided by zero"));
        Assert.That(Assert.Throws<NetworkException>(() =>
            Run("QuantizeLinear", 21, [Tensor.OfFloats([1, 2], 1, 2), Tensor.OfFloats([1], 1)], Whole("block_size", 2)))!.Message,
            Does.Contain("need scales and zero points of shape [1,1], found [1]"));
    }

    [Test]
    public void Float_products_have_the_same_bits_for_any_tiling()
    {
        var random = new Random(7);
        float[] Values(int n) => [.. Enumerable.Range(0, n).Select(_ => random.NextSingle() - 0.5f)];
        foreach ((int m, int n, int k) in new[] { (1, 1, 1), (5, 33, 17), (4, 32, 8), (300, 70, 60), (7, 31, 100) })
        {
            float[] a = Values(m * k), b = Values(k * n), expected = new float[m * n];
            for (int i = 0; i < m; i++)
                for (int j = 0; j < n; j++)
                    for (int l = 0; l < k; l++) expected[i * n + j] = MathF.FusedMultiplyAdd(a[i * k + l], b[l * n + j],
                        expected[i * n + j]);
            Assert.That(Run("MatMul", 13, [Tensor.OfFloats(a, m, k), Tensor.OfFloats(b, k, n)]).Floats, Is.EqualTo(expected),
                $"{m}×{n}×{k}");
        }
    }

    private static NodeAttribute Whole(string name, long value) => new(name, Integer: value);

    private static NodeAttribute Real(string name, float value) => new(name, Real: value);

    private static NodeAttribute Text(string name, string value) => new(name, Text: value);

    private static NodeAttribute Ints(string name, params long[] values) => new(name, Integers: [.. values]);

    private static Tensor Run(string op, int opset, Tensor?[] inputs, params NodeAttribute[] attributes)
    {
        var node = new Node("n", "", op, [.. inputs.Select((t, i) => t is null ? "" : $"i{i}")], ["y"],
            attributes.ToImmutableDictionary(a => a.Name));
        return GraphExecutor.Apply(node, opset, inputs)[0];
    }
}
