using System.Globalization;

namespace Sim.Reports.Charts;

/// <summary>The span of an axis: linear, or logarithmic when the values are positive and span more than a factor 20. Low and High are
/// logarithms then.</summary>
public sealed record Scale(double Low, double High, bool Logarithmic, bool Whole = false)
{
    /// <summary>A span over the finite ones of the values with room at its ends; <paramref name="fromZero"/> begins it at 0.</summary>
    public static Scale Over(IEnumerable<double> values, bool fromZero = false, bool whole = false)
    {
        double[] finite = [.. values.Where(double.IsFinite)];
        double low = finite.Length == 0 ? 0 : finite.Min(), high = finite.Length == 0 ? 1 : finite.Max();
        if (!fromZero && low > 0 && high / low > 20)
        {
            double room = 0.05 * Math.Log10(high / low);
            return new Scale(Math.Log10(low) - room, Math.Log10(high) + room, true);
        }
        if (fromZero) low = Math.Min(0, low);
        if (high <= low) (low, high) = fromZero ? (low, low + 1)
            : (low - Math.Max(Math.Abs(low) * 0.1, 1e-9), high + Math.Max(Math.Abs(high) * 0.1, 1e-9));
        double margin = (high - low) * 0.05;
        return new Scale(fromZero && low == 0 ? 0 : low - margin, high + margin, false, whole);
    }

    /// <summary>Where a value lies; an infinite one at the end of the axis.</summary>
    public double At(double value) =>
        double.IsPositiveInfinity(value) ? High - 0.015 * (High - Low) : double.IsNegativeInfinity(value) ? Low + 0.015 * (High - Low)
        : Logarithmic ? Math.Log10(value) : value;

    /// <summary>Values to mark on a logarithmic axis: 1, 2, 5 of each decade, powers of ten alone over many.</summary>
    public IEnumerable<double> Decades()
    {
        double[] within = High - Low > 3 ? [1] : [1, 2, 5];
        for (int e = (int)Math.Floor(Low); e <= High; e++)
            foreach (double m in within)
                if (Math.Log10(m) + e is var at && at >= Low && at <= High) yield return m * Math.Pow(10, e);
    }

    /// <summary>A tick's text.</summary>
    public static string Label(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1e6 or < 1e-3 => value.ToString("0.###E+0", CultureInfo.InvariantCulture),
        _ => Math.Round(value, 6).ToString("0.######", CultureInfo.InvariantCulture),
    };
}
