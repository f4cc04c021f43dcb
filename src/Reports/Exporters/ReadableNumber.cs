using System.Globalization;

namespace Sim.Reports.Exporters;

/// <summary>Numbers for people.</summary>
public static class ReadableNumber
{
    /// <summary>
    /// Four significant digits without an exponent for everyday sizes; "unknown" when not known. An infinite ratio in dB is "exact" (no
    /// error at all) or "not finite" (nothing but error).
    /// </summary>
    public static string Of(double? value, string unit = "") => value switch
    {
        null or double.NaN => "unknown",
        double.PositiveInfinity => unit == "dB" ? "exact" : "infinite",
        double.NegativeInfinity => unit == "dB" ? "not finite" : "-infinite",
        0 => "0",
        { } v when Math.Abs(v) is >= 1e-4 and < 1e15 =>
            v.ToString(Math.Abs(v) >= 1000 ? "F0" : "0." + new string('#', Math.Max(0, 3 - (int)Math.Floor(Math.Log10(Math.Abs(v))))),
            CultureInfo.InvariantCulture),
        { } v => v.ToString("G4", CultureInfo.InvariantCulture),
    };
}
