using System.Text.Json.Nodes;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim verify --certificate` and `--check` as a process: what holds, what is tied to nothing, what is left out, what was
/// forged.</summary>
public sealed class CertificateTests
{
    private const string Model = "configs/workloads/digits/digits_cnn_a2q_16.onnx";

    private string _folder = "";

    private string Proofs => Path.Combine(_folder, "proofs");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("certificates-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("type"), TestCase("propagated")]
    public void TheCertificateOfANetworkHoldsForItAlone(string inputs)
    {
        Assert.That(SimHost.Run(["verify", "--model", Model, "--minimal", "--inputs", inputs, "--certificate", Proofs]).ExitCode, Is.Zero);
        SimHost.Result holds = Check("--model", Model), other = Check("--model", "configs/workloads/digits/digits_cnn_a2q_15.onnx"),
            untied = Check();
        Assert.That((holds.ExitCode, other.ExitCode, untied.ExitCode), Is.EqualTo((0, 1, 1)), holds.Output + other.Output + untied.Output);
        Assert.That(holds.Output, Does.Contain("6 layers: 186 proofs followed, 186 refutations replayed").And.Contain("the certificates hold for this model"));
        Assert.That(other.Output, Does.Contain("about another file"));
        Assert.That(untied.Output, Does.Contain("nothing ties the folder to a network"));
        Assert.That(Directory.GetFileSystemEntries(_folder), Has.Length.EqualTo(1), "nothing unfinished is left beside it");
    }

    [Test]
    public void APartOfANetworkIsNoNetwork()
    {
        SimHost.Run(["verify", "--model", Model, "--minimal", "--layer", "conv1", "--certificate", Proofs]);
        SimHost.Result all = Check("--model", Model), part = Check("--model", Model, "--layer", "conv1"),
            missing = Check("--model", Model, "--layer", "conv2");
        Assert.That((all.ExitCode, part.ExitCode, missing.ExitCode), Is.EqualTo((1, 0, 1)), all.Output + part.Output);
        JsonNode json = JsonNode.Parse(Check("--model", Model, "--json").Output)!;
        Assert.That(((bool)json["holds"]!, json["not_covered"]!.AsArray().Count), Is.EqualTo((false, 5)));
    }

    [Test]
    public void AForgedWidthIsRefusedWithItsPlace()
    {
        SimHost.Run(["verify", "--model", Model, "--minimal", "--certificate", Proofs]);
        string file = Path.Combine(Proofs, "000_conv1.json"), manifest = Path.Combine(Proofs, "manifest.json"), before = Digest(file);
        JsonNode json = JsonNode.Parse(File.ReadAllText(file))!;
        json["channels"]![3]!["widths"]![0] = 9;
        File.WriteAllText(file, json.ToJsonString());
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace(before, Digest(file), StringComparison.Ordinal));
        SimHost.Result forged = Check("--model", Model);
        Assert.That(forged.ExitCode, Is.EqualTo(1));
        Assert.That(forged.Output, Does.Contain("does not hold: 000_conv1.json, channel 3: register 0 of 9 bits"));
    }

    [Test]
    public void AFolderThatCannotBeMadeIsAnErrorAndIsNotLeftHalf()
    {
        File.WriteAllText(Proofs, "a file");
        SimHost.Result result = SimHost.Run(["verify", "--model", Model, "--minimal", "--certificate", Proofs]);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((2, result.Error)));
        Assert.That(result.Error, Does.Contain("error VER005"));
        Assert.That(Directory.GetFileSystemEntries(_folder), Has.Length.EqualTo(1));
    }

    private SimHost.Result Check(params string[] arguments) => SimHost.Run(["verify", "--check", Proofs, .. arguments]);

    private static string Digest(string file) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));
}
