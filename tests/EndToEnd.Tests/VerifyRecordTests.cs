using System.Text.Json;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim verify --out`: the files of a record agree with the answer on stdout; options that a question does not take.</summary>
public class VerifyRecordTests
{
    private const string Model = "configs/workloads/digits/digits_cnn_a2q_16.onnx";

    [TestCase("--minimal")]
    [TestCase("--accumulator", "15")]
    public void TheTableHasALineForEachChannelOfTheAnswer(params string[] question)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        SimHost.Result result = SimHost.Run(["verify", "--model", Model, .. question, "--out", folder, "--json"]);
        Assert.That(result.Output, Is.EqualTo(File.ReadAllText(Path.Combine(folder, "verify.json"))), result.Error);
        string[][] rows = [.. File.ReadAllLines(Path.Combine(folder, "channels.csv")).Skip(1).Select(l => l.Split(','))];
        using JsonDocument json = JsonDocument.Parse(result.Output);
        int line = 0;
        foreach (JsonElement layer in json.RootElement.GetProperty("layers").EnumerateArray())
        {
            foreach (JsonElement channel in layer.GetProperty("channels").EnumerateArray())
            {
                string[] row = rows[line++];
                Assert.That(row[0], Is.EqualTo(layer.GetProperty("name").GetString()));
                Assert.That(int.Parse(row[2]), Is.EqualTo(channel.GetProperty("channel").GetInt32()));
                if (channel.TryGetProperty("verdict", out JsonElement verdict)) Assert.That(row[4], Is.EqualTo(verdict.GetString()));
                Assert.That(int.Parse(row[5]), Is.EqualTo(channel.TryGetProperty("width", out JsonElement width) ? width.GetInt32() : 15));
                JsonElement bounds = channel.GetProperty("bounds");
                if (bounds.GetArrayLength() > 0) Assert.That((row[7], row[8]),
                    Is.EqualTo((bounds[0][0].ToString(), bounds[0][1].ToString())));
            }
        }
        Assert.That(line, Is.EqualTo(rows.Length).And.GreaterThan(100));
    }

    [TestCase("--datapath e4m3_exact --minimal", "--minimal: error CLI002: has no meaning with --datapath, which takes")]
    [TestCase("--datapath e4m3_exact --out x", "--out: error CLI002: has no meaning with --datapath")]
    [TestCase("--check x --data y.npy", "--data: error CLI002: has no meaning with --check")]
    [TestCase("--model x --datapath e4m3_exact --terms 5", "--terms: error CLI002: has no meaning with --datapath with --model")]
    [TestCase("--model x --minimal --claim range", "--claim: error CLI002: has a meaning only with --datapath")]
    public void AnOptionOfAnotherQuestionIsRefused(string arguments, string message)
    {
        SimHost.Result result = SimHost.Run(["verify", .. arguments.Split(' ')]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain(message));
    }
}
