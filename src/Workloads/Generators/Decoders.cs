using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>GPT-2 (Radford et al. 2019); the output layer's weights are the embedding's table.</summary>
public sealed record Gpt2(int Layers, int Hidden, int Heads, int Intermediate, int Vocabulary, int Positions) : NetworkSizes
{
    internal override NetworkLayers Generate(RunSizes run)
    {
        var builder = new NetworkBuilder();
        var t = new TransformerLayers(builder, run, run.Sequence);
        string table = builder.Weights("embeddings.words", (long)Vocabulary * Hidden);
        string x = t.Embedding("embeddings", Hidden, table, builder.Weights("embeddings.positions", (long)Positions * Hidden));
        for (int i = 0; i < Layers; i++)
            x = PreNorm.Layer(t, FormattableString.Invariant($"layer{i}"), x, new(Hidden, Heads, Intermediate, true));
        x = t.Norm("norm", "LayerNormalization", x, Hidden);
        return builder.Build(Logits.Of(t, run, x, Hidden, Vocabulary, table)) with { Tokens = t.Rows };
    }
}

/// <summary>
/// The Llama family (Touvron et al. 2023; Grattafiori et al. 2024): RMS normalization, rotary positions, keys and values shared by groups
/// of heads, a gated feed-forward part; with experts that of Mixtral (Jiang et al. 2024).
/// </summary>
/// <param name="Experts">Feed-forward parts of a layer; 1: no router.</param>
/// <param name="TopK">Experts that a token is sent to.</param>
/// <param name="IsTied">Whether the output layer's weights are the embedding's table.</param>
public sealed record Llama(int Layers, int Hidden, int Heads, int KeyHeads, int HeadSize, int Intermediate, int Vocabulary, bool IsTied,
    int Experts, int TopK) : NetworkSizes
{
    internal override NetworkLayers Generate(RunSizes run)
    {
        var builder = new NetworkBuilder();
        var t = new TransformerLayers(builder, run, run.Sequence);
        string table = builder.Weights("embeddings.words", (long)Vocabulary * Hidden);
        string x = t.Embedding("embeddings", Hidden, table);
        for (int i = 0; i < Layers; i++)
        {
            string name = FormattableString.Invariant($"layer{i}");
            x = Attention(t, name, x);
            string y = t.Norm(name + ".norm2", "RMSNormalization", x, Hidden);
            var mlp = new GatedMlp(name + ".mlp", Hidden, Intermediate);
            x = t.Map(name + ".add2", "Add", Experts == 1 ? mlp.Dense(t, y) : mlp.Mixture(t, y, Experts, TopK), x);
        }
        x = t.Norm("norm", "RMSNormalization", x, Hidden);
        string logits = Logits.Of(t, run, x, Hidden, Vocabulary, IsTied ? table : null);
        return builder.Build(logits) with
        {
            Tokens = t.Rows, IdleParameters = Experts == 1 ? 0 : (long)Layers * (Experts - TopK) * 3 * Hidden * Intermediate,
        };
    }

    private string Attention(TransformerLayers t, string name, string x)
    {
        string attention = name + ".attention", y = t.Norm(name + ".norm1", "RMSNormalization", x, Hidden);
        int queries = checked(Heads * HeadSize), keys = checked(KeyHeads * HeadSize);
        string q = t.Map(attention + ".query.rotary", "RotaryEmbedding", t.Linear(attention + ".query", [y], Hidden, queries, bias: false));
        string k = t.Map(attention + ".key.rotary", "RotaryEmbedding", t.Linear(attention + ".key", [y], Hidden, keys, bias: false));
        string v = t.Linear(attention + ".value", [y], Hidden, keys, bias: false);
        ImmutableArray<string> context = t.Attention(attention, new(q, k, v, Heads, KeyHeads, HeadSize, true));
        return t.Map(name + ".add1", "Add", t.Linear(attention + ".output", context, queries, Hidden, bias: false), x);
    }
}

/// <summary>The output layer of a language network.</summary>
internal static class Logits
{
    /// <summary>Logits of all tokens, or of the last token of each sample.</summary>
    public static string Of(TransformerLayers t, RunSizes run, string x, int hidden, int vocabulary, string? tied)
    {
        bool last = !run.AllLogits && t.Rows > run.Batch;
        if (last) x = t.Builder.Vector("logits.last", "Slice", (long)run.Batch * hidden, [x]);
        return t.Linear("logits", [x], hidden, vocabulary, bias: false, weights: tied, rows: last ? run.Batch : t.Rows);
    }
}
