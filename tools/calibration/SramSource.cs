using System.Collections.Immutable;
using System.Globalization;

namespace Sim.Calibration;

/// <summary>Which CACTI points a technology takes, and by which published factors they are scaled.</summary>
public sealed record SramSource(int Node, string Cell, string Source, double EnergyFactor, double AreaFactor, double AccessFactor,
    ImmutableArray<string> ExtraPoints)
{
    /// <summary>45 nm with high-performance transistors: fast and leaky.</summary>
    public static SramSource Nm45HighPerformance { get; } = new(45, "itrs-hp",
        "CACTI 7, 45 nm, itrs-hp cells and periphery, 340 K, area-biased; points without write energy and leakage are read energies and areas alone", 1, 1, 1,
        ["{bytes: 1024, port_bits: 64, read_pj: 1.43, area_mm2: 0.0036}", "{bytes: 4096, port_bits: 64, read_pj: 2.50, area_mm2: 0.0132}",
            "{bytes: 262144, port_bits: 64, read_pj: 26.2, area_mm2: 0.925}",
                "{bytes: 1048576, port_bits: 64, read_pj: 52.0, area_mm2: 3.64}",
            "{bytes: 4194304, port_bits: 64, read_pj: 114, area_mm2: 13.0}"]);

    /// <summary>45 nm with low-standby-power transistors: slow, hardly leaking.</summary>
    public static SramSource Nm45LowPower
        { get; } = new(45, "itrs-lstp", "CACTI 7, 45 nm, itrs-lstp cells and periphery, 340 K, area-biased", 1, 1, 1, []);

    /// <summary>
    /// 130 nm from 90 nm points: area and energy by Stillmaker and Baas 2017 (E(1.8 V, 130 nm) / E(1.2 V, 90 nm) = 14.06 / 3.212), access
    /// time by the ratio of the nodes, leakage as it is.
    /// </summary>
    public static SramSource Nm90ScaledTo130 { get; } = new(90, "itrs-hp",
        "CACTI 7, 90 nm, itrs-hp, scaled to 130 nm: area x2.3 and energy x4.38 by Stillmaker and Baas 2017 (1.2 V to 1.8 V), access time x130/90, leakage unscaled (too high for 130 nm)",
        4.38, 2.3, 130.0 / 90.0, []);

    /// <summary>The `sram` mapping.</summary>
    public string Yaml(string reference)
    {
        IEnumerable<string> rows = File.ReadAllLines(Path.Combine(reference, "synthesis", "cacti7_sram.csv")).Skip(1)
            .Select(SynthesisRow.Split)
            .Where(f => f[0] == Node.ToString(CultureInfo.InvariantCulture) && f[1] == Cell)
            .OrderBy(f => SynthesisRow.Number(f[3])).ThenBy(f => SynthesisRow.Number(f[2]))
            .Select(f => $"{{bytes: {f[2]}, port_bits: {f[3]}, read_pj: {Scaled(f[4], EnergyFactor)}, write_pj: {Scaled(f[5], EnergyFactor)}, leakage_mw: {f[6]}, access_ns: {Scaled(f[7], AccessFactor)}, area_mm2: {Scaled(f[8], AreaFactor)}}}");
        return $"sram:\n  source: \"{Source}\"\n  points:\n" + string.Concat(rows.Concat(ExtraPoints).Select(p => $"    - {p}\n"));
    }

    private static string Scaled(string value, double factor) =>
        factor == 1 ? value : (SynthesisRow.Number(value) * factor).ToString("G5", CultureInfo.InvariantCulture);
}
