using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Mapper;
using Sim.Simulator.Cycles;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Tests;

/// <summary>One random design and layer, small enough to step, as plain numbers that can be shrunk and printed.</summary>
public sealed record TimeCase(int M, int N, int K, int Groups, int Rows, int Columns, int Flow, int Switches, int BufferBytes,
    int DoubleBuffered, int Rate, int Datapath, int Conv, int Port, int Banks)
{
    private static readonly ImmutableArray<DatapathSpec> Datapaths =
    [
        TimeDesigns.Int8,
        Spec("int8", "int8", new IntegerAccumulator(12, RegisterOverflow.Wrap)),
        Spec("int4", "int8", new IntegerAccumulator(10, RegisterOverflow.Saturate)),
        Spec("e4m3", "e4m3", new FloatAccumulator(FormatCatalogue.Parse("fp16"), Sim.Datapath.RoundingMode.NearestEven,
            Sim.Datapath.OverflowPolicy.Ieee)),
        Spec("e2m1", "e5m2", new FloatAccumulator(FormatCatalogue.Parse("bf16"), Sim.Datapath.RoundingMode.ToZero,
            Sim.Datapath.OverflowPolicy.Saturate, FormatCatalogue.Parse("e5m2"))),
        Spec("e4m3", "e4m3", new ExactAccumulator(FormatCatalogue.Parse("bf16"), Sim.Datapath.RoundingMode.NearestEven,
            Sim.Datapath.OverflowPolicy.Ieee)),
        TimeDesigns.Int8 with { Multiplier = new BitSerialMultiplier(3) },
        Spec("int4", "int8", new IntegerAccumulator(11, RegisterOverflow.Wrap)) with
            { Multiplier = new BitSerialMultiplier(2, ProductOperand.Weight) },
        Spec("int2", "uint5", new ExactAccumulator(FormatCatalogue.Parse("bf16"), Sim.Datapath.RoundingMode.NearestEven,
            Sim.Datapath.OverflowPolicy.Ieee)) with { Multiplier = new BitSerialMultiplier() },
        Spec("e4m3", "e4m3", Fp32) with { Dot = new AlignedDotUnit(2, 13) },
        Spec("fp16", "e5m2", new PromotedAccumulator(Float("fp16"), 6, Fp32)) with { Dot = new AlignedDotUnit(3, 20) },
        Spec("e4m3", "int8", Float("fp16")) with
            { Dot = new AdderTreeDotUnit(4, FormatCatalogue.Parse("fp16"), Sim.Datapath.RoundingMode.NearestEven, false) },
        Spec("int16", "int16", new IntegerAccumulator(48, RegisterOverflow.Saturate)),
        Spec("e2m1", "e4m3", Float("fp32")),
        Spec("bf16", "bf16", Float("bf16")),
        Spec("fp16", "fp16", Float("fp16")),
        Spec("e2m1", "e2m1", new FixedAccumulator(12, 3, RegisterOverflow.Saturate, Sim.Datapath.RoundingMode.NearestEven)),
        Spec("e2m1", "int8", new ExactAccumulator(FormatCatalogue.Parse("fp16"), Sim.Datapath.RoundingMode.NearestEven,
            Sim.Datapath.OverflowPolicy.Ieee)),
        Blocks("mxfp4_b4", "mxfp8_e4m3_b4", Fp32),
        Blocks("nvfp4_b2", "nvfp4_b4", Float("fp16")),
        Blocks("mxfp4_b2", "mxfp4_b2", Fp32) with { Accumulator = new PromotedAccumulator(Float("bf16"), 4, Fp32) },
        Spec("e2m1", "e2m1", Float("fp32") with { Rounding = Sim.Datapath.RoundingMode.ToZero }) with
            { Dot = new AlignedDotUnit(4, 35, Scales: new BlockScales(FormatCatalogue.Parse("e4m3"), 2, 1)) },
        Spec("e2m1", "e2m3", Fp32) with { Dot = new AlignedDotUnit(3, 20, Scales: new BlockScales(FormatCatalogue.Parse("e8m0"), 3, 3)) },
        Blocks("mxint8_b3", null, Float("bf16", FormatCatalogue.Parse("fp16"))),
        Blocks(null, "mxfp6_e3m2_b2", Fp32),
    ];

    // Bits of a port; the first keeps up with everything.
    private static readonly int[] Ports = [TimeDesigns.WidePort, TimeDesigns.WidePort, 4, 8, 13, 32, 64, 128];

    private static readonly double?[] Rates = [null, 0.3, 1, 2.5, 7, 64, 1e6];

    public static TimeCase Random(Random random) =>
        new(random.Next(1, 15), random.Next(1, 15), random.Next(1, 15), random.Next(4) == 0 ? random.Next(2, 4) : 1,
        random.Next(1, 7), random.Next(1, 7), random.Next(3), random.Next(8), random.Next(8, 400), random.Next(10),
            random.Next(Rates.Length), random.Next(Datapaths.Length), random.Next(3), random.Next(Ports.Length), random.Next(1, 5));

    /// <summary>Many folds of a small array: loops long enough that a recurrence over them repeats.</summary>
    public static TimeCase LongLoops(Random random)
    {
        TimeCase sample = Random(random);
        return sample with
        {
            M = random.Next(1, 40), N = random.Next(1, 40), K = random.Next(1, 40), Groups = random.Next(3) == 0 ? random.Next(2, 12) : 1,
            Rows = random.Next(1, 4), Columns = random.Next(1, 4), Rate = random.Next(1, Rates.Length), Datapath = random.Next(0, 3),
            BufferBytes = random.Next(8, 300),
        };
    }

    public GemmLayer Layer
    {
        get
        {
            if (Conv == 0) return TimeDesigns.Gemm(M, N, K, Groups);
            // A convolution about as large: input height from M, kernel from K, stride and padding from the rest.
            int kernelHeight = 1 + K % 3, kernelWidth = 1 + K % 2, stride = 1 + M % 2, pad = Math.Min(N % 2, kernelHeight - 1),
                channels = 1 + K % 4, dilation = 1 + (M + N) % 2;
            int height = M % 6 + (kernelHeight - 1) * dilation + 1, width = N % 5 + kernelWidth;
            int outputHeight = (height + pad - (kernelHeight - 1) * dilation - 1) / stride + 1,
                outputWidth = (width - kernelWidth) / stride + 1;
            var conv = new ConvGeometry(channels * Groups, height, width, kernelHeight, kernelWidth, stride, stride, pad, 0, 0, 0,
                dilation, 1, outputHeight, outputWidth);
            int batch = 1 + (M / 2 + N) % 2;
            return new GemmLayer("conv", "Conv", Groups, batch * outputHeight * outputWidth, N, channels * kernelHeight * kernelWidth,
                (long)batch * Groups * channels * height * width, conv) { Batch = batch };
        }
    }

    /// <summary>Cycles that a step takes: digits of the serial operand.</summary>
    public int CyclesPerMac => Datapaths[Datapath].CyclesPerMac;

    /// <summary>Products that a step takes.</summary>
    public int Lanes => Datapaths[Datapath].Lanes;

    /// <summary>Whether operands come in blocks.</summary>
    public bool HasBlocks => Datapaths[Datapath].Dot is { Segment: > 0 };

    public double? BytesPerCycle => Rates[Rate];

    public Architecture Design => With(Switches, BytesPerCycle);

    /// <summary>Whether ports keep up with every array.</summary>
    public bool HasWidePorts => Ports[Port] == TimeDesigns.WidePort;

    public Architecture With(int switches, double? bytesPerCycle, int? portBits = null)
    {
        int port = portBits ?? Ports[Port];
        (int banks, int weightBanks) = port == TimeDesigns.WidePort ? (TimeDesigns.ManyBanks, TimeDesigns.ManyBanks) : (Banks, 1 + Banks / 2);
        var array = new PeArray(Rows * Datapaths[Datapath].Lanes, Columns, (Dataflow)Flow, (switches & 1) != 0, (switches & 2) != 0,
            (switches & 4) != 0);
        return TimeDesigns.Design(array, BufferBytes, true, bytesPerCycle, Datapaths[Datapath]) with
        {
            Buffers = DoubleBuffered > 7 ? [new BufferLevel("buffer", BufferBytes * 3L, port, banks, DoubleBuffered == 8, Operands.All)] :
            [
                new BufferLevel("activation_buffer", BufferBytes, port, banks, (DoubleBuffered & 1) != 0, Operands.Activations),
                new BufferLevel("weight_buffer", BufferBytes, port, weightBanks, (DoubleBuffered & 2) != 0, Operands.Weights),
                new BufferLevel("output_buffer", BufferBytes, port, banks, (DoubleBuffered & 4) != 0, Operands.Outputs),
            ],
        };
    }

    /// <summary>Operand codes of every pattern, or of numbers up to 4 alone, from the case alone.</summary>
    public MachineOperands Codes(bool tame = false)
    {
        var random = new Random(GetHashCode());
        DatapathSpec spec = Datapaths[Datapath];
        GemmLayer layer = Layer;
        uint Code(int bits) => (uint)random.NextInt64(1L << bits);
        return new MachineOperands(
            [.. Enumerable.Range(0, layer.Groups * layer.M * layer.K).Select(_ => Number(spec.Activation))],
            [.. Enumerable.Range(0, (int)layer.WeightElements).Select(_ => Number(spec.Weight))])
        {
            ActivationScales = Scales(spec.ActivationBlocks, layer.Groups * layer.M),
                WeightScales = Scales(spec.WeightBlocks, layer.Groups * layer.N),
        };

        uint Number(INumberFormat format)
        {
            while (true)
            {
                uint code = Code(format.Bits);
                if (!tame || format is FixedFormat || Math.Abs(format.Decode(code).ToDouble()) <= 4) return code;
            }
        }

        // Near 1 mostly, so that sums meet; now and then any code, NaN and zero among them.
        ImmutableArray<uint> Scales(BlockFormat? blocks, int rows) => blocks is null ? [] :
            [.. Enumerable.Range(0, rows * blocks.Blocks(layer.K))
                .Select(_ => random.Next(12) == 0 ? Code(blocks.Scale.Bits) : (blocks.HasPowerScale ? 123u : 0x30u) + Code(3))];
    }

    /// <summary>The reference kernel's results and events in the mapping's order.</summary>
    public (long[] Results, GemmEvents Events) Reference(Mapping mapping, MachineOperands operands)
    {
        GemmLayer layer = mapping.Layer;
        var results = new long[layer.OutputElements];
        var events = new GemmEvents();
        for (int g = 0; g < layer.Groups; g++)
        {
            if (Datapaths[Datapath] is { Dot: { Segment: > 0 } blocks } spec)
            {
                int width = blocks.RowCodes(layer.K);
                uint[] Rows(BlockFormat? format, ImmutableArray<uint> codes, ImmutableArray<uint> scales, int rows) =>
                    [.. Enumerable.Range(g * rows, rows).SelectMany(r =>
                    BlockRows.Join(blocks, format, format is null ? []
                        : scales.AsSpan().Slice(r * format.Blocks(layer.K), format.Blocks(layer.K)),
                        codes.AsSpan().Slice(r * layer.K, layer.K)))];
                var joined = new GemmOperands
                {
                    M = layer.M, N = layer.N, K = width,
                        A = Rows(spec.ActivationBlocks, operands.Activations, operands.ActivationScales, layer.M),
                    B = Rows(spec.WeightBlocks, operands.Weights, operands.WeightScales, layer.N),
                };
                var order = new ReductionOrder(blocks.RowCodes(mapping.Order.Chunk));
                new ReferenceKernel().Run(Datapaths[Datapath], order, joined, results.AsSpan(g * layer.M * layer.N, layer.M * layer.N),
                    ref events);
                continue;
            }
            var gemm = new GemmOperands
            {
                M = layer.M, N = layer.N, K = layer.K,
                A = operands.Activations.AsSpan().Slice(g * layer.M * layer.K, layer.M * layer.K),
                B = operands.Weights.AsSpan().Slice(g * layer.N * layer.K, layer.N * layer.K),
            };
            new ReferenceKernel().Run(Datapaths[Datapath], mapping.Order, gemm, results.AsSpan(g * layer.M * layer.N, layer.M * layer.N),
                ref events);
        }
        return (results, events);
    }

    /// <summary>The smaller cases to try when this one fails.</summary>
    public IEnumerable<TimeCase> Smaller()
    {
        static IEnumerable<int> Less(int value, int least) =>
            value <= least ? [] : new[] { least, (value + least) / 2, value - 1 }.Distinct();
        foreach (int v in Less(Groups, 1)) yield return this with { Groups = v };
        foreach (int v in Less(Conv, 0)) yield return this with { Conv = v };
        foreach (int v in Less(M, 1)) yield return this with { M = v };
        foreach (int v in Less(N, 1)) yield return this with { N = v };
        foreach (int v in Less(K, 1)) yield return this with { K = v };
        foreach (int v in Less(Rows, 1)) yield return this with { Rows = v };
        foreach (int v in Less(Columns, 1)) yield return this with { Columns = v };
        foreach (int v in Less(Switches, 0)) yield return this with { Switches = v };
        foreach (int v in Less(DoubleBuffered, 0)) yield return this with { DoubleBuffered = v };
        foreach (int v in Less(Rate, 0)) yield return this with { Rate = v };
        foreach (int v in Less(Datapath, 0)) yield return this with { Datapath = v };
        foreach (int v in Less(Port, 0)) yield return this with { Port = v };
        foreach (int v in Less(Banks, 1)) yield return this with { Banks = v };
        if (BufferBytes < 1000) yield return this with { BufferBytes = 1000 };
    }

    private static FloatAccumulator Fp32 => Float("fp32");

    private static FloatAccumulator Float(string format, INumberFormat? product = null) =>
        new(FormatCatalogue.Parse(format), Sim.Datapath.RoundingMode.NearestEven, Sim.Datapath.OverflowPolicy.Ieee, product);

    private static DatapathSpec Blocks(string? weight, string? activation, FloatAccumulator accumulator)
    {
        BlockFormat? w = weight is null ? null : BlockCatalogue.Parse(weight), a = activation is null ? null
            : BlockCatalogue.Parse(activation);
        return new($"{weight}x{activation}", w?.Element ?? FormatCatalogue.Parse("e4m3"), a?.Element ?? FormatCatalogue.Parse("int4"),
            accumulator) { Dot = new BlockDotUnit(a, w) };
    }

    private static DatapathSpec Spec(string weight, string activation, AccumulatorSpec accumulator) =>
        new($"{weight}x{activation}", FormatCatalogue.Parse(weight), FormatCatalogue.Parse(activation), accumulator);
}
