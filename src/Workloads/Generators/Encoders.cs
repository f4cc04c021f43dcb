using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>BERT (Devlin et al., NAACL 2019): embeddings, encoder, pooler over the first token.</summary>
public sealed record Bert(int Layers, int Hidden, int Heads, int Intermediate, int Vocabulary, int Positions) : NetworkSizes
{
    private const int SegmentTypes = 2;

    internal override NetworkLayers Generate(RunSizes run)
    {
        var builder = new NetworkBuilder();
        var t = new TransformerLayers(builder, run, run.Sequence);
        string x = t.Norm("embeddings.norm", "LayerNormalization", t.Embedding("embeddings", Hidden,
            builder.Weights("embeddings.words", (long)Vocabulary * Hidden), builder.Weights("embeddings.positions",
                (long)Positions * Hidden),
            builder.Weights("embeddings.segments", SegmentTypes * (long)Hidden)), Hidden);
        for (int i = 0; i < Layers; i++)
        {
            string name = FormattableString.Invariant($"layer{i}"), attention = name + ".attention";
            string q = t.Linear(attention + ".query", [x], Hidden, Hidden), k = t.Linear(attention + ".key", [x], Hidden, Hidden),
                v = t.Linear(attention + ".value", [x], Hidden, Hidden);
            ImmutableArray<string> context = t.Attention(attention, new(q, k, v, Heads, Heads, Hidden / Heads, false));
            x = t.Map(attention + ".add", "Add", t.Linear(attention + ".output", context, Hidden, Hidden), x);
            x = t.Norm(attention + ".norm", "LayerNormalization", x, Hidden);
            x = t.Norm(name + ".norm", "LayerNormalization", t.Map(name + ".add", "Add", Feed(t, name, x), x), Hidden);
        }
        string first = builder.Vector("pooler.first", "Slice", (long)run.Batch * Hidden, [x]);
        string pooled = t.Map("pooler.tanh", "Tanh", t.Linear("pooler", [first], Hidden, Hidden, rows: run.Batch));
        return builder.Build(x, pooled) with { Tokens = t.Rows };
    }

    private string Feed(TransformerLayers t, string name, string x) => t.Linear(name + ".mlp.down",
        [t.Map(name + ".mlp.gelu", "Gelu", t.Linear(name + ".mlp.up", [x], Hidden, Intermediate))], Intermediate, Hidden);
}

/// <summary>A vision transformer (Dosovitskiy et al., ICLR 2021): patches, a class token, encoder, a linear head on the class
/// token.</summary>
public sealed record VisionTransformer(int Layers, int Hidden, int Heads, int Intermediate, int Patch, int Image, int Classes)
    : NetworkSizes
{
    internal override NetworkLayers Generate(RunSizes run)
    {
        var builder = new NetworkBuilder();
        int side = Image / Patch, tokens = side * side + 1;
        var t = new TransformerLayers(builder, run, tokens);
        var image = new ImageLayers(builder, run.Batch, run.Training);
        FeatureMap patches = image.Convolution("patches", image.Images(Image), Hidden, Patch, Patch, 0, normalized: false,
            activation: null);
        string x = builder.Vector("embeddings", "Concat", (long)t.Rows * Hidden, [patches.Tensor], [builder.Weights("class_token",
            Hidden)]);
        x = builder.Vector("embeddings.add", "Add", builder.Elements(x), [x], [builder.Weights("positions", (long)tokens * Hidden)]);
        for (int i = 0; i < Layers; i++)
        {
            string name = FormattableString.Invariant($"layer{i}");
            x = PreNorm.Layer(t, name, x, new(Hidden, Heads, Intermediate, false));
        }
        x = t.Norm("norm", "LayerNormalization", x, Hidden);
        string first = builder.Vector("head.first", "Slice", (long)run.Batch * Hidden, [x]);
        return builder.Build(t.Linear("head", [first], Hidden, Classes, rows: run.Batch));
    }
}

/// <summary>Sizes of a transformer layer that normalizes before its two parts.</summary>
internal readonly record struct PreNorm(int Hidden, int Heads, int Intermediate, bool IsCausal)
{
    /// <summary>Attention and two dense layers with a GELU, each behind a normalization and added to what came in: ViT and GPT-2.</summary>
    public static string Layer(TransformerLayers t, string name, string x, PreNorm s)
    {
        string attention = name + ".attention", y = t.Norm(name + ".norm1", "LayerNormalization", x, s.Hidden);
        string q = t.Linear(attention + ".query", [y], s.Hidden, s.Hidden), k = t.Linear(attention + ".key", [y], s.Hidden, s.Hidden),
            v = t.Linear(attention + ".value", [y], s.Hidden, s.Hidden);
        ImmutableArray<string> context = t.Attention(attention, new(q, k, v, s.Heads, s.Heads, s.Hidden / s.Heads, s.IsCausal));
        x = t.Map(name + ".add1", "Add", t.Linear(attention + ".output", context, s.Hidden, s.Hidden), x);
        y = t.Linear(name + ".mlp.up", [t.Norm(name + ".norm2", "LayerNormalization", x, s.Hidden)], s.Hidden, s.Intermediate);
        y = t.Linear(name + ".mlp.down", [t.Map(name + ".mlp.gelu", "Gelu", y)], s.Intermediate, s.Hidden);
        return t.Map(name + ".add2", "Add", y, x);
    }
}
