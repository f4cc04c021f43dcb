using System.Globalization;
using Sim.Datapath.Formats;
using Sim.Datapath.Tests.Numbers;
using Sim.Tests;

namespace Sim.Datapath.Tests.Blocks;

/// <summary>MX blocks against gfloat (scale, codes and values), Universal and microxcaling.</summary>
public sealed class MxGoldenTests
{
    [TestCase("block_mxfp4_e2m1_gfloat.csv.gz", "mxfp4")]
    [TestCase("block_mxfp6_e2m3_gfloat.csv.gz", "mxfp6_e2m3")]
    [TestCase("block_mxfp6_e3m2_gfloat.csv.gz", "mxfp6_e3m2")]
    [TestCase("block_mxfp8_e4m3_gfloat.csv.gz", "mxfp8_e4m3")]
    [TestCase("block_mxfp8_e5m2_gfloat.csv.gz", "mxfp8_e5m2")]
    [TestCase("block_mxint8_gfloat.csv.gz", "mxint8")]
    public void EqualsGfloat(string file, string name)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        Dictionary<int, float[]> inputs = BlockFiles.Inputs("block_inputs.csv.gz");
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, _) in GoldenRows.Read(file))
        {
            if (!inputs.TryGetValue(int.Parse(cells[0], CultureInfo.InvariantCulture), out float[]? block)) continue;
            rows++;
            (uint scale, uint[] codes, float[] values) = BlockFiles.Encode(format, block);
            if (scale != GoldenRows.Hex(cells[1])) wrong.Add($"{cells[0]}: scale {scale:x2}, not {cells[1]}");
            else if (!codes.SequenceEqual(BlockFiles.Split(cells[2],
                2))) wrong.Add($"{cells[0]}: codes {string.Join("", codes.Select(c => c.ToString("x2", CultureInfo.InvariantCulture)))}, not {cells[2]}");
            else if (!BlockFiles.Same(values, BlockFiles.Floats(cells[3]))) wrong.Add($"{cells[0]}: values");
        }
        GoldenRows.Report(file, rows, 900, wrong);
        Truth.Checked("Blocks", file, "gfloat", rows, "scale codes, element codes and values equal");
    }

    [TestCase("block_mxfp4_e2m1_universal.csv.gz", "mxfp4")]
    [TestCase("block_mxfp6_e2m3_universal.csv.gz", "mxfp6_e2m3")]
    [TestCase("block_mxfp6_e3m2_universal.csv.gz", "mxfp6_e3m2")]
    [TestCase("block_mxfp8_e4m3_universal.csv.gz", "mxfp8_e4m3")]
    public void EqualsUniversal(string file, string name)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        Dictionary<int, float[]> inputs = BlockFiles.Inputs("block_inputs.csv.gz");
        List<string> wrong = [];
        long rows = 0, logarithms = 0, zeros = 0, smallest = 0;
        foreach ((string[] cells, _) in GoldenRows.Read(file))
        {
            if (!inputs.TryGetValue(int.Parse(cells[0], CultureInfo.InvariantCulture), out float[]? block)) continue;
            rows++;
            (uint scale, uint[] codes, float[] values) = BlockFiles.Encode(format, block);
            if (scale == GoldenRows.Hex(cells[1]) && codes.SequenceEqual(BlockFiles.Split(cells[2], 2))
                && BlockFiles.Same(values, BlockFiles.Floats(cells[3]))) continue;
            uint[] peer = BlockFiles.Split(cells[2], 2);
            double top = format.Element.Maximum.ToDouble();
            if (PeerLogarithm.RoundsUp(block) && scale + 1 == GoldenRows.Hex(cells[1])) logarithms++;
            // The peer gives a block of zeros the scale of amax 1, and +0 elements.
            else if (PeerLogarithm.Largest(block) == 0 && peer.All(c => c == 0)) zeros++;
            // Where the scale is held at 2^-127, the peer's binary32 reciprocal is Inf: every number becomes the largest, and zeros 0·Inf.
            else if (scale == 0 && peer.Zip(block)
                .All(p => p.Second == 0 || Math.Abs(format.Element.Decode(p.First).ToDouble()) == top)) smallest++;
            else wrong.Add($"{cells[0]}: scale {scale:x2} vs {cells[1]}; {string.Join("", codes.Select(c => c.ToString("x2", CultureInfo.InvariantCulture)))} vs {cells[2]}");
        }
        GoldenRows.Report(file, rows, 900, wrong);
        Truth.Checked("Blocks", file, "Universal", rows,
            $"equal but for {logarithms} blocks whose binary32 logarithm rounds up, {zeros} of zeros and {smallest} at the smallest scale (known of the peer)");
    }
}
