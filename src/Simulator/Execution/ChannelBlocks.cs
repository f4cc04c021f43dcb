using System.Collections.Immutable;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Execution;

/// <summary>
/// The reduction of a convolution whose blocks lie along channels, as memories hold them: each activation belongs to one block of the
/// channels of its pixel, each weight to one of the input channels of its kernel place. A reduction takes the kernel places in order
/// (ky, kx) and, of each, pieces of channels that lie in one block of either side; a piece fills a segment of the dot unit, zeros behind
/// its channels. Blocks of activations count from the first channel of the tensor, also under groups; those of weights from the first of
/// the group.
/// </summary>
internal sealed class ChannelBlocks
{
    private readonly GemmLayer _shape;
    private readonly DotUnitSpec _unit;
    private readonly BlockFormat? _activations, _weights;
    private readonly ImmutableArray<(int First, int Count)>[] _pieces;
    private readonly int _places, _channels;
    private readonly uint _weightZero;

    private ChannelBlocks(DatapathSpec spec, GemmLayer shape, ConvGeometry conv)
    {
        (_shape, _unit, _activations, _weights) = (shape, spec.Dot!, spec.ActivationBlocks, spec.WeightBlocks);
        (_places, _channels) = (conv.KernelHeight * conv.KernelWidth, conv.InputChannels / shape.Groups);
        _weightZero = spec.Weight.Encode(Exact.Zero(false), Rounding.NearestEven, out _);
        _pieces = [.. Enumerable.Range(0, shape.Groups).Select(Cut)];
    }

    /// <summary>The layout of a layer; null where blocks lie along the reduction as im2col has it, or there are none.</summary>
    public static ChannelBlocks? Of(DatapathSpec spec, GemmLayer shape) =>
        spec.Dot is { Segment: > 0 } && shape.Conv is { } conv ? new(spec, shape, conv) : null;

    /// <summary>Products of a reduction of a group, those with the zeros of short pieces included.</summary>
    public int Products(int group) => _places * _pieces[group].Length * _unit.Segment;

    /// <summary>Whether some piece leaves lanes of its segment to zeros.</summary>
    public bool LeavesLanes => _pieces.Any(p => p.Any(piece => piece.Count < _unit.Segment));

    /// <summary>Most products of a group's reduction.</summary>
    public int MostProducts => Enumerable.Range(0, _shape.Groups).Max(Products);

    /// <summary>Codes of a row of a group.</summary>
    public int RowCodes(int group) => _unit.RowCodes(Products(group));

    /// <summary>Rows of weights of a group in blocks, from rows in the order of the graph (channel, ky, kx).</summary>
    public uint[] Weights(int group, ReadOnlySpan<float> rows, float amax, ElementRounding rounding, ScaleSearch search)
    {
        int width = RowCodes(group), k = _shape.K;
        var codes = new uint[_shape.N * width];
        var quantizer = BlockQuantizer.For(_weights!, rounding.Rounding, search);
        float[] line = new float[_channels];
        uint[] elements = new uint[_channels], scales = new uint[_weights!.Blocks(_channels)];
        var events = new BlockEvents();
        for (int n = 0; n < _shape.N; n++)
        {
            for (int place = 0; place < _places; place++)
            {
                for (int c = 0; c < _channels; c++) line[c] = rows[n * k + c * _places + place];
                ulong first = (ulong)(group * _shape.N + n) * (ulong)k + (ulong)place;
                quantizer.EncodeRow(line, amax, Strided(rounding, first, (ulong)_places), scales, elements, ref events);
                Put(group, place, codes.AsSpan(n * width, width), elements, 0, scales, _weights, _weightZero);
            }
        }
        return codes;
    }

    /// <summary>Rows of weights of a group that are single numbers: codes in the order of the graph.</summary>
    public uint[] Weights(int group, ReadOnlySpan<uint> rows)
    {
        int width = RowCodes(group);
        var codes = new uint[_shape.N * width];
        uint[] elements = new uint[_channels];
        for (int n = 0; n < _shape.N; n++)
        {
            for (int place = 0; place < _places; place++)
            {
                for (int c = 0; c < _channels; c++) elements[c] = rows[n * _shape.K + c * _places + place];
                Put(group, place, codes.AsSpan(n * width, width), elements, 0, [], null, _weightZero);
            }
        }
        return codes;
    }

    /// <summary>Rows of activations of a group for the output pixels of one image.</summary>
    /// <param name="group">The group.</param>
    /// <param name="elements">Codes of the image: pixel, channel.</param>
    /// <param name="scales">Scale codes of the image: pixel, block; empty for single numbers.</param>
    /// <param name="zero">The code of 0 (or the zero point), for padding.</param>
    /// <param name="rows">One row of <see cref="RowCodes"/> an output pixel.</param>
    public void Rows(int group, ReadOnlySpan<uint> elements, ReadOnlySpan<uint> scales, uint zero, Span<uint> rows)
    {
        ConvGeometry conv = _shape.Conv!;
        int width = RowCodes(group), all = conv.InputChannels, blocks = _activations?.Blocks(all) ?? 0;
        uint[] outside = new uint[all], outsideScales = new uint[blocks];
        outside.AsSpan().Fill(zero);
        if (_activations is { } format)
        {
            var events = new BlockEvents();
            BlockQuantizer.For(format, Rounding.NearestEven).EncodeRow(new float[all], 0, outsideScales, outside, ref events);
        }
        for (int pixel = 0; pixel < conv.OutputHeight * conv.OutputWidth; pixel++)
        {
            Span<uint> row = rows.Slice(pixel * width, width);
            for (int place = 0; place < _places; place++)
            {
                int y = pixel / conv.OutputWidth * conv.StrideHeight + place / conv.KernelWidth * conv.DilationHeight - conv.PadTop,
                    x = pixel % conv.OutputWidth * conv.StrideWidth + place % conv.KernelWidth * conv.DilationWidth - conv.PadLeft;
                bool inside = y >= 0 && y < conv.InputHeight && x >= 0 && x < conv.InputWidth;
                int at = y * conv.InputWidth + x;
                Put(group, place, row, inside ? elements.Slice(at * all, all) : outside, group * _channels,
                    inside ? scales.Slice(at * blocks, blocks) : outsideScales, _activations, zero);
            }
        }
    }

    // One kernel place of a row; the group's first channel is number start of the elements, whose first begins a block.
    private void Put(int group, int place, Span<uint> row, ReadOnlySpan<uint> elements, int start, ReadOnlySpan<uint> scales,
        BlockFormat? blocks, uint zero)
    {
        int segment = _unit.Segment, at = place * _pieces[group].Length * (segment + 1);
        foreach ((int first, int count) in _pieces[group])
        {
            int from = first - group * _channels + start;
            row[at] = blocks is null ? 0 : scales[from / blocks.Size];
            elements.Slice(from, count).CopyTo(row[(at + 1)..]);
            row.Slice(at + 1 + count, segment - count).Fill(zero);
            at += segment + 1;
        }
    }

    /// <summary>Rounding of every <paramref name="stride"/>th element of a tensor.</summary>
    public static ElementRounding Strided(ElementRounding rounding, ulong first, ulong stride) =>
        rounding.Random is not { } random ? rounding
            : rounding with { Random = element => random(first + element * stride), First = 0 };

    private ImmutableArray<(int First, int Count)> Cut(int group)
    {
        int from = group * _channels, end = from + _channels;
        var pieces = ImmutableArray.CreateBuilder<(int, int)>();
        for (int at = from; at < end;)
        {
            int next = end;
            if (_activations is { } a) next = Math.Min(next, (at / a.Size + 1) * a.Size);
            if (_weights is { } w) next = Math.Min(next, from + ((at - from) / w.Size + 1) * w.Size);
            pieces.Add((at, next - at));
            at = next;
        }
        return pieces.ToImmutable();
    }
}
