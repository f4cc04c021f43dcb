using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim dot` with chip profiles as a process: recorded rows in, recorded results out.</summary>
public sealed class ChipProfileTests
{
    [TestCase("hw_H100_E4M3_mtc.csv.gz", "h100_fp8", 1)]
    [TestCase("hw_B200_E5M2_mtc.csv.gz", "b200_e5m2", 1)]
    [TestCase("hw_A100_tf32_mtc.csv.gz", "a100_tf32", 1)]
    [TestCase("hw_V100_fp16_mtc.csv.gz", "v100_fp16", 1)]
    [TestCase("tensorcore_mma_Ampere_m16n8k16.f16.f16.f16.f16_mmasim.csv.gz", "a100_fp16_acc16", 1)]
    [TestCase("tensorcore_mxf4nvf4_m16n8k64_nvfp4_block16_ue4m3_mmasim.csv.gz", "rtx_blackwell_nvfp4", 3)]
    public void DotAnswersAsTheChip(string file, string profile, int operandColumns)
    {
        string[][] lines = [.. ReferenceData.Lines(ReferenceData.Golden(file)).Select(l => l.Split(','))];
        int first = operandColumns == 3 ? 2 : Array.FindIndex(lines[0], c => c.StartsWith("a_codes", StringComparison.Ordinal));
        string[][] rows = lines[1..];
        SimHost.Result result = SimHost.Run(["dot", profile], string.Concat(rows.Select(r => $"{r[0]},{string.Join(',', r[first..])}\n")));
        Assert.That(result.Error, Is.Empty);
        Assert.That(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(rows.Select(r => r[1])));
        Assert.That(rows, Has.Length.GreaterThanOrEqualTo(100));
    }

    [Test]
    public void WrongScalesAreLocated()
    {
        SimHost.Result result = SimHost.Run(["dot", "rtx_blackwell_nvfp4"], "00000000,3838,38,22222222222222222,22222222222222222\n");
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain("<stdin>:1:15: error NUM001: 1 scales for 2 block(s) of 16"));
    }
}
