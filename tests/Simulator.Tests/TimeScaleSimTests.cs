using Sim.ArchModel;
using Sim.Simulator.Timing;
using Sim.Tests;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests;

/// <summary>SCALE-Sim v2's own results: its compute classes and its complete runs with estimated bandwidth.</summary>
public sealed class TimeScaleSimTests
{
    private const string Source = "SCALE-Sim v2 @22f88b1 runs";

    [Test]
    public void Serial_cycles_equal_the_true_count_on_every_row()
    {
        int rows = 0;
        foreach (IReadOnlyDictionary<string, string> row in TimeDesigns.Table(ReferenceData.Shared("reference/scalesim/compute_only.csv")))
        {
            LayerTiming timing = Run(row);
            Assert.That(timing.TotalCycles, Is.EqualTo(long.Parse(row["formula_cycles"])), row["layer"]);
            Assert.That(timing.TotalCycles, Is.EqualTo(long.Parse(row["compute_cycles"])), row["layer"]);
            Assert.That(timing.StallCycles, Is.Zero);
            rows++;
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(400));
        Truth.Checked("Time", "scalesim/compute_only.csv cycles", Source, rows, "equal");
    }

    [Test]
    public void Buffer_counts_equal_on_every_row_but_for_the_documented_over_count()
    {
        int rows = 0;
        foreach (IReadOnlyDictionary<string, string> row in TimeDesigns.Table(ReferenceData.Shared("reference/scalesim/compute_only.csv")))
        {
            AssertBufferCounts(row, Run(row));
            rows++;
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(400));
        Truth.Checked("Time", "scalesim/compute_only.csv SRAM reads and writes", Source, rows,
            "equal; their output-stationary result writes are ours + folds*(R+C), the documented over-count");
    }

    [Test]
    public void Mapping_efficiency_and_utilization_equal_theirs()
    {
        int rows = 0;
        foreach (IReadOnlyDictionary<string, string> row in TimeDesigns.Table(ReferenceData.Shared("reference/scalesim/compute_only.csv")))
        {
            LayerTiming timing = Run(row);
            Assert.That(100 * timing.Mapping.Grid.MappingEfficiency, Is.EqualTo(double.Parse(row["avg_mapping_eff_pct"])).Within(1e-5),
                row["layer"]);
            Assert.That(100 * timing.Utilization, Is.EqualTo(double.Parse(row["overall_util_pct"])).Within(1e-5), row["layer"]);
            rows++;
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(400));
        Truth.Checked("Time", "scalesim/compute_only.csv utilization", Source, rows, "equal to 1e-5 percent");
    }

    [Test]
    public void Complete_runs_report_one_cycle_less()
    {
        int rows = 0;
        foreach (IReadOnlyDictionary<string,
            string> row in TimeDesigns.Table(ReferenceData.Shared("reference/scalesim/full_calc_64kb_all.csv")))
        {
            LayerTiming timing = Run(row);
            Assert.That(long.Parse(row["stall_cycles"]), Is.Zero);
            Assert.That(long.Parse(row["reported_total_cycles"]), Is.EqualTo(timing.TotalCycles - 1), row["layer"]);
            AssertBufferCounts(row, timing);
            rows++;
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(150));
        Truth.Checked("Time", "scalesim/full_calc_64kb_all.csv", Source, rows,
            "reported = ours - 1 (they report the last cycle's index), SRAM counts equal");
    }

    private static LayerTiming Run(IReadOnlyDictionary<string, string> row)
    {
        int Cell(string name) => int.Parse(row[name]);
        var array = new PeArray(Cell("rows"), Cell("cols"), TimeDesigns.DataflowOf(row["dataflow"]));
        GemmLayer layer = TimeDesigns.Gemm(Cell("M"), Cell("N"), Cell("K")) with { Name = row["layer"] };
        return Estimator.Estimate(TimeDesigns.Design(array), layer);
    }

    private static void AssertBufferCounts(IReadOnlyDictionary<string, string> row, LayerTiming timing)
    {
        Ledger ledger = timing.Ledger;
        bool stationaryOutputs = row["dataflow"] == "os";
        Assert.That(ledger["activation_buffer", "read_activations"], Is.EqualTo(long.Parse(row["ifmap_sram_reads"])), row["layer"]);
        Assert.That(ledger["weight_buffer", "read_weights"], Is.EqualTo(long.Parse(row["filter_sram_reads"])), row["layer"]);
        long written = stationaryOutputs ? ledger["output_buffer", "write_outputs"] : ledger["accumulator", "write"];
        long overCount = stationaryOutputs ? timing.Mapping.Grid.Folds * (timing.Mapping.Array.Rows + timing.Mapping.Array.Columns) : 0;
        Assert.That(written + overCount, Is.EqualTo(long.Parse(row["ofmap_sram_writes"])), row["layer"]);
    }
}
