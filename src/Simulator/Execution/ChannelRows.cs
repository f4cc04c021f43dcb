using Sim.Datapath.Formats;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Execution;

/// <summary>
/// The images of a convolution as memories hold them when blocks lie along channels: each number encoded once, in the block of its pixel,
/// however many windows read it. Serves the rows of any group.
/// </summary>
internal sealed class ChannelRows
{
    private readonly ChannelBlocks _layout;
    private readonly ConvGeometry _conv;
    private readonly uint[] _codes, _scales;
    private readonly uint _zero;

    private ChannelRows(ChannelBlocks layout, ConvGeometry conv, uint[] codes, uint[] scales, uint zero) =>
        (_layout, _conv, _codes, _scales, _zero) = (layout, conv, codes, scales, zero);

    /// <summary>Images of float32 numbers in blocks.</summary>
    /// <param name="blocks">The layer's operands.</param>
    /// <param name="conv">Its geometry.</param>
    /// <param name="input">The numbers: image, channel, pixel.</param>
    /// <param name="first">Index of the first number in the tensor of all samples.</param>
    /// <param name="zero">The element code of 0.</param>
    /// <param name="tally">Counts are added.</param>
    internal static ChannelRows OfNumbers(BlockOperands blocks, ConvGeometry conv, ReadOnlySpan<float> input, ulong first, uint zero,
        LayerTally tally)
    {
        var events = new BlockEvents();
        (uint[] codes, uint[] scales) = blocks.EncodePixels(input, conv.InputChannels, conv.InputHeight * conv.InputWidth, first,
            ref events);
        tally.EncodedInputs += codes.Length;
        tally.SaturatedInputs += events.SaturatedElements;
        return new(blocks.Channels!, conv, codes, scales, zero);
    }

    /// <summary>Images of single codes: image, channel, pixel.</summary>
    internal static ChannelRows OfCodes(ChannelBlocks layout, ConvGeometry conv, ReadOnlySpan<uint> input, uint zero)
    {
        int pixels = conv.InputHeight * conv.InputWidth, channels = conv.InputChannels, size = channels * pixels;
        uint[] codes = new uint[input.Length];
        for (int i = 0; i < codes.Length; i++)
            codes[i] = input[i / size * size + i % channels * pixels + i / channels % pixels];
        return new(layout, conv, codes, [], zero);
    }

    /// <summary>Rows of a group for all output pixels of consecutive images.</summary>
    internal uint[] Of(int group, int from, int count)
    {
        int pixels = _conv.InputHeight * _conv.InputWidth, elements = pixels * _conv.InputChannels,
            scales = elements == 0 ? 0 : (int)((long)_scales.Length * elements / Math.Max(1, _codes.Length)),
            size = _conv.OutputHeight * _conv.OutputWidth * _layout.RowCodes(group);
        uint[] rows = new uint[count * size];
        for (int s = 0; s < count; s++)
            _layout.Rows(group, _codes.AsSpan((from + s) * elements, elements), _scales.AsSpan((from + s) * scales, scales), _zero,
                rows.AsSpan(s * size, size));
        return rows;
    }
}
