using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Exploration.Sweeps;
using Sim.Simulator;

namespace Sim.Exploration.Tests;

public class ResultStoreTests
{
    private string _folder = "";

    private string StorePath => Path.Combine(_folder, "study.db");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("sim-store").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void WhatIsSavedComesBackAsItWas()
    {
        PointResult[] points = [Samples.Point(3, 0.1, 1.0 / 3), Samples.Point(1, null, double.NaN),
            new(2, ImmutableSortedDictionary<string, string>.Empty, PointStatus.Infeasible, "too small, \"é\"", null)];
        using (ResultStore store = ResultStore.Create(StorePath, Samples.Header()))
        {
            foreach (PointResult p in points) store.Save(p);
            store.SaveSubResult("accuracy", "k", "{}");
        }
        using ResultStore again = ResultStore.Open(StorePath);
        Assert.That(RecordJson.Write(again.Points()), Is.EqualTo(RecordJson.Write(points.OrderBy(p => p.Index))));
        Assert.That(RecordJson.Write(again.Header), Is.EqualTo(RecordJson.Write(Samples.Header())));
        Assert.That(again.FindSubResult("accuracy", "k"), Is.EqualTo("{}"));
        Assert.That(again.FindSubResult("accuracy", "other"), Is.Null);
    }

    [Test]
    public void ResultsAreNotOverwrittenUnasked()
    {
        using (ResultStore store = ResultStore.Create(StorePath, Samples.Header())) store.Save(Samples.Point(0, 1, 1));
        byte[] before = File.ReadAllBytes(StorePath);
        Assert.That(() => ResultStore.Create(StorePath, Samples.Header()),
            Throws.TypeOf<StoreException>().With.Message.Contains("--resume"));
        Assert.That(() => ResultStore.Resume(StorePath, Samples.Header("other")),
            Throws.TypeOf<StoreException>().With.Message.Contains("another study"));
        Assert.That(File.ReadAllBytes(StorePath), Is.EqualTo(before));
        using (ResultStore resumed = ResultStore.Resume(StorePath, Samples.Header())) Assert.That(resumed.Points(), Has.Length.EqualTo(1));
        using (ResultStore replaced = ResultStore.Create(StorePath, Samples.Header(), replace: true)) Assert.That(replaced.Points(),
            Is.Empty);
    }

    [Test]
    public void OtherFilesAreRefusedByName()
    {
        File.WriteAllText(StorePath, "not a database, but long enough to be looked at as one ............................................................................");
        Assert.That(() => ResultStore.Open(StorePath), Throws.TypeOf<StoreException>().With.Message.Contains("study.db"));
        Assert.That(() => ResultStore.Create(StorePath, Samples.Header()), Throws.TypeOf<StoreException>());
        Assert.That(() => ResultStore.Open(Path.Combine(_folder, "absent.db")), Throws.TypeOf<StoreException>());
        string other = Path.Combine(_folder, "other.db");
        using (var connection = new SqliteConnection($"Data Source={other};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE meta(key TEXT, value TEXT); INSERT INTO meta VALUES('layout', 'sim.store/99')";
            command.ExecuteNonQuery();
        }
        Assert.That(() => ResultStore.Open(other), Throws.TypeOf<StoreException>().With.Message.Contains("another version"));
        using (var connection = new SqliteConnection($"Data Source={other};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE meta SET value='sim.store/1'";
            command.ExecuteNonQuery();
        }
        Assert.That(() => ResultStore.Open(other), Throws.TypeOf<StoreException>().With.Message.Contains("no checksums"));
    }

    [Test]
    public void ChangedObjectivesKeepTheResults()
    {
        using (ResultStore store = ResultStore.Create(StorePath, Samples.Header())) store.Save(Samples.Point(0, 1, 1));
        using (ResultStore resumed = ResultStore.Resume(StorePath,
            Samples.Header(constraints: [new Constraint("area", null, 2)]))) Assert.That(resumed.Header.Constraints, Has.Length.EqualTo(1));
        using ResultStore again = ResultStore.Open(StorePath);
        Assert.That(again.Header.Constraints.Single(), Is.EqualTo(new Constraint("area", null, 2)));
        Assert.That(again.Points(), Has.Length.EqualTo(1));
    }

    [Test]
    public void AnyNumberOfWorkersGivesTheSameResults()
    {
        DesignPoint[] points = [.. Enumerable.Range(0, 60).Select(i => new DesignPoint(i, 0, [i]))];
        var texts = new HashSet<string>();
        foreach (int jobs in new[] { 1, 2, 7 })
        {
            var evaluator = new Counting();
            using ResultStore store = ResultStore.Create(StorePath, Samples.Header(), replace: true);
            // A third is there from an earlier sweep: those points are not evaluated again.
            foreach (DesignPoint p in points.Where(p => p.Index % 3 == 0)) store.Save(evaluator.Evaluate(p));
            texts.Add(RecordJson.Write(SweepEngine.Run(points, evaluator, store, jobs)));
            Assert.That(evaluator.Evaluated, Is.EqualTo(60));
            Assert.That(evaluator.SharedRuns, Is.EqualTo(4));
        }
        Assert.That(texts, Has.Count.EqualTo(1));
    }

    [Test]
    public void AFaultStopsTheSweepAndKeepsWhatWasDone()
    {
        DesignPoint[] points = [.. Enumerable.Range(0, 20).Select(i => new DesignPoint(i, 0, [i]))];
        using ResultStore store = ResultStore.Create(StorePath, Samples.Header());
        Assert.That(() => SweepEngine.Run(points, new Counting(failAt: 13), store, 1), Throws.TypeOf<AggregateException>());
        Assert.That(store.Points(), Has.Length.EqualTo(13));
    }

    private sealed class Counting(int failAt = -1) : IDesignEvaluator
    {
        private int _evaluated, _shared;

        public int Evaluated => _evaluated;

        public int SharedRuns => _shared;

        public PointResult Evaluate(DesignPoint point)
        {
            Interlocked.Increment(ref _evaluated);
            if (point.Index == failAt) throw new InvalidOperationException("at the asked point");
            return Samples.Point(point.Index, point.Index / 100.0, 1000.0 / (point.Index + 1));
        }

        public IReadOnlyList<Action> SharedWork(IReadOnlyList<DesignPoint> points) =>
            [.. Enumerable.Range(0, 4).Select(_ => (Action)(() => Interlocked.Increment(ref _shared)))];
    }
}
