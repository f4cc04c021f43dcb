using System.Globalization;
using System.Text;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Structures;

namespace Sim.Calibration;

/// <summary>Writes a technology file from a fit. The same tables give the same bytes.</summary>
public static class TechnologyWriter
{
    private const string Glitch =
        "{value: 1, source: \"none: lower bound. An unpipelined unit may take 0.89 + 0.85 for each ns of its delay (event-driven gate simulation, R2 0.71)\"}";

    private const string Dram = """
        dram:
          - {kind: LPDDR4, energy: 8 pJ/bit, source: "Accelergy CACTI plug-in table"}
          - {kind: LPDDR, energy: 40 pJ/bit, source: "Malladi et al., ISCA 2012, as carried by the Accelergy CACTI plug-in"}
          - {kind: DDR3, energy: 70 pJ/bit, source: "Chatterjee et al., MICRO 2017, as carried by the Accelergy CACTI plug-in"}
          - {kind: DDR4, energy: 20.3 pJ/bit, source: "Jouppi et al., ISCA 2021 (TPUv4i): DDR3/4, 1300 pJ for 64 bits"}
          - {kind: DDR5, energy: 15.2 pJ/bit, source: "Micron 16 Gb DDR5 SDRAM data sheet, die rev. A, DDR5-4800 x8, as carried by gem5 (DDR5_4400_4x8): 1.1 V x IDD4R 530 mA over 38.4 Gb/s of reads; writes (IDD4W 479 mA) 13.7; activation and the controller's PHY not included"}
          - {kind: LPDDR5, energy: 20 pJ/bit, source: "Ortega et al., PIM-AI, arXiv 2411.17309, Table 1 (A17 Pro), as cited by later work: there and back, both PHYs included, so not to be compared with LPDDR4 above"}
          - {kind: LPDDR5X, energy: 10 pJ/bit, source: "Ortega et al., PIM-AI, arXiv 2411.17309, Table 1 (Snapdragon 8 Gen 3, Dimensity 9300), as cited by later work: both PHYs included"}
          - {kind: GDDR5, energy: 14 pJ/bit, source: "Accelergy CACTI plug-in table"}
          - {kind: GDDR6, energy: 6.5 pJ/bit, source: "Jouppi et al., ISCA 2021 (TPUv4i): 350 to 480 pJ for 64 bits, the middle"}
          - {kind: HBM2, energy: 3.9 pJ/bit, source: "O'Connor et al., MICRO 2017 (3.92 to 3.97), and Accelergy CACTI plug-in table; Jouppi et al., ISCA 2021: 250 to 450 pJ for 64 bits"}

        """;

    /// <summary>The file of a library.</summary>
    public static string Write(Library library, string reference)
    {
        Cells cells = library.Cells(reference);
        string fitted = $"fit by tools/calibration to gate-level synthesis with {library.Title} (yosys 0.23, ABC area mode)";
        FittedLaws laws = Calibrator.Fit(library, reference, fitted);
        string pathBase = string.Create(CultureInfo.InvariantCulture, $"{{value: {laws.PathBase}, source: \"{fitted}\"}}");
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            schema: sim.technology/1
            # Written by tools/calibration; change it there, or copy this file and edit the copy. Laws: docs/guide/costs.md.
            name: {library.Name}
            node_nm: {library.NodeNanometres}
            voltage_v: {library.Voltage}
            activity: "switching of the synthesis vectors (integers Gaussian with sigma a quarter of full scale, floats normal), no glitches"
            glitch_factor: {Glitch}
            path_base_ns: {pathBase}
            primitives:

            """);
        foreach ((PrimitiveKind kind, PrimitivePrice price) in laws.Prices) AppendPrimitive(text, kind, price,
            Source(kind, library, fitted));
        double registerEnergy = library.RegisterFemtojoulesPerBit / cells.FlipFlop,
            registerLeakage = cells.FlipFlopLeakage / cells.FlipFlop;
        AppendPrimitive(text, PrimitiveKind.Register,
            new PrimitivePrice(new CostLaw([new(LawBasis.Width, cells.FlipFlop)]), 0, null, Round(registerEnergy), Round(registerLeakage),
            ""),
            $"{library.CellNames[3]} area and leakage; energy: {library.RegisterSource}");
        text.Append(library.Sram.Yaml(reference));
        text.Append("register_file_limit_bytes: {value: 512, source: \"half of the smallest CACTI point; flip-flops and multiplexers of this library below it\"}\n");
        text.Append(Dram);
        return text.ToString();
    }

    private static string Source(PrimitiveKind kind, Library library, string fitted) => kind switch
    {
        PrimitiveKind.Incrementer => $"area of {library.CellNames[0]} a bit; the rest {fitted}",
        PrimitiveKind.Xor => $"area of {library.CellNames[1]} a bit; the rest {fitted}",
        PrimitiveKind.Gate => $"area of {library.CellNames[2]} a bit; the rest {fitted}",
        _ => fitted,
    };

    private static void AppendPrimitive(StringBuilder text, PrimitiveKind kind, PrimitivePrice price, string source)
    {
        text.Append(CultureInfo.InvariantCulture, $"  {PrimitiveWords.WordOf(kind)}:\n    area_um2: {Law(price.Area)}\n");
        if (price.FloorPerBit > 0) text.Append(CultureInfo.InvariantCulture, $"    floor_um2_per_bit: {price.FloorPerBit}\n");
        if (price.Delay is { } delay) text.Append(CultureInfo.InvariantCulture, $"    delay_ns: {Law(delay)}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"    energy_fj_per_um2: {price.EnergyPerArea}\n    leakage_nw_per_um2: {price.LeakagePerArea}\n    source: \"{source}\"\n");
    }

    private static string Law(CostLaw law) =>
        "{" + string.Join(", ", law.Terms.Select(t =>
            string.Create(CultureInfo.InvariantCulture, $"{PrimitiveWords.WordOf(t.Key)}: {t.Value}"))) + "}";

    private static double Round(double value) =>
        double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
