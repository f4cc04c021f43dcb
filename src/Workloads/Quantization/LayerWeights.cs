using Sim.Workloads.Graph;

namespace Sim.Workloads.Quantization;

/// <summary>
/// Where the weights of a matrix layer are among its node's inputs and how they become rows: one row an output channel (Groups·N), K
/// elements each, K ordered as the ONNX weight (channel, ky, kx).
/// </summary>
public static class LayerWeights
{
    /// <summary>Whether the operator takes integers with scales and gives integers: QLinearConv, QLinearMatMul.</summary>
    public static bool IsQLinear(Node node) => node?.OpType is "QLinearConv" or "QLinearMatMul";

    /// <summary>Index of the weights among the inputs.</summary>
    public static int WeightIndex(Node node) => IsQLinear(node) || node?.OpType == "QGemm" ? 3 : 1;

    /// <summary>Index of the bias among the inputs; -1 when the operator takes none.</summary>
    public static int BiasIndex(Node node) => node?.OpType switch
    {
        "QLinearConv" => 8,
        "Conv" or "Gemm" => 2,
        "QGemm" => 6,
        _ => -1,
    };

    /// <summary>Whether the weight tensor has its output channels first (convolutions, Gemm with transB); else they are last.</summary>
    public static bool RowsFirst(Node node, GemmLayer shape)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(shape);
        return shape.Conv is not null || node.OpType is "Gemm" or "QGemm" && Flag(node, "transB");
    }

    /// <summary>The weights as rows. Matrices of a batch (Groups of a MatMul) are transposed each for itself.</summary>
    /// <exception cref="NetworkException">The tensor has another number of elements than the layer has weights.</exception>
    public static T[] Rows<T>(Node node, GemmLayer shape, T[] weights)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.LongLength != shape.SecondElements) throw new NetworkException(node,
            $"{weights.Length} weights for {shape.Groups} groups of {shape.N}×{shape.K}");
        if (RowsFirst(node, shape)) return weights;
        T[] rows = new T[weights.Length];
        for (int g = 0; g < rows.Length; g += shape.N * shape.K)
            for (int i = 0; i < shape.K; i++)
                for (int j = 0; j < shape.N; j++) rows[g + j * shape.K + i] = weights[g + i * shape.N + j];
        return rows;
    }

    /// <summary>The weight tensor that <see cref="Rows"/> made rows of.</summary>
    public static T[] FromRows<T>(Node node, GemmLayer shape, T[] rows)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.LongLength != shape.SecondElements) throw new NetworkException(node,
            $"{rows.Length} weights for {shape.Groups} groups of {shape.N}×{shape.K}");
        if (RowsFirst(node, shape)) return rows;
        T[] weights = new T[rows.Length];
        for (int g = 0; g < rows.Length; g += shape.N * shape.K)
            for (int i = 0; i < shape.K; i++)
                for (int j = 0; j < shape.N; j++) weights[g + i * shape.N + j] = rows[g + j * shape.K + i];
        return weights;
    }

    /// <summary>One value for all output channels, or one each, as one each.</summary>
    /// <exception cref="NetworkException">Neither one value nor one an output channel.</exception>
    public static T[] PerRow<T>(Node node, GemmLayer shape, T[] values, string what)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(values);
        T[] rows = new T[shape.Groups * shape.N];
        if (values.Length != 1 && values.Length != rows.Length) throw new NetworkException(node,
            $"{values.Length} {what} do not fit {rows.Length} output channels");
        for (int i = 0; i < rows.Length; i++) rows[i] = values[values.Length == 1 ? 0 : i];
        return rows;
    }

    /// <summary>Whether an integer attribute is set and not 0.</summary>
    public static bool Flag(Node node, string name)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Attributes.GetValueOrDefault(name)?.Integer is { } v && v != 0;
    }
}
