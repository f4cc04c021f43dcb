using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Calibration;
using Sim.Tests;

namespace Sim.ArchModel.Tests.Costs;

/// <summary>Predicted cost against gate-level synthesis. Bands are what was measured, rounded up; docs/guide/costs.md prints the whole
/// table.</summary>
public sealed class SynthesisTests
{
    private static IReadOnlyList<Prediction> Predict(string technology, string table) => ErrorTable.Predict(
        SynthesisRow.Read(ReferenceData.Shared($"reference/synthesis/{table}")), new CostModel(TechnologyCatalogue.Resolve(technology)));

    // Family; largest allowed mean and single |error| of area in per cent.
    [TestCase("adder", 16, 30)]
    [TestCase("adder_ripple", 6, 10)]
    [TestCase("adder_tree", 10, 16)]
    [TestCase("barrel_shl", 23, 42)]
    [TestCase("barrel_shr_sticky", 12, 20)]
    [TestCase("lzc", 14, 24)]
    [TestCase("mux2", 32, 49)]
    [TestCase("comparator_lt", 6, 10)]
    [TestCase("normalizer_lzc_shl", 5, 10)]
    [TestCase("int_mul_signed", 8, 20)]
    [TestCase("int_mul_unsigned", 10, 28)]
    [TestCase("int_mac_sep", 8, 16)]
    [TestCase("fp_mul", 16, 55)]
    [TestCase("fp_add", 11, 32)]
    [TestCase("fp_fma", 10, 24)]
    [TestCase("fp_fma_mixed", 10, 24)]
    [TestCase("fp_kulisch_mac", 7, 18)]
    [TestCase("fp_fixacc_trunc_mac", 11, 20)]
    [TestCase("int_mul_dadda_logic", 14, 24)]
    [TestCase("int_dot_sep", 4, 6)]
    [TestCase("fp_int_mac", 10, 20)]
    [TestCase("hardfloat_mul", 12, 18)]
    [TestCase("hardfloat_add", 8, 16)]
    [TestCase("hardfloat_fma", 20, 34)]
    public void AreaOfAFamilyLiesInItsBand(string family, double mean, double largest)
    {
        Prediction[] rows = [.. Predict("nangate45", "yosys_nangate45_area.csv").Where(p => p.Row.Block == family)];
        Assert.That(rows, Has.Length.GreaterThanOrEqualTo(2));
        double worst = 100 * rows.Max(p => Math.Abs(p.AreaError)), average = ErrorTable.Mean(rows, p => p.AreaError);
        Assert.Multiple(() =>
        {
            Assert.That(average, Is.LessThanOrEqualTo(mean), "mean |area error|, %");
            Assert.That(worst, Is.LessThanOrEqualTo(largest), "largest |area error|, %");
        });
        bool fitted = BlockStructures.Fitted.Contains(family);
        Truth.Checked("Price", $"area of {family}, NanGate45", fitted ? "yosys synthesis, rows also fitted"
            : "yosys synthesis, rows never fitted", rows.Length,
            FormattableString.Invariant($"mean |error| {average:0.0} %, largest {worst:0} %"));
    }

    [TestCase("nangate45", "yosys_nangate45_area.csv", 200, 10.5)]
    [TestCase("sky130", "yosys_sky130_area.csv", 110, 9.5)]
    public void AreaOverAllRows(string technology, string table, int least, double mean)
    {
        IReadOnlyList<Prediction> rows = Predict(technology, table);
        Assert.That(rows, Has.Count.GreaterThanOrEqualTo(least));
        double average = ErrorTable.Mean(rows, p => p.AreaError);
        Assert.That(average, Is.LessThanOrEqualTo(mean));
        Truth.Checked("Price", $"area of all blocks, {technology}", "yosys synthesis", rows.Count,
            FormattableString.Invariant($"mean |error| {average:0.0} %"));
    }

    [TestCase("nangate45", "yosys_nangate45_area.csv", 25, 18)]
    [TestCase("sky130", "yosys_sky130_area.csv", 25, 18)]
    public void EnergyAndDelayOverAllRows(string technology, string table, double energy, double delay)
    {
        Prediction[] rows = [.. Predict(technology, table).Where(p => !BlockStructures.HasIdleVectors(p.Row))];
        Assert.That(rows, Has.Length.GreaterThanOrEqualTo(100));
        double energyMean = ErrorTable.Mean(rows, p => p.EnergyError), delayMean = ErrorTable.Mean(rows, p => p.DelayError);
        Assert.Multiple(() =>
        {
            Assert.That(energyMean, Is.LessThanOrEqualTo(energy), "mean |energy error|, %");
            Assert.That(delayMean, Is.LessThanOrEqualTo(delay), "mean |delay error|, %");
        });
        Truth.Checked("Price", $"energy without glitches of all blocks, {technology}", "event-driven gate simulation", rows.Length,
            FormattableString.Invariant($"mean |error| {energyMean:0} %"));
        Truth.Checked("Price", $"delay of all blocks, {technology}", "ABC timing", rows.Length,
            FormattableString.Invariant($"mean |error| {delayMean:0} %"));
    }

    /// <summary>Laws that follow the sample's noise would do much worse on rows that they did not see.</summary>
    [Test]
    public void HalfOfTheRowsPredictTheOtherHalf()
    {
        SynthesisRow[] rows = [.. SynthesisRow.Read(ReferenceData.Shared("reference/synthesis/yosys_nangate45_area.csv"))
            .Where(r => BlockStructures.Fitted.Contains(r.Block))];
        Library library = Library.All[0];
        Technology whole = TechnologyCatalogue.Resolve("nangate45");
        double[] unseen = [.. new[] { 0, 1 }.Select(half =>
        {
            FittedLaws laws = Calibrator.Fit(rows.Where((_, i) => i % 2 == half), library.Cells(ReferenceData.Shared("reference")),
                "half of the rows");
            Technology technology = whole with
                { Primitives = laws.Prices.Add(Sim.Datapath.Structures.PrimitiveKind.Register,
                whole.PriceOf(Sim.Datapath.Structures.PrimitiveKind.Register)) };
            return ErrorTable.Mean(ErrorTable.Predict(rows.Where((_, i) => i % 2 != half), new CostModel(technology)), p => p.AreaError);
        })];
        Assert.That(rows, Has.Length.GreaterThanOrEqualTo(180));
        Assert.That(unseen, Is.All.LessThan(12));
        Truth.Checked("Price", "area, laws fitted to half of the rows", "yosys synthesis, the other half", rows.Length,
            FormattableString.Invariant($"mean |error| {unseen[0]:0.0} % and {unseen[1]:0.0} %"));
    }

    [Test]
    public void TechnologyFilesAreWhatTheCalibrationWrites()
    {
        string reference = ReferenceData.Shared("reference");
        foreach (Library library in Library.All)
            Assert.That(File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "configs", "technologies", library.Name + ".yaml")),
                Is.EqualTo(TechnologyWriter.Write(library, reference)), library.Name);
    }
}
