using System.Globalization;
using System.Text.Json;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim verify` on float networks: post-training quantization, calibrated inputs, registers beside accumulators.</summary>
public sealed class VerifyReadingTests
{
    private const string Digits = "configs/workloads/digits/digits_cnn.onnx", Data = "configs/workloads/digits/digits_test_x_u8.npy";

    /// <summary>Widths of float networks after our own quantization are those of the tables, for every layer.</summary>
    [TestCase("mlperf-dscnn-kws", "model_folded.onnx", 10)]
    [TestCase("stories260k-llama", "model.onnx", 36)]
    public void Minimal_widths_of_a_float_network_are_the_tabled_ones(string net, string model, int layers)
    {
        int compared = 0;
        string[][] lines = [.. ReferenceData.Lines(ReferenceData.Shared($"nets/{net}/golden_bounds.csv")).Select(l => l.Split(','))];
        int Column(string name) => Array.IndexOf(lines[0], name);
        foreach ((string m, string n) in new[] { ("8", "8"), ("4", "8") })
        {
            SimHost.Result result = SimHost.Run(["verify", "--model", ReferenceData.Shared($"nets/{net}/{model}"), "--weight-bits", m,
                "--activation-bits", n, "--bias", "none", "--registers", "products", "--minimal", "--json"]);
            Assert.That(result.ExitCode, Is.EqualTo(0), result.Error);
            var widths = JsonDocument.Parse(result.Output).RootElement.GetProperty("layers").EnumerateArray()
                .ToDictionary(l => l.GetProperty("name").GetString()!, l => l.GetProperty("channels").EnumerateArray()
                    .Select(c => c.GetProperty("width").GetInt32()).ToArray());
            foreach (string[] row in lines[1..].Where(r => r[Column("M")] == m && r[Column("N")] == n))
            {
                Assert.That(widths[row[0]].Max(), Is.EqualTo(int.Parse(row[Column("P_exact")], CultureInfo.InvariantCulture)), row[0]);
                Assert.That(widths[row[0]].Min(), Is.EqualTo(int.Parse(row[Column("P_exact_min_channel")], CultureInfo.InvariantCulture)),
                    row[0]);
                compared++;
            }
        }
        Assert.That(compared, Is.EqualTo(2 * layers));
        Truth.Checked("Proofs", $"{net} golden_bounds.csv by sim verify --weight-bits", "numpy, exact integers", compared,
            "widest and least channel of every layer equal");
    }

    [Test]
    public void Calibrated_inputs_need_no_more_bits_than_the_type_and_data_are_observed()
    {
        int Bits(string inputs)
        {
            SimHost.Result result = SimHost.Run(["verify", "--model", Digits, "--weight-bits", "8", "--activation-bits", "8", "--data",
                Data, "--inputs", inputs, "--minimal", "--json"]);
            Assert.That(result.ExitCode, Is.EqualTo(0), result.Error);
            JsonElement root = JsonDocument.Parse(result.Output).RootElement;
            Assert.That(root.GetProperty("layers").EnumerateArray().Count(l => l.TryGetProperty("observed", out _)), Is.EqualTo(5));
            return root.GetProperty("layers").EnumerateArray().SelectMany(l => l.GetProperty("channels").EnumerateArray())
                .Sum(c => c.GetProperty("width").GetInt32());
        }
        Assert.That(Bits("calibrated"), Is.LessThan(Bits("type")), "of all channels together");
    }

    [TestCase("--weight-bits 8 --minimal", "--weight-bits: error CLI002: post-training quantization needs both")]
    [TestCase("--weight-bits 8 --activation-bits 17 --minimal",
        "--activation-bits: error CLI002: post-training quantization takes 2 to 16 bits, found 17")]
    [TestCase("--inputs calibrated --minimal", "--inputs: error CLI002: calibrated inputs need --calibration or --data")]
    [TestCase("--recipe per_channel_mse --minimal", "--recipe: error CLI002: a recipe has a meaning only with --weight-bits")]
    [TestCase("--registers some --minimal", "--registers: error CLI002: no 'some'; allowed are all, products, sums, requantization")]
    [TestCase("--weight-bits 8 --activation-bits 8 --minimal",
        "digits_cnn.onnx:1:1: error INT005: node 'conv1' (Conv): its bias has no integers")]
    [TestCase("--weight-bits 8 --activation-bits 8 --bias none --registers sums --minimal",
        "--registers: error VER003: the network has no registers of 'sums'")]
    [TestCase("--minimal", "error VER003: no layer of this network sums integers")]
    public void What_is_missing_is_a_located_error(string options, string message)
    {
        SimHost.Result result = SimHost.Run(["verify", "--model", Digits, .. options.Split(' ')]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain(message));
    }
}
