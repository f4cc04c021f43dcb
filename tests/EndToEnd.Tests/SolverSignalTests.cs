using System.Diagnostics;

namespace Sim.EndToEnd.Tests;

/// <summary>A signal that ends the tool, or interrupts it, ends the solver that it waits for.</summary>
[Platform(Exclude = "Win")]
public sealed class SolverSignalTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("signals-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("TERM", 143), TestCase("INT", 130)]
    public void TheSolverEndsWithTheTool(string signal, int exitCode)
    {
        // A solver that writes down its process and then never answers.
        string script = Path.Combine(_folder, "solver.sh"), pid = Path.Combine(_folder, "pid"),
            constraints = Path.Combine(_folder, "c.yaml");
        File.WriteAllText(script, $"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 300\n");
        File.WriteAllText(constraints,
            "schema: sim.constraints/1\nlayers:\n  - layer: fc\n    sums:\n      - {inputs: [0, 7], coefficients: [2, -1], low: 0}\n");
        var start = new ProcessStartInfo(SimHost.Path) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["verify", "--model", "configs/workloads/digits/digits_cnn_a2q_16.onnx", "--layer", "fc",
            "--accumulator", "12", "--provers", "exact_extremes,smt",
            "--constraints", constraints, "--solver", $"sh {script}", "--time-limit", "200"]) start.ArgumentList.Add(argument);
        start.WorkingDirectory = Sim.Tests.ReferenceData.RepositoryRoot;
        using Process tool = Process.Start(start)!;
        Task<string> output = tool.StandardOutput.ReadToEndAsync(), error = tool.StandardError.ReadToEndAsync();
        Assert.That(() => File.Exists(pid) || tool.HasExited, Is.True.After(60_000, 50));
        Assert.That(tool.HasExited, Is.False, "it waits for the solver");
        int solver = int.Parse(File.ReadAllText(pid), System.Globalization.CultureInfo.InvariantCulture);
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{tool.Id}"])) kill.WaitForExit();
        Assert.That(tool.WaitForExit(60_000), Is.True, "the tool ends");
        Assert.That(tool.ExitCode, Is.EqualTo(exitCode), output.Result + error.Result);
        Assert.That(() => Directory.Exists($"/proc/{solver}") && !File.ReadAllText($"/proc/{solver}/stat")
            .Contains(") Z ", StringComparison.Ordinal), Is.False.After(10_000, 50), "the solver has ended");
    }
}
