using Sim.ArchModel.Reading;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Tests;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>Every shipped datapath, with the recipe that a user gets without asking, on a trained network.</summary>
public class ShippedDatapathTests
{
    private const int Samples = 100;

    private static readonly Lazy<PreparedNetwork> Network = new(() => Prepare(Recipe.Default));

    // Made to show a limit: a register of 16 bits that wraps under sums of 64 products, and two-bit weights, which want a network trained
    // for them.
    private static readonly Dictionary<string, double> Coarse = new() { ["int8_acc16_wrap"] = 0.85, ["tmac_int8xint2_acc32"] = 0.35 };

    private static IEnumerable<string> Shipped() =>
        Directory.EnumerateFiles(Path.Combine(ReferenceData.RepositoryRoot, "configs", "datapaths"), "*.yaml")
        .Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)!;

    [Test]
    public void AllAreTried() => Assert.That(Shipped().Count(), Is.GreaterThanOrEqualTo(49));

    [TestCaseSource(nameof(Shipped))]
    public void ItsOwnDefaultsSuitIt(string name)
    {
        DatapathSpec spec = Load(name);
        AccuracyResult found = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(Network.Value, spec, Recipe.Default,
            _ => new ReductionOrder(spec.Dot is { Segment: > 0 and var s } ? s : 16)), 2);
        Assert.That(found.Totals.Top1, Is.GreaterThanOrEqualTo(Coarse.GetValueOrDefault(name, 0.95)));
        Assert.That(found.Layers.Values.Sum(l => l.NaNOutputs), Is.Zero);
    }

    /// <summary>uint8 inputs in an int8 format, moved with their zero point; the registers are those that the network is proved
    /// for.</summary>
    [Test]
    public void TheNetworkThatIsProvedForSixteenBitsRunsInThem()
    {
        (NetworkGraph graph, Tensor x, int[] y) = Digits("digits_cnn_a2q_16.onnx");
        PreparedNetwork network = PreparedNetwork.Create(graph,
            EvaluationData.Of(Tensor.OfFloats(Array.ConvertAll(x.Integers, v => (float)v), x.Shape), [.. y]), null, Recipe.Default, 2);
        AccuracyResult found = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, Load("int8_acc16_wrap"), Recipe.Default,
            _ => new ReductionOrder(16)), 2);
        Assert.That(found.Totals.Top1, Is.EqualTo(446.0 / 450), "99.1 %, as trained");
        Assert.That(found.Layers.Values.Sum(l => l.OverflowedOutputs + l.BiasOverflowedOutputs + l.SaturatedInputs), Is.Zero);
        Assert.That(found.Totals.AgreementWithFloat, Is.EqualTo(1));
        Assert.That(found.Warnings, Is.Empty);
    }

    /// <summary>Scaled into their most precise numbers (the golden zone of posits, de Dinechin et al. 2019), tapered formats lose less than
    /// without a scale, or than with the largest magnitude on maxpos (below 12 dB).</summary>
    [TestCase("posit4_1", 3, 0.8)]
    [TestCase("posit8_0", 33, 0.97)]
    [TestCase("posit8_1", 29, 0.97)]
    [TestCase("posit8_2", 25, 0.97)]
    [TestCase("posit16_1", 75, 0.97)]
    [TestCase("hif8", 25, 0.97)]
    public void TaperedFormatsAreScaledToWhereTheyArePrecise(string name, double sqnr, double top1)
    {
        AccuracyResult scaled = On(name, Recipe.Default),
            plain = On(name, Recipe.Default with { Weights = new(CalibrationMethod.None), Activations = new(CalibrationMethod.None) });
        Assert.That(scaled.Totals.OutputSqnrDb, Is.GreaterThan(sqnr).And.GreaterThan(plain.Totals.OutputSqnrDb!.Value));
        Assert.That(scaled.Totals.Top1, Is.GreaterThanOrEqualTo(top1));
    }

    [TestCase("mxfp8_e4m3_fp32", CalibrationMethod.None, CalibrationMethod.AbsMax, Granularity.PerChannel, 1)]
    [TestCase("nvfp4_fp32", CalibrationMethod.None, CalibrationMethod.Percentile, Granularity.PerChannel, 2)]
    [TestCase("mxint8_fp32", CalibrationMethod.AbsMax, CalibrationMethod.AbsMax, Granularity.PerTensor, 1)]
    public void BlocksRefuseCalibrationsThatTheyDoNotFollow(string name, CalibrationMethod weights, CalibrationMethod activations,
        Granularity granularity, int errors)
    {
        Recipe recipe = Recipe.Default with { Weights = new(weights), Activations = new(activations), WeightGranularity = granularity };
        var refused = Assert.Throws<InvalidInputException>(() =>
            AccuracyPlan.Create(Network.Value, Load(name), recipe, _ => new ReductionOrder(32)))!;
        Assert.That(refused.Diagnostics.Select(d => d.Code), Is.EqualTo(Enumerable.Repeat("NET033", errors)));
    }

    // What each side's search reaches on its own adds up; both are honoured.
    [TestCase("mxfp4_fp32")]
    [TestCase("nvfp4_fp32")]
    public void Least_error_scales_of_blocks_lose_less(string name)
    {
        double Sqnr(CalibrationMethod weights, CalibrationMethod activations) => AccuracyEvaluator.Evaluate(AccuracyPlan.Create(
            Network.Value, Load(name), Recipe.Default with { Weights = new(weights), Activations = new(activations) },
            _ => new ReductionOrder(32)), 2).Totals.OutputSqnrDb!.Value;
        const CalibrationMethod Rule = CalibrationMethod.AbsMax, Searched = CalibrationMethod.MeanSquaredError;
        double rule = Sqnr(Rule, Rule), weights = Sqnr(Searched, Rule), activations = Sqnr(Rule, Searched), both = Sqnr(Searched, Searched);
        TestContext.Out.WriteLine($"{name}: rule {rule:F2}, weights {weights:F2}, activations {activations:F2}, both {both:F2} dB");
        Assert.That(new[] { weights, activations }, Has.All.GreaterThan(rule));
        Assert.That(both, Is.GreaterThan(Math.Max(weights, activations)));
    }

    // T-MAC's int2 weights: absmax leaves the digits network little better than chance and says so; mse does not.
    [Test]
    public void WeightsOfTwoBitsByAbsmaxAreWarnedOf()
    {
        AccuracyResult Run(CalibrationMethod method) => AccuracyEvaluator.Evaluate(AccuracyPlan.Create(Network.Value,
            Load("tmac_int8xint2_acc32"), Recipe.Default with { Weights = new(method) }, _ => new ReductionOrder(32)), 2);
        AccuracyResult absmax = Run(CalibrationMethod.AbsMax), mse = Run(CalibrationMethod.MeanSquaredError);
        Assert.That(absmax.Warnings.Single(), Does.StartWith("NET036").And.Contain("calibration: mse"));
        Assert.That(absmax.Totals.Top1, Is.LessThan(0.5));
        Assert.That(mse.Warnings, Is.Empty);
        Assert.That(mse.Totals.Top1, Is.GreaterThan(0.9));
    }

    private static AccuracyResult On(string name, Recipe recipe)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        var spec = new DatapathSpec(name, format, format,
            new FloatAccumulator(FormatCatalogue.Parse("fp32"), Sim.Datapath.RoundingMode.NearestEven, Sim.Datapath.OverflowPolicy.Ieee));
        return AccuracyEvaluator.Evaluate(AccuracyPlan.Create(Network.Value, spec, recipe, _ => new ReductionOrder(16)), 2);
    }

    private static DatapathSpec Load(string name)
    {
        var bag = new DiagnosticBag();
        DatapathSpec? spec = DatapathReader.Load(Path.Combine(ReferenceData.RepositoryRoot, "configs", "datapaths", name + ".yaml"), bag);
        Assert.That(bag.Sorted, Is.Empty);
        return spec!;
    }

    private static PreparedNetwork Prepare(Recipe recipe)
    {
        (NetworkGraph graph, Tensor x, int[] y) = Digits("digits_mlp.onnx");
        Tensor all = Tensor.OfFloats(Array.ConvertAll(x.Integers, v => (float)v), x.Shape), some = EvaluationData.Slice(all, 0, Samples);
        return PreparedNetwork.Create(graph, EvaluationData.Of(some, [.. y.Take(Samples)]), null, recipe, 2);
    }

    private static (NetworkGraph Graph, Tensor X, int[] Y) Digits(string model)
    {
        var bag = new DiagnosticBag();
        string At(string file) => Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits", file);
        NetworkGraph? graph = OnnxReader.Load(At(model), bag);
        Tensor? x = TensorFile.Read(At("digits_test_x_u8.npy"), bag), y = TensorFile.Read(At("digits_test_labels_u8.npy"), bag);
        bag.ThrowIfErrors();
        return (graph!, x!, [.. y!.Integers.Select(v => (int)v)]);
    }
}
