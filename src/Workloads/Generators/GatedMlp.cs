using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>down(swish(gate(x)) · up(x)), once or as a mixture of experts.</summary>
internal readonly record struct GatedMlp(string Name, int Hidden, int Intermediate)
{
    /// <summary>One for all tokens.</summary>
    public string Dense(TransformerLayers t, string x)
    {
        string gate = t.Map(Name + ".swish", "Swish", t.Linear(Name + ".gate", [x], Hidden, Intermediate, bias: false));
        string both = t.Map(Name + ".mul", "Mul", gate, t.Linear(Name + ".up", [x], Hidden, Intermediate, bias: false));
        return t.Linear(Name + ".down", [both], Intermediate, Hidden, bias: false);
    }

    /// <summary>
    /// A router sends every token to <paramref name="top"/> of the experts, as evenly as whole numbers allow: of so many pairs of token and
    /// expert each expert takes ⌊pairs / experts⌋ or one more. Experts with as many tokens are groups of one product.
    /// </summary>
    public string Mixture(TransformerLayers t, string x, int experts, int top)
    {
        NetworkBuilder builder = t.Builder;
        string scores = t.Map(Name + ".softmax", "Softmax", t.Linear(Name + ".router", [x], Hidden, experts, bias: false));
        string choice = builder.Vector(Name + ".top", "TopK", (long)t.Rows * top, [scores], operations: builder.Elements(scores));
        long pairs = (long)t.Rows * top;
        int tokens = checked((int)(pairs / experts)), more = (int)(pairs % experts);
        var parts = new List<string>();
        foreach ((int count, int rows) in new[] { (more, tokens + 1), (experts - more, tokens) })
            if (count > 0 && rows > 0) parts.Add(Experts(t, x, choice, experts, count, rows, parts.Count));
        return builder.Vector(Name + ".combine", "Sum", builder.Elements(x), [.. parts, choice], operations: pairs * Hidden);
    }

    private string Experts(TransformerLayers t, string x, string choice, int all, int count, int rows, int part)
    {
        NetworkBuilder builder = t.Builder;
        string prefix = FormattableString.Invariant($"{Name}.experts{part}"), name = Name;
        string Product(string what, string input, int n, int k) => builder.Matrix(
            new GemmLayer($"{prefix}.{what}", "MatMul", count, rows, n, k, (long)count * rows * k), [input],
            builder.Weights($"{name}.experts.{what}.weight", (long)all * n * k));
        string sent = builder.Vector(prefix + ".gather", "Gather", (long)count * rows * Hidden, [x, choice]);
        string gate = t.Map(prefix + ".swish", "Swish", Product("gate", sent, Intermediate, Hidden));
        string both = t.Map(prefix + ".mul", "Mul", gate, Product("up", sent, Intermediate, Hidden));
        return Product("down", both, Hidden, Intermediate);
    }
}
