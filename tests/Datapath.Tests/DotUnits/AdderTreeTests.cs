using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.DotUnits;

/// <summary>Trees and chains of adders against the processor's own binary32 and binary16 additions.</summary>
public sealed class AdderTreeTests
{
    [TestCase("fp32", 8, false)]
    [TestCase("fp32", 5, false)]
    [TestCase("fp32", 8, true)]
    [TestCase("fp16", 4, false)]
    [TestCase("fp16", 7, true)]
    public void AsTheProcessorAdds(string format, int lanes, bool chain)
    {
        INumberFormat fp32 = FormatCatalogue.Parse("fp32"), fp16 = FormatCatalogue.Parse("fp16");
        var spec = new DatapathSpec("tree", fp16, fp16, new FloatAccumulator(fp32, RoundingMode.NearestEven, OverflowPolicy.Ieee))
        {
            Dot = new AdderTreeDotUnit(lanes, FormatCatalogue.Parse(format), RoundingMode.NearestEven, chain),
        };
        // A product of two binary16 is exact in binary32, so is one rounding away from binary16; so are sums of two binary16.
        float R(float x) => format == "fp16" ? (float)(Half)x : x;
        var random = new Random(8);
        GemmEvents events = default;
        int differ = 0;
        for (int dot = 0; dot < 500; dot++)
        {
            int k = dot % 40 + 1;
            Half[] a = Values(random, k), b = Values(random, k);
            float register = 1.5f, sequential = 1.5f;
            for (int start = 0; start < k; start += lanes)
            {
                float[] terms = [.. Enumerable.Range(start, Math.Min(lanes, k - start)).Select(i => R((float)a[i] * (float)b[i]))];
                register += chain ? terms.Aggregate((x, y) => R(x + y)) : Tree(terms);
            }
            for (int i = 0; i < k; i++) sequential += R((float)a[i] * (float)b[i]);
            long found = ReferenceKernel.Dot(spec, BitConverter.SingleToUInt32Bits(1.5f), Codes(a), Codes(b), ref events);
            Assert.That(found, Is.EqualTo(BitConverter.SingleToUInt32Bits(register)), $"dot {dot}");
            if (register != sequential) differ++;
        }
        Assert.That(differ, Is.GreaterThan(100), "the order must matter");

        float Tree(float[] terms) => terms.Length == 1 ? terms[0]
            : Tree([.. terms.Chunk(2).Select(p => p.Length == 2 ? R(p[0] + p[1]) : p[0])]);
    }

    private static Half[] Values(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (Half)(random.NextDouble() * 4 - 2))];

    private static uint[] Codes(Half[] values) => [.. values.Select(v => (uint)BitConverter.HalfToUInt16Bits(v))];
}
