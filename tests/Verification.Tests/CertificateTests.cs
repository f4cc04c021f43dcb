using System.Text.Json.Nodes;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Certificates;
using Sim.Verification.Checking;
using Sim.Verification.Claims;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;

namespace Sim.Verification.Tests;

/// <summary>Certificates hold as written, and no longer when anything that matters in them is changed.</summary>
public class CertificateTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Path.Combine(Path.GetTempPath(), $"certificates-{Guid.NewGuid():N}");

    [TearDown]
    public void RemoveFolder()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [TestCase("any"), TestCase("sequential"), TestCase("final"), TestCase("tiles:16"), TestCase("tree:8")]
    public void CertificatesOfTheKeywordNetworkHold(string order)
    {
        var bag = new DiagnosticBag();
        NetworkGraph graph = OnnxReader.Load(ReferenceData.Shared("nets/mlperf-dscnn-kws/model_int8.onnx"), bag)!;
        IntegerNetwork network = IntegerNetworkReader.Read(graph, "model_int8.onnx", bag)!;
        var options = new VerifyOptions { Order = SumOrderCatalogue.Parse(order)!, Threads = 2 };
        var writer = new CertificateWriter(_folder);
        int claims = 0;
        foreach (IntegerLayer layer in network.Layers.Where((_, i) => i is 0 or 1 or 9))
        {
            LayerWidth width = Verifier.Minimal(layer, options);
            writer.Add(graph, layer, options, [.. width.Channels.Select(c => new ChannelCertificate(c.Widths, c.Proof, c.Below))]);
            claims += layer.Rows;
        }
        writer.Finish(graph, "test");
        CheckReport report = CertificateChecker.Check(_folder, graph.Digest);
        Assert.That(report.Faults, Is.Empty);
        Assert.That((report.Proved, report.Refuted, report.Unknown, report.Unchecked), Is.EqualTo((claims, claims * options.Order.Registers, 0, 0)));
        Assert.That(CertificateChecker.Check(_folder, new string('0', 64)).Faults, Has.Length.EqualTo(1));
    }

    [TestCase(true), TestCase(false)]
    public void NothingThatMattersCanBeChanged(bool constantWeights)
    {
        Write(constantWeights);
        string file = Path.Combine(_folder, "000_layer.json");
        Assert.That(CertificateChecker.Check(_folder).Faults, Is.Empty);
        JsonNode original = JsonNode.Parse(File.ReadAllText(file))!;
        int changes = 0;
        foreach (Func<JsonNode, bool> change in Changes)
        {
            JsonNode changed = original.DeepClone();
            if (!change(changed)) continue;
            File.WriteAllText(file, changed.ToJsonString());
            CheckReport report = CertificateChecker.Check(_folder);
            Assert.That(report.Faults, Is.Not.Empty, $"change {changes} went unseen: {changed.ToJsonString()}");
            changes++;
        }
        Assert.That(changes, Is.GreaterThanOrEqualTo(constantWeights ? 16 : 14));
    }

    [Test]
    public void AFolderWithContentIsNeverWrittenOver()
    {
        Write(true);
        Assert.Throws<IOException>(() => _ = new CertificateWriter(_folder));
        File.WriteAllText(Path.Combine(_folder, "000_layer.weights.npy"), "no longer weights");
        Assert.That(CertificateChecker.Check(_folder).Faults[0], Does.Contain("digest"));
    }

    private static IEnumerable<Func<JsonNode, bool>> Changes =>
    [
        j => Set(j["channels"]![0]!, "widths", new JsonArray(3)),
        j => Set(j["channels"]![0]!, "widths", new JsonArray(40)),
        j => Set(j["channels"]![0]!, "bias", "1000000"),
        j => j["weights"] is not null && Set(j["channels"]![0]!, "s_plus", "1"),
        j => j["weights"] is not null && Set(j["channels"]![0]!, "s_minus", "1"),
        j => j["weights"] is null && Set(j, "weight_range", new JsonArray("-999", "999")),
        j => Set(j, "inputs", new JsonArray(new JsonArray("0", "100000"))),
        j => Set(j, "inputs", new JsonArray(new JsonArray("0", "1"))),
        j => j["weights"] is not null && Set(j, "order", "sequential"),
        j => Set(j, "order", "backwards"),
        j => Set(j, "rows", 1),
        j => Set(j, "model_sha256", "00"),
        j => Set(Witness(j), "value", "12345678"),
        j => Set(Witness(j), "until", 1),
        j => Set(Witness(j)["inputs"]!.AsArray(), 0, 999),
        j => Set(Witness(j)["permutation"]!.AsArray(), 0, Witness(j)["permutation"]![1]!.GetValue<int>()),
        j => Set(j["channels"]![0]!["one_bit_less"]![0]!, "verdict", "proved"),
        j => Set(j["channels"]![0]!["answer"]!, "verdict", "certain"),
    ];

    private static JsonNode Witness(JsonNode j) => j["channels"]![0]!["one_bit_less"]![0]!["witness"]!;

    private static bool Set(JsonNode node, string key, JsonNode value)
    {
        node[key] = value;
        return true;
    }

    private static bool Set(JsonArray array, int index, JsonNode value)
    {
        array[index] = value;
        return true;
    }

    private void Write(bool constantWeights)
    {
        int[] weights = [12, -7, 3, 40, -40, 9];
        var layer = new IntegerLayer("layer", "MatMul", new GemmLayer("layer", "MatMul", 1, 1, 2, 3, 3), constantWeights ? weights : [], new(-128, 127), [new(1, 255)]) { Bias = [17, -5] };
        var graph = new NetworkGraph("net", 13, [], [], [], System.Collections.Immutable.ImmutableDictionary<string, Tensor>.Empty, "abc");
        var options = new VerifyOptions { Overflow = RegisterOverflow.Saturate };
        var writer = new CertificateWriter(_folder);
        writer.Add(graph, layer, options, [.. Verifier.Minimal(layer, options).Channels.Select(c => new ChannelCertificate(c.Widths, c.Proof, c.Below))]);
        writer.Finish(graph, "test");
    }
}
