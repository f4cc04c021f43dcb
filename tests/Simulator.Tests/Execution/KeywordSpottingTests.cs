using System.Globalization;
using Sim.Datapath;
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

/// <summary>The official int8 keyword-spotting network through integer accumulators, against tables that independent software made on 1000
/// samples; 500 of them are here.</summary>
public class KeywordSpottingTests
{
    private const string Folder = "nets/mlperf-dscnn-kws/";
    private static readonly Lazy<PreparedNetwork> Network = new(Load, LazyThreadSafetyMode.PublicationOnly);

    [Test]
    public void Accuracy_follows_the_width_of_a_wrapping_register()
    {
        var table = Table();
        int rows = 0;
        foreach ((int bits, double accuracy, double agreement) in table.Where(r => r.Mode == "wrap")
            .Select(r => (r.Bits, r.Accuracy, r.Agreement)))
        {
            CheckRow(bits, Evaluate(new IntegerAccumulator(bits, RegisterOverflow.Wrap)), accuracy, agreement);
            rows++;
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(13));
        Truth.Checked("Accuracy", "golden_accuracy_vs_accumulator.csv (wrap)", "independent numpy, exact integers, 1000 samples", rows,
            "accuracy and agreement within three standard errors of 500 of 1000 samples; 89.8 % from 18 bits on");
    }

    [Test]
    public void Accuracy_follows_the_width_of_a_register_that_saturates_once()
    {
        int rows = 0;
        foreach ((int bits, _, double accuracy, double agreement) in Table().Where(r => r.Mode == "saturate_final"))
        {
            CheckRow(bits, Evaluate(new ExactAccumulator(FormatCatalogue.Parse($"int{bits}"), RoundingMode.NearestEven,
                OverflowPolicy.Saturate)), accuracy, agreement);
            rows++;
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(13));
        Truth.Checked("Accuracy", "golden_accuracy_vs_accumulator.csv (saturate_final)", "independent numpy, exact integers, 1000 samples",
            rows,
            "accuracy and agreement within three standard errors of 500 of 1000 samples; 89.8 % from 18 bits on");
    }

    [Test]
    public void Registers_stay_in_the_observed_range_and_nothing_overflows_at_18_bits()
    {
        AccuracyResult wide = Evaluate(new IntegerAccumulator(18, RegisterOverflow.Wrap));
        int rows = 0;
        foreach (string[] row in ReferenceData.Lines(ReferenceData.Shared(Folder + "golden_observed_accumulator_range.csv")).Skip(1)
            .Select(l => l.Split(',')))
        {
            LayerNumerics layer = wide.Layers[row[0]];
            long low = long.Parse(row[1], CultureInfo.InvariantCulture), high = long.Parse(row[2], CultureInfo.InvariantCulture);
            // The first half of the samples can only see a part of the range; here most of its ends lie in this half.
            Assert.That(layer.AccumulatorMinimum, Is.InRange(low, low / 2), row[0]);
            Assert.That(layer.AccumulatorMaximum, Is.InRange(high / 2, high), row[0]);
            Assert.That((layer.OverflowedOutputs, layer.BiasOverflowedOutputs), Is.EqualTo((0L, 0L)), row[0]);
            rows++;
        }
        Assert.That(rows, Is.EqualTo(10));
        Truth.Checked("Accuracy", "golden_observed_accumulator_range.csv", "independent numpy, exact integers, 1000 samples", rows,
            "inside the range, ends reached by at least half");
    }

    [Test]
    public void Threads_and_orders_change_nothing_when_nothing_overflows()
    {
        PreparedNetwork network = Network.Value;
        DatapathSpec spec = Spec(new IntegerAccumulator(32, RegisterOverflow.Wrap));
        AccuracyPlan sequential = AccuracyPlan.Create(network, spec, Recipe.Default, _ => ReductionOrder.Sequential);
        AccuracyPlan chunked = AccuracyPlan.Create(network, spec, Recipe.Default, _ => new ReductionOrder(16));
        Assert.That(chunked.Key, Is.EqualTo(sequential.Key));
        AccuracyResult one = AccuracyEvaluator.Evaluate(sequential, 1), three = AccuracyEvaluator.Evaluate(chunked, 3);
        Assert.That(three.Totals, Is.EqualTo(one.Totals));
        Assert.That(three.Layers, Is.EquivalentTo(one.Layers));
        Assert.That(one.Totals.AgreementWithFloat, Is.EqualTo(1), "32 bits are the network's own arithmetic");
        Assert.That(one.Layers.Values.Select(l => l.SqnrDb), Is.All.EqualTo(double.PositiveInfinity));
    }

    [Test]
    public void A_datapath_that_cannot_hold_the_networks_integers_is_refused()
    {
        INumberFormat e4m3 = FormatCatalogue.Parse("e4m3");
        var spec = new DatapathSpec("floats", e4m3, e4m3,
            new FloatAccumulator(FormatCatalogue.Parse("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee));
        PreparedNetwork network = Network.Value;
        var refused = Assert.Throws<InvalidInputException>(() =>
            AccuracyPlan.Create(network, spec, Recipe.Default, _ => default, new Location("a.yaml", 3, 1)))!;
        Assert.That(refused.Diagnostics.Select(d => d.Code).Distinct(), Is.EquivalentTo(new[] { "NET024", "NET025" }));
        Assert.That(refused.Message, Does.StartWith("a.yaml:3:1: error NET02"));
    }

    private static void CheckRow(int bits, AccuracyResult found, double accuracy, double agreement)
    {
        double top1 = found.Totals.Top1!.Value;
        // 500 drawn from the table's 1000 without replacement: variance p(1-p)/500 times (1000-500)/999; half a row of the table for its
        // rounding.
        Assert.That(top1, Is.EqualTo(accuracy).Within(Allowance(accuracy)), $"{bits} bits");
        Assert.That(found.Totals.AgreementWithFloat, Is.EqualTo(agreement).Within(Allowance(agreement)),
            $"{bits} bits, decisions of 32 bits");
        if (bits >= 18) Assert.That(top1, Is.EqualTo(0.898).Within(1e-12), $"{bits} bits");
    }

    private static double Allowance(double share) => 3 * Math.Sqrt(share * (1 - share) / 500 * 500 / 999) + 0.0005;

    private static AccuracyResult Evaluate(AccumulatorSpec accumulator) =>
        AccuracyEvaluator.Evaluate(AccuracyPlan.Create(Network.Value, Spec(accumulator), Recipe.Default, _ => ReductionOrder.Sequential),
            2);

    private static DatapathSpec Spec(AccumulatorSpec accumulator) =>
        new("kws", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int8"), accumulator);

    private static (int Bits, string Mode, double Accuracy, double Agreement)[] Table() =>
    [
        .. ReferenceData.Lines(ReferenceData.Shared(Folder + "golden_accuracy_vs_accumulator.csv")).Skip(1).Select(l => l.Split(','))
            .Select(f => (int.Parse(f[0], CultureInfo.InvariantCulture), f[1], double.Parse(f[2], CultureInfo.InvariantCulture),
                double.Parse(f[3], CultureInfo.InvariantCulture))),
    ];

    private static PreparedNetwork Load()
    {
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Load(ReferenceData.Shared(Folder + "model_int8.onnx"), bag);
        Tensor? x = TensorFile.Read(ReferenceData.Shared(Folder + "kws01_x_i8_500.npy"), bag),
            y = TensorFile.Read(ReferenceData.Shared(Folder + "kws01_labels_500.npy"), bag);
        bag.ThrowIfErrors();
        return PreparedNetwork.Create(graph!, EvaluationData.Of(x!, [.. y!.Integers.Select(v => (int)v)]), null, Recipe.Default, 2);
    }
}
