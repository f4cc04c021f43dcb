using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Tests;

namespace Sim.Datapath.Tests.Blocks;

/// <summary>Dot products of operands in blocks against an oracle in integers, and what they refuse.</summary>
public sealed class BlockDotTests
{
    [TestCase("mxfp4", "mxfp4"), TestCase("mxfp6_e2m3", "mxfp6_e3m2"), TestCase("mxfp8_e4m3", "mxfp8_e4m3"),
        TestCase("mxfp8_e5m2", "mxfp8_e5m2"), TestCase("mxint8", "mxint8")]
    [TestCase("mxfp4", "mxfp8_e4m3"), TestCase("nvfp4", "nvfp4"), TestCase("mxfp8_e5m2_b8", "mxfp8_e4m3_b8")]
    public void EqualsTheOracle(string weights, string activations)
    {
        BlockFormat a = BlockCatalogue.Parse(activations), b = BlockCatalogue.Parse(weights);
        var spec = Spec(a, b);
        var random = new Random(11);
        int cases = 0;
        for (int i = 0; i < 600; i++)
        {
            int k = 1 + random.Next(3 * a.Size);
            // Scales far apart, near each other, and at the ends of binary32.
            uint middle = a.HasPowerScale ? (uint)random.Next(1, 254) : 0x40;
            uint[] x = Codes(a, k, random), y = Codes(b, k, random), scalesX = Scales(a, k, middle, random),
                scalesY = Scales(b, k, a.HasPowerScale ? 254 - middle : 0x30, random);
            GemmEvents events = default;
            uint found = (uint)ReferenceKernel.Dot(spec, 0, scalesX, scalesY, x, y, ref events);
            float expected = BlockDotOracle.Dot(a.Element.Name, a.Scale.Name, scalesX, x, b.Element.Name, scalesY, y, a.Size);
            Assert.That(found.ToString("x8"), Is.EqualTo(BitConverter.SingleToUInt32Bits(expected).ToString("x8")), $"case {i}, k {k}");
            cases++;
        }
        Truth.Checked("Blocks", $"dot products of {weights} and {activations}", "oracle in exact integers, from OCP MX v1.0 §6", cases,
            "equal");
    }

    // The narrow register, here binary32 too, holds the sum of so many blocks; another binary32 sum takes it then and starts it again at
    // zero.
    [TestCase("mxfp4_b4", 1), TestCase("mxfp8_e4m3_b8", 2), TestCase("nvfp4", 3)]
    public void PromotionAddsTheSumsOfWholeBlocks(string name, int segments)
    {
        BlockFormat blocks = BlockCatalogue.Parse(name);
        var fp32 = (FloatAccumulator)Spec(blocks, blocks).Accumulator;
        DatapathSpec spec = Spec(blocks, blocks) with { Accumulator = new PromotedAccumulator(fp32, segments * blocks.Size, fp32) };
        var random = new Random(17);
        int cases = 0;
        for (; cases < 400; cases++)
        {
            int k = 1 + random.Next(9 * blocks.Size), every = segments * blocks.Size;
            uint middle = blocks.HasPowerScale ? 127u : 0x38;
            uint[] x = Codes(blocks, k, random), y = Codes(blocks, k, random), scalesX = Scales(blocks, k, middle, random),
                scalesY = Scales(blocks, k, middle, random);
            GemmEvents events = default;
            float expected = 0;
            for (int start = 0; start < k; start += every)
            {
                int end = Math.Min(k, start + every), first = start / blocks.Size, last = blocks.Blocks(end);
                expected += BlockDotOracle.Dot(blocks.Element.Name, blocks.Scale.Name, scalesX[first..last], x[start..end],
                    blocks.Element.Name, scalesY[first..last], y[start..end], blocks.Size);
            }
            uint found = (uint)ReferenceKernel.Dot(spec, 0, scalesX, scalesY, x, y, ref events);
            Assert.That(found.ToString("x8"), Is.EqualTo(BitConverter.SingleToUInt32Bits(expected).ToString("x8")), $"case {cases}, k {k}");
        }
        Truth.Checked("Blocks", $"promoted dot products of {name}", "oracle in exact integers, from OCP MX v1.0 §6", cases, "equal");
    }

    [Test]
    public void MatrixProductsAreDotProductsOfTheirRows()
    {
        BlockFormat blocks = BlockCatalogue.Parse("mxfp4_b4");
        DatapathSpec spec = Spec(blocks, blocks);
        var unit = (BlockDotUnit)spec.Dot!;
        var random = new Random(3);
        const int m = 3, n = 5, k = 14;
        var rows = Enumerable.Range(0, m + n).Select(_ => (Codes: Codes(blocks, k, random), Scales: Scales(blocks, k, 127, random)))
            .ToArray();
        uint[] Row(int i) => BlockRows.Join(unit, blocks, rows[i].Scales, rows[i].Codes);
        int width = unit.RowCodes(k);
        uint[] a = [.. Enumerable.Range(0, m).SelectMany(Row)], b = [.. Enumerable.Range(m, n).SelectMany(Row)];
        var result = new long[m * n];
        GemmEvents events = default;
        new ReferenceKernel().Run(spec, ReductionOrder.Sequential, new GemmOperands { M = m, N = n, K = width, A = a, B = b }, result,
            ref events);
        for (int r = 0; r < m; r++)
            for (int c = 0; c < n; c++)
                Assert.That(result[r * n + c],
                    Is.EqualTo(ReferenceKernel.Dot(spec, 0, rows[r].Scales, rows[m + c].Scales, rows[r].Codes, rows[m + c].Codes,
                    ref events)));
        // Chunks hold whole blocks with their scales.
        Assert.That(new ReferenceKernel().Refuses(spec, new ReductionOrder(unit.RowCodes(8)), width), Is.Null);
        Assert.That(new ReferenceKernel().Refuses(spec, new ReductionOrder(8), width), Does.Contain("whole blocks of 4"));
    }

    [Test]
    public void NaNScalesAndInfiniteElementsFollowIeee()
    {
        BlockFormat e5m2 = BlockCatalogue.Parse("mxfp8_e5m2");
        DatapathSpec spec = Spec(e5m2, e5m2);
        GemmEvents events = default;
        float Dot(uint scale, uint x, uint y) =>
            BitConverter.UInt32BitsToSingle((uint)ReferenceKernel.Dot(spec, 0, [scale], [127], [x, 0x3C], [y, 0x3C], ref events));
        Assert.That(Dot(0xFF, 0x3C, 0x3C), Is.NaN);
        Assert.That(Dot(127, 0x7C, 0xBC), Is.EqualTo(float.NegativeInfinity));
        Assert.That(Dot(127, 0x7C, 0), Is.NaN);
        Assert.That(events, Is.EqualTo(new GemmEvents { Outputs = 3, NaNOutputs = 2 }));
    }

    [Test]
    public void NegativeScalesNegate()
    {
        BlockFormat nv = BlockCatalogue.Parse("nvfp4");
        GemmEvents events = default;
        // -2 (e4m3 c0) · 1 (38) · (1·6 + 0.5·3): the signs of scales are signs of the product.
        uint found = (uint)ReferenceKernel.Dot(Spec(nv, nv), 0, [0xC0], [0x38], [2, 1], [7, 5], ref events);
        Assert.That(BitConverter.UInt32BitsToSingle(found), Is.EqualTo(-15f));
    }

    [TestCase("mxfp4", "mxfp8_e4m3_b24", "one size must divide the other")]
    [TestCase("dfp8", "dfp8", "one scale a tensor")]
    [TestCase("mxfp4_b2048", "mxfp4_b2048", "blocks of 1 to 1024")]
    public void RefusesWhatMeansNothing(string weights, string activations, string reason) =>
        Assert.That(ReferenceKernel.RefusesDot(Spec(BlockCatalogue.Parse(activations), BlockCatalogue.Parse(weights)),
            ReductionOrder.Sequential, 1), Does.Contain(reason));

    [Test]
    public void RefusesIntegerRegisters()
    {
        BlockFormat blocks = BlockCatalogue.Parse("mxint8");
        DatapathSpec spec = Spec(blocks, blocks) with { Accumulator = new IntegerAccumulator(32, RegisterOverflow.Wrap) };
        Assert.That(ReferenceKernel.RefusesDot(spec, ReductionOrder.Sequential, 1), Does.Contain("float accumulator"));
    }

    [Test]
    public void HardwareHasEveryPart()
    {
        BlockFormat mx = BlockCatalogue.Parse("mxfp4"), nv = BlockCatalogue.Parse("nvfp4");
        string[] roles = [.. Spec(mx, mx).MacLogic.Items.Select(i => i.Role)];
        Assert.That(roles, Does.Contain("block adder").And.Contain("scale exponent adder").And.Contain("placing shifter").And.Not.Contain("scaling multiplier"));
        Assert.That(Spec(nv, nv).MacLogic.Items.Select(i => i.Role), Does.Contain("scaling multiplier"));
        Assert.That(Spec(mx, mx).MacLogic.Items.Where(i => i.Role == "block adder").Sum(i => i.Count), Is.EqualTo(31));
        Assert.That(Spec(mx, mx).MacRegisters.Items.Single(i => i.Role == "scale register").Primitive.Width, Is.EqualTo(16));
        Assert.That((Spec(mx, mx).WeightStorage, Spec(nv, nv).ActivationStorage), Is.EqualTo(((136, 32), (72, 16))),
            "4.25 and 4.5 bits an element");
    }

    internal static DatapathSpec Spec(BlockFormat activations, BlockFormat weights) =>
        new("", weights.Element, activations.Element,
            new FloatAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee))
        { Dot = new BlockDotUnit(activations, weights) };

    // Finite codes only.
    internal static uint[] Codes(BlockFormat format, int count, Random random)
    {
        var codes = new uint[count];
        for (int i = 0; i < count; i++)
            do codes[i] = (uint)random.Next(1 << format.Element.Bits);
            while (format.Element.Decode(codes[i]).Class is NumberClass.NaN or NumberClass.Infinity);
        return codes;
    }

    internal static uint[] Scales(BlockFormat format, int count, uint middle, Random random)
    {
        int spread = random.Next(4) switch { 0 => 0, 1 => 3, 2 => 20, _ => 127 };
        var scales = new uint[format.Blocks(count)];
        for (int i = 0; i < scales.Length; i++) scales[i] = (uint)Math.Clamp((int)middle + random.Next(-spread, spread + 1), 0,
            format.HasPowerScale ? 254 : 0x7E);
        return scales;
    }
}
