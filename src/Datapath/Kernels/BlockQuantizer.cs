using System.Collections.Concurrent;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Encoding;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Real numbers to blocks, row by row or along any axis, bit for bit and count for count as <see cref="BlockFormat.Encode"/> does. To
/// nearest, formats whose scales follow in lanes run there (<see cref="BlockLanes"/>); the others go one number at a time. Scales of least
/// error are searched block by block (<see cref="LeastErrorScale"/>). Any thread may use one.
/// </summary>
public sealed class BlockQuantizer
{
    // Columns of a strip that is turned into rows: a cache line of numbers.
    private const int Strip = 16;

    private static readonly ConcurrentDictionary<(BlockFormat Format, Rounding Rounding, ScaleSearch Search), BlockQuantizer> Known =
        new();

    private readonly BlockLanes? _lanes, _nearest;
    private readonly LeastErrorScale? _search;

    private BlockQuantizer(BlockFormat format, Rounding rounding, ScaleSearch search)
    {
        (Format, Rounding, _lanes) = (format, rounding, BlockLanes.For(format, rounding));
        if (search == ScaleSearch.Rule) return;
        if (RefusesSearch(format) is { } problem) throw new ArgumentException($"{format.Name}: {problem}", nameof(format));
        _search = new(format);
        _nearest = rounding.Mode == RoundingMode.NearestEven ? _lanes : BlockLanes.For(format, Rounding.NearestEven);
    }

    /// <summary>Whether rows are encoded in lanes.</summary>
    public bool IsVectorised => _lanes is not null;

    /// <summary>The format of the blocks.</summary>
    public BlockFormat Format { get; }

    /// <summary>How elements are rounded.</summary>
    public Rounding Rounding { get; }

    /// <summary>The quantizer for a format and rounding.</summary>
    public static BlockQuantizer For(BlockFormat format, Rounding rounding, ScaleSearch search = ScaleSearch.Rule)
    {
        ArgumentNullException.ThrowIfNull(format);
        // Random bits change from call to call.
        return rounding.Mode == RoundingMode.Stochastic ? new BlockQuantizer(format, rounding, search)
            : Known.GetOrAdd((format, rounding, search), key => new(key.Format, key.Rounding, key.Search));
    }

    /// <summary>Why scales of least error are not searched in a format; null: they are.</summary>
    public static string? RefusesSearch(BlockFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        return LeastErrorScale.Refuses(format);
    }

    /// <summary>A row of numbers that are consecutive blocks, the last perhaps short: one scale code a block, one code an
    /// element.</summary>
    public void EncodeRow(ReadOnlySpan<float> values, float tensorAmax, Span<uint> scales, Span<uint> codes, ref BlockEvents events)
    {
        if (_search is not null)
        {
            EncodeRow(values, tensorAmax, new ElementRounding(Rounding), scales, codes, ref events);
            return;
        }
        if (_lanes is not null && (!Format.TwoLevel || float.IsFinite(tensorAmax)))
        {
            if (codes.Length != values.Length) throw new ArgumentException($"{values.Length} values and {codes.Length} codes",
                nameof(codes));
            _lanes.EncodeRow(values, tensorAmax, scales, codes, ref events);
            return;
        }
        EncodeRow(values, tensorAmax, new ElementRounding(Rounding), scales, codes, ref events);
    }

    /// <summary>The same block by block, each element with the rounding of its own index in the row.</summary>
    public void EncodeRow(ReadOnlySpan<float> values, float tensorAmax, ElementRounding rounding, Span<uint> scales, Span<uint> codes,
        ref BlockEvents events)
    {
        int size = Format.Size == 0 ? Math.Max(1, values.Length) : Format.Size;
        for (int start = 0, block = 0; start < values.Length; start += size, block++)
        {
            int count = Math.Min(size, values.Length - start);
            ReadOnlySpan<float> numbers = values.Slice(start, count);
            Span<uint> elements = codes.Slice(start, count);
            if (_search is null || Format.TwoLevel && !float.IsFinite(tensorAmax) || !AllFinite(numbers))
            {
                scales[block] = Format.EncodeEach(numbers, tensorAmax, rounding.From((ulong)start), elements, ref events);
                continue;
            }
            uint scale = scales[block] = _search.Find(numbers, tensorAmax, Nearest, elements);
            events.Blocks++;
            if (rounding.Random is null && rounding.Rounding == Rounding && _lanes is not null)
                events.SaturatedElements += _lanes.EncodeUnder(scale, numbers, tensorAmax, elements);
            else Format.EncodeUnder(scale, numbers, tensorAmax, rounding.From((ulong)start), elements, ref events);
        }
    }

    private void Nearest(uint scale, ReadOnlySpan<float> values, float tensorAmax, Span<uint> codes)
    {
        if (_nearest?.EncodeUnder(scale, values, tensorAmax, codes) is not null) return;
        var uncounted = new BlockEvents();
        Format.EncodeUnder(scale, values, tensorAmax, new ElementRounding(Rounding.NearestEven), codes, ref uncounted);
    }

    private static bool AllFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values) if (!float.IsFinite(value)) return false;
        return true;
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
