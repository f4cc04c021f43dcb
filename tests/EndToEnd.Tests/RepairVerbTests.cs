using System.Text.Json;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim repair` as a process, on a network of one integer layer whose bytes are written here, and on the committed float
/// network.</summary>
public sealed class RepairVerbTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sim-repair-").FullName;

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    // Two output channels of four weights, int8 inputs with zero point −128: sums reach ±255·(100 + 90 + …).
    private string Network()
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid():n}.onnx");
        sbyte[] weights = [100, -90, 80, 3, 1, 0, -2, 1];
        byte[] Scalar(string name, float value) => OnnxBytes.Floats(name, [], value);
        byte[] Zero(string name, sbyte value) =>
            OnnxBytes.Initializer(OnnxBytes.TensorBytes(name, 3, [], OnnxBytes.Block(9, [unchecked((byte)value)])));
        File.WriteAllBytes(path, OnnxBytes.Model(13,
            OnnxBytes.Op("layer", "QLinearConv", ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"], ["y"]),
            OnnxBytes.Initializer(OnnxBytes.TensorBytes("w", 3, [2, 4, 1, 1],
                OnnxBytes.Block(9, [.. weights.Select(w => unchecked((byte)w))]))),
            OnnxBytes.Initializer(OnnxBytes.TensorBytes("b", 6, [2],
                OnnxBytes.Block(9, [.. BitConverter.GetBytes(500), .. BitConverter.GetBytes(-7)]))),
            Scalar("xs", 0.5f), Zero("xz", -128), OnnxBytes.Floats("ws", [2], 0.01f, 0.02f), Zero("wz", 0), Scalar("ys", 1.5f),
                Zero("yz", 0),
            OnnxBytes.Input("x", 3, -1, 4, 1, 1), OnnxBytes.Output("y", 3, -1, 2, 1, 1)));
        return path;
    }

    [TestCase("split", "search")]
    [TestCase("split", "keep")]
    [TestCase("a2q", "keep")]
    [TestCase("a2q+", "search")]
    [TestCase("ep_init", "keep")]
    public void TheWrittenNetworkIsProvedByVerify(string method, string scales)
    {
        string net = Network(), repaired = Path.Combine(_folder, $"{method}-{scales}.onnx");
        Assert.That(SimHost.Run(["verify", "--model", net, "--accumulator", "12"]).ExitCode, Is.EqualTo(1), "the network needs repair");
        SimHost.Result result = SimHost.Run(["repair", "--model", net, "--accumulator", "12", "--method", method, "--scales", scales,
            "--out", repaired, "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        JsonElement answer = JsonDocument.Parse(result.Output).RootElement;
        Assert.That(answer.GetProperty("proved").GetBoolean(), Is.True);
        Assert.That(answer.GetProperty("layers")[0].GetProperty("changed").GetInt32(), Is.EqualTo(1), "the second channel fits as it is");
        Assert.That(SimHost.Run(["verify", "--model", repaired, "--accumulator", "12"]).ExitCode, Is.Zero);
        string text = File.ReadAllText(repaired);
        foreach (string key in new[] { "sim.repair.method", "sim.repair.accumulator", "sim.repair.original_sha256",
            "sim.repair.tool" }) Assert.That(text, Does.Contain(key));
    }

    [Test]
    public void NothingIsOverwritten()
    {
        string net = Network(), there = Path.Combine(_folder, "there.onnx");
        File.WriteAllText(there, "mine");
        SimHost.Result result = SimHost.Run(["repair", "--model", net, "--accumulator", "12", "--out", there]);
        Assert.That((result.ExitCode, result.Output, File.ReadAllText(there)), Is.EqualTo((2, "", "mine")));
        Assert.That(result.Error, Does.StartWith($"{there}:1:1: error RPR003").Or.StartWith($"{there}: error RPR003"));
        Assert.That(SimHost.Run(["repair", "--model", net, "--accumulator", "12", "--out", there, "--force"]).ExitCode, Is.Zero);
        Assert.That(SimHost.Run(["verify", "--model", there, "--accumulator", "12"]).ExitCode, Is.Zero);
        Assert.That(SimHost.Run(["repair", "--model", net, "--accumulator", "12", "--out", net, "--force"]).Error,
            Does.Contain("is the network itself"));
    }

    [TestCase("--method", "gptq", "needs samples (--data)")]
    [TestCase("--method", "best", "no method 'best'; allowed are split, a2q, a2q+, ep_init, gpfq, gptq")]
    [TestCase("--order", "tiles", "no order 'tiles'")]
    [TestCase("--inner", "10", "an inner register needs an order of two stages")]
    [TestCase("--scales", "free", "allowed are keep, search")]
    [TestCase("--accumulator", "1", "a register has 2 to 64 bits")]
    [TestCase("--accumulator", "8", "alone leaves a register of 8 bits")]
    public void BadRequestsAreLocatedAndNothingIsWritten(string option, string value, string message)
    {
        string path = Path.Combine(_folder, "never.onnx");
        List<string> arguments = ["repair", "--model", Network(), "--out", path, option, value];
        if (option != "--accumulator") arguments.AddRange(["--accumulator", "12"]);
        else arguments.AddRange(["--scales", "keep"]);
        SimHost.Result result = SimHost.Run(arguments);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.Error);
        Assert.That(result.Error, Does.Contain(message));
        Assert.That(File.Exists(path), Is.False);
    }

    [Test]
    public void AFloatNetworkIsQuantizedFirstOrRefused()
    {
        string digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits"),
            model = Path.Combine(digits, "digits_mlp.onnx"), repaired = Path.Combine(_folder, "digits.onnx");
        SimHost.Result refused = SimHost.Run(["repair", "--model", model, "--accumulator", "16", "--out", repaired]);
        Assert.That(refused.ExitCode, Is.EqualTo(2));
        Assert.That(refused.Error, Does.Contain("VER003"));
        Assert.That(SimHost.Run(["repair", "--model", model, "--quantize", "--accumulator", "16", "--out", repaired]).Error,
            Does.Contain("needs samples (--data)"));
        SimHost.Result result = SimHost.Run(["repair", "--model", model, "--quantize", "--accumulator", "14", "--method", "gptq", "--data",
            Path.Combine(digits, "digits_test_x_u8.npy"),
            "--labels", Path.Combine(digits, "digits_test_labels_u8.npy"), "--out", repaired, "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        JsonElement answer = JsonDocument.Parse(result.Output).RootElement;
        Assert.That(answer.GetProperty("layers").GetArrayLength(), Is.EqualTo(3));
        // The float network is right on about 98 of 100; unrepaired, its sums wrap.
        Assert.That(answer.GetProperty("after").GetProperty("top1").GetDouble(), Is.GreaterThan(0.95));
        Assert.That(answer.GetProperty("before").GetProperty("top1").GetDouble(), Is.LessThan(0.5));
        Assert.That(SimHost.Run(["verify", "--model", repaired, "--accumulator", "14"]).ExitCode, Is.Zero);
        Assert.That(SimHost.Run(["verify", "--model", repaired, "--accumulator", "10"]).ExitCode, Is.EqualTo(1));
    }
}
