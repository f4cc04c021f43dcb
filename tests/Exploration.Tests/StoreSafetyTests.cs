using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Exploration.Sweeps;
using Sim.Simulator;

namespace Sim.Exploration.Tests;

/// <summary>What a store must never do: delete what is no store, give another number after a bit has changed, end in an exception that says
/// nothing.</summary>
public class StoreSafetyTests
{
    private string _folder = "";

    private string StorePath => Path.Combine(_folder, "study.db");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("sim-store").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("text", "schema: sim.study/1\nname: precious\n")]
    [TestCase("empty", "")]
    [TestCase("magic alone", "SQLite format 3\0 and then nothing of a database")]
    public void WhatIsNoStoreIsNeverReplaced(string what, string content)
    {
        File.WriteAllText(StorePath, content);
        foreach (bool replace in new[] { false, true })
            Assert.That(() => ResultStore.Create(StorePath, Samples.Header(), replace),
                Throws.TypeOf<StoreException>().With.Message.Contains("study.db"), what);
        Assert.That(() => ResultStore.Resume(StorePath, Samples.Header()), Throws.TypeOf<StoreException>());
        Assert.That(File.ReadAllText(StorePath), Is.EqualTo(content));
        Assert.That(Directory.GetFiles(_folder), Has.Length.EqualTo(1), "nothing is left beside it");
    }

    [Test]
    public void ADatabaseOfOthersIsNeverReplaced()
    {
        Sql(StorePath, "CREATE TABLE photographs(name TEXT); INSERT INTO photographs VALUES('me')");
        byte[] before = File.ReadAllBytes(StorePath);
        Assert.That(() => ResultStore.Create(StorePath, Samples.Header(), replace: true),
            Throws.TypeOf<StoreException>().With.Message.Contains("no result store"));
        Assert.That(File.ReadAllBytes(StorePath), Is.EqualTo(before));
    }

    [Test]
    public void LinksAndDevicesAreNeverReplaced()
    {
        string target = Path.Combine(_folder, "target.db"), dangling = Path.Combine(_folder, "nowhere");
        using (ResultStore store = ResultStore.Create(target, Samples.Header())) store.Save(Samples.Point(0, 1, 1));
        byte[] before = File.ReadAllBytes(target);
        File.CreateSymbolicLink(StorePath, target);
        Assert.That(() => ResultStore.Create(StorePath, Samples.Header(), replace: true),
            Throws.TypeOf<StoreException>().With.Message.Contains("symbolic link"));
        Assert.That(new FileInfo(StorePath).LinkTarget, Is.EqualTo(target));
        Assert.That(File.ReadAllBytes(target), Is.EqualTo(before));
        using (ResultStore read = ResultStore.OpenRead(StorePath)) Assert.That(read.Points(), Has.Length.EqualTo(1),
            "reading through a link is harmless");
        File.Delete(StorePath);
        File.CreateSymbolicLink(StorePath, dangling);
        foreach (bool replace in new[] { false, true }) Assert.That(() => ResultStore.Create(StorePath, Samples.Header(), replace),
            Throws.TypeOf<StoreException>().With.Message.Contains("symbolic link"));
        Assert.That((File.Exists(dangling), new FileInfo(StorePath).LinkTarget), Is.EqualTo((false, dangling)));
        if (!OperatingSystem.IsLinux()) return;
        foreach (bool replace in new[] { false, true }) Assert.That(() => ResultStore.Create("/dev/null", Samples.Header(), replace),
            Throws.TypeOf<StoreException>().With.Message.Contains("no regular file"));
        Assert.That(File.Exists("/dev/null"));
        Assert.That(() => ResultStore.Open("/dev/null"), Throws.TypeOf<StoreException>());
    }

    [TestCase("", "--store")]
    [TestCase("   ", "--store")]
    [TestCase("/tmp", "folder")]
    public void APathThatCannotBeAFileSaysSo(string path, string message)
    {
        Assert.That(() => ResultStore.Create(path, Samples.Header()), Throws.TypeOf<StoreException>().With.Message.Contains(message));
        Assert.That(() => ResultStore.Resume(path, Samples.Header()), Throws.TypeOf<StoreException>().With.Message.Contains(message));
        Assert.That(() => ResultStore.Open(path), Throws.TypeOf<StoreException>().With.Message.Contains(message));
    }

    [Test]
    public void TheLogOfAnotherDatabaseIsNotReadInto()
    {
        File.WriteAllText(StorePath + "-wal", "a log of something else");
        Assert.That(() => ResultStore.Create(StorePath, Samples.Header()),
            Throws.TypeOf<StoreException>().With.Message.Contains("study.db-wal"));
        Assert.That(File.ReadAllText(StorePath + "-wal"), Is.EqualTo("a log of something else"));
    }

    [Test]
    public void OfSweepsThatCreateOneStoreAtOnceOneWinsAndTheOthersAreTold()
    {
        int made = 0, told = 0;
        Parallel.For(0, 12, new ParallelOptions { MaxDegreeOfParallelism = 12 }, _ =>
        {
            try
            {
                using ResultStore store = ResultStore.Create(StorePath, Samples.Header());
                store.Save(Samples.Point(1, 1, 1));
                Interlocked.Increment(ref made);
            }
            catch (StoreException e)
            {
                if (e.Message.Contains("--resume", StringComparison.Ordinal)) Interlocked.Increment(ref told);
                else TestContext.Error.WriteLine(e.Message);
            }
        });
        Assert.That((made, told), Is.EqualTo((1, 11)));
        using ResultStore whole = ResultStore.Open(StorePath);
        Assert.That(whole.Points(), Has.Length.EqualTo(1));
        Assert.That(Directory.GetFiles(_folder, ".*"), Is.Empty);
    }

    [TestCase(13, "the disk is full")]
    [TestCase(10, "may be full or gone")]
    public void AStoreThatCannotBeMadeSavedNothing(int code, string message)
    {
        StoreException told = Assert.Throws<StoreException>(() =>
            StoreFile.Create(StorePath, replace: false, _ => throw new SqliteException("database or disk is full", code)))!;
        Assert.That(told.Message, Does.Contain(message).And.Contain("nothing was "
            + "saved").And.Not.Contain("kept").And.Not.Contain("--resume"));
        Assert.That(File.Exists(StorePath), Is.False);
        Assert.That(Directory.GetFiles(_folder, ".*"), Is.Empty);
    }

    [Test]
    public void ASweepThatComesSecondIsToldHowToGoOn()
    {
        StoreException told = Assert.Throws<StoreException>(() => StoreFile.Create(StorePath, replace: false,
            _ => ResultStore.Create(StorePath, Samples.Header()).Dispose()))!;
        Assert.That(told.Message, Does.Contain("--resume").And.Contain("another sweep has just made it"));
    }

    [Test]
    public void SweepsBesideEachOtherKeepOneStoreWhole()
    {
        ResultStore.Create(StorePath, Samples.Header()).Dispose();
        Parallel.For(0, 3, new ParallelOptions { MaxDegreeOfParallelism = 3 }, part =>
        {
            using ResultStore store = ResultStore.Resume(StorePath, Samples.Header());
            for (int i = 0; i < 30; i++) store.Save(Samples.Point(i, part < 3 ? 0.5 : 0, 1));
        });
        using ResultStore whole = ResultStore.Open(StorePath);
        Assert.That(whole.Points(), Has.Length.EqualTo(30));
    }

    [Test]
    public void EveryFlippedBitIsFoundOrChangesNothing()
    {
        using (ResultStore store = ResultStore.Create(StorePath, Samples.Header()))
        {
            for (int i = 0; i < 40; i++) store.Save(i % 7 == 3
                ? new PointResult(i, ImmutableSortedDictionary<string, string>.Empty.Add("a", $"{i}"), PointStatus.Infeasible,
                $"reason {i}", null) : Samples.Point(i, i / 40.0, 100 + i));
            for (int i = 0; i < 10; i++) store.SaveSubResult("accuracy", $"key{i}", $"{{\"top1\": 0.{i}}}");
        }
        byte[] sound = File.ReadAllBytes(StorePath);
        string expected = Content(StorePath);
        Assert.That(File.Exists(StorePath + "-wal"), Is.False, "a store at rest is one file");
        (int found, int same, var random) = (0, 0, new Random(5));
        string damaged = Path.Combine(_folder, "damaged.db");
        int length = sound.Length;
        // The header, every page's start, and places drawn over the whole file.
        int[] places = [.. Enumerable.Range(0, 100), .. Enumerable.Range(0, length / 4096).SelectMany(p => Enumerable.Range(p * 4096, 12)),
            .. Enumerable.Range(0, 600).Select(_ => random.Next(length))];
        foreach (int place in places.Distinct())
        {
            byte[] flipped = [.. sound];
            flipped[place] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(damaged, flipped);
            try
            {
                if (Content(damaged) != expected) Assert.Fail($"bit in byte {place} of {length} changed the results without a word");
                same++;
            }
            catch (StoreException e)
            {
                Assert.That(e.Message, Does.Contain("damaged.db"));
                found++;
            }
            foreach (string beside in Directory.GetFiles(_folder, "damaged.db*")) File.Delete(beside);
        }
        Assert.That(places.Distinct().Count(), Is.GreaterThan(600));
        Assert.That(found, Is.GreaterThan(300), $"{same} flips lie in unused bytes");
    }

    [Test]
    public void ARowThatIsGoneOrStandsTwiceIsFound()
    {
        using (ResultStore store = ResultStore.Create(StorePath, Samples.Header()))
            for (int i = 0; i < 5; i++) store.Save(Samples.Point(i, 1, 1));
        Sql(StorePath, "DELETE FROM points WHERE idx=3");
        Assert.That(() => ResultStore.Open(StorePath), Throws.TypeOf<StoreException>().With.Message.Contains("not those that were saved"));
        Sql(StorePath, "INSERT INTO points SELECT 3, key, status, reason, parameters, record, checksum FROM points WHERE idx=2");
        Assert.That(() => ResultStore.Open(StorePath), Throws.TypeOf<StoreException>().With.Message.Contains("row 3"));
        using ResultStore anew = ResultStore.Create(StorePath, Samples.Header(), replace: true);
        Assert.That(anew.Points(), Is.Empty, "a damaged store is still a store: --force replaces it");
    }

    [Test]
    public void FailuresThatAreDroppedLeaveASoundStore()
    {
        using (ResultStore store = ResultStore.Create(StorePath, Samples.Header()))
        {
            store.Save(Samples.Point(0, 1, 1));
            store.Save(new PointResult(1, ImmutableSortedDictionary<string, string>.Empty, PointStatus.Failed, "a fault", null));
            store.DropFailures();
        }
        using ResultStore again = ResultStore.Open(StorePath);
        Assert.That(again.Points().Select(p => p.Index), Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public void AWriteThatFailsIsToldAsTheStores()
    {
        using ResultStore store = ResultStore.Create(StorePath, Samples.Header());
        Sql(StorePath, "CREATE TRIGGER full BEFORE INSERT ON points WHEN NEW.idx > 4 BEGIN SELECT RAISE(FAIL, 'no room'); END");
        DesignPoint[] points = [.. Enumerable.Range(0, 20).Select(i => new DesignPoint(i, 0, [i]))];
        Assert.That(() => SweepEngine.Run(points, new Plain(), store, 2), Throws.TypeOf<StoreException>().With.Message.Contains("no room"));
        Assert.That(store.Points().Select(p => p.Index), Is.EqualTo(Enumerable.Range(0, 5)), "what was saved stays");
        Assert.That(new[] { 13, 10, 11, 5, 8, 14, 1 }.Select(code => StoreSql.Fault("f.db", new SqliteException("x", code)).Message),
            Is.All.Contains("f.db").And.Some.Contains("disk is full").And.Some.Contains("in use").And.Some.Contains("damaged"));
    }

    private static string Content(string path)
    {
        using ResultStore store = ResultStore.Open(path);
        return RecordJson.Write(store.Header) + RecordJson.Write(store.Points())
            + string.Concat(Enumerable.Range(0, 10).Select(i => store.FindSubResult("accuracy", $"key{i}")));
    }

    private static void Sql(string path, string statement)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are this file's own.
        command.CommandText = statement;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private sealed class Plain : IDesignEvaluator
    {
        public PointResult Evaluate(DesignPoint point) => Samples.Point(point.Index, 1, 1);

        public IReadOnlyList<Action> SharedWork(IReadOnlyList<DesignPoint> points) => [];
    }
}
