using System.Diagnostics;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim sweep` as a process: killed with SIGKILL at many moments, resumed, and compared byte for byte; bad input; other numbers of
/// jobs.</summary>
public class SweepTests
{
    private string _folder = "";

    [SetUp]
    public void MakeStudy()
    {
        _folder = Directory.CreateTempSubdirectory("sim-sweep").FullName;
        File.WriteAllText(Path.Combine(_folder, "study.yaml"), Study());
    }

    [TearDown]
    public void RemoveStudy() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void AKilledSweepResumesToTheSameBytes()
    {
        SimHost.Result whole = SimHost.Run(["sweep", "study.yaml", "--store", "whole.db", "--jobs", "2"], folder: _folder);
        Assert.That(whole.ExitCode, Is.Zero, whole.Error);
        Dictionary<string, string> expected = Exported("whole.db");
        int killed = 0;
        // One store through all kills: each attempt is killed a little later, so deaths fall into start, shared work, designs and the end.
        for (int delay = 120; delay <= 2400; delay = delay * 5 / 4)
        {
            using Process sweep = Start("sweep", "study.yaml", "--store", "killed.db", "--resume", "--jobs", "2");
            if (sweep.WaitForExit(delay)) continue;
            sweep.Kill();
            sweep.WaitForExit();
            killed++;
        }
        Assert.That(killed, Is.GreaterThanOrEqualTo(3), "too few attempts were killed while they ran to prove anything");
        SimHost.Result resumed = SimHost.Run(["sweep", "study.yaml", "--store", "killed.db", "--resume"], folder: _folder);
        Assert.That(resumed.ExitCode, Is.Zero, resumed.Error);
        Assert.That(Exported("killed.db"), Is.EqualTo(expected));
        TestContext.Out.WriteLine($"killed {killed} times");
    }

    [Test]
    public void AnyNumberOfJobsGivesTheSameBytes()
    {
        foreach (string jobs in new[]
            { "1", "5" }) Assert.That(SimHost.Run(["sweep", "study.yaml", "--store", $"jobs{jobs}.db", "--jobs", jobs],
            folder: _folder).ExitCode, Is.Zero);
        Assert.That(Exported("jobs5.db"), Is.EqualTo(Exported("jobs1.db")));
    }

    [Test]
    public void ResultsAreNotOverwrittenUnasked()
    {
        Assert.That(SimHost.Run(["sweep", "study.yaml"], folder: _folder).ExitCode, Is.Zero);
        byte[] before = File.ReadAllBytes(Path.Combine(_folder, "study.db"));
        SimHost.Result again = SimHost.Run(["sweep", "study.yaml"], folder: _folder);
        Assert.That(again.ExitCode, Is.EqualTo(2));
        Assert.That(again.Error, Does.Contain("study.db: error STO001").And.Contain("--resume"));
        File.WriteAllText(Path.Combine(_folder, "study.yaml"), Study().Replace("rows: [4, 8]", "rows: [4, 16]"));
        SimHost.Result other = SimHost.Run(["sweep", "study.yaml", "--resume"], folder: _folder);
        Assert.That(other.ExitCode, Is.EqualTo(2));
        Assert.That(other.Error, Does.Contain("another study"));
        Assert.That(File.ReadAllBytes(Path.Combine(_folder, "study.db")), Is.EqualTo(before));
    }

    [Test]
    public void BadStudiesShowEveryErrorAtItsPlaceAndTouchNothing()
    {
        File.WriteAllText(Path.Combine(_folder, "study.db"), "earlier results");
        File.WriteAllText(Path.Combine(_folder, "study.yaml"), Study().Replace("rows: [4, 8]", "rows: [4, zero]")
            .Replace("array.dataflow", "array.dataflo").Replace("min: 0.5", "max: 2 mm")
            .Replace("metric: accuracy", "metric: area").Replace("objectives: [accuracy,", "objectives: [accuracyy,")
                .Replace("digits_mlp.onnx", "digits_mpl.onnx"));
        SimHost.Result first = SimHost.Run(["sweep", "study.yaml"], folder: _folder);
        Assert.That(first.ExitCode, Is.EqualTo(2), first.Output + first.Error);
        Assert.That(first.Error, Does.Contain("CFG008").And.Contain("did you mean 'accuracy'").And.Contain("CFG007"),
            "file, objective and unit in one run");
        File.WriteAllText(Path.Combine(_folder, "study.yaml"), Study().Replace("rows: [4, 8]", "rows: [4, zero]")
            .Replace("array.dataflow", "array.dataflo"));
        SimHost.Result second = SimHost.Run(["sweep", "study.yaml"], folder: _folder);
        Assert.That(second.ExitCode, Is.EqualTo(2), second.Output + second.Error);
        Assert.That(second.Error, Does.Contain("found 'zero'").And.Contain("did you mean 'dataflow'"), "values of axes");
        Assert.That(second.Error, Does.Match(@"study\.yaml:\d+:\d+: error CFG"));
        Assert.That(File.ReadAllText(Path.Combine(_folder, "study.db")), Is.EqualTo("earlier results"));
    }

    [Test]
    public void DesignsThatCannotBeAreResultsWithAReason()
    {
        File.WriteAllText(Path.Combine(_folder, "study.yaml"),
            Study().Replace("- datapath: [int8_acc32, e4m3_fp16]",
            "- datapath.accumulator: [{kind: integer, bits: 24, overflow: wrap}, {kind: float, format: fp16}]\n  - datapath.weight: [int8, e4m3]\n  - datapath.activation: [int8]"));
        SimHost.Result sweep = SimHost.Run(["sweep", "study.yaml", "--json"], folder: _folder);
        Assert.That(sweep.ExitCode, Is.Zero, sweep.Error);
        Assert.That(sweep.Output, Does.Contain("\"failed\": 0"));
        string csv = Exported("study.db")["designs.csv"];
        Assert.That(csv.Split('\n').Count(l => l.Contains(",infeasible,", StringComparison.Ordinal)), Is.EqualTo(8), csv);
        Assert.That(csv, Does.Contain("weight"));
    }

    [Test]
    public void OnlyStoresAreReplacedAndFaultsOfTheFileAreMessages()
    {
        string study = Path.Combine(_folder, "study.yaml"), text = File.ReadAllText(study);
        foreach ((string store, string message) in new[]
            { (".", "folder"), ("study.yaml", "no result store"), ("/dev/null", "no regular file") })
        {
            SimHost.Result refused = SimHost.Run(["sweep", "study.yaml", "--store", store, "--force"], folder: _folder);
            Assert.That(refused.ExitCode, Is.EqualTo(2), refused.Error);
            Assert.That(refused.Error, Does.Contain("error STO001").And.Contain(message), store);
        }
        Assert.That(File.ReadAllText(study), Is.EqualTo(text));
        Assert.That(SimHost.Run(["sweep", "study.yaml"], folder: _folder).Output,
            Does.Contain("16 designs: 16 ran, 0 infeasible, 0 failed"));
        byte[] sound = File.ReadAllBytes(Path.Combine(_folder, "study.db"));
        // The first digit of a number: another digit, still good JSON.
        sound[System.Text.Encoding.Latin1.GetString(sound).LastIndexOf("\"totalCycles\":", StringComparison.Ordinal) + 14] ^= 1;
        File.WriteAllBytes(Path.Combine(_folder, "study.db"), sound);
        SimHost.Result damaged = SimHost.Run(["report", "study.db"], folder: _folder);
        Assert.That(damaged.ExitCode, Is.EqualTo(2), damaged.Output);
        Assert.That(damaged.Error, Does.Contain("study.db: error STO001").And.Contain("damaged"));
        Assert.That(SimHost.Run(["sweep", "study.yaml", "--force"], folder: _folder).ExitCode, Is.Zero, "a damaged store is still a store");
    }

    private Dictionary<string, string> Exported(string store)
    {
        string target = Path.Combine(_folder, "out_" + store);
        SimHost.Result report = SimHost.Run(["report", store, "--out", target, "--format", "csv,json,md,svg,html"], folder: _folder);
        Assert.That(report.ExitCode, Is.Zero, report.Error);
        var files = Directory.GetFiles(target, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(target, f), File.ReadAllText);
        Assert.That(files, Has.Count.GreaterThan(6));
        return files;
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(SimHost.Path) { WorkingDirectory = _folder, RedirectStandardOutput = true,
            RedirectStandardError = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        Process process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static string Study()
    {
        string digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
        return $$"""
            schema: sim.study/1
            name: killed and resumed
            base: edge_npu
            workloads:
              - model: {{digits}}/digits_mlp.onnx
                data: {{digits}}/digits_test_x_u8.npy
                labels: {{digits}}/digits_test_labels_u8.npy
            axes:
              - datapath: [int8_acc32, e4m3_fp16]
              - array.rows: [4, 8]
              - array.columns: [4, 8]
              - array.dataflow: [output_stationary, weight_stationary]
            objectives: [accuracy, energy, latency, area]
            constraints:
              - {metric: accuracy, min: 0.5}
            """;
    }
}
