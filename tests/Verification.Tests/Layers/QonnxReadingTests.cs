using System.Globalization;
using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Layers;

/// <summary>The original QONNX files: their integers and the ranges of their sums.</summary>
public class QonnxReadingTests
{
    [TestCase("qonnx-tfc-w2a2")]
    [TestCase("qonnx-tfc-w1a1")]
    public void OriginalFilesHaveTheirTabledRangesAndWeights(string net)
    {
        IntegerNetwork network = Nets.Read(Nets.Graph($"{net}/model_qonnx.onnx"));
        List<Dictionary<string, string>> table = Nets.Table($"{net}/golden_bounds.csv");
        var bag = new DiagnosticBag();
        IReadOnlyDictionary<string, Tensor> weights = TensorFile.ReadArchive(ReferenceData.Shared($"nets/{net}/weights_int.npz"), bag)!;
        bag.ThrowIfErrors();
        Assert.That(network.Layers, Has.Length.EqualTo(table.Count));
        Assert.That(network.Notes, Is.Empty);
        foreach ((IntegerLayer layer, Dictionary<string, string> row) in network.Layers.Zip(table))
        {
            Int128 Of(string column) => Int128.Parse(row[column], CultureInfo.InvariantCulture);
            Interval[] rows = [.. Enumerable.Range(0, layer.Rows).Select(r => new PrefixExtremes().Bound(
                new ChannelClaim(layer, r, new AnyOrder(), [new Register(32)], BiasPlacement.Preloaded, ZeroPoints.Folded)).Ranges[0])];
            Interval hull = rows.Aggregate((a, b) => a.Hull(b));
            bool bipolar = row["act"] == "bipolar";
            Assert.Multiple(() =>
            {
                Assert.That((Int128)layer.Rows, Is.EqualTo(Of("out_channels")));
                Assert.That((Int128)layer.K, Is.EqualTo(Of("K")));
                Assert.That(layer.WeightRange, Is.EqualTo(new Interval(-1, 1)), row["weight_bits"]);
                Assert.That((Int128)Enumerable.Range(0, layer.Rows).Max(r => layer.Row(r, ZeroPoints.Folded).ToArray().Sum(Math.Abs)),
                    Is.EqualTo(Of("l1_max")));
                Assert.That(layer.Inputs, Is.EqualTo(new[] { new Interval(Of("x_min"), Of("x_max")) }));
                Assert.That(layer.InputStep, Is.EqualTo(bipolar ? 2 : 1));
                Assert.That(hull, Is.EqualTo(new Interval(Of("lo_min"), Of("hi_max"))));
                Assert.That((Int128)rows.Max(r => r.Width), Is.EqualTo(Of("P_exact")));
                Assert.That((Int128)rows.Min(r => r.Width), Is.EqualTo(Of("P_exact_min_channel")));
                Assert.That(layer.Weights, Is.EqualTo(weights[row["layer"] + "__q"].Integers.Select(v => (int)v)));
            });
        }
        Truth.Checked("Proofs", $"{net} golden_bounds.csv", "numpy, exact integers", table.Count,
            "every column of every layer, and every weight, equal");
    }
}
