using System.Globalization;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Tests;

namespace Sim.Datapath.Tests.Multipliers;

/// <summary>
/// How the relative errors of every approximate multiplier are distributed: each product equals the formula in plain real arithmetic, and
/// the distribution is the row of docs/formats/multipliers.md. Float operands are 256 × 256 significands in the middle of equal steps of
/// [1, 2); integers all pairs of 1 to 127; logarithms all remainders of a sum.
/// </summary>
public sealed class ErrorDistributionTests
{
    private const int Grid = 256;

    [Test]
    public void EveryMultiplierErrsAsItsFormula()
    {
        INumberFormat fp32 = FormatCatalogue.Parse("fp32"), int8 = FormatCatalogue.Parse("int8"), lns = FormatCatalogue.Parse("lns16_8");
        string page = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "docs", "formats", "multipliers.md"));
        var rows = new List<string>
        {
            Floats("L-Mul, fp32 (l = 4)", fp32, new LMulMultiplier(), s => s + 1 / 16.0 is var t && t < 1 ? 1 + t : t < 2 ? 2 * t
                : 4 * (t - 1)),
            Printed("the formula as the paper prints it, l = 4", s => 1 + s + 1 / 16.0),
            Floats("Mitchell, fp32", fp32, new MitchellMultiplier(), s => s < 1 ? 1 + s : 2 * s),
            Floats("piecewise-affine, fp32", fp32, new PiecewiseAffineMultiplier(), s => s < 1 ? 1 + s : 2 * s),
            Integers("truncated, int8, 6 columns", int8, new TruncatedMultiplier(6), 6, 0),
            Integers("the same, correction 40", int8, new TruncatedMultiplier(6, 40), 6, 40),
            Logarithms("log, lns16_8, no table", lns, new LogMultiplier(16, 0), 0, 16),
            Logarithms("log, lns16_8, 4 address bits, 16-bit table", lns, new LogMultiplier(16, 4), 4, 16),
            Logarithms("log, lns16_8, 8 address bits, 8-bit table", lns, new LogMultiplier(8, 8), 8, 8),
        };
        foreach (string row in rows) Assert.That(page, Does.Contain(row));
        Truth.Checked("Numbers", "error distribution of every approximate multiplier", "the papers' formulas in real arithmetic",
            3 * Grid * Grid + 2 * 127 * 127 + 3 * 256, "every product equals its formula");
    }

    private static string Floats(string name, INumberFormat format, MultiplierSpec multiplier, Func<double, double> product)
    {
        var errors = new List<double>();
        for (int i = 0; i < Grid; i++)
            for (int j = 0; j < Grid; j++)
            {
                double f = (i + 0.5) / Grid, g = (j + 0.5) / Grid, expected = product(f + g);
                double found = multiplier.Multiply(format, format, Code(1 + f), Code(1 + g)).ToDouble();
                if (found != expected) Assert.Fail($"{name}: {1 + f} · {1 + g} is {found}, not {expected}");
                errors.Add(expected / ((1 + f) * (1 + g)) - 1);
            }
        return Row(name, errors);
        static uint Code(double value) => BitConverter.SingleToUInt32Bits((float)value);
    }

    // What no multiplier computes: the paper's equation without the adder's carry.
    private static string Printed(string name, Func<double, double> product) => Row(name,
        [.. from i in Enumerable.Range(0, Grid) from j in Enumerable.Range(0, Grid) let f = (i + 0.5) / Grid let g = (j + 0.5) / Grid
            select product(f + g) / ((1 + f) * (1 + g)) - 1]);

    private static string Integers(string name, INumberFormat format, MultiplierSpec multiplier, int dropped, int correction)
    {
        var errors = new List<double>();
        for (int a = 1; a < 128; a++)
            for (int b = 1; b < 128; b++)
            {
                int expected = correction;
                for (int bit = 0; bit < 7; bit++)
                    if ((b >> bit & 1) != 0) expected += (a << bit >> dropped) << dropped;
                double found = multiplier.Multiply(format, format, (uint)a, (uint)b).ToDouble();
                if (found != expected) Assert.Fail($"{name}: {a} · {b} is {found}, not {expected}");
                errors.Add((double)expected / (a * b) - 1);
            }
        return Row(name, errors);
    }

    private static string Logarithms(string name, INumberFormat format, MultiplierSpec multiplier, int lookup, int bits)
    {
        var errors = new List<double>();
        for (uint code = 0; code < 256; code++)
        {
            double fraction = code / 256.0, low = fraction - Math.Floor(fraction * (1 << lookup)) / (1 << lookup);
            double expected = Math.Round(Math.Pow(2, fraction - low) * (1 << bits)) / (1 << bits) * (1 + low);
            // The other operand is 1, whose logarithm is 0.
            double found = multiplier.Multiply(format, format, code, 0).ToDouble();
            if (found != expected) Assert.Fail($"{name}: 2^{fraction} is {found}, not {expected}");
            errors.Add(expected / Math.Pow(2, fraction) - 1);
        }
        return Row(name, errors);
    }

    private static string Row(string name, List<double> errors)
    {
        errors.Sort();
        double At(double part) => errors[(int)(part * (errors.Count - 1))];
        double worst = Math.Abs(errors[0]) > errors[^1] ? errors[0] : errors[^1];
        string row = string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {errors.Average():0.0000} | {Math.Sqrt(errors.Average(e => e * e)):0.0000} | {At(0.05):0.0000} | {At(0.5):0.0000} | {At(0.95):0.0000} | {worst:0.0000} |");
        row = row.Replace("-0.0000", "0.0000", StringComparison.Ordinal);
        TestContext.Out.WriteLine(row);
        return row;
    }
}
