using System.Globalization;
using Sim.Datapath.Formats;
using Sim.Datapath.Tests.Numbers;
using Sim.Tests;

namespace Sim.Datapath.Tests.Blocks;

/// <summary>
/// MX blocks against microxcaling, which gives values. Its integers leave out the most negative code, and it takes floor(log2 x) in
/// binary32 twice: of the block's largest magnitude, and of each scaled element.
/// </summary>
public sealed class MicroxcalingGoldenTests
{
    [TestCase("block_mxfp4_e2m1_microxcaling.csv.gz", "mxfp4", 2)]
    [TestCase("block_mxfp6_e2m3_microxcaling.csv.gz", "mxfp6_e2m3", 2)]
    [TestCase("block_mxfp6_e3m2_microxcaling.csv.gz", "mxfp6_e3m2", 4)]
    [TestCase("block_mxfp8_e4m3_microxcaling.csv.gz", "mxfp8_e4m3", 8)]
    [TestCase("block_mxfp8_e5m2_microxcaling.csv.gz", "mxfp8_e5m2", 15)]
    [TestCase("block_mxint8_microxcaling.csv.gz", "mxint8", 0)]
    [TestCase("block_mxint4_microxcaling.csv.gz", "mxint4", 0)]
    public void EqualsMicroxcaling(string file, string name, int largestExponent)
    {
        Dictionary<int, float[]> inputs = BlockFiles.Inputs("block_inputs.csv.gz");
        List<string> wrong = [];
        long rows = 0, blocks = 0, logarithms = 0, zeros = 0, elements = 0;
        foreach ((string[] cells, _) in GoldenRows.Read(file))
        {
            if (!inputs.TryGetValue(int.Parse(cells[0], CultureInfo.InvariantCulture), out float[]? block)) continue;
            rows++;
            foreach ((int column, string variant, RoundingMode mode) in new[]
                { (1, "", RoundingMode.NearestAway), (2, "", RoundingMode.ToZero), (3, "", RoundingMode.NearestEven),
                (4, "_b16", RoundingMode.NearestEven) })
            {
                BlockFormat format = BlockCatalogue.Parse(name + variant) with { Symmetric = true };
                float[] expected = BlockFiles.Floats(cells[column]);
                for (int start = 0; start < block.Length; start += format.Size)
                {
                    blocks++;
                    ReadOnlySpan<float> part = block.AsSpan(start, format.Size), peer = expected.AsSpan(start, format.Size);
                    float[] values = BlockFiles.Encode(format, part, mode).Values;
                    if (BlockFiles.Same(values, peer)) continue;
                    int exponent = PeerLogarithm.Largest(part) == 0 ? 0
                        : Math.Max(-127, Math.ILogB(PeerLogarithm.Largest(part)) - largestExponent);
                    if (PeerLogarithm.RoundsUp(part)) logarithms++;
                    else if (ZerosAlone(values, peer, format)) zeros++;
                    else if (ScaledLogarithmsAlone(part, values, peer, exponent)) elements++;
                    else wrong.Add($"{cells[0]}/{start} {mode}{variant}: {string.Join(' ', values.Zip(peer.ToArray()).Where(p => p.First != p.Second).Take(2))}, amax {PeerLogarithm.Largest(part):R}");
                }
            }
        }
        GoldenRows.Report(file, rows, 900, wrong);
        Assert.That(logarithms + elements, Is.LessThan(blocks / 25), "the peer's logarithm fails close below powers of two only");
        Truth.Checked("Blocks", file, "microxcaling", blocks,
            $"values in three roundings and two block sizes equal but for {logarithms} blocks whose binary32 logarithm rounds up, {elements} with such an element, and signs of zeros in {zeros} (known of the peer)");
    }

    // Two's complement has no -0, and the peer gives blocks of zeros as +0.
    private static bool ZerosAlone(ReadOnlySpan<float> values, ReadOnlySpan<float> peer, BlockFormat format)
    {
        for (int i = 0; i < values.Length; i++)
            if (values[i] != peer[i]) return false;
        return format.Element is FixedFormat || PeerLogarithm.Largest(values) == 0;
    }

    // Elements whose scaled magnitude lies so close below a power of two that its binary32 logarithm is the next integer.
    private static bool ScaledLogarithmsAlone(ReadOnlySpan<float> x, ReadOnlySpan<float> values, ReadOnlySpan<float> peer, int exponent)
    {
        for (int i = 0; i < x.Length; i++)
            if (values[i] != peer[i] && !PeerLogarithm.RoundsUp([(float)Math.ScaleB(x[i], -exponent)])) return false;
        return true;
    }
}
