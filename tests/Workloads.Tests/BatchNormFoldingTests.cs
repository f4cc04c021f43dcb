using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;

namespace Sim.Tests;

/// <summary>Folding against networks that others folded in float64, and against the unfolded graph.</summary>
public sealed class BatchNormFoldingTests
{
    [TestCase("mlperf-dscnn-kws", 9)]
    [TestCase("mlperf-streaming-wakeword", 4)]
    public void Folded_weights_equal_those_that_others_folded(string net, int norms)
    {
        NetworkGraph original = Load($"{net}/model.onnx"), expected = Load($"{net}/model_folded.onnx"),
            folded = BatchNormFolding.Fold(original);
        Assert.That(original.Nodes.Count(n => n.OpType == "BatchNormalization"), Is.EqualTo(norms));
        Assert.That(folded.Nodes.Select(n => n.OpType), Is.EqualTo(expected.Nodes.Select(n => n.OpType)));
        int compared = 0;
        for (int i = 0; i < folded.Nodes.Length; i++)
        {
            for (int input = 1; input < Math.Min(folded.Nodes[i].Inputs.Length, expected.Nodes[i].Inputs.Length); input++)
            {
                if (folded.Nodes[i].OpType is not ("Conv" or "Gemm")) continue;
                float[] mine = folded.Constants[folded.Nodes[i].Inputs[input]].Floats,
                    theirs = expected.Constants[expected.Nodes[i].Inputs[input]].Floats;
                Assert.That(mine, Has.Length.EqualTo(theirs.Length));
                for (int e = 0; e < mine.Length; e++, compared++)
                    Assert.That(mine[e], Is.EqualTo(theirs[e]).Within(Math.Max(1e-7, 2e-7 * Math.Abs(theirs[e]))),
                        $"{folded.Nodes[i].Name} input {input} element {e}");
            }
        }
        Assert.That(compared, Is.GreaterThan(20_000));
        Truth.Checked("Workloads", $"{net} model_folded.onnx", "float64 folding by others", compared,
            "weights and biases equal to one unit in the last place");
    }

    [TestCase("qonnx-tfc-w2a2")]
    public void Products_of_computed_weights_keep_their_meaning(string net)
    {
        NetworkGraph original = ConstantFolding.Fold(Load($"{net}/model_std.onnx")), folded = BatchNormFolding.Fold(original);
        Assert.That(original.Nodes.Count(n => n.OpType == "BatchNormalization"), Is.EqualTo(3));
        Assert.That(folded.Nodes.Count(n => n.OpType == "BatchNormalization"), Is.Zero);
        var random = new Random(1);
        Tensor x = Tensor.OfFloats([.. Enumerable.Range(0, 784).Select(_ => random.NextSingle())], 1, 1, 28, 28);
        string input = original.Inputs[0].Name, output = original.Outputs[0].Name;
        float[] a = GraphExecutor.Run(original, new Dictionary<string, Tensor> { [input] = x })[output].Floats;
        float[] b = GraphExecutor.Run(folded, new Dictionary<string, Tensor> { [input] = x })[output].Floats;
        Assert.That(b, Is.EqualTo(a).Within(1e-5));
    }

    private static NetworkGraph Load(string net)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Load(ReferenceData.Shared($"nets/{net}"), bag);
        Assert.That(bag.ToString(), Is.Empty);
        return graph!;
    }
}
