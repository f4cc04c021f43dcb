using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Generators;
using Sim.Workloads.Graph;

namespace Sim.Tests.Generators;

/// <summary>Parameters, multiply-accumulates and bytes of the shipped workloads are the published ones.</summary>
public sealed class PublishedNetworkTests
{
    /// <summary>A shipped workload's layers.</summary>
    internal static NetworkLayers Shipped(string name) => Of(ConfigCatalogue.Text(WorkloadFile.Folder, name)!);

    /// <summary>The layers of a text.</summary>
    internal static NetworkLayers Of(string text)
    {
        var bag = new DiagnosticBag();
        GeneratedWorkload? workload = YamlDocument.Parse(text, "w.yaml", bag) is { } document ? WorkloadFile.Read(document.Root, bag)
            : null;
        bag.ThrowIfErrors();
        return workload!.Layers();
    }

    // torchvision.models, `num_params` and `_ops` (10^9 multiply-accumulates, three decimals) of the IMAGENET1K_V1 weights;
    // Caffe's bvlc_alexnet; `num_parameters` of the checkpoints bert-base-uncased and bert-large-uncased (BertModel), gpt2 and
    // gpt2-medium (GPT2LMHeadModel), Llama-2-7b-hf, Meta-Llama-3-8B, Llama-3.2-1B and Mixtral-8x7B-v0.1 as the Hugging Face hub lists them.
    [TestCase("resnet18", 11_689_512, 1.814)]
    [TestCase("resnet50", 25_557_032, 4.089)]
    [TestCase("mobilenet_v2", 3_504_872, 0.301)]
    [TestCase("vgg16", 138_357_544, 15.47)]
    [TestCase("alexnet", 61_100_840, 0.714)]
    [TestCase("alexnet_2012", 60_965_224, null)]
    [TestCase("vit_b_16", 86_567_656, 17.564)]
    [TestCase("bert_base", 109_482_240, null)]
    [TestCase("bert_large", 335_141_888, null)]
    [TestCase("gpt2", 124_439_808, null)]
    [TestCase("llama2_7b", 6_738_415_616, null)]
    [TestCase("llama3_8b", 8_030_261_248, null)]
    [TestCase("llama3_2_1b", 1_235_814_400, null)]
    [TestCase("mixtral_8x7b", 46_702_792_704, null)]
    public void Parameters_and_products_are_the_published_ones(string name, long parameters, double? billions)
    {
        NetworkLayers layers = Shipped(name);
        Assert.That(layers.Elements(TensorKind.Weights), Is.EqualTo(parameters));
        if (billions is { } gigas) Assert.That(Math.Round(layers.Macs * 1e-9, 3), Is.EqualTo(gigas));
        Truth.Checked("Workloads", $"parameters of {name}", "published count of the checkpoint", 1, "equal");
    }

    [TestCase(34, 21_797_672, 3.664)]
    [TestCase(101, 44_549_160, 7.801)]
    [TestCase(152, 60_192_808, 11.514)]
    public void Deeper_ResNets_are_those_of_torchvision(int depth, long parameters, double billions)
    {
        NetworkLayers layers = Of($"schema: sim.workload/1\nname: r\nnetwork: {{kind: resnet, layers: {depth}}}\n");
        Assert.That(layers.Elements(TensorKind.Weights), Is.EqualTo(parameters));
        Assert.That(Math.Round(layers.Macs * 1e-9, 3), Is.EqualTo(billions));
    }

    [TestCase(11, 132_863_336, 7.609)]
    [TestCase(13, 133_047_848, 11.308)]
    [TestCase(19, 143_667_240, 19.632)]
    public void Other_VGGs_are_those_of_torchvision(int depth, long parameters, double billions)
    {
        NetworkLayers layers = Of($"schema: sim.workload/1\nname: v\nnetwork: {{kind: vgg, layers: {depth}}}\n");
        Assert.That(layers.Elements(TensorKind.Weights), Is.EqualTo(parameters));
        Assert.That(Math.Round(layers.Macs * 1e-9, 3), Is.EqualTo(billions));
    }

    // torchvision vit_b_32 and vit_l_16; checkpoints gpt2-medium, gpt2-large and gpt2-xl.
    [TestCase("{kind: vit, layers: 12, hidden: 768, heads: 12, intermediate: 3072, patch: 32}", "", 88_224_232, 4.409)]
    [TestCase("{kind: vit, layers: 24, hidden: 1024, heads: 16, intermediate: 4096, patch: 16}", "", 304_326_632, 61.555)]
    [TestCase("{kind: gpt2, layers: 24, hidden: 1024, heads: 16, intermediate: 4096, vocabulary: 50257, positions: 1024}",
        "sequence: 8\n", 354_823_168, null)]
    [TestCase("{kind: gpt2, layers: 36, hidden: 1280, heads: 20, intermediate: 5120, vocabulary: 50257, positions: 1024}",
        "sequence: 8\n", 774_030_080, null)]
    [TestCase("{kind: gpt2, layers: 48, hidden: 1600, heads: 25, intermediate: 6400, vocabulary: 50257, positions: 1024}",
        "sequence: 8\n", 1_557_611_200, null)]
    // Checkpoints Llama-2-13b-hf, Llama-2-70b-hf (without their tables of rotary frequencies), Llama-3.1-70B and Llama-3.1-405B.
    [TestCase("{kind: llama, layers: 40, hidden: 5120, heads: 40, intermediate: 13824, vocabulary: 32000}", "sequence: 8\n",
        13_015_864_320, null)]
    [TestCase("{kind: llama, layers: 80, hidden: 8192, heads: 64, kv_heads: 8, intermediate: 28672, vocabulary: 32000}",
        "sequence: 8\n", 68_976_648_192, null)]
    [TestCase("{kind: llama, layers: 80, hidden: 8192, heads: 64, kv_heads: 8, intermediate: 28672, vocabulary: 128256}",
        "sequence: 8\n", 70_553_706_496, null)]
    [TestCase("{kind: llama, layers: 126, hidden: 16384, heads: 128, kv_heads: 8, intermediate: 53248, vocabulary: 128256}",
        "sequence: 8\n", 405_853_388_800, null)]
    public void Larger_ones_of_each_kind_have_their_published_parameters(string network, string run, long parameters, double? billions)
    {
        NetworkLayers layers = Of($"schema: sim.workload/1\nname: n\nnetwork: {network}\n{run}");
        Assert.That(layers.Elements(TensorKind.Weights), Is.EqualTo(parameters));
        if (billions is { } gigas) Assert.That(Math.Round(layers.Macs * 1e-9, 3), Is.EqualTo(gigas));
    }

    // He et al., CVPR 2016, Table 1: 3.8 · 10^9 multiply-adds, with the stride in the first 1×1 convolution.
    [Test]
    public void The_ResNet50_of_the_paper_has_its_3_8_billion_products() =>
        Assert.That(GeneratedWorkload.ResNet50.Sum(l => l.Macs), Is.EqualTo(3_857_973_248));

    // Krizhevsky et al. 2012 as in the Eyeriss paper (JSSC 2017, Table V): products of the five convolutions of one image.
    [Test]
    public void The_convolutions_of_the_original_AlexNet_have_their_published_products()
    {
        GemmLayer[] convolutions = [.. Shipped("alexnet_2012").Gemms.Where(l => l.Conv is not null)];
        Assert.That(convolutions.Select(l => l.Macs), Is.EqualTo(new[] { 105_415_200L, 223_948_800, 149_520_384, 112_140_288,
            74_760_192 }));
        Assert.That(convolutions.Select(l => l.Groups), Is.EqualTo(new[] { 1, 2, 1, 2, 2 }));
    }

    // Jiao et al., TinyBERT (Findings of EMNLP 2020), Table 1: 22.5 B floating-point operations, two a multiply-accumulate, at 128 tokens.
    [Test]
    public void BERT_base_takes_the_published_operations() => Assert.That(2 * Shipped("bert_base").Macs,
        Is.EqualTo(22.5e9).Within(1).Percent);

    // Jiang et al. 2024: 13 B active parameters (12.9 B in the announcement) of 47 B (46.7 B).
    [Test]
    public void A_token_of_Mixtral_uses_12_9_billion_parameters()
    {
        NetworkLayers decode = Shipped("mixtral_8x7b_decode");
        long active = decode.Elements(TensorKind.Weights)!.Value - decode.IdleParameters;
        Assert.That(active, Is.EqualTo(12_879_925_248));
        // What one token reads: all of that but the embedding's other rows and the normalizations' scales.
        Assert.That(decode.WeightElements, Is.EqualTo(active - 32_000L * 4096 - (2 * 32 + 1) * 4096));
    }
}
