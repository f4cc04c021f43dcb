using Sim.Foundation.Yaml;
using Sim.Workloads.Generators;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;

namespace Sim.Tests.Generators;

/// <summary>Layers and tensors of every shipped workload, of its training step and of networks that were read fit together.</summary>
public sealed class LayerGraphTests
{
    private static IEnumerable<string> Shipped() => ConfigCatalogue.Names(WorkloadFile.Folder);

    [Test]
    public void Workloads_are_shipped() => Assert.That(Shipped().Count(), Is.GreaterThanOrEqualTo(20));

    [TestCaseSource(nameof(Shipped))]
    public void Tensors_are_made_before_they_are_used_and_have_the_elements_of_the_operands(string name) =>
        Check(PublishedNetworkTests.Shipped(name));

    [TestCase("{kind: resnet, layers: 34, image: 64, classes: 10}", "")]
    [TestCase("{kind: resnet, layers: 101, stride_in_first: true}", "optimizer: adam\n")]
    [TestCase("{kind: mobilenet_v2, image: 96}", "")]
    [TestCase("{kind: vgg, layers: 13, image: 64}", "")]
    [TestCase("{kind: alexnet, towers: 2}", "")]
    [TestCase("{kind: vit, layers: 2, hidden: 64, heads: 4, intermediate: 128, patch: 16, image: 32}", "")]
    [TestCase("{kind: bert, layers: 2, hidden: 64, heads: 4, intermediate: 128, vocabulary: 100, positions: 16}", "sequence: 9\n")]
    [TestCase("{kind: gpt2, layers: 2, hidden: 64, heads: 4, intermediate: 128, vocabulary: 100, positions: 16}", "sequence: 9\n")]
    [TestCase("{kind: llama, layers: 2, hidden: 64, heads: 4, kv_heads: 2, head_dim: 8, intermediate: 96, vocabulary: 100}",
        "sequence: 9\n")]
    [TestCase("{kind: llama, layers: 2, hidden: 64, heads: 4, intermediate: 96, vocabulary: 100, experts: 4, top_k: 2}", "sequence: 9\n")]
    public void Training_steps_of_every_kind_fit_together(string network, string run)
    {
        string text = $"schema: sim.workload/1\nname: n\nnetwork: {network}\nbatch: 3\n{run}";
        NetworkLayers step = PublishedNetworkTests.Of(text + "training: true\n");
        Check(step);
        // Every weight has a gradient, and the update that comes of it has its size.
        string[] weights = [.. step.Tensors.Values.Where(t => t.Kind == TensorKind.Weights).Select(t => t.Name)];
        Assert.That(step.Steps.Where(s => s.OpType is "Sgd" or "Adam").Select(s => s.Outputs[0]), Is.EquivalentTo(weights));
        Assert.That(step.Steps.Where(s => s.OpType is "Sgd" or "Adam").Select(s => step.Tensors[s.Inputs[0]].Elements),
            Is.EqualTo(step.Steps.Where(s => s.OpType is "Sgd" or "Adam").Select(s => step.Tensors[s.Outputs[0]].Elements)));
    }

    [TestCase("mlperf-dscnn-kws/model_int8.onnx")]
    [TestCase("mlperf-dscnn-kws/model.onnx")]
    [TestCase("mlperf-streaming-wakeword/model.onnx")]
    [TestCase("qonnx-tfc-w2a2/model_qonnx.onnx")]
    [TestCase("stories260k-llama/model.onnx")]
    public void Networks_that_were_read_have_tensors_too(string file)
    {
        var bag = new Sim.Foundation.Diagnostics.DiagnosticBag();
        NetworkLayers layers = LayerExtraction.Layers(OnnxReader.Load(ReferenceData.Shared("nets/" + file), bag)!);
        Check(layers);
        Assert.That(layers.Tensors.Values.Count(t => t.Kind == TensorKind.Output), Is.EqualTo(1));
    }

    // A Llama that PyTorch exported; it copies keys and values to all heads, so its products are cut otherwise.
    [Test]
    public void A_generated_Llama_is_the_exported_one()
    {
        var bag = new Sim.Foundation.Diagnostics.DiagnosticBag();
        NetworkLayers read = LayerExtraction.Layers(OnnxReader.Load(ReferenceData.Shared("nets/stories260k-llama/model.onnx"), bag)!);
        NetworkLayers made = PublishedNetworkTests.Of("""
            schema: sim.workload/1
            name: stories260K
            network: {kind: llama, layers: 5, hidden: 64, heads: 8, kv_heads: 4, intermediate: 172, vocabulary: 512, tied_embeddings: true}
            sequence: 256
            logits: all
            """);
        static IEnumerable<(long, int, int, int, SecondOperand)> Shapes(NetworkLayers n) =>
            n.Gemms.Where(l => l.Second == SecondOperand.Weights).Select(l => (l.Macs, l.M, l.N, l.K, l.Second));
        Assert.That(Shapes(made), Is.EquivalentTo(Shapes(read)));
        Assert.That(made.Macs, Is.EqualTo(read.Macs));
        Truth.Checked("Workloads", "generated Llama against stories260K", "ONNX exported from PyTorch", made.Gemms.Length,
            "products equal");
    }

    // Activations behind a convolution or an addition run with it; in training the backward pass needs what is between.
    [Test]
    public void Pointwise_layers_are_fused_where_nothing_else_uses_what_they_read()
    {
        static IEnumerable<string> Fused(string network, string run = "") => PublishedNetworkTests
            .Of($"schema: sim.workload/1\nname: n\nnetwork: {network}\n{run}").Vectors.Where(v => v.IsFused).Select(v => v.Name);
        Assert.That(Fused("resnet18").ToArray(), Has.Length.EqualTo(17).And.All.EndsWith(".relu"));
        Assert.That(Fused("resnet18", "training: true\n"), Is.Empty);
        Assert.That(Fused("llama3_2_1b", "sequence: 8\n").ToArray(), Has.Length.EqualTo(16).And.All.EndsWith(".swish"));
        Assert.That(Fused("bert_base", "sequence: 8\n").Count(n => n.EndsWith(".gelu", StringComparison.Ordinal)), Is.EqualTo(12));
    }

    [Test]
    public void The_peak_is_what_lives_at_once()
    {
        NetworkLayers layers = PublishedNetworkTests.Of("schema: sim.workload/1\nname: a\nnetwork: {kind: vgg, layers: 11, image: 32}\n");
        // conv1_1 and its activation: 2 · 64 · 32 · 32; the image is dead by then.
        Assert.That(layers.PeakElements(), Is.EqualTo(2 * 64 * 32 * 32));
    }

    private static void Check(NetworkLayers layers)
    {
        var there = layers.Tensors.Values.Where(t => t.Kind is TensorKind.Input or TensorKind.Weights or TensorKind.State)
            .Select(t => t.Name).ToHashSet();
        Assert.That(layers.Steps.Select(s => s.Name), Is.Unique);
        Assert.That(layers.IsConnected, Is.True);
        foreach (LayerStep step in layers.Steps)
        {
            Assert.That(step.Reads.Where(t => !there.Contains(t)), Is.Empty, step.Name);
            there.UnionWith(step.Outputs);
            Assert.That((step.Matrix is null) != (step.Vector is null), Is.True);
            if (step.Matrix is { } m)
            {
                Assert.That(step.Outputs.Sum(t => layers.Tensors[t].Elements), Is.EqualTo(m.OutputElements), step.Name);
                // A cache is read up to the context, experts as many as have tokens; all else whole.
                bool whole = m.Second != SecondOperand.Cache && !step.Name.Contains("experts");
                long second = layers.Tensors[step.Second!].Elements;
                Assert.That(m.SecondElements, whole ? Is.EqualTo(second) : Is.InRange(1, second), step.Name);
                Assert.That(m.M % m.Batch, Is.Zero, step.Name);
                Assert.That(layers.Tensors[step.Second!].Kind == TensorKind.Weights, Is.EqualTo(m.Second == SecondOperand.Weights),
                    step.Name);
                if (m.Conv is { } c) Assert.That(m.M, Is.EqualTo(m.Batch * c.OutputHeight * c.OutputWidth), step.Name);
            }
            if (step.Vector is { } v) Assert.That(v.Operations, Is.Positive, step.Name);
        }
        // Nothing is made in vain.
        var read = layers.Steps.SelectMany(s => s.Reads).ToHashSet();
        Assert.That(layers.Tensors.Values.Where(t => t.Kind == TensorKind.Activation && !read.Contains(t.Name)), Is.Empty);
    }
}
