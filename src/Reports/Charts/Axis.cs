using System.Collections.Immutable;
using System.Globalization;

namespace Sim.Reports.Charts;

/// <summary>A linear or logarithmic axis: where a value lies between two pixels, and which values get a tick.</summary>
public sealed class Axis
{
    private readonly double _low, _high, _from, _to;

    private Axis(double low, double high, double from, double to, bool logarithmic, ImmutableArray<double> ticks)
    {
        (_low, _high, _from, _to) = (low, high, from, to);
        (Logarithmic, Ticks) = (logarithmic, ticks);
    }

    /// <summary>Whether equal distances are equal ratios.</summary>
    public bool Logarithmic { get; }

    /// <summary>Values to mark, ascending.</summary>
    public ImmutableArray<double> Ticks { get; }

    /// <summary>An axis over the values from pixel <paramref name="from"/> to <paramref name="to"/>; logarithmic when they are positive and span more than a factor 20.</summary>
    public static Axis Over(IReadOnlyCollection<double> values, double from, double to, bool fromZero = false)
    {
        ArgumentNullException.ThrowIfNull(values);
        double low = values.Count == 0 ? 0 : values.Min(), high = values.Count == 0 ? 1 : values.Max();
        if (!fromZero && low > 0 && high / low > 20) return OverDecades(low, high, from, to);
        if (fromZero) low = Math.Min(0, low);
        if (high <= low) (low, high) = fromZero ? (low, low + 1) : (low - Math.Max(Math.Abs(low) * 0.1, 1e-9), high + Math.Max(Math.Abs(high) * 0.1, 1e-9));
        double margin = (high - low) * 0.04;
        if (!fromZero || low < 0) low -= margin;
        high += margin;
        double step = NiceStep((high - low) / 5);
        var ticks = ImmutableArray.CreateBuilder<double>();
        for (double n = Math.Ceiling(low / step); n * step <= high; n++) ticks.Add(n * step);
        return new Axis(low, high, from, to, false, ticks.ToImmutable());
    }

    /// <summary>The pixel of a value.</summary>
    public double At(double value) => Logarithmic
        ? _from + (Math.Log10(value) - Math.Log10(_low)) / (Math.Log10(_high) - Math.Log10(_low)) * (_to - _from)
        : _from + (value - _low) / (_high - _low) * (_to - _from);

    /// <summary>A tick's text.</summary>
    public static string Label(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 1e6 or < 1e-3 => value.ToString("0.###E+0", CultureInfo.InvariantCulture),
        _ => Math.Round(value, 6).ToString("0.######", CultureInfo.InvariantCulture),
    };

    private static Axis OverDecades(double low, double high, double from, double to)
    {
        (low, high) = (low / 1.15, high * 1.15);
        var ticks = ImmutableArray.CreateBuilder<double>();
        double[] within = high / low > 1000 ? [1] : [1, 2, 5];
        for (int e = (int)Math.Floor(Math.Log10(low)); e <= Math.Log10(high); e++)
            foreach (double m in within)
                if (m * Math.Pow(10, e) is var t && t >= low && t <= high) ticks.Add(t);
        return new Axis(low, high, from, to, true, ticks.ToImmutable());
    }

    private static double NiceStep(double rough)
    {
        double decade = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return decade * (rough / decade) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }
}
