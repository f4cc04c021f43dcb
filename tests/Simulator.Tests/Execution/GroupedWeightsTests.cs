using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Tests;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>A recipe that stores weights in groups: the network computes with exactly the numbers that the papers' formulas give.</summary>
public class GroupedWeightsTests
{
    private const int Samples = 40;

    [TestCase("bitmod3_3/bitmod3_-3/bitmod3_6/bitmod3_-6", false, 5)]
    [TestCase("bitmod4_5/bitmod4_-5/bitmod4_8/bitmod4_-8", false, 128)]
    [TestCase("e2m1", true, 8)]
    public void NetworkRunsOnTheStoredNumbers(string names, bool twoScales, int size)
    {
        Recipe recipe = Recipe.Default with
            { Groups = new(size, [.. names.Split('/').Select(FormatCatalogue.Parse)], FormatCatalogue.Parse("fp16"), twoScales) };
        double[][] tables = names[0] == 'e' ? GroupOracle.Plain4 : names.StartsWith("bitmod3", StringComparison.Ordinal)
            ? GroupOracle.BitMod3 : GroupOracle.BitMod4;
        NetworkGraph graph = TinyNetwork.Graph();
        NetworkGraph stored = graph with
        {
            Constants = graph.Constants.SetItem("cw",
                Tensor.OfFloats(Stored(TinyNetwork.ConvWeight, 9, tables, twoScales, size), 3, 1, 3, 3))
                .SetItem("dw", Tensor.OfFloats(Stored(TinyNetwork.DenseWeight, 27, tables, twoScales, size), 4, 27)),
        };
        INumberFormat fp32 = FormatCatalogue.Parse("fp32");
        var spec = new DatapathSpec("t", fp32, fp32, new ExactAccumulator(fp32, RoundingMode.NearestEven, OverflowPolicy.Ieee));
        EvaluationData data = EvaluationData.Of(TinyNetwork.Samples(Samples));
        // Without scales both networks compute the same numbers, and so every layer differs alike from a float network of the rounded
        // weights.
        AccuracyResult grouped = Run(graph, data, spec, recipe), rounded = Run(stored, data, spec, Recipe.Default),
            twice = Run(stored, data, spec, recipe);
        Assert.That(rounded.Totals.OutputSqnrDb, Is.GreaterThan(120));
        Assert.That(grouped.Totals.OutputSqnrDb, Is.InRange(5, 40));
        PreparedNetwork network = PreparedNetwork.Create(graph, data, null, recipe, 1);
        foreach (MatrixLayer layer in network.Layers)
        {
            float[] expected = layer.Name == "conv" ? stored.Constants["cw"].Floats : stored.Constants["dw"].Floats;
            QuantizedWeights found = QuantizedWeights.From(layer.WeightRows, layer.Rows, layer.Shape.K,
                new TensorEncoder(new ElementEncoder(fp32), TensorRounding.NearestEven, 0, "w"), recipe);
            Assert.That(found.Codes.Select(BitConverter.UInt32BitsToSingle), Is.EqualTo(expected));
        }
        double signal = 0, noise = 0;
        float[] reference = Output(graph), found32 = Output(stored);
        for (int i = 0; i < reference.Length; i++) (signal, noise) = (signal + (double)reference[i] * reference[i], noise
            + Math.Pow((double)found32[i] - reference[i], 2));
        Assert.That(grouped.Totals.OutputSqnrDb, Is.EqualTo(10 * Math.Log10(signal / noise)).Within(1e-4));
        Assert.That(twice.Totals.OutputSqnrDb, Is.GreaterThan(grouped.Totals.OutputSqnrDb), "stored numbers are nearer to themselves");
    }

    [Test]
    public void NarrowWeightFormatsAreRefused()
    {
        Recipe recipe = Recipe.Default with
            { Groups = new(16, [FormatCatalogue.Parse("bitmod4_5")], FormatCatalogue.Parse("fp16"), false) };
        INumberFormat int8 = FormatCatalogue.Parse("int8");
        var spec = new DatapathSpec("narrow", int8, int8, new IntegerAccumulator(32, RegisterOverflow.Wrap));
        InvalidInputException thrown = Assert.Throws<InvalidInputException>(() =>
            Run(TinyNetwork.Graph(), EvaluationData.Of(TinyNetwork.Samples(4)), spec, recipe))!;
        Assert.That(thrown.Message, Does.Contain("NET029").And.Contain("datapath 'narrow' has int8"));
    }

    private static AccuracyResult Run(NetworkGraph graph, EvaluationData data, DatapathSpec spec, Recipe recipe) =>
        AccuracyEvaluator.Evaluate(AccuracyPlan.Create(PreparedNetwork.Create(graph, data, null, recipe, 2), spec, recipe,
            _ => ReductionOrder.Sequential), 2);

    private static float[] Stored(float[] weights, int k, double[][] tables, bool twoScales, int size) =>
        [.. weights.Chunk(k).SelectMany(row => row.Chunk(size))
            .SelectMany(group => GroupOracle.Quantize(group, tables, twoScales).MinBy(o => o.Error)!.Values).Select(v => (float)v)];

    // Plain loops: a padded 3×3 convolution of stride 2, ReLU, a dense layer.
    private static float[] Output(NetworkGraph graph)
    {
        float[] x = TinyNetwork.Samples(Samples).Floats, cw = graph.Constants["cw"].Floats, dw = graph.Constants["dw"].Floats;
        var y = new List<float>();
        for (int s = 0; s < Samples; s++)
        {
            double[] hidden = new double[27];
            for (int o = 0; o < 27; o++)
            {
                double sum = TinyNetwork.ConvBias[o / 9];
                for (int k = 0; k < 9; k++)
                {
                    (int row, int column) = (o % 9 / 3 * 2 + k / 3 - 1, o % 3 * 2 + k % 3 - 1);
                    if (row is >= 0 and <= 4 && column is >= 0 and <= 4) sum += (double)x[s * 25 + row * 5 + column] * cw[o / 9 * 9 + k];
                }
                hidden[o] = Math.Max(0, sum);
            }
            for (int n = 0; n < 4; n++) y.Add((float)(TinyNetwork.DenseBias[n] + Enumerable.Range(0, 27)
                .Sum(k => hidden[k] * dw[n * 27 + k])));
        }
        return [.. y];
    }
}
