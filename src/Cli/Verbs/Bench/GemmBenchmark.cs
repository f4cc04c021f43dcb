using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Foundation.Random;

namespace Sim.Cli.Verbs.Bench;

/// <summary>Matrix products through datapaths, codes in, codes out (decoding and packing both operands are part of the time).</summary>
internal sealed class GemmBenchmark : IBenchmark
{
    private const int Size = 512;

    // Products and sums of operands with this standard deviation stay far below the largest fp16.
    private const double Deviation = 1.5;

    private const string Peak = "plain FP32 FMA peak";

    public string Name => "gemm";

    public string Summary => $"Bit-exact matrix products {Size}×{Size}×{Size}, codes to codes, one thread, normally distributed operands, "
        + "against the FP32 fused multiply-adds that the same thread can do in registers in the same run.";

    private static ImmutableArray<Case> Cases { get; } =
    [
        new("fp32", Float("fp32")),
        new("e4m3", Float("fp16"), 0.3),
        new("e4m3", Float("bf16"), 0.3),
        new("e4m3", Float("e8m13"), 0.3),
        new("e5m2", Float("fp16"), 0.3),
        new("e5m2", Float("bf16"), 0.3),
        new("e5m2", Float("e8m13"), 0.3),
        new("e2m1", Float("fp16"), 0.3),
        new("e2m1", Float("bf16"), 0.3),
        new("e2m1", Float("e8m13"), 0.3),
        new("bf16", Float("fp16"), 0.3),
        new("bf16", Float("bf16"), 0.3),
        new("bf16", Float("e8m13"), 0.3),
        new("e4m3", Float("fp32"), 0.8),
        new("e5m2", Float("fp32"), 0.8),
        new("e2m1", Float("fp32"), 0.8),
        new("bf16", Float("fp32"), 0.8),
        new("fp16", Float("fp16")),
        new("e4m3", Float("fp16"), null, 60, "e4m3 → fp16, most outputs overflowing"),
        new("e4m3", Float("fp16"), null, Chunk: 32),
        new("e4m3", Float("fp16", RoundingMode.ToZero)),
        new("int8", new IntegerAccumulator(32, RegisterOverflow.Wrap), 1.0, 40),
        new("int8", new IntegerAccumulator(32, RegisterOverflow.Saturate), 1.0, 40),
        new("int8", new IntegerAccumulator(24, RegisterOverflow.Saturate), 1.0, 40),
        new("int8", new IntegerAccumulator(14, RegisterOverflow.Wrap), 0.4, 40, "int8 → 14-bit wrapping register, overflowing"),
        new("int4", new IntegerAccumulator(16, RegisterOverflow.Wrap), 1.0, 3),
        new("int4", new IntegerAccumulator(8, RegisterOverflow.Wrap), 0.4, 3, "int4 → 8-bit wrapping register, overflowing"),
        new("q4.4", new FixedAccumulator(24, 6, RegisterOverflow.Saturate, RoundingMode.NearestEven)),
        new("e4m3", new ExactAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee)),
        new("e2m1", new ExactAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee)),
        new("e5m2", new ExactAccumulator(Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee), 0.03),
        new("posit8_2", Float("fp32"), 0.15),
        PositQuire("posit8_0", 0.15),
        PositQuire("posit8_2", 0.15),
        PositQuire("posit16_1", 0.03),
        PositQuire("posit16_2", 0.03),
        new("posit8_0", Float("posit8_0"), 0.03),
        new("posit8_2", Float("posit8_2"), 0.03),
        new("posit16_1", Float("posit16_1"), 0.03),
        new("posit16_2", Float("posit16_2"), 0.03),
        new("posit16_2", Separate("posit16_2"), Label: "posit16_2 → posit16_2, products rounded too"),
        .. InexactCases.All,
        Blocks("mxfp4", 0.3),
        Blocks("nvfp4", 0.3),
        Blocks("mxint8"),
        Blocks("mxfp6_e2m3"),
        Blocks("mxfp8_e4m3"),
        Chip("h100_e4m3", 0.05),
        Chip("h100_fp16"),
        Chip("h100_bf16"),
        Chip("a100_bf16", 0.05),
        Chip("b200_e4m3", 0.05),
        Chip("mi250_fp16"),
        Chip("mi300x_fp16"),
        Chip("mi300x_fp8"),
    ];

    public IReadOnlyList<BenchRow> Run(Action<string> progress)
    {
        var rows = new List<(Case Case, string Kernel, double Seconds)>();
        progress("FMA peak");
        double peak = FmaPeak.Measure();
        foreach (Case one in Cases)
        {
            progress(one.Title);
            (string kernel, double seconds) = Measure(one);
            // Other programs come and go: the peak is the best seen beside any case.
            peak = Math.Max(peak, FmaPeak.Measure());
            rows.Add((one, kernel, seconds));
        }
        double macs = (double)Size * Size * Size;
        return [new BenchRow("fused multiply-adds in registers", "12 chains", double.NaN, peak / 1e9, "GMAC/s", 1, Peak),
            .. rows.Select(r => new BenchRow(r.Case.Title, r.Kernel, r.Seconds * 1e3, macs / r.Seconds / 1e9, "GMAC/s",
                macs / r.Seconds / peak, Peak, r.Case.Goal))];
    }

    private static (string Kernel, double Seconds) Measure(Case one)
    {
        INumberFormat format = Format(one.Operands);
        var spec = new DatapathSpec(one.Title, format, format, one.Accumulator) { Dot = one.Dot, Multiplier = one.Multiplier };
        var order = new ReductionOrder(one.Chunk);
        var random = new RandomStream(512);
        var blocks = one.Dot as BlockDotUnit;
        uint[] a = Codes(format, blocks, one.Deviation, random), b = Codes(format, blocks, one.Deviation, random);
        var result = new long[Size * Size];
        int k = a.Length / Size;
        IGemmKernel kernel = KernelCatalogue.Select(spec, order, k);
        double seconds = BestOf.Seconds(() =>
        {
            var events = new GemmEvents();
            kernel.Run(spec, order, new GemmOperands { M = Size, N = Size, K = k, A = a, B = b }, result, ref events);
        });
        return (kernel.Name, seconds);
    }

    private static uint[] Codes(INumberFormat format, BlockDotUnit? blocks, double deviation, RandomStream random)
    {
        var values = new float[Size * Size];
        for (int i = 0; i < values.Length; i++) values[i] = (float)(deviation * random.NextNormal());
        if (blocks is not null)
        {
            var rows = new uint[Size * blocks.RowCodes(Size)];
            BlockRows.Encode(blocks, blocks.Activations!, values, Size, Size, values.Max(MathF.Abs), rows);
            return rows;
        }
        var codes = new uint[values.Length];
        Quantizer.For(format, new Rounding(RoundingMode.NearestEven, OverflowPolicy.Saturate)).Encode(values, 1, 0, codes);
        return codes;
    }

    internal static INumberFormat Format(string name) => FormatCatalogue.Parse(name);

    internal static FloatAccumulator Float(string name, RoundingMode mode = RoundingMode.NearestEven) =>
        new(Format(name), mode, OverflowPolicy.Ieee);

    private static FloatAccumulator Separate(string name) => Float(name) with { Product = Format(name) };

    private static Case PositQuire(string name, double goal)
    {
        var format = (PositFormat)Format(name);
        return new(name, Quire.Accumulator(format, Quire.StandardBits(format), RoundingMode.NearestEven), goal,
            Label: $"{name} → quire, then {name}");
    }

    private static Case Blocks(string name, double? goal = null)
    {
        BlockFormat blocks = BlockCatalogue.Parse(name);
        return new Case(blocks.Element.Name, Float("fp32"), goal, Label: $"{name} blocks → fp32")
            { Dot = new BlockDotUnit(blocks, blocks) };
    }

    private static Case Chip(string profile, double? goal = null)
    {
        DatapathSpec chip = ChipProfiles.Find(profile)!.Datapath;
        return new Case(chip.Activation.Name, chip.Accumulator, goal, Label: $"tensor core {profile}") { Dot = chip.Dot };
    }

    internal sealed record Case(string Operands, AccumulatorSpec Accumulator, double? Goal = null, double Deviation = Deviation,
        string? Label = null, int Chunk = 0)
    {
        public DotUnitSpec? Dot { get; init; }

        public MultiplierSpec? Multiplier { get; init; }

        public string Title => Label ?? $"{Operands} → {Register}{(Chunk == 0 ? "" : $", chunks of {Chunk}")}";

        private string Register => Accumulator switch
        {
            FloatAccumulator { Rounding: RoundingMode.NearestEven } f => f.Format.Name,
            FloatAccumulator f => $"{f.Format.Name} ({f.Rounding})",
            IntegerAccumulator i => $"int{i.Bits} ({i.Overflow})",
            FixedAccumulator f => $"q{f.Bits - f.Fraction}.{f.Fraction} ({f.Overflow})",
            ExactAccumulator e => $"exact, then {e.Output.Name}",
            _ => Accumulator.ToString(),
        };
    }
}
