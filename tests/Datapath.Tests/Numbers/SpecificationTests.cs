using Sim.Datapath.Formats;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Limits and special codes transcribed by hand from the published tables.</summary>
public sealed class SpecificationTests
{
    // OCP 8-bit Floating Point Specification (OFP8) v1.0, section 5, tables 1 and 2: "Max normal", "Min normal", "Max subnorm", "Min
    // subnorm".
    [TestCase("e4m3", 0b0_1111_110u, 448.0)]
    [TestCase("e4m3", 0b0_0001_000u, 64.0, true)]
    [TestCase("e4m3", 0b0_0000_111u, 64 / 0.875, true)]
    [TestCase("e4m3", 0b0_0000_001u, 512.0, true)]
    [TestCase("e5m2", 0b0_11110_11u, 57344.0)]
    [TestCase("e5m2", 0b0_00001_00u, 16384.0, true)]
    [TestCase("e5m2", 0b0_00000_11u, 16384 / 0.75, true)]
    [TestCase("e5m2", 0b0_00000_01u, 65536.0, true)]
    // OCP Microscaling Formats (MX) v1.0, section 5.3, tables of FP6 and FP4.
    [TestCase("e2m3", 0b0_11_111u, 7.5)]
    [TestCase("e2m3", 0b0_01_000u, 1.0)]
    [TestCase("e2m3", 0b0_00_111u, 0.875)]
    [TestCase("e2m3", 0b0_00_001u, 0.125)]
    [TestCase("e3m2", 0b0_111_11u, 28.0)]
    [TestCase("e3m2", 0b0_001_00u, 0.25)]
    [TestCase("e3m2", 0b0_000_11u, 0.1875)]
    [TestCase("e3m2", 0b0_000_01u, 0.0625)]
    [TestCase("e2m1", 0b0_11_1u, 6.0)]
    [TestCase("e2m1", 0b0_01_0u, 1.0)]
    [TestCase("e2m1", 0b0_00_1u, 0.5)]
    // The same, INT8: two's complement with an implied scale of 2^-6, 1 63/64 at most.
    [TestCase("q2.6", 0x7fu, 1 + 63.0 / 64)]
    [TestCase("q2.6", 0x81u, -1 - 63.0 / 64)]
    // IEEE 754-2019, table 3.5: binary16 has p = 11, emax = 15; binary32 has p = 24, emax = 127; emin = 1 - emax.
    [TestCase("fp16", 0x7bffu, 65504.0)]
    [TestCase("fp16", 0x0400u, 16384.0, true)]
    [TestCase("fp16", 0x0001u, 16777216.0, true)]
    [TestCase("fp32", 0x7f7fffffu, (double)float.MaxValue)]
    [TestCase("fp32", 0x00000001u, (double)float.Epsilon)]
    // Noune et al., 8-bit Numerical Formats for Deep Neural Networks (arXiv 2206.02915), table 1: bias 8 and 16, zero's twin is the NaN.
    [TestCase("e4m3fnuz", 0b0_1111_111u, 240.0)]
    [TestCase("e4m3fnuz", 0b0_0000_001u, 1024.0, true)]
    [TestCase("e5m2fnuz", 0b0_11111_11u, 57344.0)]
    [TestCase("e5m2fnuz", 0b0_00000_01u, 131072.0, true)]
    public void CodesStandForTheSpecifiedValues(string name, uint code, double value, bool reciprocal = false)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        Assert.That(format.Decode(code).ToDouble(), Is.EqualTo(reciprocal ? 1 / value : value));
    }

    [TestCase("e4m3", "7f ff", "")]
    [TestCase("e5m2", "7d 7e 7f fd fe ff", "7c fc")]
    [TestCase("e4m3fnuz", "80", "")]
    [TestCase("e5m2fnuz", "80", "")]
    [TestCase("e2m1", "", "")]
    [TestCase("e2m3", "", "")]
    [TestCase("e3m2", "", "")]
    [TestCase("e8m0", "ff", "")]
    public void SpecialCodesAreTheSpecified(string name, string nans, string infinities)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        string Codes(NumberClass wanted) =>
            string.Join(' ', Enumerable.Range(0, 1 << format.Bits).Where(c => format.Decode((uint)c).Class == wanted)
            .Select(c => $"{c:x2}"));
        Assert.That((Codes(NumberClass.NaN), Codes(NumberClass.Infinity)), Is.EqualTo((nans, infinities)));
    }

    [Test]
    public void WideRangesAreTheSpecified()
    {
        // OCP MX v1.0, section 5.4.1: E8M0 spans 2^-127 to 2^127.
        INumberFormat scale = FormatCatalogue.Parse("e8m0"), bf16 = FormatCatalogue.Parse("bf16");
        Assert.That((scale.SmallestPositive.LeadingExponent, scale.Maximum.LeadingExponent), Is.EqualTo((-127, 127)));
        Assert.That(bf16.Maximum.ToDouble(), Is.EqualTo((double)BitConverter.UInt32BitsToSingle(0x7f7f0000)));
        Truth.Checked("Numbers", "limits and special codes", "OCP OFP8 v1.0, OCP MX v1.0, IEEE 754-2019, arXiv 2206.02915", Transcribed(),
            "equal");
    }

    private static int Transcribed() =>
        typeof(SpecificationTests).GetMethods().Sum(m => m.GetCustomAttributes(typeof(TestCaseAttribute), false).Length);
}
