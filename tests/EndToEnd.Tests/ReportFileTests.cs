using System.Diagnostics;
using System.Xml.Linq;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim report` as a process: figures where no font is installed, the same bytes in every process, read-only stores, names that
/// hold escape sequences.</summary>
public class ReportFileTests
{
    private static readonly string Digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("sim-report").FullName;

    [TearDown]
    public void RemoveFolder()
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public void FiguresHaveTheirLabelsWhereNoFontIsInstalled()
    {
        if (!File.Exists(Path.Combine(ReferenceData.RepositoryRoot, "src", "Reports", "Web", "node_modules", "dejavu-fonts-ttf",
            "package.json")))
            Assert.Ignore("skipped: 'npm ci' has not run in src/Reports/Web, so figures have no labels");
        SimHost.Result run = SimHost.Run(["run", Path.Combine(ReferenceData.RepositoryRoot, "configs", "architectures", "edge_npu.yaml"),
            "--model", Path.Combine(Digits, "digits_mlp.onnx"), "--out", Path.Combine(_folder, "mlp")]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        string record = Path.Combine(_folder, "mlp", "record.json"), here = Path.Combine(_folder, "here"),
            bare = Path.Combine(_folder, "bare");
        Assert.That(SimHost.Run(["report", record, "--out", here, "--format", "svg,png,csv"]).ExitCode, Is.Zero);
        Assert.That(File.ReadAllText(Path.Combine(here, "layers.csv")),
            Is.EqualTo(File.ReadAllText(Path.Combine(_folder, "mlp", "layers.csv"))), "sim run and sim report write one layers.csv");
        // Skia's build for Linux looks for fonts under /usr/share/fonts alone: an empty file system in its place, for this one process.
        string[] report = ["report", record, "--out", bare, "--format", "svg,png"];
        (int exit, string error) = Start("unshare",
            ["-rm", "sh", "-c", "mkdir -p /usr/share/fonts && mount -t tmpfs none /usr/share/fonts || exit 99; exec \"$0\" \"$@\"",
            SimHost.Path, .. report]);
        if (exit == 99 || error.Contains("unshare",
            StringComparison.Ordinal)) Assert.Ignore($"skipped: this machine allows no mount of one's own ({error.Trim()})");
        Assert.That(exit, Is.Zero, error);

        string[] files = [.. Directory.GetFiles(Path.Combine(here, "figures")).Select(f => Path.GetFileName(f)!)
            .Order(StringComparer.Ordinal)];
        Assert.That(files, Has.Length.GreaterThanOrEqualTo(4));
        foreach (string file in files) Assert.That(File.ReadAllBytes(Path.Combine(bare, "figures", file)),
            Is.EqualTo(File.ReadAllBytes(Path.Combine(here, "figures", file))), file);
        string[] words = [.. XDocument.Load(Path.Combine(bare, "figures", "layers_cycles_design0.svg")).Descendants()
            .Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        Assert.That(words, Has.Member("Cycles").And.Member("compute").And.Member("stall").And.Member("fc1"));
        Assert.That(words[0], Does.StartWith("Cycles of each layer, "), "the heading");
    }

    [Test]
    public void AStoreThatMayNotBeWrittenIsRead()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("skipped: folders of Windows have no mode that forbids writing");
            return;
        }
        File.WriteAllText(Path.Combine(_folder, "study.yaml"), $$"""
            schema: sim.study/1
            name: one
            base: edge_npu
            workloads: [{ model: {{Digits}}/digits_mlp.onnx }]
            axes: [{ array.rows: [8, 16] }]
            objectives: [energy, area]
            """);
        SimHost.Result sweep = SimHost.Run(["sweep", "study.yaml", "--store", "one.db"], folder: _folder);
        Assert.That(sweep.ExitCode, Is.Zero, sweep.Error);
        string store = Path.Combine(_folder, "one.db"), target = Directory.CreateTempSubdirectory("sim-report-out").FullName;
        byte[] before = File.ReadAllBytes(store);
        try
        {
            File.SetUnixFileMode(store, UnixFileMode.UserRead | UnixFileMode.OtherRead);
            File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead
                | UnixFileMode.OtherExecute);
            Assert.That(SimHost.Run(["report", store, "--out", target, "--format", "csv"]) is { ExitCode: 0 }, Is.True);
            Assert.That(File.ReadAllLines(Path.Combine(target, "designs.csv")), Has.Length.EqualTo(3));
            Assert.That(Directory.GetFiles(_folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { "one.db", "study.yaml" }),
                "nothing is left beside it");
            Assert.That(File.ReadAllBytes(store), Is.EqualTo(before));
        }
        finally
        {
            Directory.Delete(target, recursive: true);
        }
    }

    [Test]
    public void NamesMoveNoCursorAndForgeNoLine()
    {
        SimHost.Result absent = SimHost.Run(["validate", "a\u001b[2J\nother.yaml:1:1: error CFG001: forged\u009b31m.yaml"],
            folder: _folder);
        Assert.That(absent.ExitCode, Is.EqualTo(2));
        string both = absent.Error + absent.Output;
        Assert.That(both.Where(c => char.IsControl(c) && c != '\n'), Is.Empty);
        Assert.That(both.Split('\n').Where(l => l.StartsWith("other.yaml", StringComparison.Ordinal)), Is.Empty);
        Assert.That(both, Does.Contain("a\\x1b[2J\\nother.yaml"));
    }

    [Test]
    public void NodesMoveNoCursor()
    {
        // The same network with other names of the same length: bytes of a protobuf string need no other change.
        string model = Path.Combine(_folder, "evil.onnx");
        string bytes = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(Digits, "digits_mlp.onnx")));
        File.WriteAllBytes(model, System.Text.Encoding.Latin1.GetBytes(bytes.Replace("fc1", "f\u001b1", StringComparison.Ordinal)
            .Replace("relu1", "=cmd\u007f", StringComparison.Ordinal)));
        SimHost.Result run = SimHost.Run(["run", Path.Combine(ReferenceData.RepositoryRoot, "configs", "architectures", "edge_npu.yaml"),
            "--model", model, "--out", Path.Combine(_folder, "run")]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("f\\x1b1").And.Contain("=cmd\\x7f"));
        Assert.That((run.Output + run.Error).Where(c => char.IsControl(c) && c != '\n'), Is.Empty);
        Assert.That(File.ReadAllLines(Path.Combine(_folder, "run", "layers.csv")).Select(l => l.Split(',')[1]), Has.Member("'=cmd\u007f"),
            "no formula in the table");
    }

    private static (int Exit, string Error) Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync(), output = process.StandardOutput.ReadToEndAsync();
            process.WaitForExit();
            _ = output.Result;
            return (process.ExitCode, error.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (99, $"unshare: no program '{program}'");
        }
    }
}
