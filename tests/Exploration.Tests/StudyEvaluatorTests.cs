using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Exploration.Sweeps;
using Sim.Tests;

namespace Sim.Exploration.Tests;

/// <summary>A real study of the digits perceptron: what is shared, what is kept, what is refused.</summary>
public class StudyEvaluatorTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("sim-study").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void TheSameDatapathAndOrderIsExecutedOnce()
    {
        string digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits"),
            path = Path.Combine(_folder, "study.yaml"), file = Path.Combine(_folder, "study.db");
        File.WriteAllText(path, $$"""
            schema: sim.study/1
            name: sharing
            base: edge_npu
            workloads:
              - {name: mlp, model: {{digits}}/digits_mlp.onnx, data: {{digits}}/digits_test_x_u8.npy, labels: {{digits}}/digits_test_labels_u8.npy}
            axes:
              - datapath: [int8_acc32, e4m3_fp16]
              - array.dataflow: [output_stationary, weight_stationary]
              - array.rows: [8, 16]
              - buffers.weights.capacity: [64 B, 8 KiB]
            """);
        LoadedStudy study = LoadedStudy.Load(path, "test");
        ImmutableArray<PointResult> points;
        using (ResultStore store = ResultStore.Create(file, study.Header)) points = SweepEngine.Run([.. study.Space.Study.Points()],
            new StudyEvaluator(study, store, 2), store, 2);
        Assert.That(points, Has.Length.EqualTo(16));
        Assert.That(points.Select(p => p.Status), Has.None.EqualTo(PointStatus.Failed),
            string.Join('\n', points.Select(p => p.Reason).Distinct()));
        foreach (PointResult p in points.Where(p => p.Status == PointStatus.Infeasible)) Assert.That(p.Reason, Does.Contain("weights"),
            "a refusal names the buffer");
        Assert.That(points.Where(p => p.Parameters["buffers.weights.capacity"] == "8 KiB").Select(p => p.Status),
            Is.All.EqualTo(PointStatus.Ok));
        // A 32-bit register cannot overflow here, so its order is free: one evaluation. The rounded float register depends on the order:
        // the sequential chain (output-stationary, whatever its rows) and chunks of 8 and of 16: three.
        Assert.That(SubResults(file), Is.EqualTo(4));
        foreach (var same in points.Where(p => p.Record is not null).GroupBy(p => p.Record!.InputDigests["accuracy"]))
            Assert.That(same.Select(p => p.Record!.Accuracy).Distinct().Count(), Is.EqualTo(1));
        PointResult int8 = points.First(p => p is { Status: PointStatus.Ok } && p.Parameters["datapath"] == "int8_acc32");
        Assert.That(int8.Record!.Accuracy!.Top1, Is.GreaterThan(0.97), "the trained network is right in 98.9 % in float32");
        Assert.That(points.Where(p => p.Record is not null).Select(p => p.Record!.DesignKey), Is.Unique);
    }

    private static long SubResults(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sub_results WHERE kind='accuracy'";
        return (long)command.ExecuteScalar()!;
    }
}
