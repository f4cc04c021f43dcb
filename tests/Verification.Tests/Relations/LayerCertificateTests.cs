using System.Text.Json.Nodes;
using Sim.Verification.Certificates;
using Sim.Verification.Checking;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Relations;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Relations;

/// <summary>Proofs over several layers are followed from their files alone, and not once anything in them is changed.</summary>
public class LayerCertificateTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Path.Combine(Path.GetTempPath(), $"layers-{Guid.NewGuid():N}");

    [TearDown]
    public void RemoveFolder()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [TestCase("any"), TestCase("sequential"), TestCase("final"), TestCase("tiles:2"), TestCase("tree:4")]
    public void ProofsOverLayersAreFollowed(string order)
    {
        int proved = 0, evidence = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            SmallNetwork small = SmallNetwork.Random(seed, 7, 6, 2 + seed % 3);
            foreach (BiasPlacement bias in Enum.GetValues<BiasPlacement>())
                foreach (ZeroPoints zeros in Enum.GetValues<ZeroPoints>())
                {
                    string folder = Path.Combine(_folder, $"{seed}-{bias}-{zeros}");
                    proved += Write(small.Read(), new VerifyOptions { Order = SumOrderCatalogue.Parse(order)!, Bias = bias, ZeroPoints = zeros }, folder);
                    CheckReport report = CertificateChecker.Check(folder);
                    Assert.That(report.Faults, Is.Empty, folder);
                    Assert.That(report.Unchecked, Is.Zero);
                    evidence += Directory.GetFiles(folder, "*.json").Count(f => File.ReadAllText(f).Contains("\"slopes\"", StringComparison.Ordinal));
                }
        }
        Assert.That(proved, Is.GreaterThan(100));
        Assert.That(evidence, Is.GreaterThan(20));
    }

    [Test]
    public void NothingThatMattersCanBeChanged()
    {
        Write(LayerBoundTests.Differences().Read(), new VerifyOptions { Order = new FinalOrder() }, _folder);
        string file = Directory.GetFiles(_folder, "001_*.json").Single();
        Assert.That(CertificateChecker.Check(_folder).Faults, Is.Empty);
        JsonNode original = JsonNode.Parse(File.ReadAllText(file))!;
        int changes = 0;
        foreach (Action<JsonNode> change in Changes)
        {
            JsonNode changed = original.DeepClone();
            change(changed);
            File.WriteAllText(file, changed.ToJsonString());
            Assert.That(CertificateChecker.Check(_folder).Faults, Has.Length.EqualTo(1), $"change {changes}");
            changes++;
        }
        Assert.That(changes, Is.GreaterThanOrEqualTo(12));
    }

    private static JsonNode Evidence(JsonNode json) => json["channels"]![0]!["answer"]!["evidence"]![0]!;

    private static readonly Action<JsonNode>[] Changes =
    [
        j => j["channels"]![0]!["answer"]!["evidence"] = null,
        j => Evidence(j)["ranges"]![0]![1] = "1",
        j => Evidence(j)["parts"] = new JsonArray(Evidence(j)["parts"]![0]!.DeepClone()),
        j => Evidence(j)["parts"]![0]!["bound"] = "3",
        j => Evidence(j)["parts"]![0]!["slopes"]![0] = "0 0",
        j => Evidence(j)["parts"]![0]!["slopes"]![0] = "1",
        j => Evidence(j)["parts"]![0]!["slopes"]![0] = "-5 7",
        j => Evidence(j)["parts"]![0]!["end"] = Evidence(j)["parts"]![0]!["end"]!.GetValue<string>() == "high" ? "low" : "high",
        j => Evidence(j)["parts"]![0]!["missing"] = "0",
        j => j["chain"]![1]!["inputs"]![0]![1] = "7",
        j => j["chain"]![0]!["source"]!["multipliers"] = "41a00000",
        j => j["chain"]![0]!["source"]!["zero_point"] = 100,
        j => j["chain"]![1]!["weights_sha256"] = new string('0', 64),
        j => j["chain"]![1]!["conv"]!["strides"] = new JsonArray(1, 2),
        j => j.AsObject().Remove("chain"),
    ];

    private static int Write(IntegerNetwork network, VerifyOptions options, string folder)
    {
        options = options with { Network = new NetworkRelations(network), Provers = ProverCatalogue.OverLayers };
        var writer = new CertificateWriter(folder);
        foreach (IntegerLayer layer in network.Layers)
            writer.Add(network.Graph, layer, options, [.. Verifier.Minimal(layer, options).Channels.Select(c => new ChannelCertificate(c.Widths, c.Proof, c.Below))]);
        writer.Finish(network.Graph, "test");
        return network.Layers.Sum(l => l.Rows);
    }
}
