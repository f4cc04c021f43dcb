using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>The quantizer is the format's own encoding, bit for bit.</summary>
[TestFixture]
internal sealed class QuantizerTests
{
    private static readonly string[] Formats =
        ["e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "e4m3fnuz", "e5m2fnuz", "e4m3b11fnuz", "e3m4", "e4m3_ieee", "bf16", "fp16", "tf32",
            "fp32", "int8", "uint8", "int4", "int2", "int16", "q4.4", "int24"];

    // Every sign, exponent and the seven upper fraction bits, with lower bits at and around the ties of narrow formats.
    private static float[] Patterns()
    {
        var values = new List<float>();
        var random = new Random(7);
        for (uint high = 0; high < 1u << 16; high++)
        {
            foreach (uint low in new uint[]
                { 0, 1, 0xFFFF, 0x8000, (uint)random.Next(1 << 16) }) values.Add(BitConverter.UInt32BitsToSingle(high << 16 | low));
        }
        return [.. values];
    }

    [TestCaseSource(nameof(Formats))]
    public void Encodes_like_the_format(string name)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        float[] values = Patterns();
        Assert.That(values, Has.Length.GreaterThanOrEqualTo(300_000));
        foreach (OverflowPolicy overflow in Enum.GetValues<OverflowPolicy>())
        {
            var rounding = new Rounding(RoundingMode.NearestEven, overflow);
            var codes = new uint[values.Length];
            long saturated = Quantizer.For(format, rounding).Encode(values, 1, 0, codes), expected = 0;
            for (int i = 0; i < values.Length; i++)
            {
                uint code = format.Encode(Exact.FromDouble(values[i]), rounding, out RoundingFlags flags);
                if (flags.HasFlag(RoundingFlags.Overflow)) expected++;
                if (code != codes[i]) Assert.Fail($"{name}, {overflow}: {BitConverter.SingleToUInt32Bits(values[i]):x8} became {codes[i]:x}, the format says {code:x}");
            }
            Assert.That(saturated, Is.EqualTo(expected), $"{name}, {overflow}");
        }
    }

    [TestCase("e4m3")]
    [TestCase("e2m1")]
    [TestCase("int8")]
    [TestCase("uint8")]
    public void Bytes_scale_and_tails_agree_with_single_numbers(string name)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        var rounding = new Rounding(RoundingMode.NearestEven, OverflowPolicy.Saturate);
        var quantizer = Quantizer.For(format, rounding);
        var random = new Random(11);
        foreach (int length in new[] { 0, 1, 15, 16, 63, 64, 65, 129, 1000 })
        {
            float scale = (float)(0.01 + random.NextDouble());
            float[] values = [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() * 40 - 20))];
            var bytes = new byte[length];
            var codes = new uint[length];
            Assert.That(quantizer.Encode(values, scale, 0, bytes), Is.EqualTo(quantizer.Encode(values, scale, 0, codes)));
            for (int i = 0; i < length; i++)
            {
                Assert.That(bytes[i], Is.EqualTo(codes[i]));
                Assert.That(codes[i], Is.EqualTo(format.Encode(Exact.FromDouble(values[i] / scale), rounding, out _)));
            }
        }
    }

    // ONNX QuantizeLinear: saturate(round_half_to_even(x / scale) + zero_point).
    [TestCase("int8", -128, 127)]
    [TestCase("uint8", 0, 255)]
    public void Zero_points_follow_onnx(string name, int minimum, int maximum)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        var quantizer = Quantizer.For(format, new Rounding(RoundingMode.NearestEven, OverflowPolicy.Saturate));
        float[] values = [.. Enumerable.Range(-3000, 6001).Select(i => i * 0.25f), float.NaN, float.PositiveInfinity,
            float.NegativeInfinity];
        foreach (int zero in new[] { minimum, 3, maximum })
        {
            var codes = new uint[values.Length];
            quantizer.Encode(values, 0.5f, zero, codes);
            var back = new float[values.Length];
            quantizer.Decode(codes, 0.5f, zero, back);
            for (int i = 0; i < values.Length; i++)
            {
                double rounded = float.IsNaN(values[i]) ? 0 : Math.Round((double)values[i] / 0.5, MidpointRounding.ToEven);
                double held = Math.Clamp(rounded + zero, minimum, maximum);
                Assert.That(codes[i], Is.EqualTo(unchecked((byte)(int)held)), $"{values[i]} with zero point {zero}");
                Assert.That(back[i], Is.EqualTo((float)(held - zero) * 0.5f));
            }
        }
    }
}
