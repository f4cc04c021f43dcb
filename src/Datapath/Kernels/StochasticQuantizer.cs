using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>The random integer of an element: a function of its index alone, such as a counter-based generator, so that no order of work changes it.</summary>
/// <param name="element">Index of the element in its tensor.</param>
/// <returns>32 random bits, of which the low ones are used.</returns>
public delegate uint ElementRandom(ulong element);

/// <summary>
/// Real numbers to codes with stochastic rounding: code = encode(value / scale) with the random bits of the element, the quotient being one binary32 division. The
/// codes of a tensor are the same however it is cut into calls or threads.
/// </summary>
/// <param name="format">Format of the codes.</param>
/// <param name="rounding">Stochastic, with 1 to 32 random bits; its own random integer is not used.</param>
/// <param name="random">Random bits by element.</param>
public sealed class StochasticQuantizer(INumberFormat format, Rounding rounding, ElementRandom random)
{
    private readonly Rounding _rounding = rounding is { Mode: RoundingMode.Stochastic, RandomBits: >= 1 and <= Rounder.MaximumRandomBits } ? rounding
        : throw new ArgumentException($"stochastic rounding with 1 to {Rounder.MaximumRandomBits} random bits is expected, found {rounding}", nameof(rounding));

    /// <summary>Codes of the elements from <paramref name="first"/> on; returns how many left the range.</summary>
    public long Encode(ReadOnlySpan<float> values, float scale, ulong first, Span<uint> codes)
    {
        if (values.Length != codes.Length) throw new ArgumentException($"{values.Length} values and {codes.Length} codes", nameof(codes));
        if (!(scale > 0) || !float.IsFinite(scale)) throw new ArgumentOutOfRangeException(nameof(scale), $"a scale is positive and finite, found {scale}");
        uint mask = uint.MaxValue >> 32 - _rounding.RandomBits;
        long saturated = 0;
        for (int i = 0; i < values.Length; i++)
        {
            codes[i] = format.Encode(Exact.FromDouble(values[i] / scale), _rounding with { Random = random(first + (ulong)i) & mask }, out RoundingFlags flags);
            if (flags.HasFlag(RoundingFlags.Overflow)) saturated++;
        }
        return saturated;
    }
}
