using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Datapaths, shapes and operand streams on which kernels are compared with the reference.</summary>
internal static class KernelCases
{
    /// <summary>How operand codes are drawn.</summary>
    public enum Stream { AnyCode, Near1, Boundary, Cancelling, Tiny, OneSpecial, Ties }

    public static IEnumerable<DatapathSpec> Specs()
    {
        foreach (AccumulatorSpec acc in Floats())
            foreach ((string a, string w) in new[] { ("e4m3", "e4m3"), ("e5m2", "e5m2"), ("e2m1", "e2m1"), ("e4m3", "e5m2"),
                ("bf16", "bf16"), ("fp16", "fp16"), ("int8", "int8"), ("e4m3fnuz", "e3m4") })
                yield return Spec(a, w, acc);
        foreach ((string a, string w) in new[] { ("fp32", "fp32"), ("tf32", "tf32"), ("uint8", "int8"), ("int4", "e2m1"), ("q4.4", "e4m3"),
            ("e3m2", "e2m3"), ("e5m2fnuz", "e4m3b11fnuz") })
            foreach (string f in new[] { "fp32", "fp16", "bf16", "tf32", "e4m3" })
                yield return Spec(a, w, new FloatAccumulator(Format(f), RoundingMode.NearestEven, OverflowPolicy.Ieee));
        foreach (AccumulatorSpec acc in Integers())
            foreach ((string a, string w) in new[] { ("int8", "int8"), ("uint8", "int8"), ("int4", "int4"), ("int16", "int8"),
                ("uint16", "uint16"), ("int24", "int12"), ("int2", "uint2") })
                yield return Spec(a, w, acc);
        foreach (AccumulatorSpec acc in Fixed())
            foreach ((string a, string w) in new[] { ("int8", "int8"), ("q4.4", "q2.6"), ("e4m3", "e4m3"), ("e2m1", "int8"),
                ("fp16", "q4.4"), ("e5m2", "e5m2"), ("bf16", "bf16") })
                yield return Spec(a, w, acc);
        foreach (string output in new[] { "fp32", "fp16", "bf16", "e4m3", "e2m1", "e5m2fnuz" })
            foreach (RoundingMode mode in new[] { RoundingMode.NearestEven, RoundingMode.Down, RoundingMode.ToOdd })
                foreach ((string a, string w) in new[] { ("e4m3", "e4m3"), ("e5m2", "e5m2"), ("int8", "int8"), ("e2m1", "e2m1"),
                    ("fp16", "fp16"), ("bf16", "bf16") })
                    yield return Spec(a, w, new ExactAccumulator(Format(output), mode, OverflowPolicy.Ieee));
        foreach (DatapathSpec posit in Posits()) yield return posit;
        foreach (DatapathSpec dot in DotUnits()) yield return dot;
        foreach (DatapathSpec dot in BlockUnits()) yield return dot;
    }

    // Quires of the standard and of the fewest bits, whose sums may leave them; exact sums of posits into floats; registers that are
    // posits.
    private static IEnumerable<DatapathSpec> Posits()
    {
        foreach (string name in new[] { "posit8_0", "posit8_1", "posit8_2", "posit16_1", "posit16_2", "posit6_1", "posit32_2" })
        {
            var format = (PositFormat)Format(name);
            foreach (int bits in new[] { Math.Max(Quire.StandardBits(format), Quire.FewestBits(format)), Quire.FewestBits(format) })
                yield return Spec(name, name, Quire.Accumulator(format, bits, RoundingMode.NearestEven));
            yield return Spec(name, name, Quire.Accumulator(format, Quire.StandardBits(format) + 96, RoundingMode.Up));
            yield return Spec(name, "e4m3", new ExactAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee));
            yield return Spec("int8", "bf16", new ExactAccumulator(format, RoundingMode.NearestEven, OverflowPolicy.Ieee));
        }
        foreach (string name in new[] { "posit8_0", "posit8_1", "posit8_2", "posit8_3", "posit7_2", "posit5_1", "posit9_1" })
        {
            INumberFormat format = Format(name);
            foreach (INumberFormat? product in new[] { null, format })
                foreach ((string a, string w) in new[] { (name, name), ("posit8_1", "posit6_2"), ("e4m3", "e2m1"), ("int4", name) })
                    yield return Spec(a, w, new FloatAccumulator(format, RoundingMode.NearestEven, OverflowPolicy.Ieee, product));
        }
        // Registers for lanes of 53 bits.
        foreach (string name in new[] { "posit16_1", "posit16_2", "posit16_0", "posit16_4", "posit12_2", "posit10_1" })
        {
            INumberFormat format = Format(name);
            foreach (INumberFormat? product in new[] { null, format })
                foreach ((string a, string w) in new[] { (name, name), ("bf16", "e4m3"), ("posit8_2", name), ("int8", "int8") })
                    yield return Spec(a, w, new FloatAccumulator(format, RoundingMode.NearestEven, OverflowPolicy.Ieee, product));
        }
    }

    // Chips whose rule the lanes take, and rules that no chip has: few lanes, few and many fraction bits, short results, wider operands
    // than a float's.
    private static IEnumerable<DatapathSpec> DotUnits()
    {
        foreach (string chip in new[] { "h100_e4m3", "h100_e5m2", "h100_fp16", "h100_bf16", "h100_tf32", "a100_fp16", "a100_bf16",
            "v100_fp16", "ada_e4m3xe5m2", "a100_fp16_acc16", "b200_e5m2", "b200_e4m3", "b200_e4m3_tcgen05",
            "rtx_blackwell_e4m3", "mi250_fp16", "mi300x_bf16", "mi300x_fp8" })
            yield return ChipProfiles.Find(chip)!.Datapath;
        DatapathSpec h100 = ChipProfiles.Find("h100_bf16")!.Datapath;
        foreach ((int lanes, int fraction, string result) in new[] { (1, 2, "fp32"), (3, 7, "bf16"), (4, 23, "fp32"), (64, 22, "tf32"),
            (512, 20, "e8m13") })
            yield return h100 with { Name = $"bf16 dot {lanes} {fraction} {result}",
                Dot = new AlignedDotUnit(lanes, fraction, RoundingMode.ToZero, Format(result)) };
        var even = new FloatAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee);
        foreach ((int lanes, int fraction, string sum) in new[] { (1, 3, "fp32"), (5, 12, "e8m13"), (32, 24, "bf16") })
            yield return h100 with { Name = $"bf16 dot outside {lanes} {fraction} {sum}",
                Dot = new AlignedSumDotUnit(lanes, fraction, Format(sum), RoundingMode.ToZero), Accumulator = even };
        foreach ((int lanes, string format, bool chain) in new[] { (4, "fp32_ftz", false), (3, "fp32", false), (7, "fp32_ftz", true),
            (5, "fp32", true) })
            foreach (string operand in new[] { "bf16", "fp16_ftz", "e4m3" })
                yield return Spec(operand, "bf16_ftz", even with { Format = Format(format) }) with
                    { Dot = new AdderTreeDotUnit(lanes, Format(format), RoundingMode.NearestEven, chain) };
        foreach (RealignedDotUnit unit in new[] { new RealignedDotUnit(4, 10, 1, 12, 9), new RealignedDotUnit(5, 8, 2, 8, 20, 6),
            new RealignedDotUnit(16, 24, 2, 31, 24, 25), new RealignedDotUnit(1, 3, 1, 3, 3) })
            yield return Spec("bf16", "e4m3fnuz", even) with { Dot = unit };
        yield return h100 with { Name = "bf16 dot from 2^-3", Dot = new AlignedDotUnit(4, 9, LeastExponent: -3) };
        yield return Spec("e2m1", "e4m3", h100.Accumulator) with { Dot = new AlignedDotUnit(7, 5) };
        yield return Spec("fp16", "fp16", h100.Accumulator) with { Dot = new AlignedDotUnit(9, 11, RoundingMode.Down) };
        foreach (DatapathSpec spec in Multipliers()) yield return spec;
    }

    // Operands in blocks, whose codes are read as scales in their places: e4m3 scales of small integers near zero, e8m0 scales of every
    // size.
    private static IEnumerable<DatapathSpec> BlockUnits()
    {
        foreach (string register in new[] { "fp32", "bf16" })
            foreach (int size in new[] { 1, 3, 4, 8, 16 })
                foreach ((string a, string w) in new[]
                {
                    ("nvfp4", "nvfp4"), ("nvint4", "nvfp4"), ("mxfp4", "mxfp4"), ("mxfp6_e2m3", "mxfp6_e3m2"), ("mxint8", "nvfp4"),
                        ("msfp12", "msfp12"),
                    ("mxfp8_e4m3", "mxfp8_e4m3"), ("mxfp8_e5m2", "mxfp8_e4m3"),
                })
                {
                    BlockFormat activations = BlockCatalogue.Parse($"{a}_b{size}"), weights = BlockCatalogue.Parse($"{w}_b{2 * size}");
                    yield return Spec(activations.Element.Name, weights.Element.Name,
                        new FloatAccumulator(Format(register), RoundingMode.NearestEven, OverflowPolicy.Ieee))
                        with { Name = $"{a} x {w} in blocks of {size}", Dot = new BlockDotUnit(activations, weights) };
                }
    }

    // Products that are not exact: floats in every short format, integers below and above what the register holds.
    private static IEnumerable<DatapathSpec> Multipliers()
    {
        var fp32 = new FloatAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee);
        foreach (string name in new[] { "e4m3", "e5m2", "e2m1", "e3m4", "e4m3fnuz" })
        {
            yield return Spec(name, name, fp32) with { Multiplier = new LMulMultiplier() };
            yield return Spec(name, "e3m2", fp32) with { Multiplier = new MitchellMultiplier() };
        }
        yield return Spec("q4.4", "q2.6", fp32) with { Multiplier = new TruncatedMultiplier(5, 9) };
        yield return Spec("hif8", "nf4", fp32 with { Rounding = RoundingMode.Down }) with { Multiplier = new MitchellMultiplier() };
        foreach (int bits in new[] { 12, 24, 32, 40 })
            yield return Spec("int8", "int4", new IntegerAccumulator(bits, RegisterOverflow.Saturate)) with
                { Multiplier = new MitchellMultiplier() };
        yield return Spec("int8", "uint8", new IntegerAccumulator(32, RegisterOverflow.Wrap)) with
            { Multiplier = new TruncatedMultiplier(6, 40) };
        foreach (DatapathSpec spec in InexactCases.Specs()) yield return spec;
    }

    public static IEnumerable<(int M, int N, int K)> Shapes()
    {
        int[] edges = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70];
        yield return (0, 5, 5);
        yield return (5, 0, 5);
        yield return (3, 4, 0);
        for (int i = 0; i < edges.Length; i++)
        {
            yield return (edges[i], edges[(i * 5 + 3) % edges.Length] % 40 + 1, edges[(i * 7 + 1) % edges.Length] % 24 + 1);
            yield return (edges[i] % 9 + 1, edges[(i * 3 + 2) % edges.Length], edges[(i * 11 + 4) % edges.Length] % 20 + 1);
        }
        yield return (2, 3, 300);
    }

    public static uint[] Codes(INumberFormat format, int count, Stream stream, Random random)
    {
        uint mask = uint.MaxValue >> 32 - format.Bits;
        uint[] boundary = Boundary(format);
        var codes = new uint[count];
        for (int i = 0; i < count; i++)
        {
            uint any = (uint)random.NextInt64(1L << 32) & mask;
            codes[i] = stream switch
            {
                Stream.AnyCode => any,
                Stream.Near1 => Encode(format, random.NextDouble() * 4 - 2),
                Stream.Boundary => boundary[random.Next(boundary.Length)],
                Stream.Cancelling => Encode(format, Math.ScaleB(1 + random.Next(8) / 8.0, (i & 3) * 4 - 6) * ((i >> 2 & 1) == 0 ? 1 : -1)),
                Stream.Tiny => Encode(format, format.SmallestPositive.ToDouble() * random.Next(-9, 10)),
                // Powers of two, some one unit off, over all exponents: sums at ties, and a hair away from them.
                Stream.Ties => Power(format, random) | (uint)random.Next(2) & (random.Next(3) == 0 ? 1u : 0),
                _ => i == count / 2 ? any : Encode(format, random.Next(-2, 3)),
            };
        }
        return codes;
    }

    private static DatapathSpec Spec(string a, string w, AccumulatorSpec acc) => new($"{a}×{w}", Format(w), Format(a), acc);

    private static INumberFormat Format(string name) => FormatCatalogue.Parse(name);

    private static uint Encode(INumberFormat format, double value) =>
        format.Encode(Exact.FromDouble(value), new(RoundingMode.NearestEven, OverflowPolicy.Saturate), out _);

    private static uint Power(INumberFormat format, Random random)
    {
        int low = Math.Max(format.SmallestPositive.LeadingExponent, -30), high = Math.Min(format.Maximum.LeadingExponent - 3, 12);
        return Encode(format, Math.ScaleB(random.Next(2) == 0 ? 1 : -1, random.Next(low, Math.Max(high, low) + 1)));
    }

    private static uint[] Boundary(INumberFormat format)
    {
        uint mask = uint.MaxValue >> 32 - format.Bits, sign = 1u << format.Bits - 1;
        uint maximum = Encode(format, format.Maximum.ToDouble());
        var codes = new List<uint> { 0, 1, 2, sign, sign | 1, sign - 1, mask, mask - 1, maximum, maximum - 1, maximum + 1 & mask,
            maximum | sign };
        if (format is FloatFormat f) codes.AddRange([1u << f.FractionBits, (1u << f.FractionBits) - 1, sign | 1u << f.FractionBits,
            sign | (1u << f.FractionBits) + 1]);
        return [.. codes];
    }

    private static IEnumerable<AccumulatorSpec> Floats()
    {
        foreach (string format in new[] { "fp32", "fp16", "bf16", "e4m3", "e5m2", "e5m2fnuz", "e3m4", "tf32", "e2m1", "e8m13", "e5m12" })
            yield return new FloatAccumulator(Format(format), RoundingMode.NearestEven, OverflowPolicy.Ieee);
        foreach (RoundingMode mode in Enum.GetValues<RoundingMode>().Where(m => m != RoundingMode.Stochastic))
            foreach (OverflowPolicy overflow in Enum.GetValues<OverflowPolicy>())
                yield return new FloatAccumulator(Format("fp16"), mode, overflow);
        foreach (RoundingMode mode in new[] { RoundingMode.ToZero, RoundingMode.Up, RoundingMode.Down })
        {
            yield return new FloatAccumulator(Format("fp32"), mode, OverflowPolicy.Ieee);
            yield return new FloatAccumulator(Format("e4m3"), mode, OverflowPolicy.Saturate);
        }
        yield return new FloatAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Saturate);
        yield return new FloatAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee, Format("bf16"));
        yield return new FloatAccumulator(Format("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee, Format("e4m3"));
        foreach (string both in new[] { "fp16", "bf16", "e4m3", "e5m2", "e4m3_ieee", "e3m4", "e5m2fnuz", "e2m1", "e5m12" })
            yield return new FloatAccumulator(Format(both), RoundingMode.NearestEven, OverflowPolicy.Ieee, Format(both));
        yield return new FloatAccumulator(Format("bf16"), RoundingMode.ToZero, OverflowPolicy.Saturate, Format("fp16"));
        yield return new FloatAccumulator(Format("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee, Format("fp32"));
    }

    private static IEnumerable<AccumulatorSpec> Integers()
    {
        foreach (int bits in new[] { 2, 8, 12, 16, 17, 20, 24, 31, 32, 33, 40, 53, 64 })
            foreach (RegisterOverflow overflow in Enum.GetValues<RegisterOverflow>())
                yield return new IntegerAccumulator(bits, overflow);
    }

    private static IEnumerable<AccumulatorSpec> Fixed()
    {
        foreach ((int bits, int fraction) in new[] { (8, 0), (8, 4), (16, 8), (24, 10), (32, 16), (48, 30), (64, 40) })
            foreach (RoundingMode mode in Enum.GetValues<RoundingMode>().Where(m => m != RoundingMode.Stochastic))
                yield return new FixedAccumulator(bits, fraction, (RegisterOverflow)((int)mode % 2), mode);
    }
}
