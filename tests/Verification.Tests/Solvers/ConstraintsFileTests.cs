using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Constraints;
using Sim.Verification.Solvers;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Solvers;

/// <summary>Constraints files: what they make of a layer, and where they are wrong.</summary>
public class ConstraintsFileTests
{
    // 4 inputs, zero point 3.
    private static readonly IntegerLayer Dense = new("dense", "MatMul", new GemmLayer("dense", "MatMul", 1, 1, 2, 4, 4),
        [1, 2, 3, 4, -5, 6, -7, 8], new(-128, 127), [new(0, 255)]) { InputZeroPoint = 3 };

    // 4 channels in 2 groups, 2 × 1 taps, padded.
    private static readonly IntegerLayer Conv = new("conv", "QLinearConv", new GemmLayer("conv", "QLinearConv", 2, 9, 1, 4, 36,
        new ConvGeometry(4, 3, 3, 2, 1, 1, 1, 1, 0, 1, 0, 1, 1, 3, 3)), [1, 2, 3, 4, 5, 6, 7, 8], new(-128, 127), [new(0, 255)]);

    [Test]
    public void BoxesAndSumsAreAboutStoredInputs()
    {
        (BoundConstraints constraints, IntegerLayer layer) = Bind(Dense, """
              box: [0, 100]
              boxes:
                - {inputs: [1], range: [10, 20]}
              sums:
                - {inputs: [0..2], low: 9, high: 60}
                - {channels: [3, 0], coefficients: [2, -1], high: 7}
              simplex:
                - {channels: [all], total: 120}
              one_hot:
                - {inputs: [2, 3], off: 3, on: 4}
            """);
        Assert.That(layer.Inputs, Is.EqualTo(new Interval[] { new(0, 100), new(10, 20), new(3, 4), new(3, 4) }));
        ImmutableArray<LinearRelation> relations = constraints.Relations(layer, 1);
        Assert.That(relations.Select(r => (string.Join(' ', r.Coefficients), (long?)r.Low, (long?)r.High)),
            Is.EqualTo(new (string, long?, long?)[]
        {
            ("1 1 1 0", 0, 51), ("-1 0 0 2", null, 4), ("1 1 1 1", 108, 108), ("0 0 1 1", 1, 1),
        }));
    }

    [Test]
    public void SumsOverChannelsHoldAtEveryPlaceOfTheWindow()
    {
        (BoundConstraints constraints, IntegerLayer layer) = Bind(Conv, """
              sums:
                - {channels: [2, 3], low: 0, high: 10}
              boxes:
                - {channels: [1], range: [0, 7]}
                - {inputs: [3], range: [0, 5]}
            """);
        Assert.That(layer.Inputs, Is.EqualTo(new Interval[] { new(0, 255), new(0, 7), new(0, 255), new(0, 255) }));
        Assert.That(constraints.Relations(layer, 0).Select(r => string.Join(' ', r.Coefficients)), Is.EqualTo(new[] { "0 0 0 1" }));
        Assert.That(constraints.Relations(layer, 1).Select(r => string.Join(' ', r.Coefficients)),
            Is.EqualTo(new[] { "0 0 0 1", "1 0 1 0", "0 1 0 1" }));
    }

    [TestCase("  sums: [{inputs: [4], low: 0}]", "f.yaml:4:21", "VER020", "no input 4")]
    [TestCase("  sums: [{channels: [0..9], low: 0}]", "f.yaml:4:23", "VER020", "no channel 9")]
    [TestCase("  sums: [{inputs: [0, 1], coefficients: [1], low: 0}]", "f.yaml:4:12", "VER021", "1 coefficients for 2 members")]
    [TestCase("  box: [300, 400]", "f.yaml:3:5", "VER020", "nothing of [300, 400]")]
    [TestCase("  boxes: [{inputs: [0], range: [-9, -1]}]", "f.yaml:4:13", "VER020", "nothing of")]
    [TestCase("  box: [5, 4]", "f.yaml:4:10", "CFG122", "least and the largest")]
    [TestCase("  box: [5]", "f.yaml:4:10", "CFG006", "at least 2")]
    [TestCase("  sums: [{inputs: [0], low: 5, high: 4}]", "f.yaml:4:31", "CFG122", "at least 5 and at most 4")]
    [TestCase("  sums: [{inputs: [0]}]", "f.yaml:4:12", "CFG004", "'low', 'high'")]
    [TestCase("  sums: [{low: 0}]", "f.yaml:4:12", "CFG004", "'inputs' or 'channels'")]
    [TestCase("  sums: [{inputs: [0], channels: [0], low: 0}]", "f.yaml:4:12", "CFG004", "'inputs' or 'channels'")]
    [TestCase("  sums: [{inputs: [0, 0], low: 0}]", "f.yaml:4:21", "CFG122", "named twice")]
    [TestCase("  sums: [{inputs: [3..1], low: 0}]", "f.yaml:4:22", "CFG002", "an index")]
    [TestCase("  one_hot: [{inputs: [all], off: 0, on: 255}]", "f.yaml:4:43", "CFG122", "'off' + 1")]
    [TestCase("  onehot: [{inputs: [all]}]", "f.yaml:4:5", "CFG003", "one_hot")]
    [TestCase("  sums: [{inputs: [all], high: -1}]", "f.yaml:3:5", "VER022", "no input of layer")]
    [TestCase("  simplex: [{inputs: [0, 1], total: 9}, {inputs: [0, 1, 2], total: 5}]", "f.yaml:3:5", "VER022", "would be void")]
    public void WhatIsWrongIsShownAtItsPlace(string text, string place, string code, string what)
    {
        using SolverPool pool = Z3.Pool();
        DiagnosticBag bag = new();
        Bind(Dense, text, bag, pool);
        Diagnostic found = bag.Sorted.First(d => d.Severity == Severity.Error);
        Assert.That((found.Location.ToString(), found.Code), Is.EqualTo((place, code)), bag.ToString());
        Assert.That(found.Message, Does.Contain(what));
    }

    [TestCase("  sums: [{channels: [1, 2], low: 0}]", "channels of two groups")]
    [TestCase("  sums: [{channels: [0, 1], low: 1}]", "pads its input with 0")]
    public void WhatALayerCannotHaveIsRefused(string text, string what)
    {
        var bag = new DiagnosticBag();
        Bind(Conv, text, bag, null);
        Assert.That(bag.ToString(), Does.Contain("VER021").And.Contain(what));
    }

    [Test]
    public void ALayerThatTheNetworkDoesNotHaveIsNamed()
    {
        var bag = new DiagnosticBag();
        BoundConstraints.Bind(Read("densse", "  box: [0, 1]", bag), [Dense], ZeroPoints.Folded, bag);
        Assert.That(bag.ToString(), Does.Contain("f.yaml:3:5").And.Contain("VER002").And.Contain("dense"));
    }

    [Test]
    public void TheExampleOfTheGuideIsGood()
    {
        string guide = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "docs", "guide", "verification.md"));
        Match example = Regex.Match(guide, "```yaml\n(schema: sim.constraints/1.*?)```", RegexOptions.Singleline);
        var bag = new DiagnosticBag();
        Assert.That(ConstraintsFile.Read(YamlDocument.Parse(example.Groups[1].Value, "guide", bag)!.Root, bag), Is.Not.Empty,
            bag.ToString());
    }

    private static (BoundConstraints, IntegerLayer) Bind(IntegerLayer layer, string text)
    {
        var bag = new DiagnosticBag();
        (BoundConstraints, IntegerLayer)? bound = Bind(layer, text, bag, null);
        Assert.That(bag.ToString(), Is.Empty);
        return bound!.Value;
    }

    private static (BoundConstraints, IntegerLayer)? Bind(IntegerLayer layer, string text, DiagnosticBag bag, SolverPool? pool)
    {
        ImmutableArray<LayerConstraints> file = Read(layer.Name, text, bag);
        if (bag.HasErrors || BoundConstraints.Bind(file, [layer], ZeroPoints.Folded, bag) is not { } bound) return null;
        var options = new VerifyOptions { Relations = bound.Constraints.Relations };
        BoundConstraints.CheckPossible(file, bound.Layers, options, pool, TimeSpan.FromSeconds(60), bag);
        return (bound.Constraints, bound.Layers[0]);
    }

    private static ImmutableArray<LayerConstraints> Read(string layer, string text, DiagnosticBag bag)
    {
        string yaml = $"schema: sim.constraints/1\nlayers:\n  - layer: {layer}\n"
            + string.Concat(text.Split('\n').Select(l => "  " + l.TrimEnd() + "\n"));
        return YamlDocument.Parse(yaml, "f.yaml", bag) is { } document ? ConstraintsFile.Read(document.Root, bag) : [];
    }
}
