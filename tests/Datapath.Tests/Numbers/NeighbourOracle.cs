using Sim.Datapath.Formats;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>
/// Rounds by looking: the magnitudes of a format in order as binary64, the two neighbours of a number, and the definition of each mode. It
/// knows nothing of significands; its values are those that the decoders of other software confirm. The number after the largest is taken
/// one step further.
/// </summary>
internal sealed class NeighbourOracle
{
    private readonly FloatFormat _format;

    public NeighbourOracle(FloatFormat format)
    {
        _format = format;
        Magnitudes = [.. Enumerable.Range(0, (int)format.MaximumCode + 1).Select(c => format.Decode((uint)c).ToDouble())];
        Beyond = Magnitudes[^1] + (Magnitudes[^1] - Magnitudes[^2]);
    }

    /// <summary>Finite magnitudes by code.</summary>
    public double[] Magnitudes { get; }

    /// <summary>The magnitude that would follow the largest.</summary>
    public double Beyond { get; }

    /// <summary>The expected code of a finite <paramref name="x"/> and whether it overflows.</summary>
    public (uint Code, bool Overflow) Round(double x, RoundingMode mode, OverflowPolicy policy)
    {
        double magnitude = Math.Abs(x);
        bool negative = double.IsNegative(x);
        int low = Array.BinarySearch(Magnitudes, magnitude);
        int chosen;
        if (low >= 0) chosen = low;
        else if (magnitude >= Beyond) chosen = Magnitudes.Length;
        else
        {
            low = ~low - 1;
            double below = Magnitudes[low], above = low + 1 < Magnitudes.Length ? Magnitudes[low + 1] : Beyond;
            double toBelow = magnitude - below, toAbove = above - magnitude;
            bool up = mode switch
            {
                RoundingMode.ToZero => false,
                RoundingMode.Up => !negative,
                RoundingMode.Down => negative,
                RoundingMode.ToOdd => low % 2 == 0,
                _ => toAbove < toBelow || toAbove == toBelow && (mode == RoundingMode.NearestAway || low % 2 == 1),
            };
            chosen = up ? low + 1 : low;
        }
        uint sign = 1u << _format.Bits - 1;
        uint Signed(uint code) => negative && (code != 0 || _format.HasNegativeZero) ? code | sign : code;
        if (chosen < Magnitudes.Length) return (Signed((uint)chosen), false);
        bool stays = policy != OverflowPolicy.Ieee || !_format.HasInfinity && !_format.HasNaN || mode == RoundingMode.ToZero
            || mode == RoundingMode.Up && negative || mode == RoundingMode.Down && !negative;
        if (stays) return (Signed(_format.MaximumCode), true);
        // The code after the largest finite is Inf (IEEE) or NaN (FN); FNUZ has its NaN at the code of -0.
        return (_format.Specials == Specials.FiniteNaNUnsignedZero ? sign : Signed(_format.MaximumCode + 1), true);
    }
}
