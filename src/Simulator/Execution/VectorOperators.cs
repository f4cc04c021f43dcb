using Sim.Datapath.Nonlinear;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Execution;

/// <summary>Which ONNX operators a vector unit's functions stand for.</summary>
public static class VectorOperators
{
    /// <summary>The unit's implementation of an operator; null when it is computed in float32.</summary>
    public static VectorFunction? Find(VectorProgram program, string opType)
    {
        ArgumentNullException.ThrowIfNull(program);
        return KindOf(opType) is { } kind ? program.Find(kind) : null;
    }

    private static VectorFunctionKind? KindOf(string opType) => opType switch
    {
        "Exp" => VectorFunctionKind.Exp,
        "Sigmoid" => VectorFunctionKind.Sigmoid,
        "Tanh" => VectorFunctionKind.Tanh,
        "Erf" => VectorFunctionKind.Erf,
        "Gelu" => VectorFunctionKind.Gelu,
        "Softmax" => VectorFunctionKind.Softmax,
        "LayerNormalization" => VectorFunctionKind.LayerNorm,
        _ => null,
    };
}

/// <summary>
/// Runs single nodes through a vector unit's functions, bit for bit. Rows: Softmax along its axis; LayerNormalization from its axis on,
/// with the node's epsilon, scale and bias in float32 after it; all else along the last axis.
/// </summary>
public sealed class VectorEngine(VectorProgram program, int opset) : ILayerEngine
{
    Tensor[]? ILayerEngine.Execute(Node node, IReadOnlyList<Tensor?> inputs) => Execute(node, inputs)?.Outputs;

    /// <summary>The node's outputs and what was counted, or null when the unit has no function for it.</summary>
    internal (Tensor[] Outputs, LayerTally Tally)? Execute(Node node, IReadOnlyList<Tensor?> inputs)
    {
        if (node.Domain.Length > 0 || VectorOperators.Find(program, node.OpType) is not { } function) return null;
        Tensor input = inputs[0]!;
        if (input.Type != ElementType.Float32) throw new NetworkException(node,
            $"the vector unit's '{function.Text}' takes float32, found {input.Type}");
        if (node.OpType == "LayerNormalization") function =
            function.WithEpsilon(node.Attributes.TryGetValue("epsilon", out NodeAttribute? e) && e.Real is { } epsilon ? epsilon : 1e-5f);
        int rank = input.Shape.Length;
        bool isFlat = node.OpType == "Softmax" && opset < 13 || node.OpType == "LayerNormalization";
        long asked = node.OpType is not ("Softmax" or "LayerNormalization") ? -1
            : node.Attributes.TryGetValue("axis", out NodeAttribute? a) && a.Integer is { } given ? given : isFlat
                && node.OpType == "Softmax" ? 1 : -1;
        var axis = (int)(asked < 0 ? asked + rank : asked);
        if (rank > 0 && (axis < 0 || axis >= rank)) throw new NetworkException(node, $"axis {asked} is not one of {rank} dimensions");
        int length = rank == 0 ? 1 : isFlat ? Shapes.Count(input.Shape.AsSpan(axis)) : input.Shape[axis];
        int stride = rank == 0 || isFlat ? 1 : Shapes.Count(input.Shape.AsSpan(axis + 1));
        float[] result = new float[input.Count];
        var rows = new FloatRows(function);
        float[] row = new float[length];
        for (int block = 0; length > 0 && block < input.Count; block += length * stride)
            for (int lane = 0; lane < stride; lane++)
            {
                for (int i = 0; i < length; i++) row[i] = input.Floats[block + lane + i * stride];
                rows.Apply(row, row);
                for (int i = 0; i < length; i++) result[block + lane + i * stride] = row[i];
            }
        if (node.OpType == "LayerNormalization") ScaleAndShift(node, inputs, result, length);
        var tally = new LayerTally { Kernel = function.Text, Outputs = result.Length, EncodedInputs = result.Length,
            SaturatedInputs = rows.SaturatedInputs, NaNOutputs = result.Count(float.IsNaN), NaNInputs = rows.NaNInputs };
        return ([Tensor.OfFloats(result, [.. input.Shape])], tally);
    }

    private static void ScaleAndShift(Node node, IReadOnlyList<Tensor?> inputs, float[] result, int length)
    {
        if (node.Outputs.Skip(1).Any(o => o.Length > 0)) throw new NetworkException(node,
            "mean and deviation are no outputs of the vector unit's norm");
        float[] scale = inputs[1]!.Floats;
        float[]? bias = inputs.Count > 2 ? inputs[2]?.Floats : null;
        if (scale.Length != length || bias is not null && bias.Length != length) throw new NetworkException(node,
            $"scale and bias must have the {length} elements of a row");
        for (int i = 0; i < result.Length; i++)
        {
            float product = result[i] * scale[i % length];
            result[i] = bias is null ? product : product + bias[i % length];
        }
    }
}
