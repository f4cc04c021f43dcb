using System.Collections.Immutable;
using Sim.Datapath.Formats;

namespace Sim.Workloads.Quantization;

/// <summary>Weights of one layer as codes: Rows (groups · output channels of a group) × Columns (K), row-major, with one scale a
/// row.</summary>
/// <param name="Clipped">Weights that the scale made clip.</param>
/// <param name="Groups">What a recipe with groups stores; Codes then are its numbers, rounded once into the datapath's format, and scales
/// are 1.</param>
public sealed record QuantizedWeights(INumberFormat Format, int Rows, int Columns, ImmutableArray<uint> Codes,
    ImmutableArray<float> Scales, long Clipped, GroupedWeights? Groups = null)
{
    /// <summary>Quantizes rows of float32 weights; per tensor, all rows share a scale. Limits are put on <paramref name="peak"/>, by
    /// default the largest finite.</summary>
    public static QuantizedWeights From(ReadOnlySpan<float> weights, int rows, int columns, TensorEncoder tensor, Recipe recipe,
        double? peak = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ArgumentNullException.ThrowIfNull(recipe);
        if (weights.Length != rows * columns) throw new ArgumentException($"{rows}×{columns} weights expected, found {weights.Length}",
            nameof(weights));
        ElementEncoder encoder = tensor.Elements;
        if (recipe.Groups is { } groups) return InGroups(weights, rows, columns, encoder, groups);
        uint[] codes = new uint[weights.Length];
        float[] scales = new float[rows];
        long clipped = 0;
        if (recipe.WeightGranularity == Granularity.PerTensor)
        {
            float scale = Calibrator.Symmetric(recipe.Weights, encoder, weights, recipe.ScaleWideFormats, peak).Scale;
            Array.Fill(scales, scale);
            clipped = tensor.Encode(weights, scale, 0, 0, codes);
        }
        else
        {
            for (int r = 0; r < rows; r++)
            {
                ReadOnlySpan<float> row = weights.Slice(r * columns, columns);
                scales[r] = Calibrator.Symmetric(recipe.Weights, encoder, row, recipe.ScaleWideFormats, peak).Scale;
                clipped += tensor.Encode(row, scales[r], 0, (ulong)r * (ulong)columns, codes.AsSpan(r * columns, columns));
            }
        }
        return new(encoder.Format, rows, columns, [.. codes], [.. scales], clipped);
    }

    /// <summary>Quantizes rows of float32 weights with given scales, one a row.</summary>
    public static QuantizedWeights WithScales(ReadOnlySpan<float> weights, int columns, ElementEncoder encoder, ReadOnlySpan<float> scales)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        if (weights.Length != scales.Length
            * columns) throw new ArgumentException($"{scales.Length}×{columns} weights expected, found {weights.Length}", nameof(weights));
        uint[] codes = new uint[weights.Length];
        long clipped = 0;
        for (int r = 0; r < scales.Length; r++) clipped += encoder.Encode(weights.Slice(r * columns, columns), scales[r], 0,
            codes.AsSpan(r * columns, columns));
        return new(encoder.Format, scales.Length, columns, [.. codes], [.. scales], clipped);
    }

    private static QuantizedWeights InGroups(ReadOnlySpan<float> weights, int rows, int columns, ElementEncoder encoder,
        WeightGroups groups)
    {
        var quantizer = new GroupQuantizer(groups);
        int perRow = (columns + groups.Size - 1) / groups.Size;
        uint[] codes = new uint[weights.Length], elements = new uint[weights.Length];
        var stored = new StoredGroup[rows * perRow];
        var values = new double[columns];
        long clipped = 0;
        for (int r = 0; r < rows; r++)
        {
            clipped += quantizer.Quantize(weights.Slice(r * columns, columns), elements.AsSpan(r * columns, columns),
                stored.AsSpan(r * perRow, perRow), values);
            for (int c = 0; c < columns; c++) codes[r * columns + c] = encoder.Format.Encode(Exact.FromDouble(values[c]),
                new Rounding(RoundingMode.NearestEven, OverflowPolicy.Saturate), out _);
        }
        return new(encoder.Format, rows, columns, [.. codes], [.. Enumerable.Repeat(1f, rows)], clipped,
            new GroupedWeights(groups, [.. elements], [.. stored]));
    }
}

/// <summary>Weights as a recipe with groups stores them.</summary>
/// <param name="Scheme">How they were grouped.</param>
/// <param name="Codes">Row-major codes in the formats of their groups.</param>
/// <param name="Groups">Row-major groups.</param>
public sealed record GroupedWeights(WeightGroups Scheme, ImmutableArray<uint> Codes, ImmutableArray<StoredGroup> Groups);
