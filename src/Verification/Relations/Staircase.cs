using System.Numerics;
using Sim.Workloads.Integers;

namespace Sim.Verification.Relations;

/// <summary>
/// Requantization of one channel as a staircase: which operand (stored value less the zero point) each sum of the earlier layer becomes,
/// over all sums that layer can have. Steps rise with the sum. A straight line of slope p / 2^s above (below) the staircase touches it at
/// the first (last) sum of a step.
/// </summary>
internal sealed class Staircase
{
    private const int MostSteps = 1 << 16;

    private readonly long[] _values, _first, _last;
    private readonly int[] _upper, _lower;

    private Staircase(long[] values, long[] first, long[] last)
    {
        (_values, _first, _last) = (values, first, last);
        (_upper, _lower) = (Hull(first, above: true), Hull(last, above: false));
    }

    /// <summary>Least and largest operand.</summary>
    internal Interval Range => new(_values[0], _values[^1]);

    /// <summary>The staircase of a channel over its sums; null when it has more than 65536 steps or sums beyond ±2^61.</summary>
    internal static Staircase? Of(LayerSource source, int channel, Interval sums, int zeroPoint)
    {
        Int128 most = (Int128)1 << 61;
        if (sums.Low < -most || sums.High > most) return null;
        List<long> values = [], first = [], last = [];
        (long at, long end) = ((long)sums.Low, (long)sums.High);
        while (at <= end)
        {
            if (values.Count == MostSteps) return null;
            long value = source.Stored(at, channel), low = at, high = end;
            while (low < high)
            {
                long middle = high - (high - low) / 2;
                if (source.Stored(middle, channel) == value) low = middle;
                else high = middle - 1;
            }
            values.Add(value - zeroPoint);
            first.Add(at);
            last.Add(low);
            at = low + 1;
        }
        return new([.. values], [.. first], [.. last]);
    }

    /// <summary>The staircase of max(operand, 0) or min(operand, 0).</summary>
    internal Staircase Cut(bool below) => new(Array.ConvertAll(_values, v => below ? Math.Max(v, 0) : Math.Min(v, 0)), _first, _last);

    /// <summary>Intercept of the tightest line of a slope above or below the staircase, and the sum where they touch.</summary>
    internal (double Intercept, double At) Line(double slope, bool above)
    {
        int[] hull = above ? _upper : _lower;
        long[] sums = above ? _first : _last;
        // Along the hull the distance to a line of a given slope has one extreme.
        int low = 0, high = hull.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2, a = hull[middle], b = hull[middle + 1];
            double edge = (_values[b] - _values[a]) - slope * (sums[b] - sums[a]);
            if (above ? edge > 0 : edge < 0) low = middle + 1;
            else high = middle;
        }
        return (_values[hull[low]] - slope * sums[hull[low]], sums[hull[low]]);
    }

    /// <summary>The same, exactly: the intercept in units of 2^−shift, of the slope numerator / 2^shift, numerator ≥ 0.</summary>
    internal BigInteger Line(long numerator, int shift, bool above)
    {
        long[] sums = above ? _first : _last;
        Int128 best = 0;
        bool any = false;
        foreach (int i in above ? _upper : _lower)
        {
            Int128 intercept = ((Int128)_values[i] << shift) - (Int128)numerator * sums[i];
            if (any && (above ? intercept <= best : intercept >= best)) continue;
            (best, any) = (intercept, true);
        }
        return (BigInteger)best;
    }

    /// <summary>The slope of the hull half way between the least and the largest sum: the line that is tightest there.</summary>
    internal double MiddleSlope(bool above)
    {
        int[] hull = above ? _upper : _lower;
        long[] sums = above ? _first : _last;
        double middle = _first[0] + (_last[^1] - _first[0]) / 2.0;
        for (int e = 1; e < hull.Length; e++)
            if (sums[hull[e - 1]] <= middle && middle <= sums[hull[e]]) return Slope(sums, hull[e - 1], hull[e]);
        return 0;
    }

    /// <summary>No line of a greater slope is ever tighter.</summary>
    internal double Steepest(bool above)
    {
        int[] hull = above ? _upper : _lower;
        if (hull.Length < 2) return 0;
        return above ? Slope(_first, hull[0], hull[1]) : Slope(_last, hull[^2], hull[^1]);
    }

    private double Slope(long[] sums, int a, int b) => (double)(_values[b] - _values[a]) / (sums[b] - sums[a]);

    // Corners of the concave hull above the first sums, or of the convex hull below the last ones. Sums rise strictly, values never fall.
    private int[] Hull(long[] sums, bool above)
    {
        var hull = new List<int>();
        for (int i = 0; i < sums.Length; i++)
        {
            // Above, of equal values only the first counts; below, the last.
            if (above && hull.Count > 0 && _values[hull[^1]] == _values[i]) continue;
            if (!above && hull.Count > 0 && _values[hull[^1]] == _values[i]) hull.RemoveAt(hull.Count - 1);
            while (hull.Count > 1)
            {
                int a = hull[^2], b = hull[^1];
                Int128 turn = (Int128)(_values[b] - _values[a]) * (sums[i] - sums[a]) - (Int128)(_values[i] - _values[a])
                    * (sums[b] - sums[a]);
                if (above ? turn > 0 : turn < 0) break;
                hull.RemoveAt(hull.Count - 1);
            }
            hull.Add(i);
        }
        return [.. hull];
    }
}
