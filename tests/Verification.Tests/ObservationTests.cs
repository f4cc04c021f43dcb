using System.Globalization;
using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Observation;
using Sim.Workloads.Data;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;

namespace Sim.Verification.Tests;

/// <summary>What the sums of the official int8 keyword network do on data, beside an independent numpy run.</summary>
public class ObservationTests
{
    private const string Folder = "nets/mlperf-dscnn-kws";

    [Test]
    public void SumsOnDataStayWithinTheRecordedRangesAndReachThem()
    {
        // The table was measured on 1000 samples, of which the first 500 are here: ranges lie within, and every end that one of the 500
        // reached is equal.
        int ends = 0, equal = 0;
        Dictionary<string, ObservedLayer> seen = Observe(threads: 2).ToDictionary(o => o.Name);
        foreach (string[] row in ReferenceData.Lines(ReferenceData.Shared($"{Folder}/golden_observed_accumulator_range.csv")).Skip(1)
            .Select(l => l.Split(',')))
        {
            Interval recorded = new(long.Parse(row[1], CultureInfo.InvariantCulture), long.Parse(row[2], CultureInfo.InvariantCulture)),
                found = seen[row[0]].Range!.Value;
            Assert.That(recorded.Contains(found), $"{row[0]}: {found} beside {recorded}");
            Assert.That(found.High - found.Low, Is.GreaterThan((recorded.High - recorded.Low) / 4 * 3), row[0]);
            ends += 2;
            equal += (found.Low == recorded.Low ? 1 : 0) + (found.High == recorded.High ? 1 : 0);
        }
        Assert.That(ends, Is.EqualTo(20));
        Assert.That(equal, Is.GreaterThanOrEqualTo(10), "half of the samples should reach about half of the ends");
        Truth.Checked("Proofs", $"{Folder}/golden_observed_accumulator_range.csv", "independent numpy run on 1000 samples", ends,
            $"500 samples within all, {equal} ends reached exactly");
    }

    [Test]
    public void CountsOfOverflowsFollowFromTheRangesAndNotFromThreads()
    {
        ObservedLayer[] one = [.. Observe(threads: 1, 64)], two = [.. Observe(threads: 2, 64)];
        for (int l = 0; l < one.Length; l++)
        {
            int width = one[l].PartialRange!.Value.Width;
            Assert.That(one[l].Persistent(width) + one[l].Transient(width), Is.Zero);
            Assert.That(one[l].Persistent(width - 1) + one[l].Transient(width - 1), Is.Positive, one[l].Name);
            Assert.That(one[l].Persistent(2) + one[l].Transient(2), Is.LessThanOrEqualTo(one[l].Sums));
            for (int bits = 2; bits < 24; bits++)
                Assert.That((two[l].Sums, two[l].Persistent(bits), two[l].Transient(bits)),
                    Is.EqualTo((one[l].Sums, one[l].Persistent(bits), one[l].Transient(bits))));
        }
    }

    private static IEnumerable<ObservedLayer> Observe(int threads, int samples = 500)
    {
        var bag = new DiagnosticBag();
        NetworkGraph graph = OnnxReader.Load(ReferenceData.Shared($"{Folder}/model_int8.onnx"), bag)!;
        Tensor data = TensorFile.Read(ReferenceData.Shared($"{Folder}/kws01_x_i8_500.npy"), bag)!;
        return AccumulatorObserver.Observe(IntegerNetworkReader.Read(graph, "model_int8.onnx", bag)!, BatchExecutor.Rows(data, 0, samples),
            threads);
    }
}
