using Sim.Foundation.Text;
using Sim.Simulator;
using static Sim.Reports.Exporters.CsvExporter;

namespace Sim.Reports.Exporters;

/// <summary>The one `layers.csv`: a row for each layer of each design, the same from `sim run` (design 0) and from `sim report`.</summary>
public static class LayerTable
{
    /// <summary>The row of column names.</summary>
    public static string Head { get; } =
        CsvText.Row(["index", "layer", "op", "groups", "m", "n", "k", "compute_cycles", "stall_cycles", "utilization", "energy_nj",
        "sqnr_db", "outputs",
        "overflowed_outputs", "nan_outputs", "saturated_inputs", "nan_inputs", "encoded_inputs", "kernel",
        "cycles", "bound", "stalls", "dram_bytes", "compulsory_bytes", "dram_activation_bytes", "dram_weight_bytes", "dram_output_bytes",
        "buffer_bytes"]);

    /// <summary>The row of a layer of that design.</summary>
    public static string Row(int index, LayerRecord layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        LayerNumerics? n = layer.Numerics;
        double energy = layer.Energy.Sum(e => e.Count * e.PerActionPicojoules) * 1e-3;
        return CsvText.Row([Text(index), layer.Name, layer.OpType, Text(layer.Groups), Text(layer.M), Text(layer.N), Text(layer.K),
            Text(layer.ComputeCycles), Text(layer.StallCycles),
            Text(layer.Utilization), Text(energy), Text(n?.SqnrDb), Text(n?.Outputs), Text(n?.OverflowedOutputs), Text(n?.NaNOutputs),
                Text(n?.SaturatedInputs), Text(n?.NaNInputs),
            Text(n?.EncodedInputs), n?.Kernel ?? "", Text(layer.Cycles), layer.Bound ?? "",
            string.Join("; ", layer.Stalls.Select(s => $"{s.Cause}={Text(s.Cycles)}")), Text(layer.DramBytes), Text(layer.CompulsoryBytes),
            .. OperandNames.Select(o => Dram(layer, o)),
            string.Join("; ", layer.Traffic.Where(t => t.Memory != Sim.ArchModel.ActionNames.Dram)
                .Select(t => $"{t.Memory} {t.Operand} read={Text(t.ReadBytes)} written={Text(t.WriteBytes)}"))]);
    }

    private static readonly string[] OperandNames = ["activations", "weights", "outputs"];

    // Both directions; empty where it is not known.
    private static string Dram(LayerRecord layer, string operand) => layer.DramBytes is null ? "" : Text(layer.Traffic
        .Where(t => t.Memory == Sim.ArchModel.ActionNames.Dram && t.Operand == operand).Sum(t => t.ReadBytes + t.WriteBytes));
}
