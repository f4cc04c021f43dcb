using System.Text.Json.Nodes;
using Sim.Tests;
using Sim.Verification;
using Sim.Verification.Claims;
using Sim.Verification.Tests.Layers;
using Sim.Workloads.Graph;

namespace Sim.Checker.Tests;

/// <summary>Folders that are whole and consistent, and about another network than they say; and folders that leave out what
/// matters.</summary>
public class ForgedFolderTests
{
    [Test]
    public void AFolderAboutOtherWeightsIsRefused()
    {
        using Certified honest = Make([12, -7, 3, 40, -40, 9], 17), forged = Make([0, 0, 0, 0, 0, 0], 17),
            bias = Make([12, -7, 3, 40, -40, 9], 18);
        Assert.That(honest.Check().Holds, Is.True);
        foreach (Certified other in (Certified[])[forged, bias])
        {
            Assert.That(CertificateCheck.Run(other.Folder, honest.Model).Faults, Has.One.Contains("another file"));
            Manifest(other, m => m["model_sha256"] =
                JsonNode.Parse(File.ReadAllText(Path.Combine(honest.Folder, "manifest.json")))!["model_sha256"]!.GetValue<string>());
            CheckReport report = CertificateCheck.Run(other.Folder, honest.Model);
            Assert.That(report.Holds, Is.False);
            Assert.That(report.Faults, Is.Not.Empty.And.All.Contains("in the model").Or.All.Contains("model's bias"));
        }
    }

    [Test]
    public void WithoutAModelNothingIsTied()
    {
        using Certified certified = Make([12, -7, 3, 40, -40, 9], 17);
        CheckReport report = CertificateCheck.Run(certified.Folder);
        Assert.That((report.Holds, report.Faults.Count, report.Proved), Is.EqualTo((false, 0, 2)));
        Assert.That(report.Untied, Has.One.Contains("no model is given"));
    }

    [Test]
    public void AFolderWithoutLayersShowsNothing()
    {
        using Certified certified = Make([1, 2, 3, 4, 5, 6], 0);
        Manifest(certified, m => m["layers"] = new JsonArray());
        CheckReport report = certified.Check();
        Assert.That(report.Holds, Is.False);
        Assert.That(report.Faults, Has.One.Contains("lists no layers").And.One.Contains("neither certified nor listed as absent"));
        Manifest(certified, m => m["absent"] = new JsonArray("y"));
        report = certified.Check();
        Assert.That((report.Holds, report.Absent.Count), Is.EqualTo((false, 1)));
    }

    [TestCase("overflow", "\"saturate\""), TestCase("note", "1")]
    public void KeysThatNobodyKnowsAreRefused(string key, string value)
    {
        using Certified certified = Make([1, 2, 3, 4, 5, 6], 0, "final");
        Manifest(certified, m => m["claim"]![key] = JsonNode.Parse(value));
        Assert.That(certified.Check().Faults, Has.One.Contains($"claim.{key} is not known here"));
    }

    [Test]
    public void FilesThatNothingNamesAndNamesThatLeaveTheFolderAreRefused()
    {
        using Certified certified = Make([1, 2, 3, 4, 5, 6], 0);
        File.WriteAllText(Path.Combine(certified.Folder, "more.json"), "{}");
        Assert.That(certified.Check().Faults, Has.One.Contains("no certificate names it"));
        File.Delete(Path.Combine(certified.Folder, "more.json"));
        foreach (string name in (string[])["../net.onnx", "/dev/zero", ".", "a/b", "", "manifest.json"])
        {
            Manifest(certified, m => m["layers"]![0]!["file"] = name);
            Assert.That(certified.Check().Faults, Is.Not.Empty, name);
        }
    }

    [Test]
    public void DoubledKeysAndTruncatedFilesAreRefused()
    {
        using Certified certified = Make([1, 2, 3, 4, 5, 6], 0);
        string file = Path.Combine(certified.Folder, "manifest.json"), text = File.ReadAllText(file);
        File.WriteAllText(file, text.Replace("\"absent\"", "\"absent\": [], \"absent\"", StringComparison.Ordinal));
        Assert.That(certified.Check().Faults, Has.One.Contains("occurs twice"));
        int refused = 0;
        for (int length = 0; length < text.Length - 2; length += 7)
        {
            File.WriteAllText(file, text[..length]);
            if (certified.Check().Faults.Count > 0) refused++;
        }
        Assert.That(refused, Is.EqualTo((text.Length + 4) / 7).Within(1).And.GreaterThan(50));
        File.WriteAllText(file, new string('[', 100_000));
        Assert.That(certified.Check().Faults, Has.One.Contains("no JSON"));
        File.Delete(file);
        Assert.That(certified.Check().Faults, Has.Some.Contains("missing"));
    }

    [Test]
    public void ModelsThatAreNoneAreReportedWhateverTheFolderSays()
    {
        using Certified certified = Make([12, -7, 3, 40, -40, 9], 17);
        byte[] model = File.ReadAllBytes(certified.Model);
        var random = new Random(3);
        int refused = 0;
        const int Changes = 2000;
        for (int i = 0; i < Changes; i++)
        {
            byte[] changed = (byte[])model.Clone();
            for (int n = random.Next(1, 4); n > 0; n--) changed[random.Next(changed.Length)] = (byte)(random.Next(3) == 0 ? 0xFF
                : random.Next(256));
            if (random.Next(4) == 0) changed = changed[..random.Next(1, changed.Length)];
            File.WriteAllBytes(certified.Model, changed);
            // The forger makes the folder be about just this file.
            Manifest(certified, m => m["model_sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(changed)));
            CheckReport report = certified.Check();
            if (!report.Holds) refused++;
            Assert.That(report.Faults, Has.All.Contains(": "));
        }
        // Names of values, the domain's version and the like may change without any effect on integers.
        Assert.That(refused, Is.GreaterThan(Changes * 2 / 3));
    }

    [TestCase("cert_bounds_1_0"), TestCase("cert_forged_weights"), TestCase("cert_tiles0_hang")]
    public void ForgeriesSeenBeforeAreRefused(string name) =>
        Assert.That(CertificateCheck.Run(ReferenceData.Shared($"cases/faults/{name}"),
            Path.Combine(ReferenceData.RepositoryRoot, "configs/workloads/digits/digits_cnn_a2q_16.onnx")).Holds, Is.False);

    private static void Manifest(Certified certified, Action<JsonNode> change)
    {
        string file = Path.Combine(certified.Folder, "manifest.json");
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(file))!;
        change(manifest);
        File.WriteAllText(file, manifest.ToJsonString());
    }

    private static Certified Make(long[] weights, long bias, string order = "any")
    {
        NetworkGraph graph = new Graphs().Floats("one", [1]).Integers("z", ElementType.UInt8, [0]).Integers("wz", ElementType.Int8, [0])
            .Integers("w", ElementType.Int8, weights, 2, 3, 1, 1).Integers("b", ElementType.Int32, [bias, -5], 2)
            .Node("QLinearConv: x, one, z, w, one, wz, one, z, b -> y").Build(ElementType.UInt8, 1, 3, 1, 1);
        return new(graph, "type", _ => new VerifyOptions { Order = SumOrderCatalogue.Parse(order)! });
    }
}
