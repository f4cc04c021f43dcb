using System.Collections.Immutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Reports.Charts;
using Sim.Simulator;

namespace Sim.Reports.Tests;

/// <summary>Static figures: well-formed, complete, true to scale.</summary>
public class FigureTests
{
    private static readonly Report Sample = Report.Of(SampleStudy.Make());

    [SetUp]
    public void TheBuildHasItsFont()
    {
        if (!Figures.HaveLabels) Assert.Ignore("skipped: 'npm ci' has not run in src/Reports/Web, so figures have no labels");
    }

    [Test]
    public void EveryFigureIsWellFormed()
    {
        ImmutableArray<Figure> figures = Figures.Of(Sample);
        Assert.That(figures, Has.Length.EqualTo(6));
        Assert.That(figures.Select(f => f.Name), Is.Unique);
        foreach (Figure figure in figures)
        {
            string text = figure.ToSvg();
            var svg = new SvgFigure(text);
            Assert.That(svg.Root.Name, Is.EqualTo(SvgFigure.Svg + "svg"));
            Assert.That(svg.Root.Descendants(SvgFigure.Svg + "script"), Is.Empty);
            Assert.That(svg.Texts, Has.Length.GreaterThan(8).And.None.Empty);
            // Lists of numbers after the grammar of SVG 1.1, 4.2: Skia ends them with a comma.
            foreach (XAttribute list in svg.Root.Descendants(SvgFigure.Svg + "text").SelectMany(t => t.Attributes())
                .Where(a => a.Name.LocalName is "x" or "y"))
                Assert.That(list.Value, Does.Match(@"^-?[0-9.e-]+(, -?[0-9.e-]+)*$"), figure.Name);
            string[] ids = [.. svg.Root.Descendants().Attributes("id").Select(a => a.Value)];
            Assert.That(ids, Is.Unique.And.All.StartsWith(figure.Name + "_"), "figures stand beside each other in one page");
            foreach (Match reference in Regex.Matches(text, @"url\(#([^)]*)\)")) Assert.That(ids, Has.Member(reference.Groups[1].Value));
            Assert.That(figure.ToPng().AsSpan(0, 4).ToArray(), Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));
        }
    }

    [Test]
    public void TheScatterHoldsEveryDesignAndTheFrontOnlyWorsensOneWay()
    {
        Figure figure = Figures.Of(Sample).Single(f => f.Name == "pareto_energy_accuracy");
        var svg = new SvgFigure(figure.ToSvg());
        string[] categories = ["#0072B2", "#E69F00"];
        (double X, double Y)[] designs = [.. categories.SelectMany(c => svg.Circles(c))];
        Assert.That(designs, Has.Length.EqualTo(28 + 2), "every design that ran and keeps the constraint, and two marks of the legend");
        (double X, double Y)[] steps = svg.Lines("#C0392B").MaxBy(l => l.Length)!;
        Assert.That(steps, Has.Length.GreaterThan(2));
        for (int i = 1; i < steps.Length; i++)
        {
            Assert.That(steps[i].X, Is.GreaterThanOrEqualTo(steps[i - 1].X), "more energy to the right");
            Assert.That(steps[i].Y, Is.LessThanOrEqualTo(steps[i - 1].Y), "more accuracy above (SVG counts down)");
        }
        double right = svg.Root.Descendants(SvgFigure.Svg + "clipPath").Select(c => c.Element(SvgFigure.Svg + "rect")!)
            .Max(r => (double)r.Attribute("x")! + (double)r.Attribute("width")!);
        // Nothing lies above and left of the front: no design beats it. The legend lies right of the plot.
        foreach ((double x, double y) in designs.Where(d => d.X < right))
        {
            double reach = steps.Where(s => s.X <= x + 0.02).Select(s => s.Y).DefaultIfEmpty(double.MaxValue).Min();
            Assert.That(y, Is.GreaterThanOrEqualTo(reach - 0.02));
        }
    }

    [Test]
    public void FrontsOfSeveralNetworksAreLinesOfTheirOwn()
    {
        Figure figure = Figures.Of(Report.Of(SampleStudy.Make(FrontScope.PerNetwork))).Single(f => f.Name == "pareto_energy_accuracy");
        var svg = new SvgFigure(figure.ToSvg());
        // Two fronts and the sample in the legend.
        Assert.That(svg.Lines("#C0392B"), Has.Length.EqualTo(3));
        Assert.That(svg.Texts, Has.Member("a network's front of these two"));
    }

    [Test]
    public void BarsAreAsLongAsTheirValues()
    {
        RunRecord record = SampleStudy.Record(0, 1, 0, 8, "digits_cnn", ImmutableSortedDictionary<string, string>.Empty);
        Report report = Report.Of(new StudyResult(SampleStudy.Make().Header,
            [new PointResult(0, record.Parameters, PointStatus.Ok, null, record)]));
        var svg = new SvgFigure(Figures.Layers(report).Single(f => f.Name.StartsWith("layers_cycles", StringComparison.Ordinal)).ToSvg());
        // The legend's sample is the last one.
        double[] widths = [.. svg.Bars("#0072B2").Select(b => b.Width).Take(record.Layers.Length)];
        Assert.That(widths, Has.Length.EqualTo(record.Layers.Length));
        double scale = widths[0] / record.Layers[0].ComputeCycles;
        for (int i = 0; i < widths.Length; i++) Assert.That(widths[i], Is.EqualTo(record.Layers[i].ComputeCycles * scale).Within(0.05));
    }

    [Test]
    public void DeepNetworksAreGroupedInNetworkOrder()
    {
        RunRecord one = SampleStudy.Record(0, 1, 0, 8, "deep", ImmutableSortedDictionary<string, string>.Empty);
        RunRecord deep = one with { Layers =
            [.. Enumerable.Range(0, 100).Select(i =>
            one.Layers[i % 2] with { Name = $"layer{i:D3}", ComputeCycles = 1000 + i % 30 * 5000, StallCycles = 0 })] };
        Report report = Report.Of(new StudyResult(SampleStudy.Make().Header,
            [new PointResult(0, deep.Parameters, PointStatus.Ok, null, deep)]));
        Figure figure = Figures.Layers(report).Single(f => f.Name.StartsWith("layers_cycles", StringComparison.Ordinal));
        var svg = new SvgFigure(figure.ToSvg());
        string[] names = [.. svg.Texts.Where(t => t.StartsWith("layer", StringComparison.Ordinal))];
        Assert.That(names, Has.Length.EqualTo(24).And.Ordered);
        double others = deep.Layers.Where(l => !names.Contains(l.Name)).Sum(l => (double)l.ComputeCycles),
            all = deep.Layers.Sum(l => (double)l.ComputeCycles);
        Assert.That(figure.Note, Does.Contain($"the 24 largest, the others have {100 * others / all:0.#} % of all"));
        double smallest = names.Min(n => deep.Layers.Single(l => l.Name == n).ComputeCycles);
        Assert.That(deep.Layers.Count(l => l.ComputeCycles > smallest), Is.LessThan(24), "the largest have a bar of their own");
    }

    [Test]
    public void ExactDesignsStandAtTheEdge()
    {
        StudyResult study = SampleStudy.Make();
        StudyHeader header = study.Header with { Objectives = [new("sqnr", Goal.Maximize), new("energy", Goal.Minimize)] };
        ImmutableArray<PointResult> points =
            [.. study.Points.Select(p => p.Index == 3
            ? p with { Record = p.Record! with { Accuracy = p.Record.Accuracy! with { OutputSqnrDb = double.PositiveInfinity } } } : p)];
        var judged = points.Select(p => new JudgedPoint(p, [], p.Index == 3)).ToImmutableArray();
        var report = new Report(new StudyResult(header, points),
            new StudyAnalysis(judged, [new Front("", [3], 42, null)], header.Objectives, []));
        Figure figure = Figures.Of(report)[0];
        RunRecord exact = points[3].Record! with
            { Layers = [.. points[3].Record!.Layers.Select((l, i) =>
            l with { Numerics = l.Numerics! with { SqnrDb = i == 0 ? double.PositiveInfinity : double.NegativeInfinity } })] };
        Report one = Report.Of(new StudyResult(SampleStudy.Make().Header,
            [new PointResult(0, exact.Parameters, PointStatus.Ok, null, exact)]));
        string[] words = new SvgFigure(Figures.Layers(one).Single(f => f.Name.StartsWith("layers_sqnr", StringComparison.Ordinal))
            .ToSvg()).Texts;
        Assert.That(words.Count(w => w == "exact"), Is.EqualTo(1));
        Assert.That(words.Count(w => w == "not finite"), Is.EqualTo(exact.Layers.Length - 1));
        Assert.That(figure.Note, Does.Contain("triangles at the edge: 1 exact"));
        Assert.That(figure.ToSvg(), Does.Not.Contain("NaN").And.Not.Match("[\" ,ML]-?inf[\" ,L]"));
        Assert.That(figure.ToSvg(), Does.Match("<path fill=\"#0072B2\" d=\"M[0-9. L]+Z\""), "the triangle");
    }

    [Test]
    public void TextsOfOthersStayTexts()
    {
        RunRecord record = SampleStudy.Record(0, 1, 0, 8, "net\u001b[2J\u0001", ImmutableSortedDictionary<string, string>.Empty);
        record = record with { Layers =
            [.. record.Layers.Select((l, i) => l with { Name = i == 0 ? "<script>&\u0007\ud83e\ude7a" : "\u4e2d" })] };
        Report report = Report.Of(new StudyResult(SampleStudy.Make().Header,
            [new PointResult(0, record.Parameters, PointStatus.Ok, null, record)]));
        foreach (Figure figure in Figures.Layers(report))
        {
            string text = figure.ToSvg();
            Assert.That(text.Where(c => char.IsControl(c) && c != '\n'), Is.Empty);
            Assert.That(new SvgFigure(text).Texts, Has.Member("<script>&\\x07\\u{1fa7a}").And.Member("\\u{4e2d}"),
                "what the font lacks is named, not left out");
        }
    }

    [Test]
    public void WithoutAFontTheFigureSaysSoInLines()
    {
        var bare = new SvgFigure(Figures.Of(Report.Of(SampleStudy.Make()))[0].ToSvg(labelled: false));
        Assert.That(bare.Texts, Is.Empty, "no text that a machine's own fonts would draw");
        Assert.That(bare.Circles("#0072B2").Length + bare.Circles("#E69F00").Length, Is.EqualTo(28), "the data are there");
        // Letters of one to three strokes each, in the colour of warnings, above the plot.
        (double X, double Y)[][] strokes = bare.Lines("#C0392B");
        Assert.That(strokes.Count(l => l.All(p => p.Y < 50)), Is.GreaterThan(60));
        Assert.That(strokes.SelectMany(l => l).Where(p => p.Y < 50).Max(p => p.X), Is.InRange(400, 860), "all of it is on the page");
    }

    [TestCase(0.4, 0.98, false)]
    [TestCase(3.0, 9000.0, true)]
    [TestCase(0.002, 0.9, true)]
    [TestCase(-20.0, 60.0, false)]
    [TestCase(5.0, 5.0, false)]
    public void AxesReachBeyondTheirValues(double low, double high, bool logarithmic)
    {
        Scale scale = Scale.Over([low, high, double.PositiveInfinity]);
        Assert.That(scale.Logarithmic, Is.EqualTo(logarithmic));
        Assert.That(scale.At(low), Is.InRange(scale.Low, scale.High));
        Assert.That(scale.At(high), Is.InRange(scale.At(low), scale.High));
        Assert.That(scale.At(double.PositiveInfinity), Is.InRange(scale.At(high) - 0.0, scale.High));
        double[] ticks = [.. scale.Decades().Select(Math.Log10)];
        if (logarithmic) Assert.That(ticks, Is.Ordered.And.All.InRange(scale.Low, scale.High));
        if (logarithmic) Assert.That(ticks, Has.Length.GreaterThanOrEqualTo(3));
    }
}
