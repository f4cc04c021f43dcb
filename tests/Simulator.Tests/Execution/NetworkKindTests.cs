using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>Kinds of networks and data that an evaluation once ended on. Numbers are small integers, so that an int16 machine is
/// exact.</summary>
public class NetworkKindTests
{
    private const int Inputs = 4, Outputs = 3;

    private static float[] Weights { get; } = [.. Enumerable.Range(0, Inputs * Outputs).Select(i => (float)(i % 5 - 2))];

    /// <summary>Windows of a picture in the first dimension: [2, 16] a sample becomes [2 · 4, 1, 4] before the product and goes back behind
    /// it.</summary>
    [TestCase(1, 1)]
    [TestCase(-1, 7)]
    [TestCase(-1, 60)]
    public void RowsOfALayerMayBeWindows(int batch, int samples)
    {
        NetworkGraph graph = new("windows", 13, [new("x", ElementType.Float32, [batch, 16])],
            [new("y", ElementType.Float32, [batch, 4 * Outputs])],
            [Op("windows", "Reshape", ["x", "first"]), Op("mm", "MatMul", ["windows", "w"]), Op("y", "Reshape", ["mm", "last"])],
            ImmutableDictionary<string, Tensor>.Empty.Add("w", Tensor.OfFloats(Weights, Inputs, Outputs))
                .Add("first", Tensor.OfIntegers(ElementType.Int64, [-1, 1, Inputs], 3))
                .Add("last", Tensor.OfIntegers(ElementType.Int64, [-1, 4 * Outputs], 2)), "windows");
        float[] x = [.. Enumerable.Range(0, samples * 16).Select(i => (float)(i % 11 - 5))];
        AccuracyResult found = StatedCaseTests.Evaluate(graph, Tensor.OfFloats(x, samples, 16), Exact(), out float[] reference);
        for (int row = 0; row < samples * 4; row++)
            for (int n = 0; n < Outputs; n++) Assert.That(reference[row * Outputs + n],
                Is.EqualTo(Enumerable.Range(0, Inputs).Sum(k => x[row * Inputs + k] * Weights[k * Outputs + n])));
        Assert.That(found.Totals.OutputSqnrDb, Is.GreaterThan(70));
        Assert.That(found.Layers["mm"].Outputs, Is.EqualTo(samples * 4 * Outputs));
    }

    /// <summary>Weights with a matrix for each index of leading dimensions, also of the first, which then counts no samples; sums by a
    /// loop over NumPy's broadcasting.</summary>
    [TestCase(new[] { 4, 2, Inputs }, new[] { 4 }, 4)]
    [TestCase(new[] { -1, 3, 2, Inputs }, new[] { 3 }, 5)]
    [TestCase(new[] { -1, 3, 2, Inputs }, new[] { 1 }, 5)]
    [TestCase(new[] { -1, 3, 2, Inputs }, new[] { 1, 3 }, 5)]
    [TestCase(new[] { -1, 1, 2, Inputs }, new[] { 3 }, 5)]
    [TestCase(new[] { 2, 3, 2, Inputs }, new[] { 2, 1 }, 2)]
    public void WeightsMayBeStacked(int[] shape, int[] matrices, int samples)
    {
        int[] data = [samples, .. shape[1..]], w = [.. matrices, Inputs, Outputs];
        float[] weight = [.. Enumerable.Range(0, matrices.Aggregate(Inputs * Outputs, (a,
            b) => a * b)).Select(i => (float)(i * 7 % 11 - 5))],
            x = [.. Enumerable.Range(0, data.Aggregate(1, (a, b) => a * b)).Select(i => (float)(i * 5 % 13 - 6))];
        int[] batch = [.. Enumerable.Range(0, Math.Max(data.Length, w.Length) - 2).Select(d => Math.Max(
            At(data[..^2], d, Math.Max(data.Length, w.Length) - 2), At(matrices, d, Math.Max(data.Length, w.Length) - 2)))];
        int[] outputs = [.. batch, data[^2], Outputs];
        NetworkGraph graph = new("stacked", 13, [new("x", ElementType.Float32, [.. shape])],
            [new("y", ElementType.Float32, [shape[0] < 0 ? -1 : outputs[0], .. outputs[1..]])], [Op("y", "MatMul", ["x", "w"])],
            ImmutableDictionary<string, Tensor>.Empty.Add("w", Tensor.OfFloats(weight, w)), "stacked");
        AccuracyResult found = StatedCaseTests.Evaluate(graph, Tensor.OfFloats(x, data), Exact(), out float[] reference);
        int m = data[^2], at = 0, wrong = 0;
        for (int product = 0; product < batch.Aggregate(1, (a, b) => a * b); product++)
            for (int row = 0; row < m; row++)
                for (int n = 0; n < Outputs; n++, at++)
                {
                    int left = Offset(product, batch, data[..^2]), right = Offset(product, batch, matrices);
                    float sum = Enumerable.Range(0,
                        Inputs).Sum(k => x[(left * m + row) * Inputs + k] * weight[(right * Inputs + k) * Outputs + n]);
                    if (reference[at] != sum) wrong++;
                }
        Assert.That((at, wrong), Is.EqualTo((reference.Length, 0)));
        Assert.That(found.Totals.OutputSqnrDb, Is.GreaterThan(60));
        Assert.That(found.Layers["y"].Outputs, Is.EqualTo(reference.Length), "on the datapath");
        Assert.That(found.Warnings, Is.Empty);
    }

    private static int At(int[] shape, int dimension, int rank) => dimension < rank - shape.Length ? 1
        : shape[dimension - rank + shape.Length];

    private static int Offset(int product, int[] batch, int[] own)
    {
        int offset = 0, stride = 1;
        for (int d = batch.Length - 1; d >= 0; d--)
        {
            int size = At(own, d, batch.Length);
            offset += product % batch[d] % size * stride;
            (stride, product) = (stride * size, product / batch[d]);
        }
        return offset;
    }

    [TestCase(ElementType.Float16, ElementType.Float32)]
    [TestCase(ElementType.Float16, ElementType.Float16)]
    [TestCase(ElementType.Float32, ElementType.Float16)]
    public void SamplesTakeTheTypeOfTheInput(ElementType input, ElementType samples)
    {
        NetworkGraph graph = Dense(new("x", input, [-1, Inputs]), new Tensor(input, [Inputs, Outputs], Weights));
        AccuracyResult found = StatedCaseTests.Evaluate(graph, new Tensor(samples, [2, Inputs], new float[] { 1, -2, 3, 0, 5, 4, -1, 2 }),
            Exact(), out float[] reference);
        float[] x = [1, -2, 3, 0, 5, 4, -1, 2];
        Assert.That(reference, Is.EqualTo(Enumerable.Range(0, 6)
            .Select(i => Enumerable.Range(0, Inputs).Sum(k => x[i / Outputs * Inputs + k] * Weights[k * Outputs + i % Outputs]))));
        Assert.That(found.Totals.OutputSqnrDb, Is.GreaterThan(60));
        Assert.That(found.Layers.Keys, Is.EqualTo(new[] { "y" }));
    }

    [Test]
    public void SamplesOfAnotherKindAreRefusedByBothTypes()
    {
        NetworkGraph graph = Dense(new("x", ElementType.Float16, [-1, Inputs]),
            new Tensor(ElementType.Float16, [Inputs, Outputs], Weights));
        var refused = Assert.Throws<NetworkException>(() =>
            PreparedNetwork.Create(graph, EvaluationData.Of(Tensor.OfIntegers(ElementType.UInt8, [1, 2, 3, 4], 1, Inputs)), null,
            Recipe.Default, 1))!;
        Assert.That(refused.Message, Does.Contain("Float16").And.Contain("UInt8"));
    }

    [Test]
    public void AFixedBatchTakesWholeBatches()
    {
        NetworkGraph graph = Dense(new("x", ElementType.Float32, [4, Inputs]), Tensor.OfFloats(Weights, Inputs, Outputs));
        var refused = Assert.Throws<NetworkException>(() =>
            PreparedNetwork.Create(graph, EvaluationData.Of(Tensor.OfFloats(new float[6 * Inputs], 6, Inputs)), null, Recipe.Default, 1))!;
        Assert.That(refused.Message, Does.Contain("batches of 4").And.Contain("6 samples"));
        PreparedNetwork whole = PreparedNetwork.Create(graph,
            EvaluationData.Of(Tensor.OfFloats([.. Enumerable.Range(1, 8 * Inputs).Select(i => (float)i)], 8, Inputs)), null,
            Recipe.Default with { CalibrationSamples = 1 }, 1);
        AccuracyRecord found = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(whole, Exact(), Recipe.Default, _ => default), 2).Totals;
        Assert.That((found.Samples, found.AgreementWithFloat), Is.EqualTo((8, 1)));
    }

    [TestCase(float.NaN)]
    [TestCase(float.NegativeInfinity)]
    public void NumbersWithoutAScaleAreMessages(float odd)
    {
        float[] weights = [.. Weights], samples = [1, 2, 3, 4];
        (weights[1], samples[2]) = (odd, odd);
        PreparedNetwork network = PreparedNetwork.Create(Dense(new("x", ElementType.Float32, [-1, Inputs]),
            Tensor.OfFloats(weights, Inputs, Outputs)), EvaluationData.Of(Tensor.OfFloats(samples, 1, Inputs)), null, Recipe.Default, 1);
        var refused = Assert.Throws<InvalidInputException>(() => AccuracyPlan.Create(network, Exact(), Recipe.Default, _ => default))!;
        Assert.That(refused.Diagnostics.Select(d => d.Code), Is.EqualTo(new[] { "NET030", "NET030" }));
        INumberFormat bf16 = FormatCatalogue.Parse("bf16");
        AccuracyPlan wide = AccuracyPlan.Create(network,
            new DatapathSpec("t", bf16, bf16,
            new FloatAccumulator(FormatCatalogue.Parse("fp32"), Sim.Datapath.RoundingMode.NearestEven, Sim.Datapath.OverflowPolicy.Ieee)),
            Recipe.Default, _ => default);
        Assert.That(AccuracyEvaluator.Evaluate(wide, 1).Layers["y"].NaNOutputs, Is.Positive, "numbers without a scale stay what they are");
    }

    /// <summary>Two tokens of three classes: the largest of all six logits is no prediction.</summary>
    [Test]
    public void EveryTokenIsAPrediction()
    {
        NetworkGraph graph = new("tokens", 13, [new("x", ElementType.Float32, [-1, 2, Inputs])],
            [new("y", ElementType.Float32, [-1, 2, Outputs])], [Op("y", "MatMul", ["x", "w"])],
            ImmutableDictionary<string, Tensor>.Empty.Add("w", Tensor.OfFloats([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], Inputs, Outputs)),
                "tokens");
        Tensor x = Tensor.OfFloats([1, 2, 3, 0, 0.02f, 0.01f, 0.03f, 0], 1, 2, Inputs);
        INumberFormat int4 = FormatCatalogue.Parse("int4");
        AccuracyResult found = StatedCaseTests.Evaluate(graph, x,
            new DatapathSpec("t", int4, int4, new IntegerAccumulator(32, RegisterOverflow.Wrap)), out _);
        Assert.That(found.Totals.AgreementWithFloat, Is.EqualTo(0.5),
            "4 bits round the second token to zeros, of which the first is the largest");
        var refused = Assert.Throws<NetworkException>(() =>
            PreparedNetwork.Create(graph, EvaluationData.Of(x, [1]), null, Recipe.Default, 1))!;
        Assert.That(refused.Message, Does.Contain("2 predictions a sample"));
    }

    private static DatapathSpec Exact() =>
        new("t", FormatCatalogue.Parse("int16"), FormatCatalogue.Parse("int16"), new IntegerAccumulator(48, RegisterOverflow.Wrap));

    private static NetworkGraph Dense(GraphValue input, Tensor weights) =>
        new("dense", 13, [input], [new("y", input.Type, [-1, Outputs])], [Op("y", "MatMul", ["x", "w"])], ImmutableDictionary<string,
            Tensor>.Empty.Add("w", weights), "dense");

    private static Node Op(string name, string type, ImmutableArray<string> inputs) =>
        new(name, "", type, inputs, [name], ImmutableDictionary<string, NodeAttribute>.Empty);
}
