using System.Collections.Immutable;
using System.Globalization;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Reports.Tests;

/// <summary>
/// A study whose numbers are made from small integers, so that a test can say by hand what a report must show. The texts are hostile:
/// markup, quotes, commas, line ends, `&lt;/script&gt;`.
/// </summary>
internal static class SampleStudy
{
    public const string Hostile = "</script><script>alert(1)</script> & \"quotes\", 'single'\nand <b>lines</b>";

    /// <summary>Networks × formats × rows: 2 · 6 · 4 = 48 designs; each eighth is infeasible.</summary>
    public static StudyResult Make(FrontScope scope = FrontScope.Joint)
    {
        string[] networks = ["digits_mlp", "digits_cnn"], formats = ["int8", "int4", "e4m3", "e5m2", "e2m1", "bf16"];
        int[] rows = [4, 8, 16, 32];
        var points = ImmutableArray.CreateBuilder<PointResult>();
        for (int n = 0; n < networks.Length; n++)
            for (int f = 0; f < formats.Length; f++)
                for (int r = 0; r < rows.Length; r++)
                {
                    int index = points.Count;
                    var parameters = new Dictionary<string, string>
                    {
                        ["network"] = networks[n], ["datapath"] = formats[f], ["array.rows"] = rows[r]
                            .ToString(CultureInfo.InvariantCulture), ["dataflow"] = index % 3 == 0 ? "output_stationary"
                            : "weight_stationary",
                    }.ToImmutableSortedDictionary(StringComparer.Ordinal);
                    points.Add(index % 8 == 5
                        ? new PointResult(index, parameters, PointStatus.Infeasible, $"buffer 'weights' of 1024 B is too small; {Hostile}",
                            null)
                        : new PointResult(index, parameters, PointStatus.Ok, null, Record(index, n, f, rows[r], networks[n], parameters)));
                }
        var header = new StudyHeader("Digits & <formats>", "Formats × arrays; " + Hostile, "0123abcd", "0.1.0", points.Count,
            ["network", "datapath", "array.rows", "dataflow"],
            [new("accuracy", Goal.Maximize), new("energy", Goal.Minimize), new("latency", Goal.Minimize), new("area", Goal.Minimize)],
                [new("accuracy", 0.5, null)], scope, "schema: sim.study/1\nname: " + Hostile);
        return new StudyResult(header, points.ToImmutable());
    }

    public static RunRecord Record(int index, int network, int format, int rows, string name, ImmutableSortedDictionary<string,
        string> parameters)
    {
        double bits = new double[] { 8, 4, 8, 8, 4, 16 }[format];
        var layers = ImmutableArray.CreateBuilder<LayerRecord>();
        for (int l = 0; l < 3 + network; l++)
        {
            int m = network == 0 ? 1 : 64 >> l, n = 16 * (l + 1), k = 36 * (l + 1);
            long macs = (long)m * n * k, cycles = macs / rows + 2L * rows;
            var numerics = l == 0 && index % 8 == 1 ? null
                : new LayerNumerics(4 * bits - 3 * l, 1000, l == 2 ? index : 0, 0, 10 * l, 1000, "float lanes");
            layers.Add(new LayerRecord(l == 3 ? "/head/<b>Gemm</b>" : $"/conv{l}/Conv", l == 3 ? "Gemm" : "Conv", 1, m, n, k, cycles,
                l == 1 ? cycles / 4 : 0, Math.Min(1, 16.0 / rows),
                [new("pe", "mac", macs, 0.02 * bits, "Horowitz, ISSCC 2014, figure 1.1.9"),
                    new("weights", "read", macs / rows, 0.4 * bits, "CACTI point, 64 KiB, 64 bit"),
                    new("dram", "read", n * k, 4 * bits, "LPDDR4, 4 pJ/bit; " + Hostile)],
                numerics));
        }
        long total = layers.Sum(l => l.ComputeCycles + l.StallCycles);
        double dynamic = layers.Sum(l => l.Energy.Sum(e => e.Count * e.PerActionPicojoules));
        ImmutableArray<CostItem> area = [new("pe", "multipliers", rows * 16 * bits * bits * 4, "um2", "NanGate45 synthesis"),
            new("weights", "SRAM 64 KiB", 250000, "um2", "CACTI"), new("dram", "interface", 40000, "um2", "stated")];
        return new RunRecord(RunRecord.CurrentSchema, "0.1.0", $"key{index:D4}", ImmutableSortedDictionary<string,
            string>.Empty.Add("model", "sha256:" + name), parameters,
            "{\"name\":\"array\",\"rows\":" + rows.ToString(CultureInfo.InvariantCulture) + ",\"note\":\"<\\/script>\"}",
                "{\"weights\":\"per_channel\"}", name, layers.ToImmutable(), total, total * 2e-9, dynamic, total * 0.25,
            area.Sum(a => a.Value), area,
                new AccuracyRecord(360, 0.3 + 0.04 * bits + 0.02 * network + (format == 2 ? 0.05 : 0), 0.97, 0.95, 3 * bits), index == 2
                ? ["calibration saw 3 samples only"] : []);
    }
}
