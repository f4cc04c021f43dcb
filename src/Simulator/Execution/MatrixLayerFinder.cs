using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>Turns nodes of a network into <see cref="MatrixLayer"/>s, given the tensors that reached them.</summary>
internal static class MatrixLayerFinder
{
    /// <summary>
    /// The layer of a node, or null with the reason when the datapath cannot take it. <paramref name="inputs"/> are the node's inputs for
    /// any batch; only the constant ones are read, and <paramref name="isConstant"/> tells which those are.
    /// </summary>
    internal static (MatrixLayer? Layer, string? Reason) From(Node node, GemmLayer shape, IReadOnlyList<Tensor?> inputs, Func<int,
        bool> isConstant)
    {
        if (node.OpType == "MatMulNBits") return (null, "its weights are packed in blocks, which are multiplied as float32");
        bool isGemm = node.OpType == "QGemm", integer = LayerWeights.IsQLinear(node) || isGemm;
        int weightIndex = LayerWeights.WeightIndex(node), biasIndex = LayerWeights.BiasIndex(node);
        if (!isConstant(weightIndex)) return (null, "its weights are not constant");
        Tensor weight = inputs[weightIndex]!;
        if (weight.Count == 0) return (null, "its weights are empty");
        bool stacked = shape.Conv is null && weight.Shape.Length > 2;
        if (shape.Conv is null && weight.Shape.Length < 2) return (null, $"its weights have {weight.Shape.Length} dimensions");
        int[] parameters = node.OpType switch { "QLinearMatMul" => [4, 5], "MatMulInteger" => [3], _ => [] };
        if (stacked && parameters.Any(i => i < inputs.Count && inputs[i] is { Count: > 1 }))
            return (null, $"its weights have {weight.Shape.Length} dimensions and more than one scale or zero point");
        if (node.OpType is "Gemm" or "QGemm" && LayerWeights.Flag(node, "transA")) return (null, "transA is set");
        if (integer)
        {
            int output = isGemm ? 7 : 6;
            if (isGemm && (inputs.Count <= output || inputs[output] is null)) return (null, "its result is float32");
            if (isGemm && (node.Attributes.GetValueOrDefault("alpha")?.Real ?? 1) != 1) return (null, "alpha is not 1");
            if (new[] { 1, 2, output, output + 1 }.Any(i => i < inputs.Count && inputs[i] is { Count: > 1 })) return (null,
                "its input or its output has more than one scale or zero point");
            if (isGemm && inputs[6] is { } addend
                && (!isConstant(6) || addend.Count != shape.N || addend.Shape[^1] != shape.N)) return (null,
                "what it adds is no constant of one value a column");
            long[] rows = LayerWeights.Rows(node, shape, weight.Integers);
            Tensor? bias = biasIndex > 0 && biasIndex < inputs.Count ? inputs[biasIndex] : null;
            var extra = new QLinearOperands(One(inputs[1]!), (int)OneInteger(inputs[2]), inputs[0]!.Type,
                LayerWeights.PerRow(node, shape, inputs[4]!.Floats, "weight scales"),
                LayerWeights.PerRow(node, shape, Array.ConvertAll(inputs[5]?.Integers ?? [0], z => (int)z), "weight zero points"),
                    One(inputs[output]!), (int)OneInteger(inputs[output + 1]), inputs[output + 1]?.Type ?? ElementType.UInt8,
                    bias?.Integers ?? []);
            return (new MatrixLayer(node, shape, [], rows, weight.Type, [], 1, extra), null);
        }
        if (node.OpType is "ConvInteger" or "MatMulInteger") return Sums(node, shape, inputs, weight, isConstant);
        if (weight.Type is not (ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16)) return (null,
            $"its weights are {weight.Type}");
        float alpha = node.OpType == "Gemm" ? node.Attributes.GetValueOrDefault("alpha")?.Real ?? 1 : 1;
        float beta = node.OpType == "Gemm" ? node.Attributes.GetValueOrDefault("beta")?.Real ?? 1 : 1;
        float[] added = [];
        if (biasIndex > 0 && biasIndex < inputs.Count && inputs[biasIndex] is { } given)
        {
            if (!isConstant(biasIndex)) return (null, "its bias is not constant");
            if (given.Count != 1 && (given.Count != shape.Groups * shape.N || given.Shape[^1] != given.Count)) return (null,
                $"its bias has shape {Shapes.Text(given.Shape)}");
            added = new float[shape.Groups * shape.N];
            for (int i = 0; i < added.Length; i++) added[i] = given.Floats[given.Count == 1 ? 0 : i] * beta;
        }
        return (new MatrixLayer(node, shape, LayerWeights.Rows(node, shape, weight.Floats), [], weight.Type, added, alpha, null), null);
    }

    // The zero point of the input may be made at run time, as DynamicQuantizeLinear does.
    private static (MatrixLayer? Layer, string? Reason) Sums(Node node, GemmLayer shape, IReadOnlyList<Tensor?> inputs, Tensor weight,
        Func<int, bool> isConstant)
    {
        Tensor? Zero(int index) => index < inputs.Count && node.Inputs[index].Length > 0 ? inputs[index] : null;
        if (Zero(3) is not null && !isConstant(3)) return (null, "the zero point of its weights is computed at run time");
        if (Zero(2) is { Count: > 1 }) return (null, "its input has more than one zero point");
        int[] zeros = Zero(3) is { } z ? Array.ConvertAll(z.Integers, v => (int)v) : [0];
        if (zeros.Length != 1 && zeros.Length != shape.Groups * shape.N) return (null,
            $"its weights have {zeros.Length} zero points for {shape.Groups * shape.N} output channels");
        int? input = Zero(2) is not { } x ? 0 : isConstant(2) ? (int)x.Integers[0] : null;
        long[] rows = LayerWeights.Rows(node, shape, weight.Integers);
        return (new MatrixLayer(node, shape, [], rows, weight.Type, [], 1, null)
            { Sums = new(input, inputs[0]!.Type, LayerWeights.PerRow(node, shape, zeros, "weight zero points")) }, null);
    }

    private static float One(Tensor t) =>
        t.Count == 1 ? t.Floats[0] : throw new NetworkException($"a scale of {t.Count} values where one is expected");

    private static long OneInteger(Tensor? t) =>
        t is null ? 0 : t.Count == 1 ? t.Integer(0) : throw new NetworkException($"{t.Count} zero points where one is expected");
}
