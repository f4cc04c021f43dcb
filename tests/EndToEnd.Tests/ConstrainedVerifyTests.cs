using System.Text.Json.Nodes;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim verify --constraints` as a process, on the last layer of the official keyword network: widths, certificates, solvers, bad
/// files.</summary>
public sealed class ConstrainedVerifyTests
{
    private const string Layer = "10_fully_connected";

    // Inputs are stored as −128 … 127, so all 64 of them sum to −8192 at least.
    private const string Budget = "      - {inputs: [all], high: -7000}\n";
    private const string Weighted = Budget + "      - {inputs: [0..9], coefficients: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], high: -2000}\n";

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("constraints-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void ABudgetNarrowsTheRegisterAndItsCertificateNeedsNoSolver()
    {
        int free = Width(Verify(null, "--minimal"));
        SimHost.Result tied = Verify(Budget, "--minimal", "--certificate", Path.Combine(_folder, "c"), "--solver", "no-such-solver");
        Assert.That(Width(tied), Is.LessThan(free));
        Assert.That(tied.Output, Does.Contain("\"simplex\""));
        SimHost.Result check = Check(),
            undeclared = SimHost.Run(["verify", "--check", Path.Combine(_folder, "c"), "--model", Model, "--layer", Layer]);
        Assert.That(check.ExitCode, Is.Zero, check.Output);
        Assert.That(check.Output, Does.Contain("12 proofs followed, 12 refutations replayed, 0 unknown, 0 need a solver, 0 registers not covered, 0 not tied, 0 faults"));
        // Constraints are no part of the model: whoever checks declares them.
        Assert.That(undeclared.ExitCode, Is.EqualTo(1));
        Assert.That(undeclared.Output, Does.Contain("12 not tied, 0 faults"));
    }

    [Test]
    public void WithoutASolverGeneralConstraintsLeaveTheAnswerOpen()
    {
        SimHost.Result result = Verify(Weighted, "--accumulator", "18", "--solver", "no-such-solver");
        Assert.That(result.ExitCode, Is.EqualTo(1));
        JsonNode answer = JsonNode.Parse(result.Output)!;
        Assert.That((bool)answer["proved"]!, Is.False);
        Assert.That(answer["layers"]![0]!["channels"]!.AsArray()
            .Any(c => (string?)c!["verdict"] == "unknown" && ((string?)c["reason"])!.Contains("no-such-solver", StringComparison.Ordinal)));
    }

    [Test]
    public void AnswersOfZ3AreAskedAgain()
    {
        if (!Array.Exists((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator),
            p => File.Exists(Path.Combine(p, "z3")))) Assert.Ignore("needs z3");
        SimHost.Result tied = Verify(Weighted, "--minimal", "--order", "sequential", "--certificate", Path.Combine(_folder, "c"),
            "--provers", "exact_extremes,smt");
        Assert.That(tied.ExitCode, Is.Zero, tied.Error);
        Assert.That(Width(tied), Is.EqualTo(19));
        SimHost.Result alone = Check(), asked = Check("--solver", "z3");
        Assert.That((alone.ExitCode, asked.ExitCode), Is.EqualTo((1, 0)), alone.Output + asked.Output);
        Assert.That(alone.Output, Does.Contain("0 proofs followed").And.Contain("12 need a solver"));
        Assert.That(asked.Output, Does.Contain("12 proofs followed").And.Contain("0 need a solver"));
    }

    [Test]
    public void WhatNothingFulfilsIsAnErrorAndNeverProved()
    {
        SimHost.Result result = Verify("      - {inputs: [all], high: -9000}\n", "--minimal");
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain("c.yaml:3:5: error VER022"));
        Assert.That(Verify("      - {inputs: [64], high: 0}\n", "--minimal").Error,
            Does.Contain("c.yaml:5:18: error VER020").And.Contain("0 to 63"));
    }

    private static string Model => ReferenceData.Shared("nets/mlperf-dscnn-kws/model_int8.onnx");

    private SimHost.Result Check(params string[] arguments) =>
        SimHost.Run(["verify", "--check", Path.Combine(_folder, "c"), "--model", Model, "--layer", Layer, "--constraints",
            Path.Combine(_folder, "c.yaml"), .. arguments]);

    private SimHost.Result Verify(string? sums, params string[] arguments)
    {
        string file = Path.Combine(_folder, "c.yaml");
        File.WriteAllText(file, $"schema: sim.constraints/1\nlayers:\n  - layer: {Layer}\n    sums:\n{sums}");
        return SimHost.Run(["verify", "--model", Model, "--layer", Layer, "--json", .. sums is null ? Array.Empty<string>()
            : ["--constraints", file], .. arguments]);
    }

    private static int Width(SimHost.Result result) =>
        result.ExitCode == 0 ? (int)JsonNode.Parse(result.Output)!["width"]! : throw new InvalidOperationException(result.Error);
}
