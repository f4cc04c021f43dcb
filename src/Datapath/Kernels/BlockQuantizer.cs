using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Real numbers to blocks, row by row or along any axis, each block through <see cref="BlockFormat.Encode"/>, one number at a time. Any thread may use one.
/// </summary>
public sealed class BlockQuantizer
{
    private BlockQuantizer(BlockFormat format, Rounding rounding) => (Format, Rounding) = (format, rounding);

    /// <summary>The format of the blocks.</summary>
    public BlockFormat Format { get; }

    /// <summary>How elements are rounded.</summary>
    public Rounding Rounding { get; }

    /// <summary>The quantizer for a format and rounding.</summary>
    public static BlockQuantizer For(BlockFormat format, Rounding rounding)
    {
        ArgumentNullException.ThrowIfNull(format);
        return new BlockQuantizer(format, rounding);
    }

    /// <summary>A row of numbers that are consecutive blocks, the last perhaps short: one scale code a block, one code an element.</summary>
    public void EncodeRow(ReadOnlySpan<float> values, float tensorAmax, Span<uint> scales, Span<uint> codes, ref BlockEvents events)
    {
        int size = Format.Size == 0 ? Math.Max(1, values.Length) : Format.Size;
        for (int start = 0, block = 0; start < values.Length; start += size, block++)
        {
            int count = Math.Min(size, values.Length - start);
            scales[block] = Format.Encode(values.Slice(start, count), tensorAmax, Rounding, codes.Slice(start, count), ref events);
        }
    }

    /// <summary>
    /// Blocks along one axis of a row-major tensor seen as [outer][axis][inner]: scales are [outer][blocks][inner], codes lie as the values do.
    /// </summary>
    /// <param name="values">The tensor.</param>
    /// <param name="axis">Length of the axis that blocks lie along.</param>
    /// <param name="inner">Elements from one index of the axis to the next: 1 for the last axis.</param>
    /// <param name="tensorAmax">Largest magnitude of the tensor, for formats with a tensor scale.</param>
    /// <param name="scales">Scale codes.</param>
    /// <param name="codes">Element codes.</param>
    /// <param name="events">Counts are added.</param>
    public void EncodeAlong(ReadOnlySpan<float> values, int axis, int inner, float tensorAmax, Span<uint> scales, Span<uint> codes, ref BlockEvents events)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(axis, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inner, 1);
        int blocks = Format.Blocks(axis), outer = values.Length / (axis * inner);
        if (outer * axis * inner != values.Length) throw new ArgumentException($"{values.Length} values are no whole number of {axis}×{inner}", nameof(values));
        if (codes.Length != values.Length || scales.Length != outer * blocks * inner) throw new ArgumentException($"{codes.Length} codes and {scales.Length} scales", nameof(codes));
        var line = new float[axis];
        uint[] lineCodes = new uint[axis], lineScales = new uint[blocks];
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < inner; i++)
            {
                int first = o * axis * inner + i;
                for (int j = 0; j < axis; j++) line[j] = values[first + j * inner];
                EncodeRow(line, tensorAmax, lineScales, lineCodes, ref events);
                for (int j = 0; j < axis; j++) codes[first + j * inner] = lineCodes[j];
                for (int b = 0; b < blocks; b++) scales[(o * blocks + b) * inner + i] = lineScales[b];
            }
        }
    }
}
