using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>The `array` mapping of an architecture.</summary>
internal static class PeArrayType
{
    private static readonly YamlField<int> Rows = YamlField.Required("rows", YamlTypes.Integer(1, 4096), "Rows of PEs.");
    private static readonly YamlField<int> Columns = YamlField.Required("columns", YamlTypes.Integer(1, 4096), "Columns of PEs.");

    private static readonly YamlField<Dataflow> DataflowField = YamlField.Required("dataflow", YamlTypes.Choice(
        ("output_stationary", Dataflow.OutputStationary), ("weight_stationary", Dataflow.WeightStationary),
            ("input_stationary", Dataflow.InputStationary),
        ("os", Dataflow.OutputStationary), ("ws", Dataflow.WeightStationary), ("is", Dataflow.InputStationary)),
            "Which operand stays in the PEs.");

    private static readonly YamlField<bool> Fill = Switch("fill", "Hide the skewed fill of the next fold behind the current one.");
    private static readonly YamlField<bool> Drain = Switch("drain", "Hide the drain of results behind the next fold.");
    private static readonly YamlField<bool> WeightLoad =
        Switch("weight_load", "Load the next stationary operand behind the current fold (double-buffered PE registers).");

    private static readonly YamlField<(bool Fill, bool Drain, bool WeightLoad)> Overlap = YamlField.Optional("overlap",
        YamlTypes.Map<(bool, bool, bool)>(new YamlSchema("overlap switches",
            "Which phases of consecutive folds overlap; all off is a strictly serial array.", [Fill, Drain, WeightLoad]), ReadOverlap),
        default, "all off", "Which phases of consecutive folds overlap.");

    /// <summary>The type of the `array` key.</summary>
    public static YamlType<PeArray> Instance { get; } = YamlTypes.Map<PeArray>(
        new YamlSchema("PE array", "Systolic array of rows × columns processing elements.", [Rows, Columns, DataflowField, Overlap]), Read);

    private static YamlField<bool> Switch(string name, string description) =>
        YamlField.Optional(name, YamlTypes.Boolean, false, "false", description);

    private static bool ReadOverlap(YamlMap map, DiagnosticBag bag, out (bool, bool, bool) value)
    {
        value = (Fill.Read(map, bag), Drain.Read(map, bag), WeightLoad.Read(map, bag));
        return true;
    }

    private static bool Read(YamlMap map, DiagnosticBag bag, out PeArray value)
    {
        bool good = Rows.TryRead(map, bag, out int rows) & Columns.TryRead(map, bag, out int columns)
            & DataflowField.TryRead(map, bag, out Dataflow dataflow)
            & Overlap.TryRead(map, bag, out (bool Fill, bool Drain, bool WeightLoad) overlap);
        value = new PeArray(rows, columns, dataflow, overlap.Fill, overlap.Drain, overlap.WeightLoad);
        return good;
    }
}
