using System.Text;
using System.Text.Json;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim import` as a process: what it says of the committed network, and what it says of damaged ones.</summary>
public sealed class ImportVerbTests
{
    private static string Network => Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits", "digits_cnn.onnx");

    [Test]
    public void The_answer_as_json_holds_layers_and_totals()
    {
        SimHost.Result result = SimHost.Run(["import", Network, "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        JsonElement root = JsonDocument.Parse(result.Output).RootElement;
        // 8·8 pixels × 16·9, 4·4 × (32·144 + 32·9 + 48·32), 48·10.
        Assert.That(root.GetProperty("total_macs").GetInt64(), Is.EqualTo(64 * 144 + 16 * (32 * 144 + 32 * 9 + 48 * 32) + 480));
        Assert.That(root.GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("groups").GetInt32()),
            Is.EqualTo(new[] { 1, 1, 32, 1, 1 }));
        Assert.That(root.GetProperty("inputs")[0].GetProperty("shape")[0].ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(root.GetProperty("unsupported_nodes").GetArrayLength(), Is.Zero);
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(1000)]
    [TestCase(-1)]
    public void A_truncated_network_is_a_located_error_and_exit_code_2(int length)
    {
        byte[] whole = File.ReadAllBytes(Network);
        string path = Path.Combine(Path.GetTempPath(), $"sim-import-{Guid.NewGuid():n}.onnx");
        File.WriteAllBytes(path, whole[..(length < 0 ? whole.Length / 2 : length)]);
        try
        {
            SimHost.Result result = SimHost.Run(["import", path]);
            Assert.That(result.ExitCode, Is.EqualTo(2));
            Assert.That(result.Error, Does.StartWith($"{path}:1:1: error ONX00"));
            Assert.That(result.Output, Is.Empty);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestCase("nowhere.onnx", "ONX000")]
    [TestCase("nowhere.csv", "TOP000")]
    public void A_missing_file_is_a_located_error_and_exit_code_2(string file, string code)
    {
        SimHost.Result result = SimHost.Run(["import", file]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.StartWith($"{file}:1:1: error {code}: cannot be read"));
    }

    [Test]
    public void Unsupported_nodes_are_named_and_the_rest_is_still_told()
    {
        // The quantizers' domain, under another name of the same length.
        string text = Encoding.Latin1.GetString(File.ReadAllBytes(ReferenceData.Shared("nets/qonnx-tfc-w2a2/model_qonnx.onnx")))
            .Replace("onnx.brevitas", "onnx.elsewher", StringComparison.Ordinal);
        string file = Path.Combine(Directory.CreateTempSubdirectory("sim-import-").FullName, "net.onnx");
        File.WriteAllBytes(file, Encoding.Latin1.GetBytes(text));
        SimHost.Result result = SimHost.Run(["import", file, "--json"]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        JsonElement root = JsonDocument.Parse(result.Output).RootElement;
        Assert.That(root.GetProperty("unsupported_nodes").EnumerateArray().Select(n => n.GetProperty("type").GetString()),
            Is.EqualTo(Enumerable.Repeat("Quant", 8)));
        Assert.That(root.GetProperty("layers").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(result.Error, Does.Contain("error ONX040: node 'Quant_13' (Quant): operator Quant is not supported (domain 'onnx.elsewher')"));
    }
}
