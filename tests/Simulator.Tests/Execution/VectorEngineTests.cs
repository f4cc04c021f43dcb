using System.Collections.Immutable;
using Sim.Datapath.Nonlinear;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests.Execution;

/// <summary>Which elements of a tensor form a row, and what the node adds to it: each node beside the function applied to rows gathered by
/// hand.</summary>
public class VectorEngineTests
{
    private static readonly VectorProgram Program =
        new([Parse(VectorFunctionKind.Softmax, "two_pass format=fp16"), Parse(VectorFunctionKind.Tanh, "pade format=bf16"),
        Parse(VectorFunctionKind.Gelu, "ivit scale=0.0625"), Parse(VectorFunctionKind.LayerNorm, "exact format=fp16 epsilon=0.5")]);

    private static readonly float[] Values = [.. Enumerable.Range(0, 24).Select(i => MathF.Sin(i * i) * 3)];

    [TestCase("Softmax", 13, 1, new[] { 0, 4, 8 }, TestName = "Softmax along the middle axis")]
    [TestCase("Softmax", 13, -1, new[] { 0, 1, 2, 3 }, TestName = "Softmax along the last axis")]
    [TestCase("Softmax", 11, 1, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 },
        TestName = "Softmax before opset 13 takes all from the axis on")]
    [TestCase("Gelu", 20, null, new[] { 0, 1, 2, 3 }, TestName = "ShiftGELU along the last axis")]
    [TestCase("Tanh", 13, null, new[] { 0 }, TestName = "Tanh by itself")]
    public void FirstRow(string op, int opset, int? axis, int[] places)
    {
        Tensor result = Run(op, opset, axis, Tensor.OfFloats([.. Values], [2, 3, 4]))!;
        float[] row = [.. places.Select(p => Values[p])], expected = new float[row.Length];
        new FloatRows(VectorOperators.Find(Program, op)!).Apply(row, expected);
        Assert.That(places.Select(p => result.Floats[p]), Is.EqualTo(expected));
        Assert.That(result.Shape, Is.EqualTo(new[] { 2, 3, 4 }));
    }

    [Test]
    public void NormsTakeTheNodesEpsilonScaleAndBias()
    {
        float[] scale = [1, 2, 3, 4], bias = [0.5f, 0, -1, 8];
        Tensor[] inputs = [Tensor.OfFloats([.. Values], [2, 3, 4]), Tensor.OfFloats(scale, [4]), Tensor.OfFloats(bias, [4])];
        Node node = new("norm", "", "LayerNormalization", ["x", "s", "b"], ["y"], ImmutableDictionary<string,
            NodeAttribute>.Empty.Add("epsilon", new("epsilon", Real: 0.25f)));
        Tensor result = ((ILayerEngine)new VectorEngine(Program, 17)).Execute(node, inputs)![0];
        float[] expected = new float[4];
        new FloatRows(Parse(VectorFunctionKind.LayerNorm, "exact format=fp16 epsilon=0.25")).Apply(Values.AsSpan(8, 4), expected);
        Assert.That(result.Floats[8..12], Is.EqualTo(expected.Select((v, i) => v * scale[i] + bias[i])));
    }

    [Test]
    public void OtherNodesAreLeftToTheExecutor()
    {
        Assert.That(Run("Sigmoid", 13, null, Tensor.OfFloats([1], [1])), Is.Null);
        Assert.That(Run("Relu", 13, null, Tensor.OfFloats([1], [1])), Is.Null);
        Assert.Throws<NetworkException>(() => Run("Softmax", 13, 5, Tensor.OfFloats([1], [1])));
    }

    private static Tensor? Run(string op, int opset, int? axis, Tensor input)
    {
        ImmutableDictionary<string, NodeAttribute> attributes = ImmutableDictionary<string, NodeAttribute>.Empty;
        if (axis is { } a) attributes = attributes.Add("axis", new("axis", Integer: a));
        return ((ILayerEngine)new VectorEngine(Program, opset)).Execute(new Node("n", "", op, ["x"], ["y"], attributes), [input])?[0];
    }

    private static VectorFunction Parse(VectorFunctionKind kind, string text) =>
        VectorFunctionCatalogue.Parse(kind, text, out string problem) ?? throw new AssertionException(problem);
}
