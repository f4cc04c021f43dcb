using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Datapath.Tests.Numbers;

namespace Sim.Datapath.Tests.DotUnits;

/// <summary>Units that keep the register outside the aligned sum, against the same rule in binary64 and binary32 arithmetic, which is exact
/// here but for the two roundings meant.</summary>
public sealed class AlignedSumTests
{
    // A recorded row of B200 (MATLAB-tensor-core, E5M2) that an exact sum of all terms, rounded once, misses by a last place.
    [Test]
    public void RecordedRowThatTellsTheRulesApart()
    {
        GemmEvents events = default;
        uint[] a = Codes("c0b8b9b5a72c3bb63d2c40baa93839bdb638bc3c3338be3db2393927bdbfbcb9"),
            b = Codes("37bbb63504b830b73bbcbcbcbe3cba38b4c035b73cc032b734afbb3b3d3b393e");
        DatapathSpec chip = ChipProfiles.Find("b200_e5m2")!.Datapath;
        Assert.That(ReferenceKernel.Dot(chip, 0x3f01684f, a, b, ref events), Is.EqualTo(0xc10ddf7c));
        Assert.That(ReferenceKernel.Dot(chip with { Dot = new AlignedDotUnit(32, null) }, 0x3f01684f, a, b, ref events),
            Is.EqualTo(0xc10ddf7d));
    }

    [TestCase("b200_e4m3", -6, 3)]
    [TestCase("b200_e5m2", -14, 2)]
    public void UniformCodes(string profile, int leastExponent, int fraction)
    {
        DatapathSpec chip = ChipProfiles.Find(profile)!.Datapath;
        var random = new Random(11);
        uint[] finite = [.. Enumerable.Range(0, 256).Select(c => (uint)c)
            .Where(c => chip.Activation.Decode(c).Class is NumberClass.Finite or NumberClass.Zero)];
        GemmEvents events = default;
        int differ = 0;
        for (int row = 0; row < 4000; row++)
        {
            uint[] a = Draw(), b = Draw();
            float c = (float)((random.NextDouble() - 0.5) * Math.ScaleB(1, random.Next(-20, 21)));
            float expected = Step(c, [.. a.Select(Value)], [.. b.Select(Value)], leastExponent, 25);
            uint got = (uint)ReferenceKernel.Dot(chip, BitConverter.SingleToUInt32Bits(c), a, b, ref events);
            Assert.That(got, Is.EqualTo(BitConverter.SingleToUInt32Bits(expected)), $"row {row}");
            uint exact = (uint)ReferenceKernel.Dot(chip with { Dot = new AlignedDotUnit(32, null) }, BitConverter.SingleToUInt32Bits(c), a,
                b, ref events);
            if (exact != got) differ++;
        }
        Assert.That(differ, Is.GreaterThan(200), "uniform codes tell the rule from an exact sum");

        uint[] Draw() => [.. Enumerable.Range(0, 32).Select(_ => finite[random.Next(finite.Length)])];
        double Value(uint code) => chip.Activation.Decode(code).ToDouble();
    }

    // A step of small products has a unit of alignment at the least exponent, not at theirs: 2^-21 · 2^-25 of h100_fp16_acc16 as the MATLAB
    // models of 2026-08 bound it.
    [TestCase("h100_fp16_acc16", -46)]
    [TestCase("a100_fp16_acc16", -44)]
    [TestCase("v100_fp16_acc16", -42)]
    public void SmallProductsAreAlignedToTheLeastExponent(string profile, int unit)
    {
        DatapathSpec chip = ChipProfiles.Find(profile)!.Datapath;
        INumberFormat fp16 = FormatCatalogue.Parse("fp16");
        GemmEvents events = default;
        // 2^-25 is half of the smallest result; what lies beside it decides the tie, unless it is below the unit.
        Assert.That(Beside(unit), Is.EqualTo(1));
        Assert.That(Beside(unit - 1), Is.EqualTo(0));
        Assert.That(Beside(unit - 2), Is.EqualTo(0));

        uint Beside(int exponent) => (uint)ReferenceKernel.Dot(chip, 0, [Power(-13), Power(exponent / 2)],
            [Power(-12), Power(exponent - exponent / 2)], ref events);
        uint Power(int exponent) => fp16.Encode(Exact.Finite(false, exponent, 1), Rounding.NearestEven, out _);
    }

    private static float Step(float c, double[] a, double[] b, int leastExponent, int kept)
    {
        int Binade(double value) => Math.Max(Math.ILogB(value), leastExponent);
        int largest = a.Zip(b).Where(p => p.First * p.Second != 0).Select(p => Binade(p.First) + Binade(p.Second)).DefaultIfEmpty(0).Max();
        double sum = a.Zip(b).Sum(p => Math.Truncate(p.First * p.Second * Math.ScaleB(1, kept - largest))) * Math.ScaleB(1, largest - kept);
        float near = (float)sum, truncated = Math.Abs((double)near) > Math.Abs(sum) ? MathF.BitDecrement(MathF.Abs(near)) * Math.Sign(sum)
            : near;
        return c + truncated;
    }

    private static uint[] Codes(string hex) =>
        [.. Enumerable.Range(0, hex.Length / 2).Select(i => GoldenRows.Hex(hex.Substring(2 * i, 2)))];
}
