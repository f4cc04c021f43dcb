using System.Text.Json;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim verify --model --datapath` as a process: channels of the digit network in float, posit and block datapaths.</summary>
public sealed class NetworkSumTests
{
    private const string Network = "configs/workloads/digits/digits_cnn.onnx";

    [TestCase("e4m3_bf16", "sequential", 0, "proved"), TestCase("e4m3_fp16", "sequential", 1, "refuted"),
        TestCase("h100_e4m3", "any", 0, "proved"), TestCase("posit8_posit8", "tiles:16", 1, "refuted")]
    public void EveryChannelIsDecided(string datapath, string order, int exit, string verdict)
    {
        SimHost.Result result = SimHost.Run(["verify", "--model", Network, "--datapath", datapath, "--order", order, "--json"]);
        Assert.That(result.Error, Is.Empty);
        Assert.That(result.ExitCode, Is.EqualTo(exit));
        using JsonDocument answer = JsonDocument.Parse(result.Output);
        JsonElement[] channels = [.. answer.RootElement.GetProperty("layers").EnumerateArray()
            .SelectMany(l => l.GetProperty("channels").EnumerateArray())];
        Assert.That(channels, Has.Length.EqualTo(16 + 32 + 32 + 48 + 10));
        JsonElement[] found = [.. channels.Select(c => c.GetProperty("no_overflow"))
            .Where(v => v.GetProperty("verdict").GetString() == verdict)];
        Assert.That(found, Has.Length.GreaterThan(80));
        if (verdict == "refuted") Assert.That(found.All(v => v.GetProperty("activations").GetString()!.Length > 0
            && v.GetProperty("overflowed").GetBoolean()));
    }

    [TestCase("mxfp4_fp32", "any", "VER004"), TestCase("e4m3_bf16", "final", "VER004"), TestCase("e4m3_bf16", "sideways", "CLI002")]
    public void WhatCannotBeClaimedIsRefused(string datapath, string order, string code)
    {
        SimHost.Result result = SimHost.Run(["verify", "--model", Network, "--datapath", datapath, "--order", order]);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((2, "")));
        Assert.That(result.Error, Does.Contain($"error {code}: "));
    }
}
