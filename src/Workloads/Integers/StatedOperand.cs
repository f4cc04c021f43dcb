using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers;

/// <summary>
/// The numbers that a graph states for an operand of a matrix layer: value = scale · (number − zero point). Numbers are integers, or those
/// of a float format of at most 8 bits.
/// What a container type could hold beyond a quantizer's width or a Clip does not count.
/// </summary>
/// <param name="Low">Least number that can occur; of constants, that does.</param>
/// <param name="High">Largest number.</param>
/// <param name="Scales">One; or, of a constant, one an element.</param>
/// <param name="Zeros">One; or, of a constant, one an element.</param>
public sealed record StatedOperand(float Low, float High, float[] Scales, long[] Zeros)
{
    /// <summary>The numbers of a constant, in the order of the operand's tensor; null: computed.</summary>
    public float[]? Constant { get; init; }

    /// <summary>The float format's numbers, where they are no integers; null: all integers from Low to High.</summary>
    public float[]? Numbers { get; init; }

    /// <summary>Name of the numbers for messages: int8, 4-bit integers from -8 to 7, float8e4m3fn.</summary>
    public required string Kind { get; init; }

    /// <summary>All numbers that can occur, less a zero point.</summary>
    public IEnumerable<float> Possible(long zero)
    {
        if (Numbers is not null) return Numbers;
        // Of very many the odd ones near the ends need the most bits.
        return High - Low > 1 << 16 ? [Low - zero, Low + 1 - zero, High - 1 - zero, High - zero]
            : Enumerable.Range(0, (int)(High - Low) + 1).Select(i => Low + i - zero);
    }
}

/// <summary>
/// Constant weights as rows of a layer: value = Scales[row] · (Numbers[row, k] − Zeros[row]).
/// </summary>
/// <param name="Numbers">Row-major, Groups·N rows of K.</param>
/// <param name="Scales">One a row.</param>
/// <param name="Zeros">One a row; empty: 0.</param>
public sealed record StatedRows(float[] Numbers, float[] Scales, long[] Zeros)
{
    /// <summary>
    /// The rows of stated weights. Scales that differ within a row (blocks along K) are brought to the row's least where they are whole
    /// multiples of it; rows that are not possible give null and the reason.
    /// </summary>
    public static (StatedRows? Rows, string? Reason) Of(Node node, GemmLayer shape, StatedOperand stated)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(stated);
        float[] numbers = LayerWeights.Rows(node, shape, stated.Constant
            ?? throw new ArgumentException("weights are not constant", nameof(stated)));
        float[] scales = stated.Scales.Length == 1 ? [] : LayerWeights.Rows(node, shape, stated.Scales);
        long[] zeros = stated.Zeros.Length == 1 ? [] : LayerWeights.Rows(node, shape, stated.Zeros);
        int rows = shape.Groups * shape.N, k = shape.K;
        var made = new StatedRows([.. numbers], new float[rows], new long[rows]);
        for (int r = 0; r < rows; r++)
        {
            Span<float> row = made.Numbers.AsSpan(r * k, k);
            ReadOnlySpan<float> scale = scales.Length == 0 ? [] : scales.AsSpan(r * k, k);
            ReadOnlySpan<long> zero = zeros.Length == 0 ? [] : zeros.AsSpan(r * k, k);
            bool same = (scale.IsEmpty || !scale.ContainsAnyExcept(scale[0])) && (zero.IsEmpty || !zero.ContainsAnyExcept(zero[0]));
            made.Scales[r] = scale.IsEmpty ? stated.Scales[0] : scale[0];
            made.Zeros[r] = zero.IsEmpty ? stated.Zeros[0] : zero[0];
            if (!same && !OneScale(row, scale, zero, made, r, stated.Zeros[0]))
                return (null, "their scales differ within an output channel and are no whole multiples of one another");
        }
        return (Array.TrueForAll(made.Zeros, z => z == 0) ? made with { Zeros = [] } : made, null);
    }

    // Each number less its zero point, times how often the least scale goes into its own.
    private static bool OneScale(Span<float> row, ReadOnlySpan<float> scale, ReadOnlySpan<long> zero, StatedRows made, int r,
        long commonZero)
    {
        float least = float.PositiveInfinity;
        for (int i = 0; i < row.Length; i++)
            if (scale.IsEmpty || scale[i] != 0) least = MathF.Min(least, MathF.Abs(scale.IsEmpty ? made.Scales[r] : scale[i]));
        if (float.IsInfinity(least)) least = 1;
        for (int i = 0; i < row.Length; i++)
        {
            double times = (double)(scale.IsEmpty ? made.Scales[r] : scale[i]) / least,
                number = (row[i] - (zero.IsEmpty ? commonZero : zero[i])) * times;
            if (times != Math.Round(times) || Math.Abs(number) > 1 << 24) return false;
            row[i] = (float)number;
        }
        (made.Scales[r], made.Zeros[r]) = (least, 0);
        return true;
    }
}
