using System.Globalization;
using System.Numerics;

namespace Sim.Foundation.Tests;

/// <summary>Text that is a number, and text that others take for one.</summary>
public class StrictNumberTests
{
    private static readonly string[] NotReal =
    [
        "", " ", "0,0625", "-0,5", "1 000", "1_000", "1.000,5", "1,000.5", "0x10", "1e", "e3", "1e+", ".", "-.", "-", "+", "--1", "+-1",
            " 5", "5 ", "\t5", "5\n", "5\0",
        "NaN", "Infinity", "-Infinity", "inf", "∞", "1e400", "-1e400", "1.5.2", "1e3.5", "1d", "5f", "(5)", "$5", "5%", "１２", "٣", "0b1",
            "½", "1e1000000000000",
    ];

    [Test]
    public void TextThatIsNoNumberIsRefused()
    {
        foreach (string text in NotReal)
        {
            Assert.That(StrictNumber.TryReal(text, out double _), Is.False, $"'{text}' as binary64");
            Assert.That(StrictNumber.TryReal(text, out float _), Is.False, $"'{text}' as binary32");
            Assert.That(StrictNumber.TryWhole(text, out int _), Is.False, $"'{text}' as an integer");
        }
        foreach (string text in (string[])["1.0", "1e3", "2147483648", "-2147483649",
            "99999999999999999999"]) Assert.That(StrictNumber.TryWhole(text, out int _), Is.False, text);
        Assert.That(StrictNumber.TryWhole("-1", out uint _), Is.False);
        Assert.That(NotReal, Has.Length.GreaterThan(40));
    }

    // What the text says, by BigInteger: digits · 10^exponent.
    [TestCase("0", 0, 0), TestCase("-0.5", -5, -1), TestCase("0.0625", 625, -4), TestCase("+3", 3, 0), TestCase(".5", 5, -1),
        TestCase("5.", 5, 0)]
    [TestCase("1e-3", 1, -3), TestCase("-83", -83, 0), TestCase("12E+2", 12, 2), TestCase("007", 7, 0)]
    public void ANumberHasTheValueOfItsDigits(string text, int digits, int exponent)
    {
        Assert.That(StrictNumber.TryReal(text, out double value), Is.True);
        double right = exponent < 0 ? digits / (double)BigInteger.Pow(10, -exponent) : digits * (double)BigInteger.Pow(10, exponent);
        Assert.That(value, Is.EqualTo(right));
        Assert.That(StrictNumber.TryReal(text, out float single) && single == (float)right, Is.True);
    }

    [Test]
    public void EveryFiniteNumberComesBackFromItsInvariantText()
    {
        var random = new System.Random(1);
        for (int i = 0; i < 5000; i++)
        {
            double x = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            long n = random.NextInt64(long.MinValue, long.MaxValue);
            if (double.IsFinite(x)) Assert.That(StrictNumber.TryReal(x.ToString("R", CultureInfo.InvariantCulture), out double y)
                && y.Equals(x), Is.True, $"{x:R}");
            Assert.That(StrictNumber.TryWhole(n.ToString(CultureInfo.InvariantCulture), out long m) && m == n, Is.True);
        }
    }
}
