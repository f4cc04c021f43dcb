using System.Text.Json;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>What `sim verify` says about a network as a whole: text, exit code and JSON agree, and nothing is said about registers that
/// nobody judged.</summary>
public sealed class VerifyAnswerTests
{
    private string _folder = "";

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("sim-verify").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, true);

    /// <summary>64 times 0 to 30 is 0 to 1920: 12 bits (README of the case). The addition alone needs 6.</summary>
    [Test]
    public void ASumOfSumsCounts()
    {
        string model = ReferenceData.Shared("cases/verify-sum-after-add/net.onnx");
        SimHost.Result text = SimHost.Run(["verify", "--model", model, "--minimal"]);
        Assert.That(text.Output, Does.Contain("network: 12 bits hold every partial sum"));
        JsonElement root = Json(["--model", model, "--minimal"], 0);
        Assert.That(Widths(root), Is.EqualTo(new Dictionary<string, int> { ["add"] = 6, ["rs"] = 12, ["mm"] = 11 }));
        Assert.That(SimHost.Run(["verify", "--model", model, "--accumulator", "12"]).ExitCode, Is.Zero);
        Assert.That(SimHost.Run(["verify", "--model", model, "--accumulator", "11"]).ExitCode, Is.EqualTo(1));
        Truth.Checked("Proofs", "cases/verify-sum-after-add", "by hand, ONNX operators", 3, "every register");
    }

    /// <summary>Sixteen products of 0 to 3 and of ±1: 7 bits (README of the case), whatever the container of the integers.</summary>
    [TestCase("type")]
    [TestCase("propagated")]
    [TestCase("relations")]
    public void ClippedIntegersAreThoseOfTheClip(string inputs)
    {
        JsonElement root = Json(["--model", ReferenceData.Shared("cases/verify-clip-range/net.onnx"), "--minimal", "--inputs", inputs], 0);
        Assert.That(Widths(root)["mm2"], Is.EqualTo(7));
    }

    /// <summary>Weights with a matrix for each index of the first dimension: 16 products of uint8 with ±(1 + g) of matrix g, whose sums
    /// reach ±16 · 255 · 4 = 16320, 15 bits; the certificate is followed.</summary>
    [TestCase(4, 4)]
    [TestCase(1, 4)]
    [TestCase(4, 1)]
    public void StackedWeightsAreGroups(int first, int matrices)
    {
        string model = Path.Combine(_folder, "net.onnx");
        byte[] weights = [.. Enumerable.Range(0, matrices * 16 * 2).Select(i => unchecked((byte)((i / 32 + (matrices == 1 ? 4
            : 1)) * (i % 2 == 0 ? 1 : -1))))];
        File.WriteAllBytes(model, OnnxBytes.Model(13,
            [OnnxBytes.Op("dq", "DequantizeLinear", ["x", "s", "z"], ["a"]), OnnxBytes.Op("dw", "DequantizeLinear", ["w", "s", "zw"],
                ["b"]),
            OnnxBytes.Op("mm", "MatMul", ["a", "b"], ["y"]), OnnxBytes.Floats("s", [], 0.5f),
            OnnxBytes.Initializer(OnnxBytes.TensorBytes("z", 2, [], OnnxBytes.Block(9, [0]))),
            OnnxBytes.Initializer(OnnxBytes.TensorBytes("zw", 3, [], OnnxBytes.Block(9, [0]))),
            OnnxBytes.Initializer(OnnxBytes.TensorBytes("w", 3, [matrices, 16, 2], OnnxBytes.Block(9, weights))),
            OnnxBytes.Input("x", 2, first, 3, 16), OnnxBytes.Output("y", 1, 4, 3, 2)]));
        JsonElement root = Json(["--model", model, "--minimal"], 0);
        Assert.That(Widths(root)["mm"], Is.EqualTo(15));
        Assert.That(SimHost.Run(["verify", "--model", model, "--accumulator", "14"]).ExitCode, Is.EqualTo(1));
        string certificate = Path.Combine(_folder, "certificate");
        Assert.That(SimHost.Run(["verify", "--model", model, "--minimal", "--certificate", certificate]).ExitCode, Is.Zero);
        SimHost.Result check = SimHost.Run(["verify", "--check", certificate, "--model", model]);
        Assert.That(check.ExitCode, Is.Zero, check.Output + check.Error);
    }

    /// <summary>16 · 255 needs 13 bits; the Softmax after it is a sum of float32 numbers.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public void PoolsCountByDefaultAndWhatIsNotJudgedIsNamed(bool softmax)
    {
        string model = Path.Combine(_folder, "net.onnx");
        byte[][] nodes =
        [
            OnnxBytes.Op("dq", "DequantizeLinear", ["x", "s", "z"], ["a"]), OnnxBytes.Op("pool", "GlobalAveragePool", ["a"], ["p"]),
            .. softmax ? (byte[][])[OnnxBytes.Op("soft", "Softmax", ["p"], ["y"], OnnxBytes.IntAttribute("axis", 1))]
                : [OnnxBytes.Op("id", "Identity", ["p"], ["y"])],
        ];
        File.WriteAllBytes(model, OnnxBytes.Model(13,
            [.. nodes, OnnxBytes.Floats("s", [], 0.5f), OnnxBytes.Initializer(OnnxBytes.TensorBytes("z", 2, [], OnnxBytes.Block(9, [0]))),
            OnnxBytes.Input("x", 2, 1, 2, 4, 4), OnnxBytes.Output("y", 1, 1, 2, 1, 1)]));
        SimHost.Result text = SimHost.Run(["verify", "--model", model, "--minimal"]);
        Assert.That(text.Output, Does.Contain("13 bits hold"));
        Assert.That(text.Output.Contains("network: 13 bits", StringComparison.Ordinal), Is.EqualTo(!softmax), text.Output);
        JsonElement root = Json(["--model", model, "--minimal"], softmax ? 1 : 0);
        Assert.That(root.GetProperty("all_judged").GetBoolean(), Is.EqualTo(!softmax));
        Assert.That(root.GetProperty("judged_width").GetInt32(), Is.EqualTo(13));
        Assert.That(SimHost.Run(["verify", "--model", model, "--accumulator", "16"]).ExitCode, Is.EqualTo(softmax ? 1 : 0));
        if (!softmax) return;
        Assert.That(text.Output, Does.Contain("not judged: node 'soft' (Softmax)").And.Contain("network: not all registers judged"));
        Assert.That(root.GetProperty("width").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(root.GetProperty("not_judged")[0].GetProperty("node").GetString(), Is.EqualTo("soft"));
        Assert.That(Json(["--model", model, "--accumulator", "16"], 1).GetProperty("proved").GetBoolean(), Is.False);
        // Asked about the pool alone, the answer is about it alone.
        SimHost.Result part = SimHost.Run(["verify", "--model", model, "--minimal", "--layer", "pool"]);
        Assert.That((part.ExitCode, part.Output.Contains("network:", StringComparison.Ordinal)), Is.EqualTo((0, false)));
        Assert.That(SimHost.Run(["verify", "--model", model, "--minimal", "--layer", "soft"]).Error,
            Does.Contain("VER002").And.Contain("not judged"));
    }

    private static JsonElement Json(string[] options, int exit)
    {
        SimHost.Result result = SimHost.Run(["verify", .. options, "--json"]);
        Assert.That(result.ExitCode, Is.EqualTo(exit), result.Error);
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private static Dictionary<string, int> Widths(JsonElement root) => root.GetProperty("layers").EnumerateArray()
        .ToDictionary(l => l.GetProperty("name").GetString()!, l => l.GetProperty("width").GetInt32());
}
