using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Blocks;

/// <summary>Matrix products of operands in blocks: the kernel that runs gives the reference's bits and events, on numbers as networks have
/// them and on codes that they have not.</summary>
[TestFixture]
internal sealed class BlockKernelTests
{
    private static readonly (int M, int N, int K)[] Shapes = [(9, 33, 70), (3, 17, 1), (40, 5, 33), (1, 40, 64), (8, 32, 31), (17, 9, 100),
        (2, 3, 4)];

    [TestCase("mxfp4", "mxfp4", "fp32", "int16-block-lanes"), TestCase("nvfp4", "nvfp4", "fp32", "int16-block-lanes"),
        TestCase("mxfp6_e2m3", "mxfp6_e3m2", "fp32", "int16-block-lanes")]
    [TestCase("mxint8", "mxint8", "fp32", "int16-block-lanes"), TestCase("nvint4", "nvfp4", "fp32", "int16-block-lanes"),
        TestCase("msfp12", "mxfp4_b16", "fp32", "int16-block-lanes")]
    [TestCase("mxfp4_b7", "mxfp4_b7", "fp32", "int16-block-lanes"), TestCase("mxfp4", "mxfp4_b16", "fp32", "int16-block-lanes"),
        TestCase("mxfp4", null, "fp32", "int16-block-lanes")]
    [TestCase("mxfp8_e4m3", "mxfp8_e4m3", "fp32", "fp64-block-lanes"), TestCase("mxfp8_e4m3", "mxfp4", "fp32", "fp64-block-lanes"),
        TestCase("mxfp8_e5m2", "mxfp8_e4m3", "fp32", "fp64-block-lanes")]
    [TestCase("mxfp8_e5m2", "mxfp8_e5m2", "fp32", "fp64-block-lanes"), TestCase("mxfp4", "mxfp4", "bf16", "fp64-block-lanes"),
        TestCase("nvfp4", "nvfp4", "fp16", "fp64-block-lanes")]
    [TestCase("mxint8", "mxfp8_e4m3", "bf16", "fp64-block-lanes"), TestCase("mxfp8_e4m3", null, "fp32", "fp64-block-lanes")]
    public void Equals_the_reference(string activations, string? weights, string register, string kernelName)
    {
        BlockFormat a = BlockCatalogue.Parse(activations);
        BlockFormat? b = weights is null ? null : BlockCatalogue.Parse(weights);
        INumberFormat weight = b?.Element ?? FormatCatalogue.Parse("e2m1");
        var unit = new BlockDotUnit(a, b);
        var spec = new DatapathSpec("", weight, a.Element,
            new FloatAccumulator(FormatCatalogue.Parse(register), RoundingMode.NearestEven, OverflowPolicy.Ieee)) { Dot = unit };
        var random = new Random(31);
        long outputs = 0;
        foreach ((int m, int n, int k) in Shapes)
        {
            int width = unit.RowCodes(k);
            // One chain, and chunks of one and three blocks, as arrays that keep weights or inputs make them.
            for (int kind = 0; kind < 18; kind++)
            {
                var order = new ReductionOrder((kind / 6) switch { 0 => 0, 1 => unit.Segment + 1, _ => 3 * (unit.Segment + 1) });
                IGemmKernel kernel = KernelCatalogue.Select(spec, order, width);
                Assert.That(kernel.Name, Is.EqualTo(kernelName));
                uint[] x = Rows(unit, a, a.Element, m, k, kind % 6, random), y = Rows(unit, b, weight, n, k, kind % 6, random);
                long[] expected = new long[m * n], found = new long[m * n];
                GemmEvents expectedEvents = default, foundEvents = default;
                var operands = new GemmOperands { M = m, N = n, K = width, A = x, B = y };
                new ReferenceKernel().Run(spec, order, operands, expected, ref expectedEvents);
                kernel.Run(spec, order, operands, found, ref foundEvents);
                int wrong = expected.AsSpan().CommonPrefixLength(found);
                if (wrong != expected.Length) Assert.Fail($"{m}×{n}×{k}, kind {kind}: output {wrong} is {found[wrong]:x}, reference {expected[wrong]:x}");
                Assert.That(foundEvents, Is.EqualTo(expectedEvents), $"{m}×{n}×{k}, kind {kind}");
                outputs += found.Length;
            }
        }
        Assert.That(outputs, Is.GreaterThanOrEqualTo(18_000));
    }

    [Test]
    public void Refuse_what_is_not_proved()
    {
        BlockFormat mx = BlockCatalogue.Parse("mxfp4");
        DatapathSpec spec = BlockDotTests.Spec(mx, mx);
        string Chosen(DatapathSpec s, ReductionOrder order, int k = 66) => KernelCatalogue.Select(s, order, k).Name;
        Assert.That(Chosen(spec, ReductionOrder.Sequential), Is.EqualTo("int16-block-lanes"));
        Assert.That(Chosen(spec, new ReductionOrder(33)), Is.EqualTo("int16-block-lanes"), "chunks");
        var fp32 = (FloatAccumulator)spec.Accumulator;
        Assert.That(Chosen(spec with { Accumulator = fp32 with { Rounding = RoundingMode.ToZero } }, ReductionOrder.Sequential),
            Is.EqualTo("reference"), "mode");
        Assert.That(Chosen(spec with { Accumulator = fp32 with { Product = FormatCatalogue.Parse("bf16") } }, ReductionOrder.Sequential),
            Is.EqualTo("reference"), "product");
        BlockFormat wide = BlockCatalogue.Parse("mxint8_b1024");
        Assert.That(Chosen(BlockDotTests.Spec(wide, wide), ReductionOrder.Sequential), Is.EqualTo("fp64-block-lanes"), "sums of 25 bits");
    }

    // 0: numbers of one size; 1: with blocks of zeros and tiny ones; 2: any element and scales near 1; 3: scales at both ends; 4: any code
    // of both; 5: one scale that is NaN.
    private static uint[] Rows(BlockDotUnit unit, BlockFormat? blocks, INumberFormat element, int rows, int k, int kind, Random random)
    {
        int width = unit.RowCodes(k);
        var codes = new uint[rows * width];
        if (kind < 2 && blocks is not null)
        {
            float[] values = [.. Enumerable.Range(0, rows * k)
                .Select(i => kind == 1 && random.Next(3) != 0 ? 0 : (float)(random.NextDouble() * 4 - 2) * (kind == 1 ? 1e-3f : 1))];
            BlockRows.Encode(unit, blocks, values, rows, k, 2, codes);
            return codes;
        }
        for (int row = 0; row < rows; row++)
        {
            uint[] elements = [.. Enumerable.Range(0, k).Select(_ => Code(element, kind == 4, random))];
            var scales = new uint[blocks?.Blocks(k) ?? 0];
            for (int b = 0; b < scales.Length; b++) scales[b] = Scale(blocks!, kind, random);
            if (kind == 5 && scales.Length > 0 && row == rows / 2) scales[^1] = blocks!.Scale.Encode(Exact.NaN with { Negative = false },
                default, out _);
            BlockRows.Join(unit, blocks, scales, elements).CopyTo(codes, row * width);
        }
        return codes;
    }

    private static uint Code(INumberFormat format, bool any, Random random)
    {
        while (true)
        {
            var code = (uint)random.Next(1 << format.Bits);
            if (any || format.Decode(code).Class is NumberClass.Zero or NumberClass.Finite) return code;
        }
    }

    private static uint Scale(BlockFormat blocks, int kind, Random random) => (blocks.HasPowerScale, kind) switch
    {
        (true, 3) => (uint)(random.Next(2) == 0 ? random.Next(0, 20) : random.Next(235, 255)),
        (true, 4) => (uint)random.Next(256),
        (true, _) => (uint)random.Next(117, 137),
        (false, 3) => (uint)random.Next(0, 3),
        (false, 4) => (uint)random.Next(1 << blocks.Scale.Bits),
        _ => (uint)random.Next(0x20, 0x50),
    };
}
