using System.Collections.Concurrent;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Encoding;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Real numbers to blocks, row by row or along any axis, bit for bit and count for count as <see cref="BlockFormat.Encode"/> does. To
/// nearest, formats whose scales follow in lanes run there (<see cref="BlockLanes"/>); the others go one number at a time. Any thread may
/// use one.
/// </summary>
public sealed class BlockQuantizer
{
    // Columns of a strip that is turned into rows: a cache line of numbers.
    private const int Strip = 16;

    private static readonly ConcurrentDictionary<(BlockFormat Format, Rounding Rounding), BlockQuantizer> Known = new();

    private readonly BlockLanes? _lanes;

    private BlockQuantizer(BlockFormat format, Rounding rounding) =>
        (Format, Rounding, _lanes) = (format, rounding, BlockLanes.For(format, rounding));

    /// <summary>Whether rows are encoded in lanes.</summary>
    public bool IsVectorised => _lanes is not null;

    /// <summary>The format of the blocks.</summary>
    public BlockFormat Format { get; }

    /// <summary>How elements are rounded.</summary>
    public Rounding Rounding { get; }

    /// <summary>The quantizer for a format and rounding.</summary>
    public static BlockQuantizer For(BlockFormat format, Rounding rounding)
    {
        ArgumentNullException.ThrowIfNull(format);
        // Random bits change from call to call.
        return rounding.Mode == RoundingMode.Stochastic ? new BlockQuantizer(format, rounding)
            : Known.GetOrAdd((format, rounding), key => new(key.Format, key.Rounding));
    }

    /// <summary>A row of numbers that are consecutive blocks, the last perhaps short: one scale code a block, one code an
    /// element.</summary>
    public void EncodeRow(ReadOnlySpan<float> values, float tensorAmax, Span<uint> scales, Span<uint> codes, ref BlockEvents events)
    {
        if (_lanes is not null && (!Format.TwoLevel || float.IsFinite(tensorAmax)))
        {
            if (codes.Length != values.Length) throw new ArgumentException($"{values.Length} values and {codes.Length} codes",
                nameof(codes));
            _lanes.EncodeRow(values, tensorAmax, scales, codes, ref events);
            return;
        }
        int size = Format.Size == 0 ? Math.Max(1, values.Length) : Format.Size;
        for (int start = 0, block = 0; start < values.Length; start += size, block++)
        {
            int count = Math.Min(size, values.Length - start);
            scales[block] = Format.Encode(values.Slice(start, count), tensorAmax, Rounding, codes.Slice(start, count), ref events);
        }
    }

    /// <summary>
    /// Blocks along one axis of a row-major tensor seen as [outer][axis][inner]: scales are [outer][blocks][inner], codes lie as the values
    /// do.
    /// </summary>
    /// <param name="values">The tensor.</param>
    /// <param name="axis">Length of the axis that blocks lie along.</param>
    /// <param name="inner">Elements from one index of the axis to the next: 1 for the last axis.</param>
    /// <param name="tensorAmax">Largest magnitude of the tensor, for formats with a tensor scale.</param>
    /// <param name="scales">Scale codes.</param>
    /// <param name="codes">Element codes.</param>
    /// <param name="events">Counts are added.</param>
    public void EncodeAlong(ReadOnlySpan<float> values, int axis, int inner, float tensorAmax, Span<uint> scales, Span<uint> codes,
        ref BlockEvents events)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(axis, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inner, 1);
        int blocks = Format.Blocks(axis), outer = values.Length / (axis * inner);
        if (outer * axis * inner != values.Length) throw new ArgumentException($"{values.Length} values are no whole number of {axis}×{inner}", nameof(values));
        if (codes.Length != values.Length
            || scales.Length != outer * blocks * inner) throw new ArgumentException($"{codes.Length} codes and {scales.Length} scales",
            nameof(codes));
        if (inner == 1)
        {
            for (int o = 0; o < outer; o++) EncodeRow(values.Slice(o * axis, axis), tensorAmax, scales.Slice(o * blocks, blocks),
                codes.Slice(o * axis, axis), ref events);
            return;
        }
        var lines = new float[Strip * axis];
        uint[] lineCodes = new uint[Strip * axis], lineScales = new uint[Strip * blocks];
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < inner; i += Strip)
            {
                int width = Math.Min(Strip, inner - i);
                Turn<float>(values, (o * axis) * inner + i, 1, inner, lines, 0, axis, 1, width, axis);
                for (int c = 0; c < width; c++) EncodeRow(lines.AsSpan(c * axis, axis), tensorAmax, lineScales.AsSpan(c * blocks, blocks),
                    lineCodes.AsSpan(c * axis, axis), ref events);
                Turn<uint>(lineCodes, 0, axis, 1, codes, (o * axis) * inner + i, 1, inner, width, axis);
                Turn<uint>(lineScales, 0, blocks, 1, scales, (o * blocks) * inner + i, 1, inner, width, blocks);
            }
        }
    }

    // to[column, step] = from[column, step], each with its own distances of columns and steps.
    private static void Turn<T>(ReadOnlySpan<T> from, int first, int column, int step, Span<T> to, int toFirst, int toColumn, int toStep,
        int columns, int steps)
    {
        for (int s = 0; s < steps; s++)
            for (int c = 0; c < columns; c++) to[toFirst + c * toColumn + s * toStep] = from[first + c * column + s * step];
    }
}
