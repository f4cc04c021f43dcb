using System.Globalization;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>Quantities as files write them, read back to the same number: the largest unit that loses nothing.</summary>
internal static class QuantityText
{
    /// <summary>Shortest text that reads back as the same number.</summary>
    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>A data size in MiB, KiB, B or bits.</summary>
    public static string Size(long bits)
    {
        foreach ((long unit, string name) in new[] { (8L << 30, "GiB"), (8L << 20, "MiB"), (8L << 10, "KiB") })
            if (bits % unit == 0) return string.Create(CultureInfo.InvariantCulture, $"{bits / unit} {name}");
        // Words are known by their bits.
        return bits % 8 == 0 && bits > 1024 ? string.Create(CultureInfo.InvariantCulture, $"{bits / 8} B")
            : string.Create(CultureInfo.InvariantCulture, $"{bits} bit");
    }

    /// <summary>A clock.</summary>
    public static string Frequency(double hertz)
    {
        foreach ((double unit, string name) in new[] { (1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz") })
            if (hertz >= unit && hertz / unit * unit == hertz) return $"{Number(hertz / unit)} {name}";
        return $"{Number(hertz)} Hz";
    }

    /// <summary>A bandwidth in bits a cycle.</summary>
    public static string Rate(double bitsPerCycle) => $"{Number(bitsPerCycle)} bit/cycle";

    /// <summary>Cycles.</summary>
    public static string Cycles(int cycles) => string.Create(CultureInfo.InvariantCulture, $"{cycles} cycle");

    /// <summary>Energy.</summary>
    public static string Energy(double picojoules) => $"{Number(picojoules)} pJ";
}
