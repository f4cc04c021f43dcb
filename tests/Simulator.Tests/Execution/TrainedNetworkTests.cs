using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Tests;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>Networks trained with quantization by others: their values lie on integer grids, so an int8 datapath with 32-bit sums must lose
/// nothing.</summary>
public class TrainedNetworkTests
{
    // Accuracies on these 1000 images as measured with ONNX Runtime.
    [TestCase("qonnx-tfc-w2a2", 0.966)]
    [TestCase("qonnx-tfc-w1a1", 0.913)]
    public void Quantization_aware_networks_run_without_loss(string folder, double accuracy)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Load(ReferenceData.Shared($"nets/{folder}/model_std.onnx"), bag);
        Tensor? x = TensorFile.Read(ReferenceData.Shared("nets/data-mnist/mnist_test1000_x_u8.npy"), bag),
            y = TensorFile.Read(ReferenceData.Shared("nets/data-mnist/mnist_test1000_labels.npy"), bag);
        bag.ThrowIfErrors();
        Tensor images = Tensor.OfFloats(Array.ConvertAll(x!.Integers, v => v / 255f), 1000, 1, 28, 28);
        PreparedNetwork network = PreparedNetwork.Create(graph!, EvaluationData.Of(images, [.. y!.Integers.Select(v => (int)v)]), null,
            Recipe.Default, 2);
        INumberFormat int8 = FormatCatalogue.Parse("int8");
        var spec = new DatapathSpec("int8", int8, int8, new IntegerAccumulator(32, RegisterOverflow.Wrap));
        AccuracyResult found = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, spec, Recipe.Default, _ => new ReductionOrder(16)),
            2);
        Assert.That(found.Layers, Has.Count.EqualTo(4));
        Assert.That((found.Totals.Top1, found.Totals.FloatTop1), Is.EqualTo(((double?)accuracy, (double?)accuracy)));
        Assert.That(found.Totals.AgreementWithFloat, Is.EqualTo(1));
        Truth.Checked("Accuracy", $"{folder} through an int8 datapath", "ONNX Runtime, 1000 MNIST images", 1000,
            $"equal: {accuracy * 100:0.0} %");
    }
}
