using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Simulator.Execution;

/// <summary>
/// A layer that the datapath executes: a node whose weights are constant, as Groups independent products of im2col rows with weight rows.
/// </summary>
/// <param name="Shape">Groups, M, N, K and convolution geometry of one sample.</param>
/// <param name="WeightRows">Float layers: Groups·N rows of K float32 weights; empty for integer layers.</param>
/// <param name="IntegerWeightRows">Integer layers: the same as integers; empty for float layers.</param>
/// <param name="WeightElement">Element type of the weights in the graph.</param>
/// <param name="Bias">float32 bias an output channel, already times beta; empty without bias. Integer layers keep theirs in
/// <see cref="QLinearOperands"/>.</param>
/// <param name="Alpha">Factor of the product (Gemm's alpha), else 1.</param>
/// <param name="Integer">What QLinearConv and QLinearMatMul add; null for others.</param>
public sealed record MatrixLayer(Node Node, GemmLayer Shape, float[] WeightRows, long[] IntegerWeightRows, ElementType WeightElement,
    float[] Bias, float Alpha,
    QLinearOperands? Integer)
{
    /// <summary>The node's name.</summary>
    public string Name => Node.Name;

    /// <summary>What ConvInteger and MatMulInteger add; null for others.</summary>
    public IntegerSums? Sums { get; init; }

    /// <summary>Whether the node takes integers, which recipes leave as they are.</summary>
    public bool TakesIntegers => Integer is not null || Sums is not null;

    /// <summary>The numbers that the graph states for the operands; null: none.</summary>
    internal StatedLayer? Stated { get; init; }

    /// <summary>The stated weights as rows, or null with the reason where they are stated but in no form for rows.</summary>
    internal (StatedRows? Rows, string? Reason) StatedRows { get; init; }

    /// <summary>Output channels: Groups·N.</summary>
    public int Rows => Shape.Groups * Shape.N;
}

/// <summary>Quantization of an ONNX QLinearConv or QLinearMatMul: scales, zero points (per output channel where an array) and int32
/// bias.</summary>
public sealed record QLinearOperands(float InputScale, int InputZeroPoint, ElementType InputElement, float[] WeightScales,
    int[] WeightZeroPoints,
    float OutputScale, int OutputZeroPoint, ElementType OutputElement, long[] Bias);

/// <summary>Zero points of an ONNX ConvInteger or MatMulInteger, whose output is the register's integer.</summary>
/// <param name="InputZeroPoint">null: computed at run time, as DynamicQuantizeLinear does.</param>
/// <param name="WeightZeroPoints">One a row.</param>
public sealed record IntegerSums(int? InputZeroPoint, ElementType InputElement, int[] WeightZeroPoints);
