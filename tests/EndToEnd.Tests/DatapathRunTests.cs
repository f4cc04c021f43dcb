using System.Text.Json;
using System.Text.RegularExpressions;
using Sim.Datapath.Specs;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>Whatever a datapath can be runs a whole network by `sim run`, in the dataflows of an array that it fits.</summary>
[TestFixture]
public sealed class DatapathRunTests
{
    private static readonly string Digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
    private string _folder = "";

    [SetUp]
    public void Open() => _folder = Directory.CreateTempSubdirectory().FullName;

    [TearDown]
    public void Close() => Directory.Delete(_folder, recursive: true);

    [TestCase("rtx_blackwell_nvfp4", "output_stationary", 0.9)]
    [TestCase("rtx_blackwell_mxfp4", "weight_stationary", 0.9)]
    [TestCase("b200_e4m3", "output_stationary", 0.97)]
    [TestCase("mxfp8_e4m3_fp32", "input_stationary", 0.97)]
    [TestCase("nvfp4_fp32", "output_stationary", 0.9)]
    public void A_datapath_runs_a_network(string datapath, string dataflow, double least)
    {
        Assert.That(ChipProfiles.Find(datapath) is not null
            || File.Exists(Path.Combine(ReferenceData.RepositoryRoot, "configs", "datapaths", datapath + ".yaml")));
        string text = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "configs", "architectures", "edge_npu.yaml"));
        text = Regex.Replace(Regex.Replace(Regex.Replace(text, "datapath: .*", $"datapath: {datapath}"), "rows: .*", "rows: 64"),
            "dataflow: .*", $"dataflow: {dataflow}");
        string architecture = Path.Combine(_folder, "a.yaml");
        File.WriteAllText(architecture, text);
        SimHost.Result result = SimHost.Run(["run", architecture, "--model", Path.Combine(Digits, "digits_mlp.onnx"), "--data",
            Path.Combine(Digits, "digits_test_x_u8.npy"),
            "--labels", Path.Combine(Digits, "digits_test_labels_u8.npy"), "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        Assert.That(json.RootElement.GetProperty("accuracy").GetProperty("top1").GetDouble(), Is.GreaterThan(least));
        Assert.That(json.RootElement.GetProperty("layers").EnumerateArray()
            .Count(l => l.GetProperty("numerics").ValueKind == JsonValueKind.Object), Is.EqualTo(3));
    }
}
