using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Arithmetic;

/// <summary>
/// Relative error of a multiplier over all pairs of positive normal numbers of a short float format whose exact product is a normal number
/// too (signs change nothing):
/// product / exact - 1.
/// </summary>
/// <param name="Pairs">How many pairs.</param>
/// <param name="Mean">Mean of the error: the bias.</param>
/// <param name="MeanMagnitude">Mean of its magnitude.</param>
/// <param name="RootMeanSquare">Root of the mean of its square.</param>
/// <param name="Worst">Largest magnitude.</param>
public readonly record struct MultiplierError(long Pairs, double Mean, double MeanMagnitude, double RootMeanSquare, double Worst)
{
    /// <summary>Most bits of a format of which all pairs are tried.</summary>
    public const int MaximumBits = 8;

    /// <summary>Measures a multiplier; null when it does not take the format or no pair qualifies.</summary>
    public static MultiplierError? Of(MultiplierSpec multiplier, FloatFormat format)
    {
        ArgumentNullException.ThrowIfNull(multiplier);
        ArgumentNullException.ThrowIfNull(format);
        if (format.Bits > MaximumBits || multiplier.Refuses(format, format) is not null) return null;
        double smallest = format.MinimumNormal.ToDouble(), largest = format.Maximum.ToDouble();
        long pairs = 0;
        double sum = 0, magnitudes = 0, squares = 0, worst = 0;
        for (uint a = 1u << format.FractionBits; a <= format.MaximumCode; a++)
            for (uint b = 1u << format.FractionBits; b <= format.MaximumCode; b++)
            {
                double exact = format.Decode(a).ToDouble() * format.Decode(b).ToDouble();
                if (exact < smallest || exact > largest) continue;
                double error = multiplier.Multiply(format, format, a, b).ToDouble() / exact - 1;
                // A sum that is the code of an Inf or NaN has no error.
                if (!double.IsFinite(error)) continue;
                pairs++;
                sum += error;
                magnitudes += Math.Abs(error);
                squares += error * error;
                worst = Math.Max(worst, Math.Abs(error));
            }
        return pairs == 0 ? null : new(pairs, sum / pairs, magnitudes / pairs, Math.Sqrt(squares / pairs), worst);
    }
}
