using System.Text.Json.Nodes;

namespace Sim.EndToEnd.Tests;

/// <summary>What `sim formats show` says of special codes is what `sim formats decode` shows; codes of binary64 numbers are rounded
/// once.</summary>
public sealed class FormatListingTests
{
    private static readonly string[] Families =
        ["p3109_k8p4se", "p3109_k6p3sf", "p3109_k8p1ue", "p3109_k5p2uf", "posit8_2", "posit16_1", "lns8_3", "int8", "uint4", "q4.4",
            "sm4.0", "e5m2_ftz", "e3m2_finite", "e4m4fnuz", "bipolar2", "po2_4", "apot_5_2"];

    [Test]
    public void SpecialCodesAreThoseThatDecodeShows()
    {
        JsonNode list = JsonNode.Parse(SimHost.Run(["formats", "list", "--json"]).Output)!;
        string[] names = [.. list["formats"]!.AsArray().Where(f => (int)f!["bits"]! <= 16).Select(f => (string)f!["name"]!), .. Families];
        Assert.That(names, Has.Length.GreaterThanOrEqualTo(35));
        Assert.Multiple(() =>
        {
            foreach (string name in names)
            {
                string stated = (string)JsonNode.Parse(SimHost.Run(["formats", "show", name, "--json"]).Output)!["special_codes"]!;
                string[][] codes = [.. SimHost.Run(["formats", "decode", name]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(l => l.Split(','))];
                int nan = codes.Count(c => c[2] == "NAN");
                Assert.That(stated.Contains("Inf", StringComparison.Ordinal), Is.EqualTo(codes.Any(c => c[2] == "INFINITE")),
                    $"{name}: Inf");
                Assert.That(stated.Contains("Na", StringComparison.Ordinal), Is.EqualTo(nan > 0), $"{name}: NaN");
                if (stated.Contains("one NaN a sign", StringComparison.Ordinal)) Assert.That(nan, Is.EqualTo(2), name);
                else if (stated.Contains("one NaN", StringComparison.Ordinal)
                    || stated.Contains("NaR", StringComparison.Ordinal)) Assert.That(nan, Is.EqualTo(1), name);
                if (stated.Contains("no -0", StringComparison.Ordinal)) Assert.That(codes.Any(c => c[1] == "-0x0p+0"), Is.False,
                    $"{name}: -0");
                Assert.That(stated.Contains("no zero", StringComparison.Ordinal), Is.EqualTo(codes.All(c => c[2] != "ZERO")),
                    $"{name}: zero");
            }
        });
    }

    // Just above the middle of two halves, that middle, and just below the overflow bound: through binary32 they would round twice
    // (JuliaLang/julia #57809, halide/Halide #8906).
    [Test]
    public void Binary64IsRoundedOnce()
    {
        SimHost.Result result = SimHost.Run(["formats", "encode", "fp16"],
            "3ff0020000000001\n3ff0020000000000\n40effdffffffffff\n3f802000\nfff0000000000000\n");
        Assert.That(result.Output, Is.EqualTo("3c01\n3c00\n7bff\n3c01\nfc00\n"), result.Error);
        Assert.That(SimHost.Run(["formats", "encode", "e4m3", "--rounding", "up"], "3ff0000000000001\n").Output, Is.EqualTo("39\n"));
        Assert.That(SimHost.Run(["formats", "encode", "fp16"], "3ff0000000000\n").Error, Does.Contain("<stdin>:1:1: error NUM001"));
    }
}
