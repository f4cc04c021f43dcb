using Sim.Datapath.Formats;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Saturating element rounding against microxcaling, which gives values (binary32 patterns), not codes.</summary>
public sealed class ElementGoldenTests
{
    [TestCase("elemwise_fp4_e2m1_microxcaling.csv.gz", "e2m1")]
    [TestCase("elemwise_fp6_e2m3_microxcaling.csv.gz", "e2m3")]
    [TestCase("elemwise_fp6_e3m2_microxcaling.csv.gz", "e3m2")]
    [TestCase("elemwise_fp8_e4m3_microxcaling.csv.gz", "e4m3")]
    [TestCase("elemwise_fp8_e5m2_microxcaling.csv.gz", "e5m2")]
    [TestCase("elemwise_bfloat16_microxcaling.csv.gz", "bf16")]
    [TestCase("elemwise_float16_microxcaling.csv.gz", "fp16")]
    public void RoundsAsMicroxcaling(string file, string name)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        double justBelowHalf = MathF.BitDecrement((float)(format.SmallestPositive.ToDouble() / 2));
        List<string> wrong = [];
        long rows = 0, departures = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read(file))
        {
            double x = BitConverter.UInt32BitsToSingle(GoldenRows.Hex(cells[0]));
            rows++;
            foreach ((string peer, RoundingMode mode) in new[] { ("nearest_sat", RoundingMode.NearestAway), ("even_sat", RoundingMode.NearestEven) })
            {
                double expected = BitConverter.UInt32BitsToSingle(GoldenRows.Hex(cells[column[peer]]));
                double actual = format.Decode(format.Encode(Exact.FromDouble(x), new Rounding(mode, OverflowPolicy.SaturateInfinity), out _)).ToDouble();
                if (expected == actual || double.IsNaN(expected) && double.IsNaN(actual)) continue;
                // The peer keeps Inf and NaN, makes NaN of numbers near the largest binary32, and computes |x| + 0.5 in binary32, which
                // lifts the number just below half of the smallest to it.
                bool departs = !double.IsFinite(x) || Math.Abs(x) >= Math.ScaleB(1, 127) && double.IsNaN(expected)
                    || Math.Abs(x) == justBelowHalf && Math.Abs(expected) == format.SmallestPositive.ToDouble() && actual == 0;
                if (departs) departures++;
                else wrong.Add($"{cells[0]} {peer} gave {actual:R}, not {expected:R}");
            }
        }
        GoldenRows.Report(file, rows, 400, wrong);
        Assert.That(departures, Is.LessThan(rows / 4), "departures are a few special inputs");
        Truth.Checked("Numbers", file, "microxcaling", 2 * rows, $"columns nearest_sat and even_sat equal but for {departures} Inf, NaN, near-overflow and just-below-half inputs (known of the peer)");
    }
}
