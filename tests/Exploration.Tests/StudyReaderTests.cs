using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Simulator.Accelerators;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Tests;

namespace Sim.Exploration.Tests;

/// <summary>Studies as written: what they mean, and every error at its place.</summary>
public class StudyReaderTests
{
    private static readonly string Digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");

    [Test]
    public void AxesMultiplyAndTheLastVariesFastest()
    {
        Study study = Good(Text("""
              - array.rows: [4, 8, 16]
              - name: shape
                values:
                  - {name: wide, array.columns: 32, buffers.weights.capacity: 64 KiB}
                  - {array.columns: 4}
            """));
        Assert.That(study.PointCount, Is.EqualTo(6));
        Assert.That(study.Points().Select(p => string.Join('/', study.Parameters(p).Values)),
            Is.EqualTo(new[] { "4/wide", "4/array.columns: 4", "8/wide", "8/array.columns: 4", "16/wide", "16/array.columns: 4" }));
        DesignSpace space = DesignSpace.Read(study, new DiagnosticBag())!;
        Assert.That(space.Designs.Select(d => (Array(d).Array.Rows, Array(d).Array.Columns)),
            Is.EqualTo(new[] { (4, 32), (4, 4), (8, 32), (8, 4), (16, 32), (16, 4) }));
        Assert.That(Array(space.Designs[0]).Buffers.Single(b => b.Name == "weights").CapacityBytes, Is.EqualTo(65536));
    }

    [Test]
    public void BoundsTakeUnitsAndGoalsTheirUsualDirection()
    {
        Study study = Good(Text("  - array.rows: [4]", """
            objectives: [accuracy, {metric: utilization, goal: min}, edp]
            constraints:
              - {metric: area, max: 20000 um2}
              - {metric: energy, min: 1 uJ, max: 2 mJ}
              - {metric: latency, max: 0.5 ms}
              - {metric: edp, max: 3 uJ us}
            """));
        Assert.That(study.Objectives,
            Is.EqualTo(new Objective[] { new("accuracy", Goal.Maximize), new("utilization", Goal.Minimize), new("edp", Goal.Minimize) }));
        Assert.That(study.Constraints,
            Is.EqualTo(new Constraint[] { new("area", null, 0.02), new("energy", 1e3, 2e6), new("latency", null, 500),
            new("edp", null, 3e3) }));
    }

    [Test]
    public void RecipeAxesChangeTheRecipe()
    {
        Study study = Good(Text("  - recipe.weights.granularity: [per_channel, per_tensor]"));
        DesignSpace space = DesignSpace.Read(study, new DiagnosticBag())!;
        Assert.That(space.Designs.Select(d => $"{d.Recipe!.WeightGranularity}"), Is.EqualTo(new[] { "PerChannel", "PerTensor" }));
    }

    private static IEnumerable<TestCaseData> Errors()
    {
        yield return new TestCaseData("  - array.rows: []", "", "CFG006", 8).SetName("an empty axis");
        yield return new TestCaseData("  - {array.rows: [4], array.columns: [4]}", "", "CFG202", 8).SetName("two axes in one item");
        yield return new TestCaseData("  - array.rows: [4]\n  - array.rows: [8]", "", "CFG203", 9).SetName("an axis twice");
        yield return new TestCaseData("  - array.rows: [4]\n  - {name: shape, values: [{array.rows: 8}]}", "", "CFG204", 9)
            .SetName("a path in two axes");
        yield return new TestCaseData("  - {name: design, values: [{array.rows: 8}]}", "", "CFG203",
            8).SetName("an axis named as a column");
        yield return new TestCaseData("  - {name: ' ', values: [{array.rows: 8}]}", "", "CFG203", 8).SetName("an axis named by a blank");
        yield return new TestCaseData("  - array.rows: [4, 4]", "", "CFG203", 8).SetName("a value twice");
        yield return new TestCaseData("  - array.rows: [4]", "objectives: [speed]", "CFG002", 9).SetName("an unknown objective");
        yield return new TestCaseData("  - array.rows: [4]", "constraints: [{metric: area, max: 2}]", "CFG007", 9)
            .SetName("a bound without unit");
        yield return new TestCaseData("  - array.rows: [4]", "constraints: [{metric: area}]", "CFG004", 9)
            .SetName("a constraint without bound");
        yield return new TestCaseData("  - array.rows: [4]", "constraints: [{metric: accuracy, min: 0.9, max: 0.1}]", "CFG201", 9)
            .SetName("bounds crossed");
        yield return new TestCaseData("  - array.rows: [4]", "fronts: both", "CFG002", 9).SetName("an unknown front scope");
        yield return new TestCaseData("  - array.rows: [4]", "objektives: [accuracy]", "CFG003", 9).SetName("a misspelt key");
        yield return new TestCaseData("  - array.rows: [4, none]", "", "CFG002", 8).SetName("a value that no design can have");
        yield return new TestCaseData("  - arrray.rows: [4]", "", "CFG012", 8).SetName("a path that leads nowhere");
        yield return new TestCaseData("  - recipe.weights.granularity: [per_row]", "", "CFG002", 8).SetName("a recipe value");
    }

    [TestCaseSource(nameof(Errors))]
    public void ErrorsStandAtTheirPlace(string axes, string rest, string code, int line)
    {
        var bag = new DiagnosticBag();
        Study? study = StudyReader.Read(YamlDocument.Parse(Text(axes, rest), "study.yaml", bag)!, bag);
        if (study is not null) DesignSpace.Read(study, bag);
        Assert.That(bag.Sorted.Select(d => (d.Code, d.Location.Line)), Does.Contain((code, line)), bag.ToString());
    }

    [Test]
    public void CombinationsThatCannotBeAreDesignsNotErrors()
    {
        var bag = new DiagnosticBag();
        DesignSpace space = DesignSpace.Read(Good(Text("""
              - datapath.weight: [int8, e4m3]
              - datapath.accumulator: [{kind: integer, bits: 32, overflow: wrap}, {kind: float, format: fp16}]
            """)), bag)!;
        Assert.That(bag.HasErrors, Is.False);
        Assert.That(space.Designs.Select(d => d.Exists), Is.EqualTo(new[] { true, true, false, true }),
            "an integer register cannot add e4m3");
        Assert.That(space.Designs[2].Problems.Single().Message, Does.Contain("weight"));
    }

    [Test]
    public void TheDigestFollowsWhatChangesResults()
    {
        string Digest(string axes, string rest = "", string version = "1") =>
            DesignSpace.Read(Good(Text(axes, rest)), new DiagnosticBag())!.Header(version, ["input"]).Digest;
        string plain = Digest("  - array.rows: [4, 8]");
        Assert.That(Digest("  - array.rows:   [4, 8]   # a comment"), Is.EqualTo(plain));
        Assert.That(Digest("  - array.rows: [4, 8]", "constraints: [{metric: area, max: 2 mm2}]"), Is.EqualTo(plain),
            "a constraint changes no result");
        Assert.That(new[] { Digest("  - array.rows: [4, 16]"), Digest("  - array.columns: [4, 8]"),
            Digest("  - array.rows: [4, 8]", version: "2"),
            Digest("  - array.rows: [4, 8]", "recipe: {schema: sim.recipe/1, fold_batch_norm: false}"), plain }, Is.Unique);
    }

    [Test]
    public void TheStudiesOfTheCatalogueAreRight()
    {
        foreach (string name in new[] { "demo" })
        {
            var bag = new DiagnosticBag();
            Study? study = StudyReader.Load(Path.Combine(ReferenceData.RepositoryRoot, "configs", "studies", name + ".yaml"), bag);
            Assert.That(study, Is.Not.Null, bag.ToString());
            Assert.That(DesignSpace.Read(study!, bag), Is.Not.Null, bag.ToString());
            Assert.That(study!.PointCount, Is.GreaterThanOrEqualTo(200));
        }
    }

    private static Study Good(string text)
    {
        var bag = new DiagnosticBag();
        Study? study = StudyReader.Read(YamlDocument.Parse(text, "study.yaml", bag)!, bag);
        Assert.That(study, Is.Not.Null, bag.ToString());
        return study!;
    }

    private static string Text(string axes, string rest = "") => $"""
        schema: sim.study/1
        name: test
        base: edge_npu
        workloads:
          - name: mlp
            model: {Digits}/digits_mlp.onnx
        axes:

        """ + string.Join('\n', axes.Split('\n').Select(l => l.StartsWith("  ", StringComparison.Ordinal) ? l : "  " + l)) + "\n" + rest + "\n";

    private static ArchModel.Architecture Array(Design design) => ((ArrayAccelerator)design.Accelerator!).Loaded.Architecture;
}
