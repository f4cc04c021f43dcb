using Sim.Datapath.Formats;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Tests.Quantization;

/// <summary>Scales against the definitions of docs/guide/quantization.md, computed here by counting and brute force.</summary>
public class CalibratorTests
{
    private static readonly string[] Formats = ["int8", "int4", "uint8", "e4m3", "e5m2", "e2m1", "e3m2", "q8.8", "q2.6"];

    // Largest finite values: OCP OFP8 v1.0 table 1, OCP MX v1.0 §5.3; two's complement for the rest.
    [TestCase("int8", -128, 127, 1, true)]
    [TestCase("int4", -8, 7, 1, true)]
    [TestCase("uint8", 0, 255, 1, true)]
    [TestCase("e4m3", -448, 448, 0.001953125, false)]
    [TestCase("e5m2", -57344, 57344, 1.52587890625e-05, false)]
    [TestCase("e2m1", -6, 6, 0.5, false)]
    [TestCase("e3m2", -28, 28, 0.0625, false)]
    [TestCase("q8.8", -128, 127.99609375, 0.00390625, false)]
    public void Range_is_that_of_the_specification(string name, double lowest, double highest, double smallest, bool integer)
    {
        FormatRange range = FormatRange.Of(FormatCatalogue.Parse(name));
        Assert.That((range.Lowest, range.Highest, range.SmallestPositive, range.IsInteger),
            Is.EqualTo((lowest, highest, smallest, integer)));
        Assert.That(range.IsWide, Is.False);
    }

    [TestCase("bf16")]
    [TestCase("fp16")]
    [TestCase("tf32")]
    [TestCase("fp32")]
    public void Wide_formats_need_no_scale_unless_asked(string name)
    {
        var encoder = new ElementEncoder(FormatCatalogue.Parse(name));
        float[] values = [0.25f, -3f];
        Assert.That(Calibrator.Symmetric(new(CalibrationMethod.AbsMax), encoder, values), Is.EqualTo(QuantizationParameters.Unit));
        Assert.That(Calibrator.Symmetric(new(CalibrationMethod.AbsMax), encoder, values, scaleWideFormats: true).Scale,
            Is.EqualTo((float)(3 / encoder.Range.Highest)));
    }

    [TestCaseSource(nameof(Formats))]
    public void AbsMax_puts_the_largest_magnitude_on_the_largest_code(string name)
    {
        var encoder = new ElementEncoder(FormatCatalogue.Parse(name));
        float[] values = Values(200, seed: 1);
        float scale = Calibrator.Symmetric(new(CalibrationMethod.AbsMax), encoder, values).Scale;
        Assert.That(scale, Is.EqualTo((float)(values.Max(Math.Abs) / encoder.Range.Highest)));
    }

    [TestCase(50, 100, 50)]
    [TestCase(99, 100, 99)]
    [TestCase(99.5, 100, 100)]
    [TestCase(100, 7, 7)]
    [TestCase(1e-9, 7, 1)]
    public void Percentile_is_the_nearest_rank(double percentile, int count, int rank)
    {
        float[] values = [.. Enumerable.Range(1, count).Select(i => i % 2 == 0 ? (float)i : -i).OrderBy(v => (v * 37) % 11)];
        Assert.That(Calibrator.Percentile(values, percentile), Is.EqualTo((float)rank));
    }

    [TestCaseSource(nameof(Formats))]
    public void MeanSquaredError_is_the_best_of_its_grid(string name)
    {
        var encoder = new ElementEncoder(FormatCatalogue.Parse(name));
        float[] values = Values(300, seed: 2);
        float scale = Calibrator.Symmetric(new(CalibrationMethod.MeanSquaredError), encoder, values).Scale;
        double[] levels = [.. Enumerable.Range(0, 1 << Math.Min(16, encoder.Format.Bits)).Select(c => encoder.Format.Decode((uint)c))
            .Where(e => e.Class is Sim.Datapath.NumberClass.Zero or Sim.Datapath.NumberClass.Finite).Select(e => e.ToDouble()).Distinct()
                .Order()];
        double largest = values.Max(Math.Abs);
        var errors = Enumerable.Range(1, 64).Select(step => (float)(largest * step / 64 / encoder.Range.Highest))
            .ToDictionary(s => s, s => Error(values, s, levels));
        Assert.That(Error(values, scale, levels), Is.EqualTo(errors.Values.Min()).Within(1e-4).Percent);
    }

    [Test]
    public void Zero_data_get_scale_one()
    {
        var encoder = new ElementEncoder(FormatCatalogue.Parse("int8"));
        foreach (CalibrationMethod method in Enum.GetValues<CalibrationMethod>())
        {
            Assert.That(Calibrator.Symmetric(new(method), encoder, new float[5]), Is.EqualTo(QuantizationParameters.Unit));
            Assert.That(Calibrator.Asymmetric(new(method), encoder, new float[5]), Is.EqualTo(QuantizationParameters.Unit));
        }
    }

    [Test]
    public void Infinite_data_are_refused() =>
        Assert.Throws<ArgumentException>(() =>
            Calibrator.Symmetric(new(CalibrationMethod.AbsMax), new ElementEncoder(FormatCatalogue.Parse("int8")),
            [float.PositiveInfinity]));

    [TestCase("uint8", 0f, 2.55f, 0)]
    [TestCase("int8", 0f, 2.55f, -128)]
    [TestCase("int8", -1f, 1.55f, -28)]
    [TestCase("uint4", 3f, 15f, 0)]
    public void Asymmetric_covers_the_data_and_zero(string name, float low, float high, int zeroPoint)
    {
        var encoder = new ElementEncoder(FormatCatalogue.Parse(name));
        QuantizationParameters found = Calibrator.Asymmetric(new(CalibrationMethod.AbsMax), encoder, [low, high]);
        float span = high - Math.Min(low, 0);
        Assert.That(found.ZeroPoint, Is.EqualTo(zeroPoint));
        Assert.That(found.Scale, Is.EqualTo(span / (Math.Pow(2, encoder.Format.Bits) - 1)).Within(1e-6).Percent);
    }

    private static double Error(float[] values, float scale, double[] levels) => values.Sum(v =>
    {
        double q = v / scale;
        return levels.Min(l => Math.Abs(l - q)) is var d ? d * d * scale * scale : 0;
    });

    internal static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count)
            .Select(_ => (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 3))];
    }
}
