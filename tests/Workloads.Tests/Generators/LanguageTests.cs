using Sim.Workloads.Graph;

namespace Sim.Tests.Generators;

/// <summary>Caches, heads and experts of language workloads, by hand.</summary>
public sealed class LanguageTests
{
    private const string Small = "schema: sim.workload/1\nname: small\nnetwork: {kind: llama, "
        + "layers: 2, hidden: 64, heads: 8, kv_heads: 2, intermediate: 96, vocabulary: 100";

    // 2 (keys and values) · layers · kv heads · head size · 2 bytes: 512 KiB a token for Llama-2-7B, 128 KiB for Llama-3-8B in fp16.
    [TestCase("llama2_7b", 512)]
    [TestCase("llama2_7b_decode", 512)]
    [TestCase("llama3_8b", 128)]
    [TestCase("llama3_8b_decode", 128)]
    [TestCase("mixtral_8x7b_decode", 128)]
    [TestCase("gpt2", 36)]
    public void The_cache_has_the_published_bytes_a_token(string name, int kibibytes)
    {
        NetworkLayers layers = PublishedNetworkTests.Shipped(name);
        Assert.That(layers.Elements(TensorKind.State) * 2 / (double)layers.CachedTokens!, Is.EqualTo(kibibytes * 1024));
    }

    [Test]
    public void Decoding_reads_the_cache_whole_and_writes_one_token()
    {
        NetworkLayers layers = PublishedNetworkTests.Shipped("llama3_8b_decode");
        GemmLayer[] products = [.. layers.Gemms.Where(l => l.Attention is not null)];
        Assert.That(products, Has.Length.EqualTo(64));
        Assert.That(products, Has.All.Property(nameof(GemmLayer.Second)).EqualTo(SecondOperand.Cache));
        // 8 samples · 8192 tokens · 128 KiB.
        Assert.That(products.Sum(l => l.SecondElements) * 2, Is.EqualTo(8L * 8192 * 128 * 1024));
        Assert.That(layers.Vectors.Where(v => v.OpType == "CacheWrite").Sum(v => v.OutputElements) * 2, Is.EqualTo(8L * 128 * 1024));
        Assert.That((layers.Samples, layers.Tokens), Is.EqualTo((8, 8L)));
    }

    [Test]
    public void Heads_that_share_keys_are_rows_of_one_product()
    {
        NetworkLayers layers = PublishedNetworkTests.Of($"{Small}}}\nbatch: 3\nsequence: 5\n");
        GemmLayer scores = layers.Gemms.First(l => l.Name == "layer0.attention.scores"), context =
            layers.Gemms.First(l => l.Name == "layer0.attention.context");
        // 3 samples · 2 kv heads; 4 heads · 5 rows each; head size 8.
        Assert.That((scores.Groups, scores.M, scores.N, scores.K), Is.EqualTo((6, 20, 5, 8)));
        Assert.That((context.Groups, context.M, context.N, context.K), Is.EqualTo((6, 20, 8, 5)));
        Assert.That(scores.Attention, Is.EqualTo(new AttentionShape(3, 8, 2, 5, 5, 8, true)));
        Assert.That((scores.Second, scores.WeightElements), Is.EqualTo((SecondOperand.Activations, 0L)));
        Assert.That(layers.Gemms.First(l => l.Name == "layer0.attention.key").N, Is.EqualTo(16));
        // Only the last token of each sample gets logits.
        Assert.That(layers.Gemms[^1].M, Is.EqualTo(3));
    }

    [Test]
    public void Later_tokens_attend_to_the_cache()
    {
        NetworkLayers layers = PublishedNetworkTests.Of($"{Small}}}\nsequence: 4\ncontext: 10\n");
        GemmLayer scores = layers.Gemms.First(l => l.Name == "layer0.attention.scores");
        Assert.That((scores.M, scores.N, scores.Second), Is.EqualTo((16, 10, SecondOperand.Cache)));
        Assert.That(layers.Elements(TensorKind.State), Is.EqualTo(2 * 2 * 2 * 10 * 8));
    }

    [Test]
    public void Blocks_of_causal_rows_compute_the_columns_up_to_their_last_row()
    {
        NetworkLayers layers = PublishedNetworkTests.Of($"{Small}}}\nsequence: 7\ncontext: 9\ncausal_rows: 3\n");
        GemmLayer[] scores = [.. layers.Gemms.Where(l => l.Name.StartsWith("layer1.attention.scores"))];
        Assert.That(scores.Select(l => (l.M, l.N)), Is.EqualTo(new[] { (12, 5), (12, 8), (4, 9) }));
        Assert.That(scores.Select(l => l.Attention!.IsCausal), Is.EqualTo(new[] { true, true, false }),
            "a single row sees all its columns");
        LayerStep output = layers.Steps.Single(s => s.Name == "layer1.attention.output");
        Assert.That(output.Inputs.Sum(t => layers.Tensors[t].Elements), Is.EqualTo(output.Matrix!.InputElements));
        // One row a block: row i of n new tokens behind p earlier ones sees p + i of them.
        NetworkLayers exact = PublishedNetworkTests.Of($"{Small}}}\nsequence: 7\ncontext: 9\ncausal_rows: 1\n");
        long products = exact.Gemms.Where(l => l.Name.StartsWith("layer1.attention.scores")).Sum(l => l.Macs);
        Assert.That(products, Is.EqualTo(Enumerable.Range(1, 7).Sum(i => (2 + i) * 8 * 8)));
    }

    // 5 tokens · 2 of 4 experts: 10 pairs, so two experts take 3 tokens and two take 2.
    [TestCase(5, 2, 4, new[] { 2, 3, 2, 2 })]
    [TestCase(4, 1, 4, new[] { 4, 1 })]
    [TestCase(1, 2, 8, new[] { 2, 1 })]
    [TestCase(3, 4, 4, new[] { 4, 3 })]
    public void Tokens_go_to_experts_as_evenly_as_can_be(int tokens, int top, int experts, int[] groups)
    {
        NetworkLayers layers = PublishedNetworkTests.Of($"{Small}, experts: {experts}, top_k: {top}}}\nsequence: {tokens}\n");
        GemmLayer[] gates = [.. layers.Gemms.Where(l => l.Name.StartsWith("layer0.mlp.experts") && l.Name.EndsWith("gate"))];
        Assert.That(gates.SelectMany(l => new[] { l.Groups, l.M }), Is.EqualTo(groups));
        Assert.That(gates.Sum(l => (long)l.Groups * l.M), Is.EqualTo(tokens * top), "every pair once");
        Assert.That(gates.Select(l => (l.N, l.K, l.Second)).Distinct(), Is.EqualTo(new[] { (96, 64, SecondOperand.Weights) }));
        Assert.That(layers.Tensors["layer0.mlp.experts.gate.weight"].Elements, Is.EqualTo(experts * 96 * 64));
    }

    [Test]
    public void The_output_layer_of_GPT2_and_tied_Llamas_uses_the_table_of_the_embedding()
    {
        NetworkLayers layers = PublishedNetworkTests.Shipped("gpt2");
        Assert.That(layers.Steps[^1].Second, Is.EqualTo("embeddings.words"));
        Assert.That(layers.Steps[0].Parameters, Does.Contain("embeddings.words"));
    }
}
