using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>The tensors of queries, keys and values of one attention, with its heads.</summary>
internal sealed record AttentionInputs(string Queries, string Keys, string Values, int Heads, int KeyHeads, int Depth, bool IsCausal);

/// <summary>Layers that transformers share, for so many new tokens a sample of a batch; a token's elements lie together.</summary>
internal sealed class TransformerLayers(NetworkBuilder builder, RunSizes run, int sequence)
{
    /// <summary>New tokens of the batch.</summary>
    public int Rows { get; } = checked(run.Batch * sequence);

    /// <summary>Where the layers go.</summary>
    public NetworkBuilder Builder => builder;

    /// <summary>Rows of tables, one of each a token, added up.</summary>
    public string Embedding(string name, int width, params ImmutableArray<string> tables)
    {
        string tokens = builder.Tensor("tokens", TensorKind.Input, Rows);
        long elements = (long)Rows * width;
        return builder.Vector(name, tables.Length == 1 ? "Gather" : "GatherSum", elements, [tokens], tables, elements * tables.Length,
            elements * tables.Length);
    }

    /// <summary>A product with weights that all tokens share.</summary>
    public string Linear(string name, ImmutableArray<string> x, int inputs, int outputs, bool bias = true, string? weights = null,
        int? rows = null)
    {
        int m = rows ?? Rows;
        var layer = new GemmLayer(name, "MatMul", 1, m, outputs, inputs, (long)m * inputs) { Batch = run.Batch };
        string w = builder.Weights(weights ?? name + ".weight", layer.WeightElements);
        return bias ? builder.Matrix(layer, x, w, builder.Weights(name + ".bias", outputs)) : builder.Matrix(layer, x, w);
    }

    /// <summary>A normalization of every token, with scale and bias (LayerNormalization) or a scale alone (RMSNormalization).</summary>
    public string Norm(string name, string opType, string x, int width) => builder.Vector(name, opType, builder.Elements(x), [x],
        [builder.Weights(name + ".weight", opType == "LayerNormalization" ? 2L * width : width)]);

    /// <summary>A function of every element.</summary>
    public string Map(string name, string opType, params ImmutableArray<string> x) =>
        builder.Vector(name, opType, builder.Elements(x[0]), x);

    /// <summary>
    /// Attention: the context of all heads, one after the other. Heads that share keys and values are rows of one product. With a cache
    /// the new keys and values are written to it; where it holds earlier tokens the products read it whole.
    /// </summary>
    public ImmutableArray<string> Attention(string name, AttentionInputs x)
    {
        int context = run.Phase == Phase.Encode ? sequence : run.Context, past = context - sequence;
        string keys = x.Keys, values = x.Values;
        SecondOperand second = SecondOperand.Activations;
        if (run.Phase != Phase.Encode)
        {
            string cachedKeys = Cache(name, "keys", x.Keys, x, context), cachedValues = Cache(name, "values", x.Values, x, context);
            if (past > 0) (keys, values, second) = (cachedKeys, cachedValues, SecondOperand.Cache);
        }
        int step = x.IsCausal ? run.CausalRows ?? sequence : sequence;
        var contexts = ImmutableArray.CreateBuilder<string>();
        for (int from = 0; from < sequence; from += step)
        {
            int rows = Math.Min(step, sequence - from), columns = x.IsCausal ? past + from + rows : context;
            var shape = new AttentionShape(run.Batch, x.Heads, x.KeyHeads, rows, columns, x.Depth, x.IsCausal && rows > 1);
            string part = step < sequence ? FormattableString.Invariant($".rows{from}") : "";
            string scores = Product($"{name}.scores{part}", shape, columns, x.Depth, x.Queries, keys, second);
            string chances = Map($"{name}.softmax{part}", "Softmax", scores);
            contexts.Add(Product($"{name}.context{part}", shape, x.Depth, columns, chances, values, second));
        }
        return contexts.ToImmutable();
    }

    private string Product(string name, AttentionShape shape, int n, int k, string first, string second, SecondOperand kind)
    {
        int groups = checked(shape.Batch * shape.KeyHeads), m = checked(shape.Heads / shape.KeyHeads * shape.Rows);
        return builder.Matrix(new GemmLayer(name, "MatMul", groups, m, n, k, (long)groups * m * k) { Second = kind, Attention = shape },
            [first], second);
    }

    private string Cache(string name, string what, string fresh, AttentionInputs x, int context)
    {
        string state = builder.Tensor($"{name}.{what}_cache", TensorKind.State, (long)run.Batch * x.KeyHeads * context * x.Depth);
        long elements = builder.Elements(fresh);
        builder.Add(new LayerStep(null, new VectorLayer($"{name}.cache_{what}", "CacheWrite", elements, elements, elements), [fresh],
            null, [],
            [state]));
        return state;
    }
}
