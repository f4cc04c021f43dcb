namespace Sim.Datapath.Formats;

/// <summary>How the scale of a block is found.</summary>
public enum ScaleSearch : byte
{
    /// <summary>By the format's rule, from the block's largest magnitude.</summary>
    Rule,
    /// <summary>The candidate around the rule's scale with the least squared error, see <see cref="LeastErrorScale"/>.</summary>
    LeastError,
}

/// <summary>
/// Scales of blocks by least squared error. Candidates are, of power-of-two scales, that of the format's rule, half and twice it; of
/// scales with a fraction, every number of the scale format from a quarter of the rule's scale to four times it. The
/// error of a candidate is the sum of (number − element · (scale · tensor scale))² in binary64, in the block's order, elements rounded to
/// nearest even. Of equal errors the larger scale wins. Blocks of zeros, and blocks with Inf or NaN, keep the rule's scale.
/// </summary>
internal sealed class LeastErrorScale
{
    // Numbers of an octave: those of a scale format with 7 fraction bits.
    private const int MostCandidatesAnOctave = 128;

    private readonly BlockFormat _format;
    private readonly double[] _elements, _scales;
    private readonly uint _last;

    public LeastErrorScale(BlockFormat format)
    {
        _format = format;
        _elements = [.. Enumerable.Range(0, 1 << format.Element.Bits).Select(code => format.Element.Decode((uint)code).ToDouble())];
        _last = format.Scale is ExponentFormat powers ? powers.NaNCode - 1
            : format.Scale.Encode(format.Scale.Maximum, Rounding.NearestEven, out _);
        _scales = [.. Enumerable.Range(0, (int)_last + 1).Select(code => format.Scale.Decode((uint)code).ToDouble())];
    }

    /// <summary>Why the scales of a format are not searched; null: they are.</summary>
    public static string? Refuses(BlockFormat format)
    {
        if (format.Scale is ExponentFormat) return null;
        uint last = format.Scale.Encode(format.Scale.Maximum, Rounding.NearestEven, out _);
        uint one = Code(format, 0), two = Code(format, 1);
        return format.Scale.Bits <= 16 && two > one && two - one <= MostCandidatesAnOctave && last >= two ? null
            : $"its scale format {format.Scale.Name} has no 1 and 2, or more than {MostCandidatesAnOctave} numbers between them";
    }

    private static uint Code(BlockFormat format, int exponent) =>
        format.Scale.Encode(Exact.Finite(false, exponent, 1), new Rounding(RoundingMode.NearestEven, OverflowPolicy.Saturate), out _);

    /// <summary>The code of the scale of a block of finite numbers; <paramref name="codes"/> is room for as many codes.</summary>
    /// <param name="values">The block.</param>
    /// <param name="tensorAmax">Largest magnitude of the tensor.</param>
    /// <param name="encode">Writes the codes of the block under a scale, to nearest even.</param>
    /// <param name="codes">Room for the codes.</param>
    public uint Find(ReadOnlySpan<float> values, float tensorAmax, BlockCodes encode, Span<uint> codes)
    {
        float amax = 0;
        foreach (float value in values) amax = MathF.Max(amax, MathF.Abs(value));
        uint rule = _format.ScaleOf(amax, tensorAmax), best = rule;
        if (amax == 0) return rule;
        (uint low, uint high) = Candidates(rule);
        double least = double.PositiveInfinity, tensor = _format.TensorScale(tensorAmax);
        for (uint code = high; ; code--)
        {
            encode(code, values, tensorAmax, codes);
            double error = Error(values, codes, _scales[code] * tensor, least);
            if (error < least) (best, least) = (code, error);
            if (code == low) return best;
        }
    }

    private (uint Low, uint High) Candidates(uint rule)
    {
        if (_format.HasPowerScale) return (rule == 0 ? 0 : rule - 1, Math.Min(rule + 1, _last));
        uint low = rule, high = rule;
        while (low > 0 && _scales[low - 1] >= _scales[rule] / 4) low--;
        while (high < _last && _scales[high + 1] <= _scales[rule] * 4) high++;
        return (low, high);
    }

    // A sum only grows, so that what reached the least error cannot be below it.
    private double Error(ReadOnlySpan<float> values, ReadOnlySpan<uint> codes, double scale, double least)
    {
        double sum = 0;
        for (int i = 0; i < values.Length && sum < least; i++)
        {
            double error = values[i] - _elements[codes[i]] * scale;
            sum += error * error;
        }
        return sum;
    }
}

/// <summary>Writes the codes of a block's numbers under the scale of a code.</summary>
internal delegate void BlockCodes(uint scale, ReadOnlySpan<float> values, float tensorAmax, Span<uint> codes);
