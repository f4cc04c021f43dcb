using System.Collections.Immutable;
using Sim.Simulator.Inputs;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Exploration.Studies;
using Sim.Exploration.Widths;
using Sim.Simulator;
using Sim.Verification;
using Sim.Verification.Observation;
using Sim.Verification.Records;
using Sim.Workloads.Integers;

namespace Sim.Exploration.Tests;

/// <summary>What a width study says of a trained network, beside runs and counts of its own.</summary>
public class WidthStudyTests
{
    private static readonly Lazy<(LoadedWorkload Workload, WidthStudy Study)> Done = new(() =>
    {
        LoadedWorkload workload = TrainedWidthTests.Digits("digits_cnn_a2qplus_14");
        IntegerNetwork network = TrainedWidthTests.Read(workload);
        ImmutableArray<RegisterRecord> widths = RegisterProofs.Least([.. network.Layers], new VerifyOptions { Threads = 2 }, []);
        var prices = new CostModel(TechnologyCatalogue.Resolve(TechnologyCatalogue.DefaultName));
        return (workload, WidthStudyRunner.Run("a2qplus_14", workload.Graph, workload.Data!, widths,
            AccumulatorObserver.Observe(network, workload.Data!.Inputs, 2), prices, 2));
    });

    [Test]
    public void Widths_are_in_order_and_counts_say_why()
    {
        WidthStudy study = Done.Value.Study;
        Assert.That(study.Layers, Has.Length.EqualTo(5));
        Assert.That(study.Accuracy, Is.EqualTo(443 / 450.0));
        foreach (LayerWidths layer in study.Layers)
        {
            Assert.That(layer.Proven, Is.LessThanOrEqualTo(14), layer.Name);
            Assert.That(layer.Observed, Is.InRange(layer.ObservedFinal, layer.Proven), layer.Name);
            Assert.That(layer.Failing, Is.Not.Null.And.LessThan(layer.ObservedFinal), "what overflows nowhere cannot fail");
            foreach (LayerAtWidth w in layer.Widths)
            {
                Assert.That(w.Persistent == 0, Is.EqualTo(w.Bits >= layer.ObservedFinal), $"{layer.Name} at {w.Bits}");
                Assert.That(w.Persistent + w.Transient == 0, Is.EqualTo(w.Bits >= layer.Observed), $"{layer.Name} at {w.Bits}");
                if (w.Persistent == 0) Assert.That((w.Accuracy, w.Agreement), Is.EqualTo((study.Accuracy, 1.0)));
                if (w.Bits > layer.Failing) Assert.That(w.Accuracy,
                    Is.GreaterThanOrEqualTo(study.Accuracy!.Value - WidthStudy.LossThatCounts));
            }
            Assert.That(layer.Widths[^1].Accuracy, Is.LessThanOrEqualTo(study.Accuracy!.Value / 2), "the table goes down to collapse");
        }
    }

    [Test]
    public void A_register_that_holds_all_final_sums_changes_nothing_and_one_bit_less_does()
    {
        (LoadedWorkload workload, WidthStudy study) = Done.Value;
        var runs = new WrappedRuns(workload.Graph, workload.Data!, 2);
        AccuracyRecord exact = runs.At(64);
        foreach (LayerWidths layer in study.Layers)
        {
            Assert.That(runs.Only(layer.Name, layer.ObservedFinal), Is.EqualTo(exact), layer.Name);
            Assert.That(runs.Only(layer.Name, layer.ObservedFinal - 1), Is.Not.EqualTo(exact), layer.Name);
        }
        // The narrowest register of a single layer never costs more than the same in every layer does at collapse.
        Assert.That(study.Network[0].Agreement, Is.EqualTo(1));
        Assert.That(study.Network.Select(n => n.Bits), Is.Ordered.Descending);
        Assert.That(study.Network[^1].Accuracy, Is.LessThanOrEqualTo(study.Accuracy!.Value / 2));
    }

    [Test]
    public void Every_bit_of_a_register_has_the_same_price()
    {
        foreach (LayerWidths layer in Done.Value.Study.Layers)
        {
            LayerAtWidth[] rows = [.. layer.Widths];
            double area = (rows[0].MacSquareMicrometres - rows[^1].MacSquareMicrometres) / (rows[0].Bits - rows[^1].Bits);
            double energy = (rows[0].MacPicojoules - rows[^1].MacPicojoules) / (rows[0].Bits - rows[^1].Bits);
            // NanGate45 (Nangate Open Cell Library): a flip-flop DFF_X1 has 4.522 µm² and a full adder FA_X1 4.256; synthesis adds what a
            // carry chain and its gates take.
            Assert.That(area, Is.InRange(4.522 + 4.256, 2 * (4.522 + 4.256)), layer.Name);
            foreach (LayerAtWidth w in rows)
            {
                Assert.That(w.MacSquareMicrometres, Is.EqualTo(rows[0].MacSquareMicrometres - area * (rows[0].Bits - w.Bits)).Within(1e-9));
                Assert.That(w.NanojoulesPerSample,
                    Is.EqualTo((rows[0].MacPicojoules - energy * (rows[0].Bits - w.Bits)) * layer.MacsPerSample / 1000).Within(1e-9));
            }
        }
    }

    [Test]
    public void Networks_whose_sums_are_no_integers_are_refused()
    {
        LoadedWorkload floats = TrainedWidthTests.Digits("digits_cnn");
        Assert.That(() => new WrappedRuns(floats.Graph, floats.Data!, 1),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("QLinearConv"));
    }
}
