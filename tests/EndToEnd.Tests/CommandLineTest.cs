using System.Text.Json;

namespace Sim.EndToEnd.Tests;

/// <summary>The contract of the command line: exit codes, where answers and errors go, errors that name the nearest word.</summary>
[TestFixture]
public sealed class CommandLineTest
{
    [Test]
    public void Version_is_one_line()
    {
        SimHost.Result result = SimHost.Run(["--version"]);
        Assert.That(result, Is.EqualTo(new SimHost.Result(0, result.Output, "")));
        Assert.That(result.Output, Does.Match(@"^sim \d+\.\d+\.\d+\n$"));
    }

    [TestCase("bogus", "sim: error CLI001: unknown verb or argument 'bogus'")]
    [TestCase("validat x.yaml", "did you mean 'validate'?")]
    [TestCase("validate --jsn x.yaml", "sim: error CLI001: unknown option '--jsn'; did you mean '--json'?")]
    [TestCase("validate", "sim: error CLI001: Required argument 'FILE' missing for command: 'validate'.")]
    [TestCase("schema architectur", "did you mean 'architecture'?")]
    [TestCase("run edge_npu --model x --scale 0,0625",
        "'--scale' must be a decimal number such as 0.0625 or 1e-3, with a point and no separators, found '0,0625'")]
    [TestCase("verify --model x --offset -0,5",
        "'--offset' must be a decimal number such as 0.0625 or 1e-3, with a point and no separators, found '-0,5'")]
    [TestCase("verify --model x --time-limit 1_0", "'--time-limit' must be a decimal number")]
    [TestCase("repair --model x --out y --accumulator 1,6",
        "'--accumulator' must be a whole number (digits, with '-' before a negative one), found '1,6'")]
    [TestCase("verify --model x --accumulator 0x10", "'--accumulator' must be a whole number")]
    [TestCase("demo --jobs ２", "'--jobs' must be a whole number")]
    [TestCase("run edge_npu --model x --out --json",
        "'--out' needs a value, found the option '--json' (a file of that name is written './--json')")]
    [TestCase("run edge_npu --model --data x.npy", "'--model' needs a value, found the option '--data'")]
    [TestCase("run edge_npu --model x --out ", "'--out' needs a value, found an empty one")]
    [TestCase("validate ", "'FILE' is empty")]
    [TestCase("verify --model configs/workloads/digits/digits_cnn_a2q_16.onnx --accumulator 16 --time-limit 1e99",
        "a solver gets more than 0 and at most 86400 seconds")]
    [TestCase("sweep demo --on mars", "Must be one of: 'local'")]
    [TestCase("bogus --help", "sim: error CLI001: unknown verb or argument 'bogus'")]
    [TestCase("[suggest]", "sim: error CLI001: ")]
    [TestCase("validate no_such_file.yaml", "no_such_file.yaml: error CFG008: cannot read the file: there is no such file")]
    public void Misuse_is_exit_code_2_on_stderr(string arguments, string message)
    {
        SimHost.Result result = SimHost.Run(arguments.Split(' '));
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Output, Is.Empty);
        Assert.That(result.Error, Does.Contain(message));
        Assert.That(result.Error, Does.Not.Contain("   at "), "no stack trace for a user's slip");
        Assert.That(result.Error, Does.Not.Contain("\e["), "no colour where nobody looks");
    }

    [TestCase("formats list >&-", 2, "CLI003: the answer cannot be written")]
    [TestCase("formats list >/dev/full", 2, "CLI003: the answer cannot be written")]
    [TestCase("--version >&-", 2, "CLI003: the answer cannot be written")]
    [TestCase("bogus 2>&-", 2, "")]
    [TestCase("bogus 2>/dev/full", 2, "")]
    [TestCase("schema study 2>&-", 0, "")]
    [TestCase("demo --out $(mktemp -d)/r --jobs 2 2>/dev/full", 0, "")]
    public void Streams_that_take_nothing_abort_nothing(string arguments, int code, string message)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("shell redirections of Linux");
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash",
            ["-c", $"'{SimHost.Path}' {arguments}"])
            { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(code), error);
        Assert.That(error, Does.Contain(message));
        Assert.That(output.IsCompletedSuccessfully || output.Wait(TimeSpan.FromSeconds(10)), Is.True);
    }

    [Test]
    public void A_filter_ends_when_nobody_reads_its_answer()
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("shell pipes of Linux");
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash",
            ["-c", $"yes 3f800000 | timeout 60 '{SimHost.Path}' formats encode e4m3 | head -2; echo ${{PIPESTATUS[1]}}"])
                { RedirectStandardOutput = true })!;
        Assert.That(process.StandardOutput.ReadToEnd(), Is.EqualTo("38\n38\n0\n"));
        process.WaitForExit();
    }

    [Test]
    public void A_row_without_an_end_is_refused_within_bounded_memory()
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("devices of Linux");
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash",
            ["-c", $"timeout 60 '{SimHost.Path}' dot e4m3_fp16 2>&1 </dev/zero; echo $?"]) { RedirectStandardOutput = true })!;
        Assert.That(process.StandardOutput.ReadToEnd(),
            Does.StartWith("<stdin>:1:1: error NUM001: a row of more than ").And.EndsWith("\n2\n"));
        process.WaitForExit();
    }

    [Test]
    public void A_folder_that_cannot_be_written_is_no_bug()
    {
        SimHost.Result result = SimHost.Run(["schema", "--out", "Sim.sln/below-a-file"]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.StartWith("sim: error CLI003: cannot read or write: "));
    }

    [Test]
    public void Help_of_every_verb_shows_examples()
    {
        string help = SimHost.Run(["--help"]).Output;
        string[] verbs = [.. help[help.IndexOf("Commands:", StringComparison.Ordinal)..].Split('\n').Skip(1)
            .Where(l => l.StartsWith("  ", StringComparison.Ordinal) && l.Length > 2 && char.IsAsciiLetter(l[2]))
                .Select(l => l.Trim().Split(' ')[0])];
        Assert.That(verbs, Has.Length.GreaterThanOrEqualTo(5).And.Contain("validate"));
        foreach (string verb in verbs)
        {
            SimHost.Result result = SimHost.Run([verb, "--help"]);
            Assert.That(result.ExitCode, Is.Zero);
            Assert.That(result.Output, Does.Contain($"sim {verb}"));
            Assert.That(result.Output, Does.Contain("Examples:").Or.Contain("Commands:"), verb);
        }
    }

    [Test]
    public void Validate_shows_every_error_of_every_file_sorted()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "b.yaml"),
                "schema: sim.datapath/1\nweight: int8\nactivation: e4m3\naccumulator: {kind: integer, bits: 1, overflow: wrap}\n");
            File.WriteAllText(Path.Combine(folder, "a.yaml"), "schema: sim.datapth/1\n");
            SimHost.Result result = SimHost.Run(["validate", "b.yaml", "a.yaml"], folder: folder);
            Assert.That(result.ExitCode, Is.EqualTo(2));
            string[] lines = result.Error.TrimEnd('\n').Split('\n');
            Assert.That(lines, Has.Length.EqualTo(3));
            Assert.That(lines[0], Does.StartWith("a.yaml:1:9: error CFG009: unknown schema 'sim.datapth/1'; did you mean 'sim.datapath/1'?"));
            Assert.That(lines[1], Is.EqualTo("b.yaml:4:36: error CFG002: 'bits' must be an integer from 2 to 64, found '1'"));
            Assert.That(lines[2], Is.EqualTo("sim: 2 error(s) in 2 file(s)"));
            using JsonDocument json = JsonDocument.Parse(SimHost.Run(["validate", "--json", "b.yaml"], folder: folder).Output);
            JsonElement diagnostic = json.RootElement.GetProperty("diagnostics")[0];
            Assert.That(json.RootElement.GetProperty("valid").GetBoolean(), Is.False);
            Assert.That((diagnostic.GetProperty("line").GetInt32(), diagnostic.GetProperty("column").GetInt32(),
                diagnostic.GetProperty("code").GetString()), Is.EqualTo((4, 36, "CFG002")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
