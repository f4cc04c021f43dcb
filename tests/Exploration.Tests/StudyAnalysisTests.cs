using Sim.Exploration.Studies;

namespace Sim.Exploration.Tests;

public class StudyAnalysisTests
{
    [Test]
    public void ConstraintsKeepPointsOffTheFront()
    {
        // Worked by hand: 0 dominates 1; 2 is cheapest but below the bound; 3 ties with 0.
        StudyResult result = new(Samples.Header(constraints: [new Constraint("accuracy", 0.5, null)]),
            [Samples.Point(0, 0.9, 10), Samples.Point(1, 0.8, 20), Samples.Point(2, 0.4, 1), Samples.Point(3, 0.9, 10),
                Samples.Point(4, 0.6, 5)]);
        StudyAnalysis analysis = StudyAnalysis.Of(result);
        Assert.That(analysis.Fronts.Single().Members, Is.EqualTo(new[] { 0, 3, 4 }));
        Assert.That(analysis.Points[2].Violations.Single(), Is.EqualTo("accuracy 0.4 is below 0.5"));
        Assert.That(analysis.Fronts.Single().Candidates, Is.EqualTo(4));
    }

    [Test]
    public void HypervolumeIsOfScaledObjectives()
    {
        // Accuracy 0.5..1 and energy 0..10 scale to costs (0, 1), (0.5, 0.5), (1, 0): the staircase below (1, 1) has one box of 0.5 x 0.5.
        StudyResult result = new(Samples.Header(), [Samples.Point(0, 1.0, 10), Samples.Point(1, 0.75, 5), Samples.Point(2, 0.5, 0)]);
        Assert.That(StudyAnalysis.Of(result).Fronts.Single().Hypervolume, Is.EqualTo(0.25).Within(1e-12));
        Assert.That(StudyAnalysis.Of(new(Samples.Header(), [Samples.Point(0, 1.0, 10)])).Fronts.Single().Hypervolume, Is.Null);
    }

    [Test]
    public void NetworksHaveFrontsOfTheirOwnUnlessTheyCompete()
    {
        PointResult[] points = [Samples.Point(0, 0.9, 10, "b"), Samples.Point(1, 0.8, 20, "a")];
        StudyAnalysis apart = StudyAnalysis.Of(new(Samples.Header(fronts: FrontScope.PerNetwork), [.. points]));
        Assert.That(apart.Fronts.Select(f => f.Network), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(apart.Points.Select(p => p.OnFront), Is.All.True);
        Assert.That(StudyAnalysis.Of(new(Samples.Header(), [.. points])).Fronts.Single().Members, Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public void UnknownObjectivesAreNeverZero()
    {
        StudyAnalysis none = StudyAnalysis.Of(new(Samples.Header(), [Samples.Point(0, null, 10), Samples.Point(1, null, 20)]));
        Assert.That(none.Objectives.Select(o => o.Metric), Is.EqualTo(new[] { "energy" }));
        Assert.That(none.Fronts.Single().Members, Is.EqualTo(new[] { 0 }));
        Assert.That(none.Warnings.Single(), Does.Contain("accuracy"));
        StudyAnalysis some = StudyAnalysis.Of(new(Samples.Header(), [Samples.Point(0, null, 1), Samples.Point(1, 0.5, 20)]));
        Assert.That(some.Fronts.Single().Members, Is.EqualTo(new[] { 1 }));
        Assert.That(some.Warnings.Single(), Does.Contain("1 point"));
        StudyAnalysis bound = StudyAnalysis.Of(new(Samples.Header(constraints: [new Constraint("accuracy", 0.1, null)]),
            [Samples.Point(0, null, 1)]));
        Assert.That(bound.Points[0].Violations.Single(), Is.EqualTo("accuracy is not known"));
    }
}
