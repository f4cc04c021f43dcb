using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Generators;
using Sim.Workloads.Topologies;

namespace Sim.Tests.Generators;

/// <summary>Every key of a workload is honoured or refused at its place.</summary>
public sealed class WorkloadFileTests
{
    private const string Llama = "network: {kind: llama, layers: 2, hidden: 64, heads: 8, intermediate: 96, vocabulary: 100}\n";

    [TestCase("network: resnet50\nsequence: 4\n",
        "w.yaml:4:11: error CFG002: 'sequence' has a meaning only with a network of kind bert, gpt2 or llama")]
    [TestCase("network: bert_base\nsequence: 4\nphase: decode\n",
        "w.yaml:5:8: error CFG002: 'phase' has a meaning only with a network of kind gpt2 or llama")]
    [TestCase("network: bert_base\n", "w.yaml:1:1: error CFG004: the key 'sequence' is missing; it must be a positive integer")]
    [TestCase("network: bert_base\nsequence: 513\n", "w.yaml:4:11: error CFG002: the network has 512 positions, found 513 tokens")]
    [TestCase(Llama, "w.yaml:1:1: error CFG004: the key 'sequence' is missing")]
    [TestCase(Llama + "phase: decode\n", "w.yaml:1:1: error CFG004: the key 'context' is missing")]
    [TestCase(Llama + "phase: decode\ncontext: 9\nsequence: 1\n",
        "w.yaml:6:11: error CFG002: 'sequence' has a meaning only with phase prefill")]
    [TestCase(Llama + "sequence: 9\ncontext: 4\n", "w.yaml:5:10: error CFG002: 'context' holds the 9 new tokens too")]
    [TestCase(Llama + "sequence: 9\ntraining: true\ncontext: 12\n",
        "w.yaml:6:10: error CFG002: 'context' has a meaning only with inference")]
    [TestCase(Llama + "sequence: 9\ntraining: true\nlogits: last\n",
        "w.yaml:6:9: error CFG002: a training step needs the logits of all tokens")]
    [TestCase(Llama + "sequence: 9\noptimizer: adam\n", "w.yaml:5:12: error CFG002: 'optimizer' has a meaning only with 'training: true'")]
    [TestCase("network: resnet5\n",
        "w.yaml:3:10: error CFG010: 'network' names 'resnet5', which is not in configs/workloads; did you mean 'resnet50'?")]
    [TestCase("network: {kind: resnet, layers: 51}\n",
        "w.yaml:3:33: error CFG002: 'layers' must be one of 18, 34, 50, 101, 152, found '51'")]
    [TestCase("network: {kind: resnet, layers: 50, sequence: 4}\n", "error CFG003: unknown key 'sequence'")]
    [TestCase("network: {kind: vit, layers: 2, hidden: 64, heads: 7, intermediate: 96, patch: 16}\n",
        "w.yaml:3:52: error CFG002: 'heads' must divide the 64 elements of 'hidden', found 7")]
    [TestCase("network: {kind: vit, layers: 2, hidden: 64, heads: 8, intermediate: 96, patch: 15}\n",
        "w.yaml:3:80: error CFG002: 'patch' must divide the 224 pixels of 'image', found 15")]
    [TestCase("network: {kind: alexnet, image: 20}\n",
        "w.yaml:3:10: error TOP009: 'pool2' finds an image of 1×1, smaller than its window of 3×3")]
    [TestCase("network: resnet50\nbatch: 1000000\n", "w.yaml:3:10: error TOP007: the network is too large")]
    [TestCase("network: {kind: llama, layers: 2, hidden: 64, heads: 8, kv_heads: 3, intermediate: 96, vocabulary: 100}\nsequence: 1\n",
        "w.yaml:3:67: error CFG002: 'kv_heads' must divide the 8 heads, found 3")]
    [TestCase("network: {kind: llama, layers: 2, hidden: 64, heads: 8, experts: 4, intermediate: 96, vocabulary: 100}\nsequence: 1\n",
        "w.yaml:3:66: error CFG004: 'experts' need 'top_k'")]
    [TestCase("network: {kind: llama, layers: 2, hidden: 64, heads: 8, top_k: 4, intermediate: 96, vocabulary: 100}\nsequence: 1\n",
        "w.yaml:3:64: error CFG002: 'top_k' has a meaning only with 'experts' above 1")]
    [TestCase("network: {kind: llama, layers: 2, hidden: 64, heads: 8, experts: 4, top_k: 5, intermediate: 96, vocabulary: "
        + "100}\nsequence: 1\n",
        "w.yaml:3:76: error CFG002: 'top_k' must be at most the 4 experts, found 5")]
    [TestCase(Llama + "sequence: 90000\ncausal_rows: 2\n",
        "w.yaml:5:14: error CFG002: 'causal_rows' must make at most 65536 blocks of 90000 tokens in 2 layers, found 2")]
    public void What_makes_no_workload_is_refused_at_its_place(string text, string message)
    {
        var bag = new DiagnosticBag();
        YamlDocument document = YamlDocument.Parse("schema: sim.workload/1\nname: w\n" + text, "w.yaml", bag)!;
        Assert.That(WorkloadFile.Read(document.Root, bag), Is.Null);
        Assert.That(string.Join('\n', bag.Sorted), Does.Contain(message));
    }

    [Test]
    public void All_problems_are_shown_at_once()
    {
        var bag = new DiagnosticBag();
        YamlDocument document = YamlDocument.Parse("schema: sim.workload/1\nname: w\nnetwork: {kind: vgg}\n"
            + "batch: 0\noptimizer: best\nseqence: 4\n",
            "w.yaml", bag)!;
        Assert.That(WorkloadFile.Read(document.Root, bag), Is.Null);
        Assert.That(bag.Sorted.Length, Is.GreaterThanOrEqualTo(4), bag.ToString());
    }

    [Test]
    public void A_network_that_leads_in_a_circle_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            foreach ((string file, string other) in new[] { ("a", "b"), ("b", "a") })
                File.WriteAllText(Path.Combine(folder, file + ".yaml"), $"schema: sim.workload/1\nname: {file}\nnetwork: {other}.yaml\n");
            var bag = new DiagnosticBag();
            Assert.That(ShapeFile.Read(Path.Combine(folder, "a.yaml"), bag), Is.Null);
            Assert.That(bag.ToString(), Does.Contain("CFG009: 'network' leads through more than 16 files"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void Equal_workloads_have_equal_digests_and_other_sizes_another()
    {
        string Digest(string text)
        {
            var bag = new DiagnosticBag();
            YamlDocument document = YamlDocument.Parse("schema: sim.workload/1\nname: w\n" + text, "w.yaml", bag)!;
            return WorkloadFile.Read(document.Root, bag)!.Digest;
        }
        Assert.That(Digest("network: resnet50\n"), Is.EqualTo(Digest("network: {layers: 50, kind: resnet, image: 224}\nbatch: 1\n")));
        string[] others = [Digest("network: resnet50\n"), Digest("network: resnet50\nbatch: 2\n"), Digest("network: resnet18\n"),
            Digest("network: resnet50\ntraining: true\n"), Digest("network: resnet50\ntraining: true\noptimizer: adam\n"),
            Digest(Llama + "sequence: 4\n"), Digest(Llama + "sequence: 4\ncontext: 5\n"), Digest(Llama + "phase: decode\ncontext: 5\n")];
        Assert.That(others, Is.Unique);
    }
}
