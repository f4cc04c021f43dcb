using System.Text.Json;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim verify --datapath` as a process, over datapaths of every kind.</summary>
public sealed class DatapathProofTests
{
    [TestCase("h100_e4m3", "alignment-loss", "proved"), TestCase("h100_e4m3", "monotone", "refuted"),
        TestCase("a100_bf16", "alignment-loss", "proved"), TestCase("a100_bf16", "range", "refuted")]
    [TestCase("posit8_quire", "quire-capacity", "proved"), TestCase("posit8_quire", "nar", "proved"),
        TestCase("e4m3_exact", "exact-window", "proved"), TestCase("lmul_e4m3_fp32", "multiplier-error", "proved")]
    [TestCase("lmul_e4m3_fp32", "range", "refuted"), TestCase("lmul_e5m2_fp32", "lmul-formula", "proved"),
        TestCase("lookup_e2m1_exact", "exact-window", "proved"), TestCase("truncated_int8_acc32", "truncation-error", "proved")]
    [TestCase("mitchell_int8_acc32", "product-commutes", "proved"), TestCase("h100_fp8_promoted", "range", "proved"),
        TestCase("int8_acc16_wrap", "range", "refuted"), TestCase("e2m1_fp32", "exact-sums", "proved"),
        TestCase("mxfp4_fp32", "range", "refuted")]
    public void EveryKindOfDatapathIsDecided(string datapath, string property, string verdict)
    {
        SimHost.Result result = SimHost.Run(["verify", "--datapath", datapath, "--json"]);
        Assert.That(result.Error, Is.Empty);
        using JsonDocument answer = JsonDocument.Parse(result.Output);
        JsonElement[] properties = [.. answer.RootElement.GetProperty("properties").EnumerateArray()];
        Assert.That(properties.Single(p => p.GetProperty("name").GetString() == property).GetProperty("verdict").GetString(),
            Is.EqualTo(verdict));
        bool all = properties.All(p => p.GetProperty("verdict").GetString() == "proved");
        Assert.That((result.ExitCode, answer.RootElement.GetProperty("proved").GetBoolean()), Is.EqualTo((all ? 0 : 1, all)));
        Assert.That(properties, Has.Length.GreaterThanOrEqualTo(3));
    }

    [TestCase("--activations", "3:1", "CLI002"), TestCase("--weights", "0.3:0.4", "VER007"), TestCase("--claim", "ranges", "CLI002"),
        TestCase("--terms", "0", "CLI002")]
    public void BadRequestsAreRefused(string option, string value, string code)
    {
        SimHost.Result result = SimHost.Run(["verify", "--datapath", "int8_acc32", option, value]);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((2, "")));
        Assert.That(result.Error, Does.Contain($"{option}: error {code}: "));
    }
}
