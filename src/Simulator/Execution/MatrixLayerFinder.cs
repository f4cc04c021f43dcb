using Sim.Workloads.Graph;

namespace Sim.Simulator.Execution;

/// <summary>Turns nodes of a network into <see cref="MatrixLayer"/>s, given the tensors that reached them.</summary>
internal static class MatrixLayerFinder
{
    /// <summary>
    /// The layer of a node, or null with the reason when the datapath cannot take it. <paramref name="inputs"/> are the node's inputs for any batch;
    /// only the constant ones are read, and <paramref name="isConstant"/> tells which those are.
    /// </summary>
    internal static (MatrixLayer? Layer, string? Reason) From(Node node, GemmLayer shape, IReadOnlyList<Tensor?> inputs, Func<int, bool> isConstant)
    {
        bool integer = node.OpType is "QLinearConv" or "QLinearMatMul";
        int weightIndex = integer ? 3 : 1, biasIndex = node.OpType == "QLinearConv" ? 8 : node.OpType == "QLinearMatMul" ? -1 : 2;
        if (!isConstant(weightIndex)) return (null, "its weights are not constant");
        Tensor weight = inputs[weightIndex]!;
        bool isConv = shape.Conv is not null;
        bool rowsFirst = isConv || (node.OpType == "Gemm" && Flag(node, "transB"));
        if (!isConv && weight.Shape.Length != 2) return (null, $"its weights have {weight.Shape.Length} dimensions");
        if (node.OpType == "Gemm" && Flag(node, "transA")) return (null, "transA is set");
        if ((long)weight.Count != (long)shape.Groups * shape.N * shape.K)
            throw new NetworkException(node, $"{weight.Count} weights for {shape.Groups} groups of {shape.N}×{shape.K}");
        if (integer)
        {
            long[] rows = rowsFirst ? weight.Integers : Transposed(weight.Integers, shape.K, shape.N);
            Tensor? bias = biasIndex > 0 && biasIndex < inputs.Count ? inputs[biasIndex] : null;
            var extra = new IntegerLayer(One(inputs[1]!), (int)OneInteger(inputs[2]), inputs[0]!.Type, PerRow(inputs[4]!.Floats, shape),
                PerRowIntegers(inputs[5], shape), One(inputs[6]!), (int)OneInteger(inputs[7]), inputs[7]?.Type ?? ElementType.UInt8, bias?.Integers ?? []);
            return (new MatrixLayer(node, shape, [], rows, weight.Type, [], 1, extra), null);
        }
        if (weight.Type != ElementType.Float32) return (null, $"its weights are {weight.Type}");
        float alpha = node.OpType == "Gemm" ? node.Attributes.GetValueOrDefault("alpha")?.Real ?? 1 : 1;
        float beta = node.OpType == "Gemm" ? node.Attributes.GetValueOrDefault("beta")?.Real ?? 1 : 1;
        float[] added = [];
        if (biasIndex < inputs.Count && inputs[biasIndex] is { } given)
        {
            if (!isConstant(biasIndex)) return (null, "its bias is not constant");
            if (given.Count != 1 && given.Count != shape.Groups * shape.N) return (null, $"its bias has shape {Shapes.Text(given.Shape)}");
            added = new float[shape.Groups * shape.N];
            for (int i = 0; i < added.Length; i++) added[i] = given.Floats[given.Count == 1 ? 0 : i] * beta;
        }
        return (new MatrixLayer(node, shape, rowsFirst ? weight.Floats : Transposed(weight.Floats, shape.K, shape.N), [], weight.Type, added, alpha, null), null);
    }

    private static bool Flag(Node node, string name) => node.Attributes.GetValueOrDefault(name)?.Integer is { } v && v != 0;

    private static float One(Tensor t) => t.Count == 1 ? t.Floats[0] : throw new NetworkException($"a scale of {t.Count} values where one is expected");

    private static long OneInteger(Tensor? t) => t is null ? 0 : t.Count == 1 ? t.Integers[0] : throw new NetworkException($"{t.Count} zero points where one is expected");

    private static float[] PerRow(float[] values, GemmLayer shape)
    {
        float[] rows = new float[shape.Groups * shape.N];
        for (int i = 0; i < rows.Length; i++) rows[i] = values[values.Length == 1 ? 0 : i];
        return rows;
    }

    private static int[] PerRowIntegers(Tensor? values, GemmLayer shape)
    {
        int[] rows = new int[shape.Groups * shape.N];
        for (int i = 0; values is not null && i < rows.Length; i++) rows[i] = (int)values.Integers[values.Count == 1 ? 0 : i];
        return rows;
    }

    private static T[] Transposed<T>(T[] values, int k, int n)
    {
        T[] rows = new T[values.Length];
        for (int i = 0; i < k; i++)
            for (int j = 0; j < n; j++) rows[j * k + i] = values[i * n + j];
        return rows;
    }
}
