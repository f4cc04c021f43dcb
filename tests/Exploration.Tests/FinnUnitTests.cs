using Sim.Exploration.Widths;

namespace Sim.Exploration.Tests;

/// <summary>FINN's LUT estimate, term by term as computed by hand from its formula.</summary>
public class FinnUnitTests
{
    // 64 rows of K = 576, PE 2, SIMD 8, 4-bit weights, inputs and outputs.
    private static readonly FinnUnit Unit = new(64, 576, 2, 8, 4, 4, 4, SignedInputs: false);

    [Test]
    public void Terms_are_those_of_the_formula()
    {
        Assert.That(Unit.Multipliers, Is.EqualTo(8 * (2 * 2 - 1) * 8), "SIMD (2 ceil(8/6) - 1) (W+A)");
        Assert.That(Unit.AdderTree, Is.EqualTo(8 * 15), "(W+A)(2 SIMD - 1)");
        Assert.That(Unit.WeightMemory, Is.EqualTo(2 * 8 * 4 * 36), "2304 words a PE and lane: 36 times 64");
        Assert.That(Unit.DataTypeBits, Is.EqualTo(18), "576 * 2^7 = 73728 < 2^17");
        // 300 + 1.1 * 2 * (192 + 120 + 16 + 15*16 + 15*16) + 2304
        Assert.That(Unit.Luts(16), Is.EqualTo(4381.6).Within(1e-9));
        // A wider declaration counts as 18 bits in the compiler: 192 + 120 + 18 + 270 + 270 = 870.
        Assert.That(Unit.Luts(32), Is.EqualTo(300 + 2.2 * 870 + 2304).Within(1e-9));
        Assert.That(Unit.Luts(32, asDeclared: true), Is.EqualTo(300 + 2.2 * 1304 + 2304).Within(1e-9));
    }

    [Test]
    public void Without_thresholds_the_register_alone_pays()
    {
        FinnUnit bare = Unit with { OutputBits = 0 };
        Assert.That(bare.Luts(18) - bare.Luts(16), Is.EqualTo(1.1 * 2 * 2).Within(1e-9));
        Assert.That(Unit.Luts(18) - Unit.Luts(16), Is.EqualTo(1.1 * 2 * 2 * 31).Within(1e-9));
    }

    [Test]
    public void Deep_thresholds_take_more_memory()
    {
        // 65 outputs on one PE need two blocks of 64 thresholds: 15 * 16 LUTs more a PE than 64 do.
        FinnUnit shallow = new(64, 16, 1, 16, 4, 4, 4, false), deep = new(65, 16, 1, 16, 4, 4, 4, false);
        Assert.That(deep.Luts(12) - shallow.Luts(12), Is.EqualTo(1.1 * 15 * 12 + (deep.WeightMemory - shallow.WeightMemory)).Within(1e-9));
    }

    [Test]
    public void Folding_divides_rows_and_products() =>
        Assert.That(FinnUnit.Of(48, 9, 8, 8, 8, false), Is.EqualTo(new FinnUnit(48, 9, 16, 9, 8, 8, 8, false)));
}
