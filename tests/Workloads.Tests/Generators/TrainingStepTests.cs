using Sim.Workloads.Graph;

namespace Sim.Tests.Generators;

/// <summary>A training step is forward, two products a matrix layer, and an update of every weight.</summary>
public sealed class TrainingStepTests
{
    private static NetworkLayers Step(string network, string run, bool training) =>
        PublishedNetworkTests.Of($"schema: sim.workload/1\nname: t\nnetwork: {network}\n{run}{(training ? "training: true\n" : "")}");

    // The images themselves get no gradient: the first layer has one product less.
    [TestCase("resnet18", "conv1")]
    [TestCase("resnet50", "conv1")]
    [TestCase("mobilenet_v2", "conv1")]
    [TestCase("vgg16", "conv1_1")]
    [TestCase("alexnet", "conv1")]
    [TestCase("alexnet_2012", "conv1")]
    [TestCase("vit_b_16", "patches")]
    public void Training_takes_three_times_the_products_of_inference(string network, string first)
    {
        NetworkLayers forward = Step(network, "batch: 4\n", false), step = Step(network, "batch: 4\n", true);
        Assert.That(step.Macs, Is.EqualTo(3 * forward.Macs - forward.Gemms.Single(l => l.Name == first).Macs));
        Assert.That(step.Elements(TensorKind.Weights), Is.EqualTo(forward.Elements(TensorKind.Weights)));
        string[] updated = [.. step.Vectors.Where(v => v.OpType == "Sgd").Select(v => v.Name[..^".update".Length])];
        Assert.That(updated, Is.EquivalentTo(step.Tensors.Values.Where(t => t.Kind == TensorKind.Weights).Select(t => t.Name)));
        Assert.That(step.Vectors.Where(v => v.OpType == "Sgd").Sum(v => v.Operations),
            Is.EqualTo(2 * forward.Elements(TensorKind.Weights)));
    }

    // Chowdhery et al. 2022 (PaLM), Appendix B: 6N + 12·L·H·Q·T operations a token, N the parameters that take part in products.
    // Kaplan et al. 2020, Table 1 leave the second part out: 6N, for sequences that are short beside the width.
    [TestCase("gpt2", 12, 768, 1024)]
    [TestCase("gpt2", 12, 768, 128)]
    [TestCase("llama3_2_1b", 16, 2048, 256)]
    public void Operations_a_token_are_six_a_parameter_and_attention(string network, int layers, int width, int sequence)
    {
        NetworkLayers step = Step(network, $"batch: 2\nsequence: {sequence}\n", true), forward = Step(network,
            $"batch: 2\nsequence: {sequence}\nlogits: all\n", false);
        double tokens = 2.0 * sequence, exact = 6.0 * forward.WeightElements + 12.0 * layers * width * sequence;
        Assert.That(2 * step.Macs / tokens, Is.EqualTo(exact));
        double rule = 6.0 * step.Elements(TensorKind.Weights)!.Value;
        if (width >= 4 * sequence) Assert.That(2 * step.Macs / tokens, Is.EqualTo(rule).Within(5).Percent);
    }

    [Test]
    public void Gradients_of_a_convolution_are_convolutions_where_they_can_be()
    {
        NetworkLayers step = Step("resnet18", "batch: 4\n", true);
        GemmLayer Layer(string name) => step.Gemms.Single(l => l.Name == name);
        // Same size, stride 1: filters turned round over the gradient.
        GemmLayer dx = Layer("conv2_1_a.input_gradient");
        Assert.That((dx.OpType, dx.M, dx.N, dx.K, dx.Conv!.PadTop, dx.Batch), Is.EqualTo(("Conv", 4 * 56 * 56, 64, 64 * 9, 1, 4)));
        // With a stride: im2col rows of the input's gradient, then their sum.
        GemmLayer strided = Layer("conv3_1_a.input_gradient");
        Assert.That((strided.OpType, strided.M, strided.N, strided.K), Is.EqualTo(("MatMul", 4 * 28 * 28, 64 * 9, 128)));
        Assert.That(step.Vectors.Single(v => v.Name == "conv3_1_a.col2im").OutputElements, Is.EqualTo(4 * 64 * 56 * 56));
        // The images take part as channels, the channels as images, the gradient as the filter; the layer's stride is its dilation.
        GemmLayer dw = Layer("conv3_1_a.weight_gradient");
        Assert.That((dw.M, dw.N, dw.K, dw.Batch, dw.Second), Is.EqualTo((64 * 9, 128, 4 * 28 * 28, 64, SecondOperand.Activations)));
        Assert.That(dw.Conv, Is.EqualTo(new ConvGeometry(4, 56, 56, 28, 28, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3)));
    }

    [Test]
    public void Gradients_of_attention_and_of_shared_tensors_meet()
    {
        NetworkLayers step = Step("gpt2", "sequence: 16\n", true);
        GemmLayer Layer(string name) => step.Gemms.Single(l => l.Name == name);
        GemmLayer keys = Layer("layer0.attention.scores.second_gradient"), queries = Layer("layer0.attention.scores.input_gradient");
        Assert.That((queries.Groups, queries.M, queries.N, queries.K), Is.EqualTo((12, 16, 64, 16)));
        Assert.That((keys.Groups, keys.M, keys.N, keys.K), Is.EqualTo((12, 64, 16, 16)));
        // The table gets gradients as embedding and as output layer; a normalized token from queries, keys and values.
        Assert.That(step.Steps.Single(s => s.Name == "embeddings.words.gradient_sum").Inputs, Has.Length.EqualTo(2));
        Assert.That(step.Steps.Single(s => s.Name == "layer0.norm1.gradient_sum").Inputs, Has.Length.EqualTo(3));
    }

    [Test]
    public void Adam_keeps_two_moments_a_parameter()
    {
        NetworkLayers step = PublishedNetworkTests.Shipped("gpt2_train");
        Assert.That(step.Elements(TensorKind.State), Is.EqualTo(2 * 124_439_808L));
        Assert.That(step.Vectors.Where(v => v.OpType == "Adam").Sum(v => v.Operations), Is.EqualTo(12 * 124_439_808L));
        Assert.That(step.Tokens, Is.EqualTo(8 * 1024));
    }
}
