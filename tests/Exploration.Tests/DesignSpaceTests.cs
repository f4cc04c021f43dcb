using System.Collections.Immutable;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Tests;

namespace Sim.Exploration.Tests;

/// <summary>What becomes of axis values that make no design: rows that name them, beside which the rest runs; mistakes of the pen stay
/// errors, all of them told at once.</summary>
public class DesignSpaceTests
{
    private static readonly string Digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");

    private static IEnumerable<TestCaseData> Senseless()
    {
        yield return new TestCaseData("  - datapath: [int8_acc32, mxfp4_fp32]", new[] { 1 }, "datapath: mxfp4_fp32", "CFG115")
            .SetName("32 lanes on 16 rows");
        yield return new TestCaseData("  - array.rows: [8, 0]", new[] { 1 }, "array.rows: 0", "CFG002").SetName("no rows");
        yield return new TestCaseData("  - dram.bandwidth: [6.4 GB/s, 0 B/s]", new[] { 1 }, "dram.bandwidth: 0 B/s", "CFG007")
            .SetName("no bandwidth");
        yield return new TestCaseData("  - dram.bandwidth: [unlimited, 0.1 B/s]", new[] { 1 }, "dram.bandwidth: 0.1 B/s", "CFG123")
            .SetName("a bandwidth of years");
        yield return new TestCaseData("  - buffers.weights.capacity: [32 KiB, 8 B]", new[] { 1 }, "buffers.weights.capacity: 8 B", "CFG112")
            .SetName("a capacity below a word");
        yield return new TestCaseData("  - datapath.accumulator.bits: [16, 32, 999]", new[] { 2 }, "datapath.accumulator.bits: 999",
            "CFG002").SetName("a register of 999 bits");
        yield return new TestCaseData("  - dram.kind: [LPDDR4, DDR9]", new[] { 1 }, "dram.kind: DDR9", "CFG113")
            .SetName("a memory without a price");
        yield return new TestCaseData("  - buffers.weights.port: [64 bit, 8192 bit]", new[] { 1 }, "buffers.weights.port: 8192 bit",
            "COST001").SetName("a port without a price");
        yield return new TestCaseData("  - clock: [500 MHz, 9 GHz]", new[] { 1 }, "clock: 9 GHz", "COST005")
            .SetName("a clock that is too fast");
        yield return new TestCaseData("  - datapath.weight: [int8, e4m3]\n  - array.rows: [4, 8]", new[] { 2, 3 }, "datapath.weight: e4m3",
            "CFG103").SetName("floats into an integer register");
        yield return new TestCaseData("  - {name: both, values: [{name: good, array.rows: 8}, {name: bad, datapath.weight: e4m3}]}",
            new[] { 1 }, "both: bad", "CFG103").SetName("a value of several paths");
        yield return new TestCaseData("  - datapath: [int8_acc32, h100_fp8]\n  - array.rows: [16, 32]", new[] { 2 },
            "datapath: h100_fp8, array.rows: 16", "CFG115").SetName("two axes are to blame");
    }

    [TestCaseSource(nameof(Senseless))]
    public void AnAxisValueThatMakesADesignSenselessIsARowThatNamesIt(string axes, int[] infeasible, string blame, string code)
    {
        var bag = new DiagnosticBag();
        DesignSpace space = DesignSpace.Read(StudyReader.Read(YamlDocument.Parse(Text(axes), "study.yaml", bag)!, bag)!, bag)!;
        Assert.That(bag.Sorted, Is.Empty);
        Assert.That(space.Designs.Where(d => !d.Exists).Select(d => d.Point.Index), Is.EqualTo(infeasible));
        foreach (int i in infeasible) Assert.That(space.Designs[i].Reason, Does.StartWith(blame + ": ").And.Contain(code));
        foreach (Design good in space.Designs.Where(d => d.Exists)) Assert.That(good.Reason, Is.Empty);
    }

    [Test]
    public void EveryMistakeOfAStudyIsToldAtOnce()
    {
        var bag = new DiagnosticBag();
        Study? study = StudyReader.Read(YamlDocument.Parse(Text("  - array.rows: [4, none]\n  - arrray.columns: [4]\n  - datapath: [int8_acc32, int8_acc33]\n  - {name: index, values: [{array.columns: 4}]}",
            "objectives: [speed]\nconstraints: [{metric: area, max: 2}]\nfronts: both\nnme: x"), "study.yaml", bag)!, bag);
        Assert.That(study, Is.Null);
        Assert.That(bag.Sorted.Select(d => (d.Code, d.Location.Line)), Is.EquivalentTo(new[]
            { ("CFG002", 8), ("CFG012", 9), ("CFG010", 10), ("CFG203", 11), ("CFG002", 12), ("CFG007", 13), ("CFG002", 14),
                ("CFG003", 15) }), bag.ToString());
    }

    [Test]
    public void ReservedNamesAreThoseOfTheTables()
    {
        foreach (string name in ReservedColumns.All.Append("ACCURACY"))
        {
            var bag = new DiagnosticBag();
            StudyReader.Read(YamlDocument.Parse(Text($"  - {{name: {name}, values: [{{array.rows: 8}}]}}"), "study.yaml", bag)!, bag);
            Assert.That(bag.Sorted.Select(d => d.Code), Is.EqualTo(new[] { "CFG203" }), name);
        }
        Assert.That(MetricCatalogue.All.Select(m => m.Column), Is.SubsetOf(ReservedColumns.All));
    }

    [Test]
    public void TooManyDesignsAreRefusedWithTheirNumberBeforeAnyIsRead()
    {
        var bag = new DiagnosticBag();
        string Values(int count) => string.Join(", ", Enumerable.Range(1, count));
        StudyReader.Read(YamlDocument.Parse(Text($"  - array.rows: [{Values(3000)}]\n  - array.columns: [{Values(3000)}]"), "study.yaml",
            bag)!, bag);
        Assert.That(bag.Sorted.Single().Message, Does.Contain("9,000,000 designs").And.Contain("100,000"));
        Assert.That(bag.Sorted.Single().Code, Is.EqualTo("CFG205"));
    }

    [Test]
    public void ExactStandsAboveAllNumbersAndNotFiniteBelow()
    {
        StudyHeader header = Samples.Header() with
            { Objectives = [new Objective("sqnr", Goal.Maximize), new Objective("energy", Goal.Minimize)] };
        PointResult Point(int index, double sqnr, double energy) => Samples.Point(index, 0.5, energy) is var p
            ? p with { Record = p.Record! with { Accuracy = p.Record.Accuracy! with { OutputSqnrDb = sqnr } } }
                : throw new InvalidOperationException();
        // Exact at any price; 30 dB for less; not finite for least; 20 dB that 30 dB beats; exact for more than the other exact one.
        PointResult[] points = [Point(0, double.PositiveInfinity, 9), Point(1, 30, 5), Point(2, double.NegativeInfinity, 1),
            Point(3, 20, 6), Point(4, double.PositiveInfinity, 10)];
        StudyAnalysis all = StudyAnalysis.Of(new StudyResult(header, [.. points]));
        Assert.That(all.Fronts.Single().Members, Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(all.Fronts.Single().Hypervolume, Is.Null, "between best and worst there is no place for an infinity");
        StudyAnalysis bounded = StudyAnalysis.Of(new StudyResult(header with { Constraints = [new Constraint("sqnr", 25, null)] },
            [.. points]));
        Assert.That(bounded.Fronts.Single().Members, Is.EqualTo(new[] { 0, 1 }));
        StudyAnalysis finite = StudyAnalysis.Of(new StudyResult(header, [.. points[1..4]]));
        // Of the finite ones (30 dB, 5) and (20 dB, 6) the first is best in both: the whole box.
        Assert.That((finite.Fronts.Single().Members, finite.Fronts.Single().Hypervolume), Is.EqualTo((ImmutableArray.Create(1, 2), 1.0))
            .Using<(ImmutableArray<int>, double?)>((a, b) => a.Item1.SequenceEqual(b.Item1) && a.Item2 == b.Item2));
    }

    private static string Text(string axes, string rest = "") => $"""
        schema: sim.study/1
        name: test
        base: edge_npu
        workloads:
          - name: mlp
            model: {Digits}/digits_mlp.onnx
        axes:

        """ + axes + "\n" + rest + "\n";
}
