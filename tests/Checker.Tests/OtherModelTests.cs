using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sim.Verification;
using Sim.Verification.Tests.Layers;
using Sim.Workloads.Graph;

namespace Sim.Checker.Tests;

/// <summary>
/// Certificates that hold for one network, handed over for another one that looks alike: the forger rewrites the digest of the model, and
/// no number needs to change.
/// </summary>
public class OtherModelTests
{
    private static readonly NodeAttribute Int16 = new("output_dtype", Integer: 5);

    // ONNX QuantizeLinear-21: output_dtype is the type of the result where no zero point says so: 16 bits, and uint8 without it.
    [Test]
    public void TheTypeThatQuantizeLinearNamesCounts() => Refused(Quantized(), Quantized(Int16), "narrower than what this checker reads");

    [Test]
    public void AttributesThatAreNotHonouredAreNotUnderstood()
    {
        Refused(Quantized(), Quantized(new NodeAttribute("precision", Integer: 10)), "is not quantized by the model");
        Refused(Quantized(), Quantized(new NodeAttribute("gain", Integer: 2)), "is not quantized by the model");
    }

    [TestCase(1, 1), TestCase(1, -1)]
    public void SizesThatTheModelLeavesOpenAreNoOnes(int height, int openHeight)
    {
        static NetworkGraph Pooled(int h) => new Graphs().Floats("s", [0.5f]).Integers("z", ElementType.UInt8, [0])
            .Node("QuantizeLinear: x, s, z -> q").Node("DequantizeLinear: q, s, z -> d").Node("GlobalAveragePool: d -> p")
                .Node("QuantizeLinear: p, s, z -> y").Build(ElementType.Float32, 1, 2, h, 1);
        if (openHeight > 0)
        {
            using Certified certified = Make(Pooled(height));
            Assert.That(certified.Check().Holds, Is.True);
        }
        else Refused(Pooled(height), Pooled(1) with { Inputs = [new GraphValue("x", ElementType.Float32, [1, 2, -1, 1])] },
            "a size that the model leaves open");
    }

    [Test]
    public void NamesThatTwoNodesOrValuesShareAreRefused()
    {
        NetworkGraph one = Summed();
        Node sum = one.Nodes.First(n => n.OpType == "ReduceSum");
        NetworkGraph nodes = one with { Nodes = one.Nodes.Add(sum with { Inputs = ["d", "axes2"], Outputs = ["more"] }),
            Constants = one.Constants.Add("axes2", Tensor.OfIntegers(ElementType.Int64, [2, 3], 2)) };
        Refused(one, nodes, "two nodes are named 'r'");
        Refused(one, one with { Nodes = one.Nodes.Add(one.Nodes[0] with { Name = "again" }) }, "value 'q' is made twice");
    }

    // What is left of a plane after a reduction belongs to its channel: of four columns the first two are no channels.
    [Test]
    public void ReductionsWithinAChannelKeepItsElementsTogether()
    {
        using Certified certified = Make(Summed());
        CheckReport report = certified.Check();
        Assert.That((report.Holds, report.Layers, report.Untied.Count), Is.EqualTo((true, 3, 0)));
    }

    private static NetworkGraph Quantized(params NodeAttribute[] attributes) =>
        new Graphs().Floats("s", [0.5f]).Integers("z", ElementType.UInt8, [0]).Integers("w", ElementType.Int8, [1, 2, -3, 4], 4, 1)
        .Node("QuantizeLinear: x, s -> q", attributes).Node("DequantizeLinear: q, s -> d").Node("DequantizeLinear: w, s -> v")
            .Node("MatMul: d, v -> m").Node("QuantizeLinear: m, s, z -> y").Build(ElementType.Float32, 1, 4);

    // Two channels of which one is always 0, a reduction along y, and a product along x.
    private static NetworkGraph Summed() =>
        new Graphs().Floats("s", [0.5f]).Integers("z", ElementType.UInt8, [0]).Integers("w", ElementType.Int8, [1, 0], 2, 1, 1, 1)
        .Integers("axes", ElementType.Int64, [2], 1).Integers("u", ElementType.Int8, [1, 100], 2, 1)
        .Node("QuantizeLinear: x, s, z -> q").Node("DequantizeLinear: q, s, z -> d").Node("DequantizeLinear: w, s -> v")
            .Node("Conv: d, v -> c")
        .Node("QuantizeLinear: c, s, z -> k").Node("DequantizeLinear: k, s, z -> e")
            .Node("ReduceSum: e, axes -> r", new NodeAttribute("keepdims", Integer: 0))
        .Node("DequantizeLinear: u, s -> t").Node("MatMul: r, t -> m").Node("QuantizeLinear: m, s, z -> y")
            .Build(ElementType.Float32, 1, 1, 2, 2);

    private static Certified Make(NetworkGraph graph) => new(graph, "propagated", _ => new VerifyOptions());

    private static void Refused(NetworkGraph honest, NetworkGraph other, string why)
    {
        using Certified certified = Make(honest);
        Assert.That(certified.Check().Holds, Is.True);
        byte[] model = ModelBytes.Of(other);
        File.WriteAllBytes(certified.Model, model);
        string file = Path.Combine(certified.Folder, "manifest.json");
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(file))!;
        manifest["model_sha256"] = Convert.ToHexStringLower(SHA256.HashData(model));
        File.WriteAllText(file, manifest.ToJsonString());
        CheckReport report = certified.Check();
        Assert.That(report.Holds, Is.False);
        Assert.That(report.Faults.Concat(report.Untied), Has.Some.Contains(why));
    }
}
