using Sim.Datapath.Formats;

namespace Sim.Datapath.Tests.Blocks;

/// <summary>Laws that hold for every block format, and what happens to blocks of zeros, Inf and NaN.</summary>
public sealed class BlockLawTests
{
    private static readonly string[] Names =
    [
        .. BlockCatalogue.Named.Select(f => f.Name),
        "mxfp4_ceil", "mxfp4_rceil", "mxfp4_even", "mxfp8_e4m3_rceil", "mxfp8_e5m2_even", "mxint8_b7_ceil", "nvfp4_up", "nvint4_up",
            "bfp5", "bfp9_b3", "dfp8", "mxint6_even",
    ];

    // Does not hold for _up: the binary32 rounding of the largest value may lift the next scale by one unit.
    [TestCaseSource(nameof(Names))]
    public void DecodedBlocksEncodeToThemselves(string name)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        if (format.Rule == ScaleRule.NearestUp) Assert.Ignore("skipped: this rule has no such law");
        int blocks = 0;
        foreach (float[] block in Blocks(format))
        {
            (uint scale, _, float[] once) = BlockFiles.Encode(format, block, tensorAmax: Amax(format));
            // A subnormal scale with a fraction is too coarse to put the largest element on M.
            if (!format.HasPowerScale && format.Scale.Decode(scale).LeadingExponent < -6) continue;
            Assert.That(BlockFiles.Encode(format, once, tensorAmax: Amax(format)).Values, Is.EqualTo(once), $"block {blocks}");
            blocks++;
        }
        Assert.That(blocks, Is.GreaterThanOrEqualTo(150));
    }

    [TestCaseSource(nameof(Names))]
    public void ScalesGrowWithTheLargestMagnitude(string name)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        double last = 0;
        int steps = 0;
        for (float amax = 1e-6f; amax < 60000; amax *= 1.01f, steps++)
        {
            uint scale = BlockFiles.Encode(format, [amax, amax / -3], tensorAmax: 60000).Scale;
            double value = format.Scale.Decode(scale).ToDouble();
            Assert.That(value, Is.GreaterThanOrEqualTo(last), $"amax {amax:R}");
            last = value;
        }
        Assert.That(steps, Is.GreaterThan(2000));
    }

    [TestCaseSource(nameof(Names))]
    public void AnInfiniteOrNaNElementMakesTheBlockNaN(string name)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            BlockEvents events = default;
            var codes = new uint[2];
            uint scale = format.Encode([1, bad], 1, default, codes, ref events);
            var values = new float[2];
            format.Decode(scale, codes, 1, values);
            Assert.That(values, Is.All.NaN);
            Assert.That(events, Is.EqualTo(new BlockEvents { Blocks = 1, NaNBlocks = 1 }));
        }
    }

    [TestCaseSource(nameof(Names))]
    public void ZerosStayZerosWithTheSmallestScale(string name)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        (uint scale, _, float[] values) = BlockFiles.Encode(format, [0f, -0f]);
        Assert.That(scale, Is.Zero);
        Assert.That(values, Is.All.Zero);
    }

    [TestCase("mxfp4_ceil"), TestCase("mxfp6_e3m2_rceil"), TestCase("mxfp8_e4m3_ceil"), TestCase("mxfp8_e5m2_rceil"),
        TestCase("mxint8_ceil"), TestCase("nvint4_up"), TestCase("fp4_ue5m3_up")]
    public void RoundedUpScalesNeverClip(string name)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        BlockEvents events = default;
        foreach (float[] block in Blocks(format)) format.Encode(block, Amax(format), default, new uint[block.Length], ref events);
        Assert.That(events.Blocks, Is.GreaterThanOrEqualTo(200));
        Assert.That(events.SaturatedElements, name == "mxint8_ceil" ? Is.GreaterThanOrEqualTo(0) : Is.Zero);
    }

    // OCP MX v1.0 §6.3 with the other rules beside it, worked by hand: element e2m1 has M = 6 = 1.1b·2^2.
    [TestCase(4f, "floor", 0), TestCase(4f, "ceil", 0), TestCase(4f, "rceil", 0), TestCase(4f, "even", 0)]
    [TestCase(6f, "floor", 0), TestCase(6f, "ceil", 1), TestCase(6f, "rceil", 0), TestCase(6f, "even", 0)]
    [TestCase(6.5f, "floor", 0), TestCase(6.5f, "ceil", 1), TestCase(6.5f, "rceil", 1), TestCase(6.5f, "even", 0)]
    [TestCase(7f, "floor", 0), TestCase(7f, "ceil", 1), TestCase(7f, "rceil", 1), TestCase(7f, "even", 1)]
    [TestCase(6.9999995f, "floor", 0), TestCase(6.9999995f, "even", 0), TestCase(7.9999995f, "floor", 0), TestCase(7.9999995f, "even", 1)]
    [TestCase(1e-45f, "floor", -127), TestCase(3e38f, "floor", 125), TestCase(3e38f, "ceil", 126)]
    public void RulesAsDefined(float amax, string rule, int exponent) =>
        Assert.That((int)BlockFiles.Encode(BlockCatalogue.Parse($"mxfp4_{rule}"), [amax]).Scale - 127, Is.EqualTo(exponent));

    // Leading one of the group's largest integer 100 = 1100100b in bit 6: four bits with sign keep bits 6 to 4, the shift is 4.
    [Test]
    public void RazoringKeepsTheGroupsLeadingBits()
    {
        BlockFormat format = BlockCatalogue.Parse("qrazor4_int16");
        (uint scale, uint[] codes, float[] values) = BlockFiles.Encode(format, [100, -37, 7, 8, 9, -120], tensorAmax: 32767);
        Assert.That(scale, Is.EqualTo(4u));
        Assert.That(codes, Is.EqualTo(new uint[] { 6, 0xA, 0, 0, 1, 0xF }));
        Assert.That(values, Is.EqualTo(new float[] { 96, -32, 0, 0, 16, -112 }));
    }

    private static float Amax(BlockFormat format) => format.TwoLevel ? 50f : 0;

    // Normal-like numbers over many binades, some blocks short.
    private static IEnumerable<float[]> Blocks(BlockFormat format)
    {
        var random = new Random(7);
        int size = format.Size == 0 ? 40 : format.Size;
        for (int b = 0; b < 200; b++)
        {
            double binade = format.TwoLevel || !format.HasPowerScale ? 0 : random.Next(-120, 120);
            var block = new float[b % 5 == 0 ? 1 + random.Next(size) : size];
            for (int i = 0; i < block.Length; i++) block[i] =
                (float)(Math.ScaleB(random.NextDouble() - 0.5, (int)binade) * (random.Next(4) == 0 ? 60 : 1));
            yield return block;
        }
    }
}
