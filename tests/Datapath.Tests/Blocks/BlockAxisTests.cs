using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;

namespace Sim.Datapath.Tests.Blocks;

/// <summary>Blocks along any axis of a tensor, tails included.</summary>
public sealed class BlockAxisTests
{
    [TestCase(2, 11, 3), TestCase(1, 8, 5), TestCase(4, 3, 1)]
    public void BlocksAlongAnAxisAreBlocksOfItsLines(int outer, int axis, int inner)
    {
        BlockFormat format = BlockCatalogue.Parse("mxfp8_e4m3_b4");
        var random = new Random(5);
        var values = new float[outer * axis * inner];
        for (int i = 0; i < values.Length; i++) values[i] = (float)Math.ScaleB(random.NextDouble() - 0.5, random.Next(-20, 20));
        int blocks = format.Blocks(axis);
        uint[] scales = new uint[outer * blocks * inner], codes = new uint[values.Length];
        BlockEvents events = default;
        BlockQuantizer.For(format, Rounding.NearestEven).EncodeAlong(values, axis, inner, 0, scales, codes, ref events);
        int compared = 0;
        for (int o = 0; o < outer; o++)
            for (int i = 0; i < inner; i++)
                for (int b = 0; b < blocks; b++)
                {
                    int[] places = [.. Enumerable.Range(4 * b, Math.Min(4, axis - 4 * b)).Select(j => (o * axis + j) * inner + i)];
                    (uint scale, uint[] expected, _) = BlockFiles.Encode(format, [.. places.Select(p => values[p])]);
                    Assert.That(scales[(o * blocks + b) * inner + i], Is.EqualTo(scale));
                    Assert.That(places.Select(p => codes[p]), Is.EqualTo(expected));
                    compared++;
                }
        Assert.That(compared, Is.EqualTo(events.Blocks).And.EqualTo(outer * inner * blocks));
    }
}
