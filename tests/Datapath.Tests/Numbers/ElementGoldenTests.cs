using Sim.Datapath.Formats;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Saturating element rounding against microxcaling, which gives values (binary32 patterns), not codes.</summary>
public sealed class ElementGoldenTests
{
    private static readonly (string Peer, RoundingMode Mode, bool Saturates)[] Columns =
    [
        ("nearest", RoundingMode.NearestAway, false), ("nearest_sat", RoundingMode.NearestAway, true),
            ("floor", RoundingMode.ToZero, false),
        ("floor_sat", RoundingMode.ToZero, true), ("even", RoundingMode.NearestEven, false), ("even_sat", RoundingMode.NearestEven, true),
    ];

    [TestCase("elemwise_fp4_e2m1_microxcaling.csv.gz", "e2m1")]
    [TestCase("elemwise_fp6_e2m3_microxcaling.csv.gz", "e2m3")]
    [TestCase("elemwise_fp6_e3m2_microxcaling.csv.gz", "e3m2")]
    [TestCase("elemwise_fp8_e4m3_microxcaling.csv.gz", "e4m3")]
    [TestCase("elemwise_fp8_e5m2_microxcaling.csv.gz", "e5m2")]
    [TestCase("elemwise_bfloat16_microxcaling.csv.gz", "bf16")]
    [TestCase("elemwise_float16_microxcaling.csv.gz", "fp16")]
    [TestCase("elemwise_int8_microxcaling.csv.gz", "q2.6")]
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
            foreach ((string peer, RoundingMode mode, bool saturates) in Columns)
            {
                double expected = BitConverter.UInt32BitsToSingle(GoldenRows.Hex(cells[column[peer]]));
                double actual = format.Decode(format.Encode(Exact.FromDouble(x), new Rounding(mode, OverflowPolicy.SaturateInfinity),
                    out RoundingFlags flags)).ToDouble();
                // the peer's integers are symmetric, and saturate in every column
                if (format is FixedFormat) actual = Math.Max(actual, -format.Maximum.ToDouble());
                else if (!saturates && flags.HasFlag(RoundingFlags.Overflow)) actual = actual < 0 ? double.NegativeInfinity
                    : double.PositiveInfinity;
                if (expected == actual || double.IsNaN(expected) && double.IsNaN(actual)) continue;
                // The peer keeps Inf and NaN, makes NaN of numbers near the largest binary32, and computes |x| + 0.5 in binary32, which
                // lifts the number just below half of the smallest to it. Its binary32 logarithm of a number just below a power of two is
                // the whole number above (reference notes), so that it cuts such a number to the coarser steps of the next binade.
                bool nearPower = (GoldenRows.Hex(cells[0]) & 0x7FFFFF) >= 0x7FFFF0;
                bool departs = !double.IsFinite(x) || Math.Abs(x) >= Math.ScaleB(1, 127) && double.IsNaN(expected)
                    || Math.Abs(x) == justBelowHalf && Math.Abs(expected) == format.SmallestPositive.ToDouble() && actual == 0
                    || mode == RoundingMode.ToZero && nearPower && format is FloatFormat f
                        && Math.Abs(expected) == Math.ScaleB(Math.Floor(Math.ScaleB(Math.Abs(x), f.FractionBits - 1 - Math.ILogB(x))),
                        Math.ILogB(x) + 1 - f.FractionBits);
                if (departs) departures++;
                else wrong.Add($"{cells[0]} {peer} gave {actual:R}, not {expected:R}");
            }
        }
        GoldenRows.Report(file, rows, 400, wrong);
        Assert.That(departures, Is.LessThan(Columns.Length * rows / 8), "departures are a few special inputs");
        Truth.Checked("Numbers", file, "microxcaling", Columns.Length * rows,
            $"all six columns equal but for {departures} Inf, NaN, near-overflow, just-below-half and just-below-a-power inputs (known of the peer)");
    }

    /// <summary>
    /// QPyTorch rounds half away, saturates, and uses every exponent field for numbers (no Inf, no NaN). Its NaN and Inf inputs become ±
    /// the largest or 0 (see the reference notes); below the smallest normal it adds in binary32, which lifts the number one step under a
    /// midpoint over it.
    /// </summary>
    [TestCase("e4m3")]
    [TestCase("e5m2")]
    [TestCase("e3m2")]
    [TestCase("e2m3")]
    [TestCase("e2m1")]
    [TestCase("e5m10")]
    [TestCase("e8m7")]
    [TestCase("e6m9")]
    public void RoundsAsQPyTorch(string name)
    {
        int exponentBits = name[1] - '0', fractionBits = int.Parse(name.AsSpan(3), System.Globalization.CultureInfo.InvariantCulture);
        var format = new FloatFormat(name, exponentBits, fractionBits, (1 << exponentBits - 1) - 1, Specials.Finite);
        List<string> wrong = [];
        long rows = 0, special = 0, lifted = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read("quant_exmy_qpytorch.csv.gz"))
        {
            double x = BitConverter.UInt32BitsToSingle(GoldenRows.Hex(cells[column["f32_bits"]])),
                expected = BitConverter.UInt32BitsToSingle(GoldenRows.Hex(cells[column[name]]));
            if (!double.IsFinite(x))
            {
                special++;
                continue;
            }
            rows++;
            double Rounded(double value) =>
                format.Decode(format.Encode(Exact.FromDouble(value), new Rounding(RoundingMode.NearestAway, OverflowPolicy.Saturate),
                out _)).ToDouble();
            double actual = Rounded(x), above = Math.CopySign(MathF.BitIncrement((float)Math.Abs(x)), x);
            if (actual == expected) continue;
            if (Math.Abs(x) < Math.ScaleB(1, format.MinimumExponent) && Rounded(above) == expected) lifted++;
            else wrong.Add($"{cells[0]} gave {actual:R}, not {expected:R}");
        }
        GoldenRows.Report("quant_exmy_qpytorch.csv.gz", rows, 400, wrong);
        Assert.That((lifted, special), Is.EqualTo((Math.Min(lifted, 32), Math.Min(special, 64))), "departures are single inputs");
        Truth.Checked("Numbers", $"quant_exmy_qpytorch.csv.gz {name}", "QPyTorch", rows,
            $"equal but for {lifted} inputs one step below a subnormal midpoint; {special} inputs are Inf or NaN, which the peer has not");
    }
}
