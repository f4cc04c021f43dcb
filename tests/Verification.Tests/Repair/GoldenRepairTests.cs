using System.Globalization;
using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Repair;
using Sim.Verification.Tests.Layers;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Quantization;

namespace Sim.Verification.Tests.Repair;

/// <summary>Every row of the golden repair tables: independent numpy projections of the float weights, scale kept (../shared/nets/README.md
/// says the formulas).</summary>
public class GoldenRepairTests
{
    private static readonly A2q Ball = new();
    private static readonly A2qPlus Plus = new();
    private static readonly SignSplit Split = new();

    [TestCase("mlperf-dscnn-kws", "model_folded.onnx", 60)]
    [TestCase("mlperf-streaming-wakeword", "model_folded.onnx", 50)]
    [TestCase("stories260k-llama", "model.onnx", 200)]
    public void EveryRowIsFound(string network, string model, int atLeast)
    {
        NetworkGraph graph = Nets.Graph($"{network}/{model}");
        Dictionary<string, GemmLayer> shapes = LayerExtraction.Layers(graph).Gemms.ToDictionary(g => g.Name);
        int rows = 0;
        foreach (Dictionary<string, string> row in Nets.Table($"{network}/golden_repair.csv"))
        {
            int m = Number(row, "M"), n = Number(row, "N"), bits = Number(row, "P_target");
            double[][] channels = Channels(network, graph, shapes, row["layer"], m);
            Interval box = row["act"] == "signed" ? new(-(1 << (n - 1)), (1 << (n - 1)) - 1) : new(0, (1 << n) - 1);
            SumLimits limits = SumLimits.Of(box, bits);
            string at = $"{row["layer"]} M={m} N={n} P={bits}";
            Assert.Multiple(() =>
            {
                Assert.That(A2q.Radius(limits), Is.EqualTo(Real(row, "radius_a2q")), at);
                Assert.That(A2qPlus.Radius(limits), Is.EqualTo(Real(row, "radius_a2qplus")), at);
                Assert.That(channels.Count(c => c.Sum(Math.Abs) > A2q.Radius(limits)),
                    Is.EqualTo(Number(row, "channels_over_radius_before")), at);
                Assert.That(Digits(SquaredError(Ball, channels, limits)), Is.EqualTo(Digits(Real(row, "sq_err_projection_in_int_units"))),
                    at);
                Assert.That(Digits(SquaredError(Split, channels, limits)), Is.EqualTo(Digits(Real(row, "sq_err_split"))), at);
                Check(row, Ball, "a2q", channels, limits, at);
                Check(row, Plus, "a2qplus", channels, limits, at);
                Check(row, Split, "split", channels, limits, at);
                if (row["act"] == "unsigned")
                {
                    Assert.That((double)limits.High / (double)box.High, Is.EqualTo(Real(row, "split_radius_pos")), at);
                    Assert.That((double)limits.Low / (double)box.High, Is.EqualTo(Real(row, "split_radius_neg")), at);
                }
            });
            rows++;
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(atLeast));
        Truth.Checked("Proofs", $"nets/{network}/golden_repair.csv", "independent numpy projections", rows,
            "equal, squared errors to the printed digits");
    }

    private static void Check(Dictionary<string, string> row, ProjectionMethod method, string column, double[][] channels,
        SumLimits limits, string at)
    {
        int[][] repaired = [.. channels.Select(c => method.Repair(new RowProblem(c, new FeasibleSet(limits), Narrow(row))))];
        int width = repaired.Max(w =>
        {
            (long positive, long negative) = SumLimits.Signed(w);
            return new Interval(positive * limits.Box.Low - negative * limits.Box.High,
                positive * limits.Box.High - negative * limits.Box.Low).Width;
        });
        Assert.That(width, Is.EqualTo(Number(row, $"P_exact_after_{column}")), $"{at} {column}");
        Assert.That(width, Is.LessThanOrEqualTo(Number(row, "P_target")), $"{at} {column}");
        double zeros = repaired.Sum(w => (double)w.Count(q => q == 0)) / repaired.Sum(w => (double)w.Length);
        Assert.That(zeros.ToString("F6", CultureInfo.InvariantCulture), Is.EqualTo(row[$"sparsity_after_{column}"]), $"{at} {column}");
        if (row.TryGetValue($"l1_max_after_{column}", out string? norm))
            Assert.That(repaired.Max(w => w.Sum(Math.Abs)), Is.EqualTo(int.Parse(norm, CultureInfo.InvariantCulture)), $"{at} {column}");
    }

    private static double SquaredError(ProjectionMethod method, double[][] channels, SumLimits limits) =>
        channels.Sum(c => c.Zip(method.Project(c, limits), (v, p) => (v - p) * (v - p)).Sum());

    // Symmetric quantization leaves the lowest code unused, and so does the table.
    private static Interval Narrow(Dictionary<string, string> row) =>
        new(1 - (1 << (Number(row, "M") - 1)), (1 << (Number(row, "M") - 1)) - 1);

    // The table prints nine significant digits.
    private static string Digits(double value) => value.ToString("G9", CultureInfo.InvariantCulture);

    internal static double[][] Channels(string network, NetworkGraph graph, Dictionary<string, GemmLayer> shapes, string layer, int bits)
    {
        Node node = graph.Nodes.Single(x => x.Name == layer);
        float[] weights = LayerWeights.Rows(node, shapes[layer], graph.Constants[node.Inputs[1]].Floats);
        double[] scales = Archive($"nets/{network}/ptq_w{bits}.npz")[$"{layer}__scale"].Doubles;
        int k = shapes[layer].K;
        return [.. scales.Select((s, r) => weights.AsSpan(r * k, k).ToArray().Select(w => w / s).ToArray())];
    }

    private static readonly Dictionary<string, IReadOnlyDictionary<string, Tensor>> Archives = [];

    private static IReadOnlyDictionary<string, Tensor> Archive(string path)
    {
        if (Archives.TryGetValue(path, out IReadOnlyDictionary<string, Tensor>? found)) return found;
        return Archives[path] = TensorFile.ReadArchive(ReferenceData.Shared(path), new DiagnosticBag())
            ?? throw new InvalidDataException(path);
    }

    private static int Number(Dictionary<string, string> row, string column) => int.Parse(row[column], CultureInfo.InvariantCulture);

    private static double Real(Dictionary<string, string> row, string column) => double.Parse(row[column], CultureInfo.InvariantCulture);
}
