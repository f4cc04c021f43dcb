using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Real numbers to codes with stochastic rounding: code = encode(value / scale) with the random bits of the element, the quotient being one
/// binary32 division; with a zero point z (integer formats) the integer is round(value / scale) + z, held to the format's range. The codes
/// of a tensor are the same however it is cut into calls or threads.
/// </summary>
/// <param name="format">Format of the codes.</param>
/// <param name="rounding">Stochastic, with 1 to 32 random bits; its own random integer is not used.</param>
/// <param name="random">Random bits by element.</param>
public sealed class StochasticQuantizer(INumberFormat format, Rounding rounding, ElementRandom random)
{
    private readonly Rounding _rounding = rounding is { Mode: RoundingMode.Stochastic, RandomBits: >= 1 and <= Rounder.MaximumRandomBits }
        ? rounding
        : throw new ArgumentException($"stochastic rounding with 1 to {Rounder.MaximumRandomBits} random bits is expected, found {rounding}", nameof(rounding));

    /// <summary>Codes of the elements from <paramref name="first"/> on; returns how many left the range.</summary>
    public long Encode(ReadOnlySpan<float> values, float scale, ulong first, Span<uint> codes) => Encode(values, scale, 0, first, codes);

    /// <summary>The same with a zero point: 0 unless the format is an integer, inside its range.</summary>
    public long Encode(ReadOnlySpan<float> values, float scale, int zeroPoint, ulong first, Span<uint> codes)
    {
        if (values.Length != codes.Length) throw new ArgumentException($"{values.Length} values and {codes.Length} codes", nameof(codes));
        if (!(scale > 0) || !float.IsFinite(scale)) throw new ArgumentOutOfRangeException(nameof(scale),
            $"a scale is positive and finite, found {scale}");
        if (!ZeroPoints.Fit(format, zeroPoint)) throw new ArgumentOutOfRangeException(nameof(zeroPoint),
            $"zero point {zeroPoint} does not fit {format.Name}");
        var elements = new ElementRounding(_rounding, random, first);
        long saturated = 0;
        for (int i = 0; i < values.Length; i++)
        {
            codes[i] = ZeroPoints.Encode(format, Exact.FromDouble(values[i] / scale), zeroPoint, elements.At(i), out RoundingFlags flags);
            if (flags.HasFlag(RoundingFlags.Overflow)) saturated++;
        }
        return saturated;
    }
}
