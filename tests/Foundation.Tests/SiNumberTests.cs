using Sim.Foundation.Text;

namespace Sim.Foundation.Tests;

/// <summary>Numbers with SI prefixes (SI brochure, 9th edition, table 7).</summary>
public sealed class SiNumberTests
{
    [TestCase(0, "0 ")]
    [TestCase(1, "1 ")]
    [TestCase(-1, "-1 ")]
    [TestCase(999, "999 ")]
    [TestCase(1000, "1 k")]
    [TestCase(1234, "1.234 k")]
    [TestCase(12345, "12.35 k")]
    [TestCase(999_940, "999.9 k")]
    [TestCase(999_960, "1 M")]
    [TestCase(4.096e6, "4.096 M")]
    [TestCase(1e9, "1 G")]
    [TestCase(2.5e12, "2.5 T")]
    [TestCase(3e15, "3 P")]
    [TestCase(4e18, "4 E")]
    [TestCase(5e21, "5000 E")]
    [TestCase(0.00123, "1.23 m")]
    [TestCase(4.5e-6, "4.5 µ")]
    [TestCase(6e-9, "6 n")]
    [TestCase(7e-12, "7 p")]
    [TestCase(8e-15, "8 f")]
    [TestCase(-0.25, "-250 m")]
    public void A_number_has_the_prefix_of_its_size(double value, string text) => Assert.That(SiNumber.Of(value), Is.EqualTo(text));
}
