using System.Globalization;
using System.Xml.Linq;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Reports.Charts;
using Sim.Reports.Exporters;

namespace Sim.Reports.Tests;

/// <summary>SVG figures: well-formed, complete, true to scale.</summary>
public class FigureTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private static readonly Report Sample = Report.Of(SampleStudy.Make());

    [Test]
    public void EveryFigureIsWellFormed()
    {
        IChart[] figures = [.. Figures.Of(Sample)];
        Assert.That(figures, Has.Length.EqualTo(6));
        foreach (IChart figure in figures)
        {
            XElement root = XDocument.Parse(figure.ToSvg()).Root!;
            Assert.That(root.Name, Is.EqualTo(Svg + "svg"));
            Assert.That(root.Descendants(Svg + "script"), Is.Empty);
        }
        Assert.That(figures.Select(f => f.Name), Is.Unique);
    }

    [Test]
    public void TheScatterHoldsEveryDesignAndTheFrontOnlyWorsensOneWay()
    {
        XDocument figure = XDocument.Parse(new ParetoChart(Sample, new Objective("energy", Goal.Minimize), new Objective("accuracy", Goal.Maximize)).ToSvg());
        XElement[] titled = [.. figure.Descendants(Svg + "circle").Where(c => c.Element(Svg + "title") is not null)];
        Assert.That(titled, Has.Length.EqualTo(28), "every design that ran and keeps the constraint");
        double[][] steps = [.. figure.Descendants(Svg + "polyline").Single().Attribute("points")!.Value.Split(' ').Select(p => p.Split(',').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray())];
        Assert.That(steps, Has.Length.GreaterThan(2));
        for (int i = 1; i < steps.Length; i++)
        {
            Assert.That(steps[i][0], Is.GreaterThanOrEqualTo(steps[i - 1][0]), "more energy to the right");
            Assert.That(steps[i][1], Is.LessThanOrEqualTo(steps[i - 1][1]), "more accuracy above (SVG counts down)");
        }
        // Nothing lies above and left of the front: no design beats it.
        foreach (XElement design in titled.Where(c => c.Attribute("fill-opacity")!.Value != "0.25"))
        {
            double x = Value(design, "cx"), y = Value(design, "cy");
            double reach = steps.Where(s => s[0] <= x + 0.011).Select(s => s[1]).DefaultIfEmpty(double.MaxValue).Min();
            Assert.That(y, Is.GreaterThanOrEqualTo(reach - 0.011));
        }
    }

    [Test]
    public void BarsAreAsHighAsTheirValues()
    {
        var record = SampleStudy.Record(0, 1, 0, 8, "digits_cnn", System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty);
        XDocument figure = XDocument.Parse(LayerBarsChart.Cycles("cycles", "design 0", record).ToSvg());
        double[] heights = [.. figure.Descendants(Svg + "rect").Where(r => r.Element(Svg + "title")?.Value.Contains("compute", StringComparison.Ordinal) == true).Select(r => Value(r, "height"))];
        Assert.That(heights, Has.Length.EqualTo(record.Layers.Length));
        double scale = heights[0] / record.Layers[0].ComputeCycles;
        for (int i = 0; i < heights.Length; i++) Assert.That(heights[i], Is.EqualTo(record.Layers[i].ComputeCycles * scale).Within(0.02));
    }

    [TestCase(0.4, 0.98, false)]
    [TestCase(3.0, 9000.0, true)]
    [TestCase(0.002, 0.9, true)]
    [TestCase(-20.0, 60.0, false)]
    [TestCase(5.0, 5.0, false)]
    public void TicksLieInOrderInsideTheAxis(double low, double high, bool logarithmic)
    {
        Axis axis = Axis.Over([low, high], 100, 500);
        Assert.That(axis.Logarithmic, Is.EqualTo(logarithmic));
        Assert.That(axis.Ticks, Has.Length.GreaterThanOrEqualTo(2));
        double[] pixels = [.. axis.Ticks.Select(axis.At)];
        Assert.That(pixels, Is.Ordered.And.All.InRange(100.0, 500.0));
        Assert.That(axis.At(low), Is.InRange(100.0, 500.0));
        Assert.That(axis.At(high), Is.InRange(axis.At(low), 500.0));
    }

    private static double Value(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);
}
