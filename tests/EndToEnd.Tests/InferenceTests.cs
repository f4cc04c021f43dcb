using System.Text.Json.Nodes;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim dot --infer`: recordings of chips lead back to their profiles, answers of a made-up unit to that unit; what is not told
/// apart is said, with a row that tells.</summary>
public sealed class InferenceTests
{
    private static readonly string Folder = Path.Combine(Path.GetTempPath(), "sim-infer-" + Guid.NewGuid().ToString("N"));

    [OneTimeSetUp]
    public void Make() => Directory.CreateDirectory(Folder);

    [OneTimeTearDown]
    public void Clear() => Directory.Delete(Folder, true);

    [TestCase("hw_V100_fp16_mtc.csv.gz", "v100_fp16", 1)]
    [TestCase("hw_A100_bf16_mtc.csv.gz", "a100_bf16", 6)]
    [TestCase("hw_H100_E4M3_mtc.csv.gz", "h100_e4m3", 2)]
    [TestCase("hw_B200_E5M2_mtc.csv.gz", "b200_e5m2", 200)]
    [TestCase("tensorcore_mfma_CDNA3_f32_16x16x32_bf8_bf8_mmasim.csv.gz", "mi300x_bf8", 12)]
    [TestCase("tensorcore_mfma_CDNA2_f32_16x16x8bf16_mmasim.csv.gz", "mi210_bf16_k2", 4)]
    [TestCase("tensorcore_mfma_CDNA3_f32_16x16x8_xf32_mmasim.csv.gz", "mi300_xf32", 6)]
    public void RecordingsLeadToTheirChip(string golden, string profile, int most)
    {
        string[][] lines = [.. ReferenceData.Lines(ReferenceData.Golden(golden)).Select(l => l.Split(','))];
        int a = Array.FindIndex(lines[0], c => c.StartsWith("a_codes", StringComparison.Ordinal));
        string file = Write(profile, lines[1..].Take(600).Select(r => $"{r[0]},{r[a]},{r[a + 1]},{r[1]}"));
        SimHost.Result result = SimHost.Run(["dot", "--infer", file, "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        JsonArray datapaths = JsonNode.Parse(result.Output)!["fits"]!.AsArray().Single()!["datapaths"]!.AsArray();
        Assert.That(datapaths.Select(d => (string?)d!["profile"]), Does.Contain(profile));
        Assert.That(datapaths, Has.Count.LessThanOrEqualTo(most));
    }

    [Test]
    public void RowsBeyondFourStepsOfTheWidestUnitAreRefused()
    {
        string codes = string.Concat(Enumerable.Repeat("38", 30_000));
        SimHost.Result result = SimHost.Run(["dot", "--infer", Write("long", [$"00000000,{codes},{codes},46ea6000"])]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain("NUM001").And.Contain("7500 products; allowed are 4096"));
    }

    // The rows of the documentation: 4 products to nearest at 15 fraction bits, of which no chip is known. Datapaths that fit give every
    // row, and answer the telling row as said.
    [Test]
    public void AnUnknownUnitIsFoundAndEveryAnswerIsRight()
    {
        string file = Path.Combine("docs", "formats", "recorded_rows.csv");
        string[] rows = [.. File.ReadLines(Path.Combine(ReferenceData.RepositoryRoot, file)).Skip(2)];
        Assert.That(rows, Has.Length.EqualTo(40));
        JsonNode found = Infer(file);
        Assert.That(found["datapaths"]!.AsArray().Select(d => d!["datapath"]!["dot"]!.ToJsonString()).Distinct(),
            Is.EqualTo(new[] { """{"kind":"aligned","lanes":4,"fraction":15,"alignment":"nearest_even"}""" }));
        // Of the first rows alone more is left, and a row tells it apart.
        string few = Write("few", rows.Take(6));
        found = Infer(few);
        JsonArray datapaths = found["datapaths"]!.AsArray();
        Assert.That(datapaths, Has.Count.GreaterThan(2));
        string question = (string)found["telling_row"]!["row"]!;
        JsonArray answers = found["telling_row"]!["answers"]!.AsArray();
        Assert.That(answers, Has.Count.GreaterThan(1));
        int asked = 0;
        foreach (JsonNode? answer in answers)
        {
            int index = (int)answer!["datapaths"]!.AsArray()[0]!;
            string yaml = Path.Combine(Folder, $"fit{asked++}.yaml");
            File.WriteAllText(yaml, datapaths[index]!["datapath"]!.ToJsonString());
            SimHost.Result replay = SimHost.Run(["dot", yaml], string.Concat(rows.Take(6).Select(r => r[..r.LastIndexOf(',')] + "\n"))
                + question + "\n");
            Assert.That(replay.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
                Is.EqualTo(rows.Take(6).Select(r => r.Split(',')[3]).Append((string)answer["code"]!)), replay.Error);
            if (asked == 8) break;
        }
    }

    [Test]
    public void RowsThatNothingFitsGiveTheNearestProfile()
    {
        string[] rows = SimHost.Run(["dot", "h100_e4m3"], "00000000,3839,3a3b\n3f800000,4041,4243\n").Output.Split('\n');
        string file = Write("none", ["00000000,3839,3a3b," + rows[0], "3f800000,4041,4243,12345678"]);
        SimHost.Result result = SimHost.Run(["dot", "--infer", file, "--operands", "e4m3"]);
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Contain("no datapath fits").And.Contain("right in 1; first miss: row 2, recorded 12345678"));
    }

    [Test]
    public void BadRowsAreLocated()
    {
        string file = Write("bad", ["0,1,2", "00000000,zz,11,00000000", "00000000,11,1,00000000", "0000,11,11,0000"]);
        SimHost.Result result = SimHost.Run(["dot", "--infer", file]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        foreach (string place in new[] { ":1:6:", ":2:10:", ":3:13:", ":4:1:", ":4:12:" }) Assert.That(result.Error,
            Does.Contain($"{file}{place} error NUM001"));
        Assert.That(SimHost.Run(["dot"]).ExitCode, Is.EqualTo(2));
        Assert.That(SimHost.Run(["dot", "h100_e4m3", "--infer", file]).ExitCode, Is.EqualTo(2));
    }

    // Low bits of words that hold a shorter format are dropped, as the matrix core does (half of the golden xf32 rows have some).
    [Test]
    public void WordsOfXf32LoseTheirLowBits()
    {
        string[][] lines = [.. ReferenceData.Lines(ReferenceData.Golden("tensorcore_mfma_CDNA3_f32_16x16x8_xf32_mmasim.csv.gz")).Skip(1)
            .Select(l => l.Split(','))];
        SimHost.Result result = SimHost.Run(["dot", "mi300x_xf32"], string.Concat(lines.Select(r => $"{r[0]},{r[2]},{r[3]}\n")));
        Assert.That(result.Error, Is.Empty);
        string[] got = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(got.Zip(lines).Count(p => p.First == p.Second[1] || IsNaN(p.First) && IsNaN(p.Second[1])),
            Is.EqualTo(lines.Length).And.GreaterThan(900));

        static bool IsNaN(string code) => float.IsNaN(BitConverter.UInt32BitsToSingle(Convert.ToUInt32(code, 16)));
    }

    private static JsonNode Infer(string file)
    {
        SimHost.Result result = SimHost.Run(["dot", "--infer", file, "--operands", "e4m3", "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return JsonNode.Parse(result.Output)!["fits"]!.AsArray().Single()!;
    }

    private static string Write(string name, IEnumerable<string> rows)
    {
        string file = Path.Combine(Folder, name + ".csv");
        File.WriteAllLines(file, rows);
        return file;
    }
}
