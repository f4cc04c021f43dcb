using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Tests.Quantization;

/// <summary>Codes against the nearest level found by looking at every level of the format.</summary>
public class ElementEncoderTests
{
    [TestCase("int8", 0.02f)]
    [TestCase("int4", 0.3f)]
    [TestCase("int2", 0.3f)]
    [TestCase("uint8", 0.01f)]
    [TestCase("q4.4", 0.5f)]
    [TestCase("e4m3", 0.01f)]
    [TestCase("e5m2", 0.001f)]
    [TestCase("e2m1", 0.4f)]
    [TestCase("e2m3", 0.4f)]
    [TestCase("e4m3fnuz", 0.01f)]
    [TestCase("bf16", 1f)]
    public void Code_is_a_nearest_level_and_clipping_is_counted(string name, float scale)
    {
        var encoder = new ElementEncoder(FormatCatalogue.Parse(name));
        double[] levels = [.. Enumerable.Range(0, 1 << encoder.Format.Bits).Select(c => encoder.Format.Decode((uint)c))
            .Where(e => e.Class is NumberClass.Zero or NumberClass.Finite).Select(e => e.ToDouble()).Distinct().Order()];
        double half = (levels[^1] - levels[^2]) / 2;
        float[] values = [0, -0f, .. CalibratorTests.Values(500, seed: 3), (float)(levels[^1] * scale), (float)(levels[0] * scale)];
        uint[] codes = new uint[values.Length];
        long clipped = encoder.Encode(values, scale, 0, codes), expected = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double q = values[i] / scale, found = encoder.Decode(codes[i]);
            int at = Array.BinarySearch(levels, q);
            int up = at >= 0 ? at : ~at;
            double nearest = Math.Min(Math.Abs(q - levels[Math.Min(up, levels.Length - 1)]), Math.Abs(q - levels[Math.Max(up - 1, 0)]));
            Assert.That(Math.Abs(found - q), Is.EqualTo(nearest), $"{name}: {q:R} became {found:R}");
            if (q > levels[^1] + half || q < levels[0] - (levels[0] == 0 ? levels[1] / 2 : half)) expected++;
        }
        Assert.That(clipped, Is.EqualTo(expected));
    }

    // ONNX QuantizeLinear: saturate(round(x / scale) + zero point), round half to even.
    [TestCase(0.5f, 1f, 3, 3)]
    [TestCase(1.5f, 1f, 3, 5)]
    [TestCase(2.5f, 1f, 3, 5)]
    [TestCase(-300f, 1f, 3, -128)]
    [TestCase(125f, 1f, 3, 127)]
    [TestCase(124f, 1f, 3, 127)]
    public void Zero_point_is_added_after_rounding(float value, float scale, int zeroPoint, int expected)
    {
        var encoder = new ElementEncoder(FormatCatalogue.Parse("int8"));
        uint[] code = new uint[1];
        encoder.Encode([value], scale, zeroPoint, code);
        Assert.That(unchecked((sbyte)code[0]), Is.EqualTo(expected));
    }

    [Test]
    public void A_zero_point_needs_an_integer_format_and_a_scale_is_positive()
    {
        uint[] code = new uint[1];
        Assert.Throws<ArgumentException>(() => new ElementEncoder(FormatCatalogue.Parse("e4m3")).Encode([1f], 1, 1, code));
        foreach (float bad in new[] { 0f, -1f, float.NaN, float.PositiveInfinity })
            Assert.Throws<ArgumentOutOfRangeException>(() => new ElementEncoder(FormatCatalogue.Parse("int8")).Encode([1f], bad, 0, code));
    }

    [Test]
    public void NaN_becomes_zero_where_there_is_no_NaN()
    {
        uint[] code = new uint[1];
        new ElementEncoder(FormatCatalogue.Parse("int8")).Encode([float.NaN], 1, 0, code);
        Assert.That(code[0], Is.Zero);
        new ElementEncoder(FormatCatalogue.Parse("e4m3")).Encode([float.NaN], 1, 0, code);
        Assert.That(FormatCatalogue.Parse("e4m3").Decode(code[0]).Class, Is.EqualTo(NumberClass.NaN));
    }
}
