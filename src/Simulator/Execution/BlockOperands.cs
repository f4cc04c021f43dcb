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
/// (<see cref="BlockRows"/>); blocks of a convolution lie along channels (<see cref="ChannelBlocks"/>) unless the recipe has them along
/// the im2col rows. A side without blocks is quantized by the recipe as ever and only gets places for scales. A format's tensor
/// scale is found from the weights, or from the calibration samples of the layer's input, and multiplied in by the vector unit. Elements
/// are rounded as the recipe says, a group's activations being numbered by sample, row and position along K.
/// </summary>
internal sealed class BlockOperands(DatapathSpec spec, float activationAmax, ElementRounding[] activations, ScaleSearch search,
    ChannelBlocks? channels)
{
    private readonly DotUnitSpec _unit = spec.Dot!;

    /// <summary>Whether activations come in blocks.</summary>
    public bool BlocksActivations => spec.ActivationBlocks is not null;

    /// <summary>How blocks of a convolution lie along channels; null: along the reduction.</summary>
    public ChannelBlocks? Channels => channels;

    /// <summary>Codes of a row of <paramref name="k"/> numbers.</summary>
    public int RowCodes(int k) => _unit.RowCodes(k);

    /// <summary>The reduction order in codes of rows: a chunk of so many products has their scales beside them.</summary>
    public static ReductionOrder InCodes(DotUnitSpec unit, ReductionOrder order) => new(unit.RowCodes(order.Chunk));

    /// <summary>Rows of weights as codes, group by group, and their scale a row.</summary>
    public static (uint[][] Codes, float[] Scales) Weights(DatapathSpec spec, MatrixLayer layer, ElementRounding rounding,
        ScaleSearch search, ChannelBlocks? channels, Func<QuantizedWeights> quantized)
    {
        GemmLayer shape = layer.Shape;
        int size = shape.N * shape.K;
        DotUnitSpec unit = spec.Dot!;
        var codes = new uint[shape.Groups][];
        if (spec.WeightBlocks is not { } blocks)
        {
            QuantizedWeights plain = quantized();
            for (int g = 0; g < codes.Length; g++)
            {
                ReadOnlySpan<uint> group = plain.Codes.AsSpan(g * size, size);
                codes[g] = channels?.Weights(g, group) ?? Join(unit, group, shape.N, shape.K);
            }
            return (codes, [.. plain.Scales]);
        }
        float amax = Largest(layer.WeightRows);
        for (int g = 0; g < codes.Length; g++)
        {
            ReadOnlySpan<float> group = layer.WeightRows.AsSpan(g * size, size);
            if (channels is not null)
            {
                codes[g] = channels.Weights(g, group, amax, rounding, search);
                continue;
            }
            codes[g] = new uint[shape.N * unit.RowCodes(shape.K)];
            BlockRows.Encode(unit, blocks, group, shape.N, shape.K, amax, codes[g], rounding.From((ulong)g * (ulong)size), search);
        }
        var scales = new float[layer.Rows];
        Array.Fill(scales, blocks.TensorScale(amax));
        return (codes, scales);
    }

    /// <summary>Scale and element codes of images, pixel by pixel: what <see cref="ChannelBlocks.Rows"/> takes.</summary>
    /// <param name="input">Images of channels of pixels.</param>
    /// <param name="inChannels">Channels of an image.</param>
    /// <param name="pixels">Pixels of a channel.</param>
    /// <param name="first">Index of the first number in the tensor of all samples.</param>
    /// <param name="events">Counts are added.</param>
    public (uint[] Codes, uint[] Scales) EncodePixels(ReadOnlySpan<float> input, int inChannels, int pixels, ulong first,
        ref BlockEvents events)
    {
        BlockFormat blocks = spec.ActivationBlocks!;
        int perPixel = blocks.Blocks(inChannels), images = input.Length / Math.Max(1, inChannels * pixels);
        uint[] codes = new uint[input.Length], scales = new uint[images * pixels * perPixel];
        var quantizer = BlockQuantizer.For(blocks, activations[0].Rounding, search);
        float[] line = new float[inChannels];
        for (int at = 0; at < images * pixels; at++)
        {
            int start = at / pixels * inChannels * pixels + at % pixels;
            for (int c = 0; c < inChannels; c++) line[c] = input[start + c * pixels];
            Span<uint> lineScales = scales.AsSpan(at * perPixel, perPixel), lineCodes = codes.AsSpan(at * inChannels, inChannels);
            if (activations[0].Random is null) quantizer.EncodeRow(line, activationAmax, lineScales, lineCodes, ref events);
            else quantizer.EncodeRow(line, activationAmax, ChannelBlocks.Strided(activations[0], first + (ulong)start, (ulong)pixels),
                lineScales, lineCodes, ref events);
        }
        return (codes, scales);
    }

    /// <summary>Rows of im2col numbers (as bit patterns) of a group to rows of codes; <paramref name="first"/> is the index of the first
    /// number in the group.</summary>
    public BlockEvents Encode(ReadOnlySpan<float> rows, int count, int k, Span<uint> codes, int group, ulong first) =>
        BlockRows.Encode(_unit, spec.ActivationBlocks!, rows, count, k, activationAmax, codes, activations[group].From(first), search);

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
