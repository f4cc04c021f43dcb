using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;

namespace Sim.Foundation.Yaml;

/// <summary>
/// Numbers with a unit, written `64 KiB`, `0.5 pJ`, `16 B/cycle`. A bare number is an error: a quantity always names its unit. Values are ≥
/// 0; those that cannot be zero say so. Units are case-sensitive (mW is not MW).
/// </summary>
public static class YamlQuantities
{
    private static readonly (string Unit, double Factor)[] DataUnits =
        [("bit", 1), ("B", 8), ("KiB", 8 * 1024.0), ("MiB", 8 * 1048576.0), ("GiB", 8 * 1073741824.0), ("kB", 8e3), ("MB", 8e6),
            ("GB", 8e9)];

    /// <summary>Storage, at least one bit; must come out as whole bits.</summary>
    public static YamlType<Bits> DataSize { get; } = Of<Bits>("a data size above 0 such as '64 KiB'", DataUnits, TryBits, zero: false);

    /// <summary>Data per cycle or per second, above 0.</summary>
    public static YamlType<Bandwidth> Bandwidth { get; } = Of("a bandwidth above 0 such as '16 B/cycle' or '12.8 GB/s'",
        [("bit/cycle", 0.125), ("B/cycle", 1), ("KiB/cycle", 1024), ("B/s", -1), ("MB/s", -1e6), ("GB/s", -1e9), ("MiB/s", -1048576.0),
            ("GiB/s", -1073741824.0), ("TB/s", -1e12)],
        (double v, out Bandwidth b) => Yes(out b, new Bandwidth(Math.Abs(v), v < 0)), zero: false);

    /// <summary>A clock, above 0.</summary>
    public static YamlType<Frequency> Frequency { get; } = Of("a frequency above 0 such as '500 MHz'",
        [("Hz", 1), ("kHz", 1e3), ("MHz", 1e6), ("GHz", 1e9)], (double v, out Frequency f) =>
            Yes(out f, Units.Frequency.FromHertz(v)), zero: false);

    /// <summary>Energy, ≥ 0.</summary>
    public static YamlType<Energy> Energy { get; } = Of("an energy such as '0.5 pJ'",
        [("fJ", 1e-3), ("pJ", 1), ("nJ", 1e3), ("uJ", 1e6), ("mJ", 1e9), ("J", 1e12)], (double v, out Energy e) =>
            Yes(out e, Units.Energy.FromPicojoules(v)));

    /// <summary>Energy for each bit moved, ≥ 0.</summary>
    public static YamlType<Energy> EnergyPerBit { get; } = Of("an energy per bit such as '4 pJ/bit'",
        [("fJ/bit", 1e-3), ("pJ/bit", 1), ("nJ/bit", 1e3), ("fJ/B", 1e-3 / 8), ("pJ/B", 1.0 / 8), ("nJ/B", 1e3 / 8)],
        (double v, out Energy e) => Yes(out e, Units.Energy.FromPicojoules(v)));

    /// <summary>Area, ≥ 0.</summary>
    public static YamlType<Area> Area { get; } = Of("an area such as '120 um2'",
        [("um2", 1), ("mm2", 1e6), ("nm2", 1e-6)], (double v, out Area a) => Yes(out a, Units.Area.FromSquareMicrometres(v)));

    /// <summary>Power, ≥ 0.</summary>
    public static YamlType<Power> Power { get; } = Of("a power such as '3 mW'",
        [("pW", 1e-9), ("nW", 1e-6), ("uW", 1e-3), ("mW", 1), ("W", 1e3)], (double v, out Power p) =>
            Yes(out p, Units.Power.FromMilliwatts(v)));

    /// <summary>Time, ≥ 0.</summary>
    public static YamlType<Duration> Duration { get; } = Of("a time such as '2 ns'",
        [("ps", 1e-3), ("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9)], (double v, out Duration d) =>
            Yes(out d, Units.Duration.FromNanoseconds(v)));

    /// <summary>A cost that somebody states by hand: `{value: 0.5 pJ, source: where it comes from}`. The source is required.</summary>
    public static YamlType<Sourced<T>> Sourced<T>(YamlType<T> quantity)
    {
        ArgumentNullException.ThrowIfNull(quantity);
        YamlField<T> value = YamlField.Required("value", quantity, "The number with its unit.");
        YamlField<string> source = YamlField.Required("source", YamlTypes.Text,
            "Where the number comes from: paper and table, data sheet, synthesis run.");
        return YamlTypes.Map(new YamlSchema("a value with its source", "A number that somebody states, with its source.", [value, source]),
            (YamlMap map, DiagnosticBag bag, out Sourced<T> read) =>
            {
                bool good = value.TryRead(map, bag, out T v) & source.TryRead(map, bag, out string where);
                read = good ? new Sourced<T>(v, where) : null!;
                return good;
            });
    }

    /// <summary>A quantity with a table of units; the parser receives number × factor.</summary>
    public static YamlType<T> Of<T>(string expectation, (string Unit, double Factor)[] units, YamlNumberParser<T> make, bool zero = true)
    {
        ArgumentNullException.ThrowIfNull(units);
        string allowed = string.Join(", ", units.Select(u => u.Unit));
        return new YamlScalarType<T>($"{expectation} (units: {allowed})",
            (string text, out T value) =>
            {
                value = default!;
                int split = UnitStart(text);
                if (!StrictNumber.TryReal(text.AsSpan(0, split), out double number) || number < 0 || (!zero && number == 0)) return false;
                string unit = text[split..].Trim();
                int i = Array.FindIndex(units, u => u.Unit == unit);
                if (i < 0) return false;
                double scaled = number * units[i].Factor;
                return double.IsFinite(scaled) && (scaled != 0 || number == 0) && make(scaled, out value);
            },
            () => new JsonObject { ["type"] = "string", ["pattern"] = $"^[0-9.eE+-]+ ?({string.Join('|', units.Select(u => u.Unit))})$" },
            "CFG007", text => Hint(text, units));
    }

    /// <summary>Whether a text begins with a number and a unit follows it.</summary>
    public static bool HasNumberAndUnit(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int split = UnitStart(text);
        return split < text.Length && StrictNumber.TryReal(text.AsSpan(0, split), out double _);
    }

    private static string Hint<T>(string text, (string Unit, T Factor)[] units)
    {
        int split = UnitStart(text.Trim());
        string unit = text.Trim()[split..].Trim();
        if (split > 0 && unit.Length == 0) return "; the unit is missing";
        return unit.Length > 0 && units.All(u => u.Unit != unit)
            ? $"; '{unit}' is not one of the units{NearestName.Hint(unit, units.Select(u => u.Unit))}" : "";
    }

    // The number ends where the unit's first letter begins; an 'e' belongs to the number only when digits follow it.
    private static int UnitStart(string text)
    {
        int i = 0;
        while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] is '.' or '+' or '-' ||
            (text[i] is 'e' or 'E' && i > 0 && i + 1 < text.Length && (char.IsAsciiDigit(text[i + 1]) || text[i + 1] is '+' or '-')))) i++;
        return i;
    }

    private static bool TryBits(double value, out Bits bits)
    {
        bool whole = value == Math.Floor(value) && value < 9e15;
        bits = whole ? new Bits((long)value) : default;
        return whole && value > 0;
    }

    private static bool Yes<T>(out T target, T value)
    {
        target = value;
        return true;
    }
}

/// <summary>Makes a quantity of a number in the base unit; false when the number cannot be one.</summary>
public delegate bool YamlNumberParser<T>(double number, out T value);
