using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;

namespace Sim.Datapath.Tests.Blocks;

/// <summary>Blocks encoded in lanes have the scales, codes and counts of the format's own encoding, one block at a time.</summary>
[TestFixture]
internal sealed class BlockLanesTests
{
    private static readonly string[] Formats =
    [
        "mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4", "mxint8", "mxint4", "nvfp4", "nvfp4_te", "nvint4", "fp4_ue5m3",
            "msfp12", "msfp16", "bfp8", "bfp16", "dfp8", "dfp16",
        "mxfp8_e4m3_ceil", "mxfp8_e4m3_rceil", "mxfp8_e4m3_even", "mxfp4_even", "mxfp4_rceil", "mxint8_ceil", "mxint8_even", "bfp8_rceil",
            "mxfp6_e2m3_b7_even", "mxfp4_b1", "mxfp8_e5m2_b1500",
        "nvfp4_up", "nvfp4_te_up", "nvfp4_b8", "fp4_ue5m3_up", "dfp8_ceil", "dfp4_rceil", "msfp12_even",
    ];

    private enum Stream { Normal, Wide, Patterns, Ties, Small, Specials }

    [TestCaseSource(nameof(Formats))]
    public void Equal_the_format(string name)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        var quantizer = BlockQuantizer.For(format, Rounding.NearestEven);
        Assert.That(quantizer.IsVectorised, Is.True);
        var random = new Random(21);
        long elements = 0;
        foreach (Stream stream in Enum.GetValues<Stream>())
        {
            // Every tail of a block and of the lanes, and rows of several groups.
            for (int length = 1; length < 160; length++) elements += Compare(format, quantizer, Values(stream, length, random), stream,
                random);
            foreach (int length in new[] { 1023, 1024, 1025, 3333, 8000 }) elements += Compare(format, quantizer,
                Values(stream, length, random), stream, random);
        }
        Assert.That(elements, Is.GreaterThanOrEqualTo(150_000));
    }

    [TestCase("mxfp8_e4m3", RoundingMode.NearestAway, true), TestCase("nvfp4", RoundingMode.NearestAway, true),
        TestCase("mxfp4", RoundingMode.ToZero, false), TestCase("qrazor4_int8", RoundingMode.NearestEven, false)]
    public void Other_modes_too(string name, RoundingMode mode, bool vectorised)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        var quantizer = BlockQuantizer.For(format, new Rounding(mode));
        Assert.That(quantizer.IsVectorised, Is.EqualTo(vectorised));
        var random = new Random(22);
        long elements = 0;
        foreach (Stream stream in Enum.GetValues<Stream>()) elements += Compare(format, quantizer, Values(stream, 1500, random), stream,
            random);
        Assert.That(elements, Is.EqualTo(9_000));
    }

    [Test]
    public void Columns_are_rows_turned()
    {
        var format = BlockCatalogue.Parse("mxfp8_e4m3");
        var quantizer = BlockQuantizer.For(format, Rounding.NearestEven);
        var random = new Random(23);
        const int outer = 2, axis = 70, inner = 37;
        float[] values = Values(Stream.Normal, outer * axis * inner, random);
        int blocks = format.Blocks(axis), cases = 0;
        uint[] codes = new uint[values.Length], scales = new uint[outer * blocks * inner];
        var events = new BlockEvents();
        quantizer.EncodeAlong(values, axis, inner, 0, scales, codes, ref events);
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < inner; i++)
            {
                float[] line = [.. Enumerable.Range(0, axis).Select(j => values[(o * axis + j) * inner + i])];
                (uint[] expectedScales, uint[] expected, _) = OneByOne(format, line, 0, Rounding.NearestEven);
                for (int j = 0; j < axis; j++, cases++) Assert.That(codes[(o * axis + j) * inner + i], Is.EqualTo(expected[j]));
                for (int b = 0; b < blocks; b++) Assert.That(scales[(o * blocks + b) * inner + i], Is.EqualTo(expectedScales[b]));
            }
        }
        Assert.That(cases, Is.EqualTo(values.Length));
    }

    private static int Compare(BlockFormat format, BlockQuantizer quantizer, float[] values, Stream stream, Random random)
    {
        float amax = values.Where(float.IsFinite).Select(MathF.Abs).DefaultIfEmpty(0).Max();
        // A tensor of which the row is a part may have a larger magnitude.
        float tensorAmax = random.Next(3) switch { 0 => amax, 1 => MathF.Min(amax * (1 + random.NextSingle()), float.MaxValue),
            _ => MathF.Min(amax * MathF.ScaleB(1, random.Next(20)), float.MaxValue) };
        (uint[] expectedScales, uint[] expected, BlockEvents expectedEvents) = OneByOne(format, values, tensorAmax, quantizer.Rounding);
        uint[] scales = new uint[expectedScales.Length], codes = new uint[values.Length];
        var events = new BlockEvents();
        quantizer.EncodeRow(values, tensorAmax, scales, codes, ref events);
        string what = $"{format.Name}, {stream}, {values.Length} numbers, tensor {tensorAmax:R}";
        Assert.That(scales.AsSpan().SequenceEqual(expectedScales), Is.True, $"scales of {what}");
        int wrong = codes.AsSpan().CommonPrefixLength(expected);
        if (wrong != codes.Length) Assert.Fail($"{what}: {values[wrong]:R} became {codes[wrong]:x}, the format says {expected[wrong]:x}");
        Assert.That(events, Is.EqualTo(expectedEvents), what);
        return values.Length;
    }

    private static (uint[] Scales, uint[] Codes, BlockEvents Events) OneByOne(BlockFormat format, float[] values, float tensorAmax,
        Rounding rounding)
    {
        int size = format.Size == 0 ? values.Length : format.Size;
        var scales = new uint[format.Blocks(values.Length)];
        var codes = new uint[values.Length];
        var events = new BlockEvents();
        for (int b = 0; b < scales.Length; b++)
        {
            int count = Math.Min(size, values.Length - b * size);
            scales[b] = format.Encode(values.AsSpan(b * size, count), tensorAmax, rounding, codes.AsSpan(b * size, count), ref events);
        }
        return (scales, codes, events);
    }

    private static float[] Values(Stream stream, int length, Random random)
    {
        float common = MathF.ScaleB(1, random.Next(-20, 20));
        return [.. Enumerable.Range(0, length).Select(i => stream switch
        {
            Stream.Normal => common * (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5),
            Stream.Wide => (float)Math.ScaleB(random.NextDouble() * 2 - 1, random.Next(-149, 128)),
            Stream.Patterns => Finite(random),
            // Few bits: quotients fall on numbers and half way between them.
            Stream.Ties => common * random.Next(-64, 65) * (random.Next(8) == 0 ? 1.0000001f : random.Next(8) == 0 ? 0.9999999f : 1),
            Stream.Small => BitConverter.Int32BitsToSingle(random.Next(1 << random.Next(1, 26)) | random.Next(2) << 31),
            _ => random.Next(40) switch { 0 => float.NaN, 1 => float.PositiveInfinity, 2 => float.NegativeInfinity,
                < 20 => random.Next(2) == 0 ? -0f : 0f, _ => common * random.NextSingle() },
        })];
    }

    private static float Finite(Random random)
    {
        while (true)
        {
            float value = BitConverter.Int32BitsToSingle((int)random.NextInt64(int.MinValue, 1L + int.MaxValue));
            if (float.IsFinite(value)) return value;
        }
    }
}
