using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>Quant, BipolarQuant and Trunc against values that the functions int_quant, binary_quant, trunc_v1 and trunc_v2 of
/// fastmachinelearning/qonnx (cc2ec17b) gave.</summary>
public sealed class QonnxOperatorTests
{
    private static readonly float[] X = [-9, -2.5f, -1.5f, -1.25f, -0.75f, -0.5f, -0.25f, -0f, 0.1f, 0.25f, 0.5f, 0.75f, 1.25f, 1.5f, 2.5f,
        9];

    private static readonly float[] Sums = [-31, -8.5f, -7, -4, -3, -2, -1, 0, 1, 2, 3, 4, 7, 8.5f, 20, 31];

    [TestCase(3, 1, 0, "ROUND", 0.5f, 0f, new float[] { -2, -2, -1.5f, -1, -1, -0.5f, 0, 0, 0, 0, 0.5f, 1, 1, 1.5f, 1.5f, 1.5f })]
    [TestCase(3, 1, 1, "ROUND", 0.5f, 0f, new float[] { -1.5f, -1.5f, -1.5f, -1, -1, -0.5f, 0, 0, 0, 0, 0.5f, 1, 1, 1.5f, 1.5f, 1.5f })]
    [TestCase(3, 0, 0, "half_even", 0.5f, 1f,
        new float[] { -0.5f, -0.5f, -0.5f, -0.5f, -0.5f, -0.5f, -0.5f, 0, 0, 0.5f, 0.5f, 0.5f, 1.5f, 1.5f, 2.5f, 3 })]
    [TestCase(3, 0, 1, "FLOOR", 0.5f, 2f, new float[] { -1, -1, -1, -1, -1, -0.5f, -0.5f, 0, 0, 0, 0.5f, 0.5f, 1, 1.5f, 2, 2 })]
    [TestCase(4, 1, 0, "CEIL", 0.5f, 0f,
        new float[] { -4, -2.5f, -1.5f, -1, -0.5f, -0.5f, 0, 0, 0.5f, 0.5f, 0.5f, 1, 1.5f, 1.5f, 2.5f, 3.5f })]
    [TestCase(4, 1, 0, "UP", 0.5f, 0f,
        new float[] { -4, -2.5f, -1.5f, -1.5f, -1, -0.5f, -0.5f, 0, 0.5f, 0.5f, 0.5f, 1, 1.5f, 1.5f, 2.5f, 3.5f })]
    [TestCase(4, 1, 0, "DOWN", 0.5f, -1f,
        new float[] { -3.5f, -2.5f, -1.5f, -1, -0.5f, -0.5f, 0, 0, 0.5f, 0.5f, 0.5f, 0.5f, 1, 1.5f, 2.5f, 4 })]
    [TestCase(4, 1, 0, "HALF_UP", 0.5f, 0f,
        new float[] { -4, -2.5f, -1.5f, -1.5f, -1, -0.5f, -0.5f, 0, 0, 0.5f, 0.5f, 1, 1.5f, 1.5f, 2.5f, 3.5f })]
    [TestCase(4, 1, 0, "HALF_DOWN", 0.5f, 0f,
        new float[] { -4, -2.5f, -1.5f, -1, -0.5f, -0.5f, 0, 0, 0, 0, 0.5f, 0.5f, 1, 1.5f, 2.5f, 3.5f })]
    [TestCase(1, 1, 0, "ROUND", 0.5f, 0f,
        new float[] { -0.5f, -0.5f, -0.5f, -0.5f, -0.5f, -0.5f, -0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f })]
    public void Quant_gives_the_reference_values(int bits, int signed, int narrow, string mode, float scale, float zero, float[] expected)
    {
        foreach (string type in new[] { "Quant", "IntQuant" })
            Assert.That(Run(type, Attributes(mode, signed, narrow), X, [scale], [zero], [bits]), Is.EqualTo(expected));
        Truth.Checked("Workloads", $"Quant {bits} bits {mode}", "qonnx int_quant", expected.Length, "equal");
    }

    [Test]
    public void BipolarQuant_gives_the_sign()
    {
        float[] expected = [-0.5f, -0.5f, -0.5f, -0.5f, -0.5f, -0.5f, -0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f];
        Assert.That(Run("BipolarQuant", ImmutableDictionary<string, NodeAttribute>.Empty, X, [0.5f]), Is.EqualTo(expected));
        Truth.Checked("Workloads", "BipolarQuant", "qonnx binary_quant", expected.Length, "equal");
    }

    [TestCase("FLOOR", new float[] { -4, -1.5f, -1, -0.5f, -0.5f, -0.5f, -0.5f, 0, 0, 0, 0, 0.5f, 0.5f, 1, 2.5f, 3.5f },
        new float[] { -28, -12, -8, -4, -4, -4, -4, 0, 0, 0, 0, 4, 4, 8, 20, 28 })]
    [TestCase("ROUND", new float[] { -4, -1, -1, -0.5f, -0.5f, 0, 0, 0, 0, 0, 0.5f, 0.5f, 1, 1, 2.5f, 4 },
        new float[] { -28, -8, -8, -4, -4, 0, 0, 0, 0, 0, 4, 4, 8, 8, 20, 28 })]
    [TestCase("CEIL", new float[] { -3.5f, -1, -0.5f, -0.5f, 0, 0, 0, 0, 0.5f, 0.5f, 0.5f, 0.5f, 1, 1.5f, 2.5f, 4 },
        new float[] { -28, -8, -4, -4, 0, 0, 0, 0, 4, 4, 4, 4, 8, 12, 20, 28 })]
    public void Trunc_of_both_versions_gives_the_reference_values(string mode, float[] first, float[] second)
    {
        Assert.That(Run("Trunc", Attributes(mode), Sums, [0.5f], [0], [7], [4]), Is.EqualTo(first));
        Assert.That(Run("Trunc", Attributes(mode, 1, 1), Sums, [0.5f], [0], [7], [4], [4]), Is.EqualTo(second));
        Truth.Checked("Workloads", $"Trunc {mode}", "qonnx trunc_v1, trunc_v2", first.Length + second.Length, "equal");
    }

    [TestCase(0f, "ROUND", "bit width 0")]
    [TestCase(2.5f, "ROUND", "bit width 2.5")]
    [TestCase(4f, "NEAREST", "rounding_mode 'NEAREST'")]
    public void What_has_no_meaning_is_refused(float bits, string mode, string message) =>
        Assert.That(Assert.Throws<NetworkException>(() => Run("Quant", Attributes(mode), X, [1], [0], [bits]))!.Message,
            Does.Contain(message));

    private static ImmutableDictionary<string, NodeAttribute> Attributes(string mode, int signed = 1, int narrow = 0) => new[]
    {
        new NodeAttribute("rounding_mode", Text: mode), new NodeAttribute("signed", Integer: signed),
            new NodeAttribute("narrow", Integer: narrow),
    }.ToImmutableDictionary(a => a.Name);

    private static float[] Run(string type, ImmutableDictionary<string, NodeAttribute> attributes, float[] x, params float[][] scalars)
    {
        var node = new Node("n", "qonnx.custom_op.general", type, [.. Enumerable.Range(0, 1 + scalars.Length).Select(i => $"i{i}")], ["y"],
            attributes);
        return GraphExecutor.Apply(node, 13, [Tensor.OfFloats(x, x.Length), .. scalars.Select(s => Tensor.OfFloats(s))])[0].Floats;
    }
}
