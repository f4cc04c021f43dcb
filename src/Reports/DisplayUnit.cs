using System.Collections.Immutable;

namespace Sim.Reports;

/// <summary>The unit in which numbers are shown to people: that of a table's column with the SI prefix that keeps most of them between 1
/// and 1000.</summary>
/// <param name="Name">As printed, "" for a plain number.</param>
/// <param name="Factor">How many of the column's unit it is.</param>
public readonly record struct DisplayUnit(string Name, double Factor)
{
    /// <summary>For each unit of a column the units to choose from, ascending.</summary>
    public static ImmutableDictionary<string, ImmutableArray<DisplayUnit>> Choices { get; } = new Dictionary<string,
        ImmutableArray<DisplayUnit>>
    {
        ["pJ"] = [new("fJ", 1e-3), new("pJ", 1), new("nJ", 1e3), new("µJ", 1e6), new("mJ", 1e9), new("J", 1e12)],
        ["nJ"] = [new("pJ", 1e-3), new("nJ", 1), new("µJ", 1e3), new("mJ", 1e6), new("J", 1e9)],
        ["ns"] = [new("ps", 1e-3), new("ns", 1), new("µs", 1e3), new("ms", 1e6), new("s", 1e9)],
        ["us"] = [new("ns", 1e-3), new("µs", 1), new("ms", 1e3), new("s", 1e6)],
        ["mm2"] = [new("µm²", 1e-6), new("mm²", 1)],
        ["um2"] = [new("µm²", 1), new("mm²", 1e6)],
        ["mW"] = [new("µW", 1e-3), new("mW", 1), new("W", 1e3)],
        ["MHz"] = [new("kHz", 1e-3), new("MHz", 1), new("GHz", 1e3)],
        ["nJ us"] = [new("nJ·µs", 1), new("µJ·µs", 1e3), new("µJ·ms", 1e6), new("mJ·ms", 1e9), new("J·ms", 1e12), new("J·s", 1e15)],
        ["B"] = [new("B", 1), new("kB", 1e3), new("MB", 1e6), new("GB", 1e9), new("TB", 1e12)],
        ["cycles"] = [new("", 1), new("thousands", 1e3), new("millions", 1e6), new("billions", 1e9)],
    }.ToImmutableDictionary();

    /// <summary>The unit for these values, by their median size; the column's own unit when nothing can be chosen.</summary>
    public static DisplayUnit Of(string unit, IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(unit);
        double[] sizes = [.. values.Select(Math.Abs).Where(v => v > 0 && double.IsFinite(v)).Order()];
        if (!Choices.TryGetValue(unit, out ImmutableArray<DisplayUnit> choices)) return new DisplayUnit(unit, 1);
        double middle = sizes.Length == 0 ? 1 : sizes[sizes.Length / 2];
        // Counts are read as whole numbers as long as they are short.
        if (unit == "cycles") return choices.Last(u => u.Factor <= Math.Max(1, middle) && (u.Factor == 1 || middle >= 1e5));
        // Closest to the geometric middle of 1 to 1000; of equals the smaller unit.
        return choices.MinBy(u => Math.Round(Math.Abs(Math.Log10(middle / u.Factor) - 1.5), 9));
    }

    /// <summary>`Energy per inference (nJ)`.</summary>
    public string Heading(string label) => Name.Length > 0 ? $"{label} ({Name})" : label;
}
