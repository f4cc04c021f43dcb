using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Tests;

public class DiagnosticTests
{
    [Test]
    public void FormatIsFileLineColumn()
    {
        var d = new Diagnostic(Severity.Error, new Location("configs/a.yaml", 3, 10), "CFG002",
            "'columns' must be a positive integer, found 'zero'");
        Assert.That(d.ToString(), Is.EqualTo("configs/a.yaml:3:10: error CFG002: 'columns' must be a positive integer, found 'zero'"));
        Assert.That(new Diagnostic(Severity.Warning, new Location("x.onnx"), "NET001", "m").ToString(),
            Is.EqualTo("x.onnx: warning NET001: m"));
    }

    [Test]
    public void SortedByPlaceAndKeptOnce()
    {
        var bag = new DiagnosticBag();
        bag.Error(new Location("b", 1, 1), "C", "late file");
        bag.Error(new Location("a", 10, 1), "C", "line ten");
        bag.Warning(new Location("a", 2, 30), "C", "column thirty");
        bag.Error(new Location("a", 2, 4), "C", "first");
        bag.Error(new Location("a", 2, 4), "B", "second at the same place");
        bag.Error(new Location("a", 2, 4), "C", "first");
        Assert.That(bag.Sorted.Select(d => d.Message),
            Is.EqualTo(new[] { "first", "second at the same place", "column thirty", "line ten", "late file" }));
        Assert.That(bag.ErrorCount, Is.EqualTo(4));
        InvalidInputException? thrown = Assert.Throws<InvalidInputException>(bag.ThrowIfErrors);
        Assert.That(thrown!.Diagnostics, Is.EqualTo(bag.Sorted));
    }

    [Test]
    public void WarningsAloneDoNotStop()
    {
        var bag = new DiagnosticBag();
        bag.Warning(new Location("a"), "C", "m");
        Assert.That(bag.HasErrors, Is.False);
        Assert.That(bag.ThrowIfErrors, Throws.Nothing);
    }

    [TestCase("colums", "columns")]
    [TestCase("Rows", "rows")]
    [TestCase("bandwith", "bandwidth")]
    [TestCase("dartaflow", "dataflow")]
    [TestCase("rwos", "rows")]
    [TestCase("xyzzy", null)]
    [TestCase("", null)]
    public void NearestNames(string typed, string? meant) =>
        Assert.That(NearestName.Of(typed, ["rows", "columns", "dataflow", "bandwidth"]), Is.EqualTo(meant));

    [Test]
    public void LocationsAreOrdered()
    {
        Location[] ascending = [new("a"), new("a", 1, 1), new("a", 1, 2), new("a", 2, 1), new("b", 1, 1)];
        for (int i = 0; i < ascending.Length; i++)
        {
            for (int j = 0; j < ascending.Length; j++)
            {
                Assert.That(ascending[i] < ascending[j], Is.EqualTo(i < j));
                Assert.That(ascending[i] >= ascending[j], Is.EqualTo(i >= j));
            }
        }
    }
}
