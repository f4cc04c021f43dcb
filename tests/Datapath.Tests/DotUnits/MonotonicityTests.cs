using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.DotUnits;

/// <summary>A law that aligned dot units break: a larger addend can give a smaller sum. The numbers are worked out by hand.</summary>
public sealed class MonotonicityTests
{
    // 16 products of 2^-26. Beside 1 - 2^-24, in the binade of 1/2, the unit is 2^-26: the sum is 1 + 1.5·2^-23, cut to 1 + 2^-23.
    // Beside 1 the unit is 2^-25: every product is cut to nothing.
    [TestCase(0x3f7fffffu, 0x3f800001u)]
    [TestCase(0x3f800000u, 0x3f800000u)]
    public void ALargerAddendGivesASmallerSum(uint addend, uint expected)
    {
        uint[] codes = [.. Enumerable.Repeat(0x0800u, 16)];
        GemmEvents events = default;
        Assert.That(ReferenceKernel.Dot(ChipProfiles.Find("h100_fp16")!.Datapath, addend, codes, codes, ref events), Is.EqualTo(expected));
    }

    [Test]
    public void AnExactSumIsMonotonic()
    {
        DatapathSpec profile = ChipProfiles.Find("h100_fp16")!.Datapath;
        DatapathSpec exact = profile with { Dot = new AlignedDotUnit(16, null) };
        uint[] codes = [.. Enumerable.Repeat(0x0800u, 16)];
        GemmEvents events = default;
        long below = ReferenceKernel.Dot(exact, 0x3f7fffff, codes, codes, ref events),
            at = ReferenceKernel.Dot(exact, 0x3f800000, codes, codes, ref events);
        Assert.That((below, at), Is.EqualTo((0x3f800001L, 0x3f800002L)));
    }
}
