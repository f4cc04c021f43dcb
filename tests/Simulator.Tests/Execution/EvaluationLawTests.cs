using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>What must hold whatever the network: determinism, keys, order freedom, precision.</summary>
public class EvaluationLawTests
{
    private static readonly PreparedNetwork Network = Prepare(Recipe.Default);

    [Test]
    public void Fp32_operands_and_exact_sums_reproduce_the_float_network()
    {
        INumberFormat fp32 = FormatCatalogue.Parse("fp32");
        AccuracyResult found = Evaluate(fp32, new ExactAccumulator(fp32, RoundingMode.NearestEven, OverflowPolicy.Ieee));
        Assert.That(found.Totals.AgreementWithFloat, Is.EqualTo(1));
        Assert.That(found.Totals.OutputSqnrDb, Is.GreaterThan(130), "only the last bit of float32 sums differs");
        Assert.That(found.Layers.Values.Sum(l => l.SaturatedInputs + l.OverflowedOutputs + l.NaNOutputs), Is.Zero);
    }

    [TestCase("int4", "int6")]
    [TestCase("int6", "int8")]
    [TestCase("int8", "int12")]
    [TestCase("e2m1", "e4m3")]
    [TestCase("e4m3", "bf16")]
    public void More_bits_mean_less_noise(string coarse, string fine)
    {
        INumberFormat fp32 = FormatCatalogue.Parse("fp32");
        double Noise(string name) => Evaluate(FormatCatalogue.Parse(name),
            new ExactAccumulator(fp32, RoundingMode.NearestEven, OverflowPolicy.Ieee)).Totals.OutputSqnrDb!.Value;
        Assert.That(Noise(fine), Is.GreaterThan(Noise(coarse)));
    }

    [Test]
    public void Inputs_beyond_the_calibrated_range_are_counted()
    {
        // Calibrated on [-1, 1], the largest being 1; every seventh value of the data is 3 or -3, every other within the range.
        float[] calm = TinyNetwork.Random(40 * 25, 11, 1), wild = [.. calm.Select((v, i) => i % 7 == 0 ? (i % 2 == 0 ? 3f : -3f) : v)];
        calm[5] = 1;
        PreparedNetwork network = PreparedNetwork.Create(TinyNetwork.Graph(), EvaluationData.Of(Tensor.OfFloats(wild, 40, 1, 5, 5)),
            EvaluationData.Of(Tensor.OfFloats(calm, 40, 1, 5, 5)), Recipe.Default, 2);
        INumberFormat int8 = FormatCatalogue.Parse("int8");
        AccuracyPlan plan = AccuracyPlan.Create(network,
            new DatapathSpec("t", int8, int8, new IntegerAccumulator(32, RegisterOverflow.Wrap)), Recipe.Default, _ =>
            new ReductionOrder(0));
        Assert.That(AccuracyEvaluator.Evaluate(plan, 2).Layers["conv"].SaturatedInputs, Is.EqualTo(143), "ceil(1000 / 7)");
    }

    // A value in the middle of a sample, at row and column 1, is read by the windows of rows and columns -1..1 and 1..3: four outputs of
    // each of three channels.
    // Formats without a code for NaN take a zero in its place: the count of NaN inputs tells.
    [TestCase("e4m3", float.NaN, 12 * 5, 0)]
    [TestCase("int8", float.NaN, 0, 0)]
    [TestCase("e2m1", float.NaN, 0, 0)]
    [TestCase("e5m2", float.NaN, 12 * 5, 0)]
    [TestCase("posit8_2", float.NaN, 12 * 5, 0)]
    [TestCase("posit8_2", float.PositiveInfinity, 12 * 5, 5)]
    [TestCase("e2m1", float.NegativeInfinity, 0, 5)]
    [TestCase("int8", float.PositiveInfinity, 0, 5)]
    public void Operands_that_are_no_numbers_are_counted(string format, float value, long nan, long saturated)
    {
        float[] calm = TinyNetwork.Random(40 * 25, 11, 1), broken = [.. calm];
        calm[5] = 1;
        foreach (int sample in new[] { 0, 3, 17, 18, 39 }) broken[sample * 25 + 6] = value;
        PreparedNetwork network = PreparedNetwork.Create(TinyNetwork.Graph(), EvaluationData.Of(Tensor.OfFloats(broken, 40, 1, 5, 5)),
            EvaluationData.Of(Tensor.OfFloats(calm, 40, 1, 5, 5)), Recipe.Default, 2);
        INumberFormat operand = FormatCatalogue.Parse(format), fp32 = FormatCatalogue.Parse("fp32");
        AccumulatorSpec sum = format.StartsWith("int", StringComparison.Ordinal) ? new IntegerAccumulator(32, RegisterOverflow.Wrap)
            : new FloatAccumulator(fp32, RoundingMode.NearestEven, OverflowPolicy.Ieee);
        LayerNumerics conv = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, new DatapathSpec("t", operand, operand, sum),
            Recipe.Default, _ => new ReductionOrder(0)), 2).Layers["conv"];
        Assert.That((conv.NaNOutputs, conv.SaturatedInputs, conv.NaNInputs), Is.EqualTo((nan, saturated, float.IsNaN(value) ? 5L : 0)));
    }

    [Test]
    public void Threads_change_nothing()
    {
        AccuracyPlan plan = Plan(FormatCatalogue.Parse("e4m3"),
            new FloatAccumulator(FormatCatalogue.Parse("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee), 4);
        AccuracyResult one = AccuracyEvaluator.Evaluate(plan, 1);
        foreach (int threads in new[] { 2, 3, 8 })
        {
            AccuracyResult many = AccuracyEvaluator.Evaluate(plan, threads);
            Assert.That((many.Totals, many.Key), Is.EqualTo((one.Totals, one.Key)));
            Assert.That(many.Layers, Is.EquivalentTo(one.Layers));
        }
    }

    [Test]
    public void Keys_differ_exactly_when_results_may()
    {
        INumberFormat e4m3 = FormatCatalogue.Parse("e4m3"), int8 = FormatCatalogue.Parse("int8");
        var fp16 = new FloatAccumulator(FormatCatalogue.Parse("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee);
        var exact = new ExactAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee);
        Assert.That(Plan(e4m3, fp16, 4).Key, Is.Not.EqualTo(Plan(e4m3, fp16, 5).Key), "rounding at every step depends on the order");
        Assert.That(Plan(e4m3, fp16, 27).Key, Is.EqualTo(Plan(e4m3, fp16, 64).Key), "both are longer than every sum");
        Assert.That(Plan(e4m3, exact, 4).Key, Is.EqualTo(Plan(e4m3, exact, 5).Key), "exact sums have no order");
        Assert.That(Plan(int8, new IntegerAccumulator(32, RegisterOverflow.Wrap), 4).Key,
            Is.EqualTo(Plan(int8, new IntegerAccumulator(32, RegisterOverflow.Wrap), 5).Key));
        Assert.That(Plan(int8, new IntegerAccumulator(16, RegisterOverflow.Saturate), 4).Key,
            Is.Not.EqualTo(Plan(int8, new IntegerAccumulator(16, RegisterOverflow.Saturate), 5).Key));
        Assert.That(Plan(int8, new IntegerAccumulator(32, RegisterOverflow.Wrap), 0).Key,
            Is.Not.EqualTo(Plan(int8, new IntegerAccumulator(31, RegisterOverflow.Wrap), 0).Key));
        Recipe other = Recipe.Default with { WeightGranularity = Granularity.PerTensor };
        Assert.That(AccuracyPlan.Create(Network, Spec(int8, exact), other, _ => default).Key, Is.Not.EqualTo(Plan(int8, exact, 0).Key));
        var renamed = Spec(int8, exact) with { Name = "other", PipelineStages = 3 };
        Assert.That(AccuracyPlan.Create(Network, renamed, Recipe.Default, _ => default).Key, Is.EqualTo(Plan(int8, exact, 0).Key),
            "names and pipelines change no value");
    }

    [Test]
    public void Integer_widths_without_overflow_agree_and_narrow_ones_are_counted()
    {
        INumberFormat int8 = FormatCatalogue.Parse("int8");
        AccuracyResult wide = Evaluate(int8, new IntegerAccumulator(32, RegisterOverflow.Wrap)),
            wider = Evaluate(int8, new IntegerAccumulator(48, RegisterOverflow.Saturate));
        Assert.That(wider.Totals, Is.EqualTo(wide.Totals));
        AccuracyResult narrow = Evaluate(int8, new IntegerAccumulator(12, RegisterOverflow.Wrap));
        Assert.That(narrow.Layers.Values.Sum(l => l.OverflowedOutputs), Is.GreaterThan(0));
        Assert.That(narrow.Totals.OutputSqnrDb, Is.LessThan(wide.Totals.OutputSqnrDb!.Value));
    }

    [Test]
    public void Float_layers_stay_in_float32_and_unknown_ones_are_refused()
    {
        INumberFormat int4 = FormatCatalogue.Parse("int4");
        var sum = new IntegerAccumulator(32, RegisterOverflow.Wrap);
        AccuracyResult mixed = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(Network, Spec(int4, sum),
            Recipe.Default with { FloatLayers = ["conv"] }, _ => default), 2);
        Assert.That(mixed.Layers.Keys, Is.EqualTo(new[] { "dense" }));
        Assert.That(mixed.Totals.OutputSqnrDb, Is.GreaterThan(Evaluate(int4, sum).Totals.OutputSqnrDb!.Value));
        InvalidInputException refused = Assert.Throws<InvalidInputException>(() =>
            AccuracyPlan.Create(Network, Spec(int4, sum), Recipe.Default with { FloatLayers = ["cnv"] }, _ => default))!;
        Assert.That(refused.Message, Does.Contain("NET022").And.Contain("did you mean 'conv'?"));
    }

    [Test]
    public void Asymmetric_activations_use_the_whole_unsigned_range()
    {
        Recipe asymmetric = Recipe.Default with { ActivationSymmetry = Symmetry.Asymmetric };
        DatapathSpec spec = Spec(FormatCatalogue.Parse("int8"), new IntegerAccumulator(32, RegisterOverflow.Wrap));
        AccuracyResult symmetric = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(Network, spec, Recipe.Default, _ => default), 2);
        AccuracyResult shifted = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(Network, spec, asymmetric, _ => default), 2);
        Assert.That(shifted.Layers["dense"].SqnrDb, Is.GreaterThan(symmetric.Layers["dense"].SqnrDb!.Value),
            "the input of 'dense' follows a ReLU: a symmetric range wastes half of its codes");
        INumberFormat e4m3 = FormatCatalogue.Parse("e4m3");
        Assert.That(Assert.Throws<InvalidInputException>(() =>
            AccuracyPlan.Create(Network, Spec(e4m3, new ExactAccumulator(e4m3, default, default)), asymmetric, _ => default))!.Message,
            Does.Contain("NET023"));
    }

    [Test]
    public void A_fixed_batch_gives_the_results_of_an_open_one()
    {
        PreparedNetwork one = PreparedNetwork.Create(TinyNetwork.Graph(fixedBatch: 1), EvaluationData.Of(TinyNetwork.Samples(40)), null,
            Recipe.Default, 2);
        DatapathSpec spec = Spec(FormatCatalogue.Parse("int8"), new IntegerAccumulator(14, RegisterOverflow.Wrap));
        AccuracyResult single = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(one, spec, Recipe.Default, _ => default), 2);
        AccuracyResult batched = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(Network, spec, Recipe.Default, _ => default), 2);
        Assert.That(single.Totals.AgreementWithFloat, Is.EqualTo(batched.Totals.AgreementWithFloat));
        Assert.That(single.Layers["conv"].OverflowedOutputs, Is.EqualTo(batched.Layers["conv"].OverflowedOutputs));
        Assert.That(single.Totals.OutputSqnrDb, Is.EqualTo(batched.Totals.OutputSqnrDb).Within(1e-9));
    }

    [TestCase(new[] { 1f, 3f, 3f }, 1)]
    [TestCase(new[] { float.NaN, -1f, float.NegativeInfinity }, 1)]
    [TestCase(new[] { float.NaN, float.NaN }, -1)]
    public void Top_is_the_first_largest_and_never_NaN(float[] values, int expected) =>
        Assert.That(AccuracyEvaluator.Top(values), Is.EqualTo(expected));

    private static PreparedNetwork Prepare(Recipe recipe) =>
        PreparedNetwork.Create(TinyNetwork.Graph(), EvaluationData.Of(TinyNetwork.Samples(40)), null, recipe, 2);

    private static DatapathSpec Spec(INumberFormat format, AccumulatorSpec accumulator) => new("law", format, format, accumulator);

    private static AccuracyPlan Plan(INumberFormat format, AccumulatorSpec accumulator, int chunk) =>
        AccuracyPlan.Create(Network, Spec(format, accumulator), Recipe.Default, _ => new ReductionOrder(chunk));

    private static AccuracyResult Evaluate(INumberFormat format, AccumulatorSpec accumulator) =>
        AccuracyEvaluator.Evaluate(Plan(format, accumulator, 0), 2);
}
