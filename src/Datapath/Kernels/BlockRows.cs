using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Rows of operands for a <see cref="DotUnitSpec"/> whose operands have scales: segments of a scale's code and element
/// codes.</summary>
public static class BlockRows
{
    /// <summary>A row from element codes and the scale codes of its blocks (none on a side without blocks).</summary>
    /// <exception cref="ArgumentException">The scales are not as many as the blocks.</exception>
    public static uint[] Join(DotUnitSpec unit, BlockFormat? blocks, ReadOnlySpan<uint> scales, ReadOnlySpan<uint> codes)
    {
        ArgumentNullException.ThrowIfNull(unit);
        int expected = blocks?.Blocks(codes.Length) ?? 0;
        if (scales.Length != expected) throw new ArgumentException($"{scales.Length} scales for {expected} blocks", nameof(scales));
        var row = new uint[unit.RowCodes(codes.Length)];
        for (int i = 0; i < codes.Length; i++)
        {
            int at = i + i / unit.Segment + 1;
            if (i % unit.Segment == 0) row[at - 1] = blocks is null ? 0 : scales[i / blocks.Size];
            row[at] = codes[i];
        }
        return row;
    }

    /// <summary>Encodes rows of numbers: each of <paramref name="rows"/> rows of <paramref name="k"/> numbers becomes
    /// <see cref="DotUnitSpec.RowCodes"/> codes.</summary>
    /// <param name="unit">The unit that will read the rows.</param>
    /// <param name="blocks">The blocks of this side.</param>
    /// <param name="values">Rows of numbers.</param>
    /// <param name="rows">How many.</param>
    /// <param name="k">Numbers of a row.</param>
    /// <param name="tensorAmax">Largest magnitude of the tensor, for formats with a tensor scale.</param>
    /// <param name="codes">The rows of codes.</param>
    /// <param name="rounding">Of the elements, numbered row by row; left out: to nearest even.</param>
    /// <param name="search">How the scales of the blocks are found.</param>
    public static BlockEvents Encode(DotUnitSpec unit, BlockFormat blocks, ReadOnlySpan<float> values, int rows, int k, float tensorAmax,
        Span<uint> codes,
        ElementRounding rounding = default, ScaleSearch search = ScaleSearch.Rule)
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(blocks);
        var events = new BlockEvents();
        int width = unit.RowCodes(k), blockCount = blocks.Blocks(k);
        var quantizer = BlockQuantizer.For(blocks, rounding.Rounding, search);
        uint[] elements = new uint[k], scales = new uint[blockCount];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> numbers = values.Slice(row * k, k);
            if (rounding.Random is null) quantizer.EncodeRow(numbers, tensorAmax, scales, elements, ref events);
            else quantizer.EncodeRow(numbers, tensorAmax, rounding.From((ulong)row * (ulong)k), scales, elements, ref events);
            Span<uint> target = codes.Slice(row * width, width);
            for (int start = 0, at = 0; start < k; start += unit.Segment)
            {
                int count = Math.Min(unit.Segment, k - start);
                target[at++] = scales[start / blocks.Size];
                elements.AsSpan(start, count).CopyTo(target[at..]);
                at += count;
            }
        }
        return events;
    }
}
