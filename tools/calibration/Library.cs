using System.Collections.Immutable;
using System.Globalization;

namespace Sim.Calibration;

/// <summary>A cell library with the tables that it is fitted to and what the tables do not hold.</summary>
/// <param name="Name">Technology and file name.</param>
/// <param name="Title">Name in sources.</param>
/// <param name="Table">CSV of synthesised blocks.</param>
/// <param name="CellLibrary">Its name in the Liberty cell summary.</param>
/// <param name="CellNames">Half adder, XOR2, AND2, D flip-flop, NAND2.</param>
/// <param name="NodeNanometres">Node of the logic.</param>
/// <param name="Voltage">Supply of the logic.</param>
/// <param name="RegisterFemtojoulesPerBit">Energy of a flip-flop bit and clock edge at random data.</param>
/// <param name="RegisterSource">Its source.</param>
/// <param name="Sram">The SRAM macros.</param>
public sealed record Library(string Name, string Title, string Table, string CellLibrary, ImmutableArray<string> CellNames,
    double NodeNanometres, double Voltage,
    double RegisterFemtojoulesPerBit, string RegisterSource, SramSource Sram)
{
    /// <summary>The libraries, default first.</summary>
    public static ImmutableArray<Library> All { get; } =
    [
        NanGate("nangate45", SramSource.Nm45HighPerformance),
        NanGate("nangate45-lstp", SramSource.Nm45LowPower),
        new("sky130", "sky130_fd_sc_hd", "yosys_sky130_area.csv", "sky130",
            ["sky130_fd_sc_hd__ha_1", "sky130_fd_sc_hd__xor2_1", "sky130_fd_sc_hd__and2_1", "sky130_fd_sc_hd__dfxtp_1",
                "sky130_fd_sc_hd__nand2_1"], 130, 1.8, 55.9,
            "NanGate45 DFF_X1 at random data (15.1 fJ) times 3.7, the median energy ratio of synthesised blocks between the two libraries",
                SramSource.Nm90ScaledTo130),
    ];

    /// <summary>Path of the table of synthesised blocks.</summary>
    public string SynthesisPath(string reference) => Path.Combine(reference, "synthesis", Table);

    /// <summary>The cells that primitives are made of one to one.</summary>
    public Cells Cells(string reference)
    {
        var cells = File.ReadAllLines(Path.Combine(reference, "synthesis", "liberty_cell_summary.csv")).Select(SynthesisRow.Split)
            .Where(f => f[0] == CellLibrary)
                .ToDictionary(f => f[1], f => (Area: SynthesisRow.Number(f[2]), Leakage: SynthesisRow.Number(f[3])));
        return new Cells(cells[CellNames[0]].Area, cells[CellNames[1]].Area, cells[CellNames[2]].Area, cells[CellNames[3]].Area,
            cells[CellNames[3]].Leakage, cells[CellNames[4]].Area);
    }

    private static Library NanGate(string name, SramSource sram) =>
        new(name, "NanGate45", "yosys_nangate45_area.csv", "ng45", ["HA_X1", "XOR2_X1", "AND2_X1", "DFF_X1", "NAND2_X1"], 45, 1.1,
        15.1, "Liberty DFF_X1 at random data: 14 fJ a clock edge and 1.1 fJ for the clock pin", sram);
}
