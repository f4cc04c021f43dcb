using System.Text.Json.Nodes;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim verify --minimal --report`: the files it leaves, and options that do not go together.</summary>
public sealed class WidthReportTests
{
    private const string Digits = "configs/workloads/digits/";

    [Test]
    public void AReportSetsProvedBesideObservedBesideFailing()
    {
        string folder = Directory.CreateTempSubdirectory("sim-widths").FullName;
        try
        {
            SimHost.Result result = SimHost.Run(["verify", "--model", Digits + "digits_cnn_a2q_14.onnx", "--minimal", "--data", Digits
                + "digits_test_x_u8.npy",
                "--labels", Digits + "digits_test_labels_u8.npy", "--report", folder, "--beside", Digits + "digits_cnn_a2qplus_13.onnx"]);
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName),
                Is.EquivalentTo(new[] { "widths.json", "layers.csv", "accuracy.csv", "widths.svg" }));
            JsonNode study = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "widths.json")))!;
            Assert.That((double)study["accuracy"]!, Is.EqualTo(440 / 450.0).Within(1e-12));
            Assert.That(study["layers"]!.AsArray().Select(l => (int)l!["proven"]!).Max(), Is.EqualTo(14));
            Assert.That((double)study["beside"]![0]!["accuracy"]!, Is.EqualTo(441 / 450.0).Within(1e-12));
            Assert.That((int)study["beside"]![0]!["proven"]!, Is.EqualTo(13));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void TheCommittedCurveIsWhatTheToolsSay()
    {
        string folder = Directory.CreateTempSubdirectory("sim-curves").FullName;
        try
        {
            string[] beside = [.. Directory.GetFiles(Path.Combine(ReferenceData.RepositoryRoot, Digits), "digits_cnn_a2q*_*.onnx")
                .Order(StringComparer.Ordinal)];
            SimHost.Result result = SimHost.Run(["verify", "--model", Digits + "digits_cnn_qat.onnx", "--minimal", "--data", Digits
                + "digits_test_x_u8.npy",
                "--labels", Digits + "digits_test_labels_u8.npy", "--report", Path.Combine(folder, "report"), "--beside", .. beside]);
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            string widths = Path.Combine(ReferenceData.RepositoryRoot, "docs", "guide", "widths");
            string[] rows = File.ReadAllLines(Path.Combine(folder, "report", "accuracy.csv"));
            Assert.That(rows, Has.Length.EqualTo(1 + 3 + 10));
            Assert.That(rows, Is.SubsetOf(File.ReadAllLines(Path.Combine(widths, "accuracy.csv"))));
            Assert.That(File.ReadAllText(Path.Combine(folder, "report", "layers.csv")),
                Is.EqualTo(File.ReadAllText(Path.Combine(widths, "layers.csv"))));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("--accumulator", "16", "--report", "reports/none", "--data", Digits + "digits_test_x_u8.npy")]
    [TestCase("--minimal", "--report", "reports/none")]
    [TestCase("--minimal", "--labels", Digits + "digits_test_labels_u8.npy")]
    [TestCase("--minimal", "--data", Digits + "digits_test_x_u8.npy", "--report", "reports/none", "--bias", "after")]
    public void OptionsThatDoNotGoTogetherAreRefused(params string[] options)
    {
        SimHost.Result result = SimHost.Run(["verify", "--model", Digits + "digits_cnn_a2q_14.onnx", .. options]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain("error CLI002"));
        Assert.That(Directory.Exists(Path.Combine(ReferenceData.RepositoryRoot, "reports", "none")), Is.False);
    }
}
