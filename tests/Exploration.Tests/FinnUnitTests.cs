using Sim.Exploration.Widths;
using Sim.Tests;

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

    [Test]
    public void Narrow_accumulators_save_about_what_was_published()
    {
        // A2Q (arXiv 2308.13504, abstract): up to 2.3 times fewer resources than with 32-bit accumulators, operands of 5 to 8 bits. By
        // hand: 1152 products a row of 128, PE and SIMD 16, 8 bits:
        // a PE has 1280 + 496 + P + 2 * 255 P LUTs, weights 16 * 16 * 8 * 9; so 300 + 17.6 (1776 + 511 P) + 18432.
        FinnUnit conv = new(128, 1152, 16, 16, 8, 8, 8, SignedInputs: false), pointwise = new(256, 256, 8, 8, 8, 8, 8, SignedInputs: false);
        foreach (int bits in (int[])[32, 16, 14, 12])
            Assert.That(conv.Luts(bits, asDeclared: true), Is.EqualTo(300 + 17.6 * (1776 + 511 * bits) + 18432).Within(1e-6));
        double Saving(FinnUnit unit, int bits) => unit.Luts(32, asDeclared: true) / unit.Luts(bits, asDeclared: true);
        Assert.That((double[])[Saving(conv, 16), Saving(conv, 14), Saving(conv, 12), Saving(pointwise, 12)],
            Is.EqualTo((double[])[1.74, 1.92, 2.14, 2.28]).Within(0.005));
        Assert.That(conv.DataTypeBits, Is.EqualTo(27));
        Assert.That(conv.Luts(32) / conv.Luts(12), Is.EqualTo(1.85).Within(0.005));
        Assert.That(Saving(conv with { WeightBits = 4, ActivationBits = 4, OutputBits = 4 }, 12), Is.EqualTo(1.40).Within(0.005));
        Truth.Checked("Proofs", "LUTs of FINN's matrix-vector unit at 32, 16, 14, 12 bits",
            "formula of FINN-R, terms by hand; A2Q: up to 2.3x", 4, "equal; 2.1x to 2.3x at 12 bits");
    }
}
