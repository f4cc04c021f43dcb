using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Datapath.Tests.Numbers;
using Sim.Tests;

namespace Sim.Datapath.Tests.Multipliers;

/// <summary>L-Mul against the PyRTL circuit, piecewise-affine products and quotients against the CUDA code's scalar functions: every
/// row.</summary>
public sealed class MultiplierGoldenTests
{
    [TestCase("lmul_e4m3_hwacc.csv.gz", "e4m3", 30_000)]
    [TestCase("lmul_bf16_hwacc.csv.gz", "bf16", 20_000)]
    public void LMulIsTheCircuits(string file, string name, int minimum)
    {
        var format = (FloatFormat)FormatCatalogue.Parse(name);
        var multiplier = new LMulMultiplier();
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, _) in GoldenRows.Read(file))
        {
            rows++;
            uint a = GoldenRows.Hex(cells[0]), b = GoldenRows.Hex(cells[1]), expected = GoldenRows.Hex(cells[2]),
                actual = multiplier.MultiplyCodes(format, a, b);
            if (actual != expected || multiplier.Multiply(format, format, a, b)
                != format.Decode(expected)) wrong.Add($"{cells[0]}·{cells[1]} gave {actual:x}, not {cells[2]}");
        }
        GoldenRows.Report(file, rows, minimum, wrong);
        Truth.Checked("Numbers", file, "UCSD L-Mul RTL", rows, "equal");
    }

    [Test]
    public void PiecewiseAffineIsTheCudaCodes()
    {
        const string file = "pam_f32_epfml.csv.gz";
        INumberFormat fp32 = FormatCatalogue.Parse("fp32");
        var multiplier = new PiecewiseAffineMultiplier();
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, _) in GoldenRows.Read(file))
        {
            rows++;
            uint a = GoldenRows.Hex(cells[0]), b = GoldenRows.Hex(cells[1]);
            if (!GoldenRows.Same(fp32, GoldenRows.Hex(cells[2]),
                multiplier.MultiplyBits(a, b))) wrong.Add($"{cells[0]}·{cells[1]} gave {multiplier.MultiplyBits(a, b):x8}, not {cells[2]}");
            if (!GoldenRows.Same(fp32, GoldenRows.Hex(cells[3]),
                multiplier.DivideBits(a, b))) wrong.Add($"{cells[0]}/{cells[1]} gave {multiplier.DivideBits(a, b):x8}, not {cells[3]}");
        }
        GoldenRows.Report(file, rows, 20_000, wrong);
        Truth.Checked("Numbers", file, "epfml", 2 * rows, "equal");
    }

    /// <summary>Where the published limits do not bite and neither operand is subnormal, Mitchell's product is the piecewise-affine
    /// one.</summary>
    [Test]
    public void MitchellIsThePublishedBitTrick()
    {
        const string file = "pam_f32_epfml.csv.gz";
        INumberFormat fp32 = FormatCatalogue.Parse("fp32");
        var mitchell = new MitchellMultiplier();
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, _) in GoldenRows.Read(file))
        {
            uint a = GoldenRows.Hex(cells[0]), b = GoldenRows.Hex(cells[1]);
            Exact expected = fp32.Decode(GoldenRows.Hex(cells[2]));
            if (expected.Class != NumberClass.Finite || !float.IsNormal(BitConverter.UInt32BitsToSingle(a))
                || !float.IsNormal(BitConverter.UInt32BitsToSingle(b))) continue;
            rows++;
            if (mitchell.Multiply(fp32, fp32, a, b).ToDouble() != expected.ToDouble()) wrong.Add($"{cells[0]}·{cells[1]}");
        }
        GoldenRows.Report(file, rows, 8_000, wrong);
        Truth.Checked("Numbers", file + " (Mitchell)", "epfml", rows, "equal where both are finite and normal");
    }
}
