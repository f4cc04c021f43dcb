using System.Globalization;
using Sim.Datapath.Formats;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Columns that say again what another one says: decimal texts beside hexadecimal floats, number classes beside values, raw tables
/// beside normalised ones.</summary>
public sealed class GoldenColumnTests
{
    [Test]
    public void DecimalTextsAreTheValues()
    {
        long rows = 0;
        foreach (string path in Directory.GetFiles(ReferenceData.Shared("golden"), "decode_*")
            .Where(p => !p.Contains("bitsandbytes", StringComparison.Ordinal)))
        {
            foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read(Path.GetFileName(path)))
            {
                string text = cells[column["decimal"]], hexadecimal = cells[column["hexfloat"]];
                if (hexadecimal is "nan" or "NaR") Assert.That(text, Is.EqualTo(hexadecimal).IgnoreCase, path);
                else Assert.That(double.Parse(text.Replace("inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture),
                    Is.EqualTo(GoldenRows.HexFloat(hexadecimal)), $"{path} {cells[0]}");
                rows++;
            }
        }
        Assert.That(rows, Is.GreaterThan(50_000));
        Truth.Checked("Numbers", "decode_*: column decimal", "all decoders", rows, "equal to column hexfloat, which the formats equal");
    }

    [TestCase("ocp_e2m1", "e2m1"), TestCase("ocp_e2m3", "e2m3"), TestCase("ocp_e3m2", "e3m2"), TestCase("ocp_e4m3", "e4m3"),
        TestCase("ocp_e5m2", "e5m2"), TestCase("ocp_int8", "q2.6")]
    [TestCase("p3109_k4p2sf", "p3109_k4p2sf"), TestCase("p3109_k6p3sf", "p3109_k6p3sf"), TestCase("p3109_k8p3se", "p3109_k8p3se"),
        TestCase("p3109_k8p4se", "p3109_k8p4se"), TestCase("p3109_k8p5se", "p3109_k8p5se")]
    public void ClassesAreThoseOfTheValues(string file, string name)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        long rows = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read($"decode_{file}_gfloat.csv"))
        {
            Exact value = format.Decode(GoldenRows.Hex(cells[column["code"]]));
            // The peer's class is by exponent field: what lies below the smallest normal number; it knows integers as scaled significands,
            // all subnormal.
            bool below = format is FixedFormat || value.Class == NumberClass.Finite && value.LeadingExponent < SmallestNormal(format);
            string expected = value.Class switch { NumberClass.Finite => below ? "SUBNORMAL" : "NORMAL", NumberClass.Infinity =>
                "INFINITE", NumberClass.Zero => "ZERO", _ => "NAN" };
            Assert.That(cells[column["class"]], Is.EqualTo(expected), $"{file} {cells[0]}");
            rows++;
        }
        Truth.Checked("Numbers", $"decode_{file}_gfloat: column class", "gfloat", rows, "equal");
    }

    [Test]
    public void RawTablesAreTwelveTimesTheNormalisedOnes()
    {
        long rows = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read("decode_fp4_bitsandbytes.csv"))
        {
            double raw = double.Parse(cells[column["raw_decimal"]], CultureInfo.InvariantCulture);
            Assert.That((float)FormatCatalogue.Parse("fp4_bnb").Decode(GoldenRows.Hex(cells[0])).ToDouble(), Is.EqualTo((float)raw / 12f));
            rows++;
        }
        Assert.That(rows, Is.EqualTo(16));
        Truth.Checked("Numbers", "decode_fp4_bitsandbytes.csv: column raw_decimal", "bitsandbytes", rows,
            "a twelfth of it, rounded to binary32, is ours");
    }

    private static int SmallestNormal(INumberFormat format) => format is FloatFormat f ? f.MinimumExponent : SmallestNormal(format.Name);

    // IEEE P3109: precision p, one exponent bit less than k - p + 1 of them; the subnormals are the codes below 2^(p-1).
    private static int SmallestNormal(string p3109) => FormatCatalogue.Parse(p3109).Decode(1u << p3109[9] - '0' - 1).LeadingExponent;
}
