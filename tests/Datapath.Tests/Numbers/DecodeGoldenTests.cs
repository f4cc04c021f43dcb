using Sim.Datapath.Formats;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Every code of every listed format against the decoders of ml_dtypes and gfloat.</summary>
public sealed class DecodeGoldenTests
{
    [TestCase("decode_float4_e2m1fn.csv", "e2m1", 8)]
    [TestCase("decode_float6_e2m3fn.csv", "e2m3", 30)]
    [TestCase("decode_float6_e3m2fn.csv", "e3m2", 30)]
    [TestCase("decode_float8_e3m4.csv", "e3m4", 100)]
    [TestCase("decode_float8_e4m3.csv", "e4m3_ieee", 100)]
    [TestCase("decode_float8_e4m3b11fnuz.csv", "e4m3b11fnuz", 100)]
    [TestCase("decode_float8_e4m3fn.csv", "e4m3", 100)]
    [TestCase("decode_float8_e4m3fnuz.csv", "e4m3fnuz", 100)]
    [TestCase("decode_float8_e5m2.csv", "e5m2", 100)]
    [TestCase("decode_float8_e5m2fnuz.csv", "e5m2fnuz", 100)]
    [TestCase("decode_float8_e8m0fnu.csv", "e8m0", 100)]
    [TestCase("decode_ocp_e2m1_gfloat.csv", "e2m1", 8)]
    [TestCase("decode_ocp_e2m3_gfloat.csv", "e2m3", 30)]
    [TestCase("decode_ocp_e3m2_gfloat.csv", "e3m2", 30)]
    [TestCase("decode_ocp_e4m3_gfloat.csv", "e4m3", 100)]
    [TestCase("decode_ocp_e5m2_gfloat.csv", "e5m2", 100)]
    [TestCase("decode_ocp_int8_gfloat.csv", "q2.6", 100)]
    public void DecodesAsThePeer(string file, string name, int minimum)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, Dictionary<string, int> column) in GoldenRows.Read(file))
        {
            rows++;
            uint code = GoldenRows.Hex(cells[column["code"]]);
            double expected = GoldenRows.HexFloat(cells[column["hexfloat"]]), actual = format.Decode(code).ToDouble();
            // Bits, so that zeros keep their sign.
            bool same = double.IsNaN(expected) ? double.IsNaN(actual)
                : BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(actual);
            if (!same) wrong.Add($"{code:x} is {actual:R}, not {expected:R}");
        }
        GoldenRows.Report(file, rows, minimum, wrong);
        Truth.Checked("Numbers", file, file.Contains("gfloat", StringComparison.Ordinal) ? "gfloat" : "ml_dtypes", rows, "equal");
    }
}
