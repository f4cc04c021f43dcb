using System.Globalization;

namespace Sim.Foundation.Text;

/// <summary>Numbers for people: four digits and an SI prefix, to be followed by a unit.</summary>
public static class SiNumber
{
    private static readonly string[] Prefixes = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"];
    private const int One = 5;

    /// <summary>1234 as `1.234 k`, 0.00123 as `1.23 m`; always with a blank after the digits.</summary>
    public static string Of(double value)
    {
        if (value == 0 || !double.IsFinite(value)) return string.Create(CultureInfo.InvariantCulture, $"{value} ");
        int power = Math.Clamp((int)Math.Floor(Math.Log10(Math.Abs(value)) / 3), -One, Prefixes.Length - One - 1);
        // 999.96 k is printed as 1 M.
        if (power < Prefixes.Length - One - 1 && Math.Abs(value) / Math.Pow(1000, power) >= 999.95) power++;
        return string.Create(CultureInfo.InvariantCulture, $"{value / Math.Pow(1000, power):G4} {Prefixes[power + One]}");
    }
}
