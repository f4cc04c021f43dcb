using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>
/// The operands of a layer whose datapath takes blocks along K: rows of weights and of im2col numbers become segments of a scale and its
/// elements
/// (<see cref="BlockRows"/>). A side without blocks is quantized by the recipe as ever and only gets places for scales. A format's tensor
/// scale is found from the weights, or from the calibration samples of the layer's input, and multiplied in by the vector unit. Elements
/// are rounded as the recipe says, a group's activations being numbered by sample, row and position along K.
/// </summary>
internal sealed class BlockOperands(DatapathSpec spec, float activationAmax, ElementRounding[] activations)
{
    private readonly DotUnitSpec _unit = spec.Dot!;

    /// <summary>Whether activations come in blocks.</summary>
    public bool BlocksActivations => spec.ActivationBlocks is not null;

    /// <summary>Codes of a row of <paramref name="k"/> numbers.</summary>
    public int RowCodes(int k) => _unit.RowCodes(k);

    /// <summary>The reduction order in codes of rows: a chunk of so many products has their scales beside them.</summary>
    public static ReductionOrder InCodes(DotUnitSpec unit, ReductionOrder order) => new(unit.RowCodes(order.Chunk));

    /// <summary>Rows of weights as codes and their scale a row.</summary>
    public static (uint[] Codes, float[] Scales) Weights(DatapathSpec spec, MatrixLayer layer, ElementRounding rounding,
        Func<QuantizedWeights> quantized)
    {
        int k = layer.Shape.K;
        DotUnitSpec unit = spec.Dot!;
        if (spec.WeightBlocks is not { } blocks)
        {
            QuantizedWeights plain = quantized();
            return (Join(unit, plain.Codes.AsSpan(), layer.Rows, k), [.. plain.Scales]);
        }
        float amax = Largest(layer.WeightRows);
        var codes = new uint[layer.Rows * unit.RowCodes(k)];
        BlockRows.Encode(unit, blocks, layer.WeightRows, layer.Rows, k, amax, codes, rounding);
        var scales = new float[layer.Rows];
        Array.Fill(scales, blocks.TensorScale(amax));
        return (codes, scales);
    }

    /// <summary>Rows of im2col numbers (as bit patterns) of a group to rows of codes; <paramref name="first"/> is the index of the first
    /// number in the group.</summary>
    public BlockEvents Encode(ReadOnlySpan<float> rows, int count, int k, Span<uint> codes, int group, ulong first) =>
        BlockRows.Encode(_unit, spec.ActivationBlocks!, rows, count, k, activationAmax, codes, activations[group].From(first));

    /// <summary>Rows of plain codes with places for scales.</summary>
    public uint[] Join(ReadOnlySpan<uint> rows, int count, int k) => Join(_unit, rows, count, k);

    /// <summary>Largest magnitude, 0 of nothing.</summary>
    public static float Largest(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values) largest = MathF.Max(largest, MathF.Abs(value));
        return largest;
    }

    private static uint[] Join(DotUnitSpec unit, ReadOnlySpan<uint> rows, int count, int k)
    {
        int width = unit.RowCodes(k);
        var joined = new uint[count * width];
        for (int row = 0; row < count; row++) BlockRows.Join(unit, null, [], rows.Slice(row * k, k)).CopyTo(joined, row * width);
        return joined;
    }
}
