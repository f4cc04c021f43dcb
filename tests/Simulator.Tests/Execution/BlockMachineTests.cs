using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Mapper;
using Sim.Simulator.Cycles;
using Sim.Simulator.Execution;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>
/// A depthwise convolution of operands in blocks along im2col rows (K = 9 is no whole number of blocks): what the network computes is what
/// the machine
/// computes from the same numbers, moving elements and scales cycle by cycle in any dataflow.
/// </summary>
public sealed class BlockMachineTests
{
    private static readonly Recipe Unfolded = Recipe.Default with { BlocksAlong = BlockAxis.Im2Col };

    private const int Samples = 12, Side = 6, Out = 4, Groups = 3, K = 9;

    [TestCase("mxfp4_b4", "mxfp8_e4m3_b4", false)]
    [TestCase("nvfp4_b2", "nvfp4_b2", false)]
    [TestCase("mxint8_b3", null, false)]
    [TestCase("mxfp6_e2m3_b8", "mxfp6_e2m3_b8", true)]
    public void Network_and_machine_agree(string? weights, string? activations, bool promoted)
    {
        BlockFormat? w = weights is null ? null : BlockCatalogue.Parse(weights), a = activations is null ? null
            : BlockCatalogue.Parse(activations);
        Compare(a, w, promoted, new BlockDotUnit(a, w));
    }

    // The unit of the scaled tensor cores, small: nvfp4 has two levels of scales, mxfp4 powers of two.
    [TestCase("e4m3", 16, "nvfp4")]
    [TestCase("e8m0", 32, "mxfp4")]
    public void Scaled_tensor_cores_run_networks(string scale, int block, string named)
    {
        BlockFormat blocks = BlockCatalogue.Parse(named);
        var unit = new AlignedDotUnit(32, 35, Scales: new BlockScales(FormatCatalogue.Parse(scale), block, 16));
        Assert.That(unit.Scales!.Blocks(blocks.Element), Is.EqualTo(blocks), "quantized as the named format");
        Compare(blocks, blocks, false, unit);
    }

    private static void Compare(BlockFormat? a, BlockFormat? w, bool promoted, DotUnitSpec unit)
    {
        FloatAccumulator fp32 = new(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee),
            bf16 = fp32 with { Format = FormatCatalogue.Parse("bf16") };
        var spec = new DatapathSpec("t", w!.Element, a?.Element ?? FormatCatalogue.Parse("int8"), promoted
            ? new PromotedAccumulator(bf16, unit.Lanes, fp32) : fp32) { Dot = unit };
        float[] data = TinyNetwork.Random(Samples * Groups * Side * Side, 21, 2), weight = TinyNetwork.Random(Groups * K, 22, 1),
            bias = TinyNetwork.Random(Groups, 23, 0.3f);
        PreparedNetwork network = PreparedNetwork.Create(Graph(weight, bias),
            EvaluationData.Of(Tensor.OfFloats(data, Samples, Groups, Side, Side)), null, Unfolded, 2);

        foreach (Dataflow flow in Enum.GetValues<Dataflow>())
        {
            Architecture design = TimeDesigns.Design(new PeArray(2 * unit.Lanes, 3, flow, false, false, false), datapath: spec);
            GemmLayer layer = network.Work.Gemms.Single();
            Mapping mapping = LayerMapper.Map(design, layer).Required;
            AccuracyResult found = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, spec, Unfolded, _ => mapping.Order), 2);
            double signal = 0, noise = 0;
            for (int s = 0; s < Samples; s++)
            {
                float[] rows = Im2Col(data.AsSpan(s * Groups * Side * Side, Groups * Side * Side)),
                    y = Layer(design, mapping, rows, weight, Largest(data), out MachineResult machine);
                Assert.That(machine.Cycles, Is.EqualTo(Estimator.Estimate(design, mapping).TotalCycles), $"{flow}");
                for (int i = 0; i < y.Length; i++)
                {
                    int g = i / (Out * Out);
                    double reference = Enumerable.Range(0, K).Sum(k => (double)rows[i * K + k] * weight[g * K + k]) + bias[g];
                    (signal, noise) = (signal + reference * reference, noise + Math.Pow(y[i] + bias[g] - reference, 2));
                }
            }
            Assert.That(found.Totals.OutputSqnrDb, Is.EqualTo(10 * Math.Log10(signal / noise)).Within(1e-4), $"{flow}");
        }
    }

    // One group after the other: M = 16 pixels, N = 1 channel.
    private static float[] Layer(Architecture design, Mapping mapping, float[] rows, float[] weight, float amax, out MachineResult machine)
    {
        (ImmutableArray<uint> codes, ImmutableArray<uint> scales, float activationScale) = Encoded(design.Datapath.ActivationBlocks,
            design.Datapath.Activation, rows, amax);
        (ImmutableArray<uint> weightCodes, ImmutableArray<uint> weightScales, float weightScale) = Encoded(design.Datapath.WeightBlocks,
            design.Datapath.Weight, weight, Largest(weight));
        machine = Machine.Run(design, mapping,
            new MachineOperands(codes, weightCodes) { ActivationScales = scales, WeightScales = weightScales });
        return [.. machine.Results.Select(r => BitConverter.UInt32BitsToSingle((uint)r) * (activationScale * weightScale))];
    }

    private static (ImmutableArray<uint> Codes, ImmutableArray<uint> Scales, float Scale) Encoded(BlockFormat? blocks,
        INumberFormat element, float[] rows, float amax)
    {
        if (blocks is null)
        {
            float scale = (float)(amax / element.Maximum.ToDouble());
            return ([.. rows.Select(v => element.Encode(Exact.FromDouble(v / scale),
                new Rounding(RoundingMode.NearestEven, OverflowPolicy.Saturate), out _))], [], scale);
        }
        var codes = ImmutableArray.CreateBuilder<uint>();
        var scales = ImmutableArray.CreateBuilder<uint>();
        var events = new BlockEvents();
        for (int row = 0; row < rows.Length; row += K)
        {
            for (int start = 0; start < K; start += blocks.Size)
            {
                uint[] block = new uint[Math.Min(blocks.Size, K - start)];
                scales.Add(blocks.Encode(rows.AsSpan(row + start, block.Length), amax, Rounding.NearestEven, block, ref events));
                codes.AddRange(block);
            }
        }
        return (codes.ToImmutable(), scales.ToImmutable(), blocks.TensorScale(amax));
    }

    private static float[] Im2Col(ReadOnlySpan<float> image)
    {
        float[] rows = new float[Groups * Out * Out * K];
        for (int i = 0; i < rows.Length; i++)
        {
            int g = i / (Out * Out * K), pixel = i / K % (Out * Out), tap = i % K;
            rows[i] = image[g * Side * Side + (pixel / Out + tap / 3) * Side + pixel % Out + tap % 3];
        }
        return rows;
    }

    private static float Largest(float[] values) => values.Max(MathF.Abs);

    private static NetworkGraph Graph(float[] weight, float[] bias)
    {
        var attributes = ImmutableDictionary<string, NodeAttribute>.Empty.Add("kernel_shape", new("kernel_shape", Integers: [3, 3]))
            .Add("group", new("group", Integer: Groups));
        return new("depthwise", 13, [new("x", ElementType.Float32, [-1, Groups, Side, Side])],
            [new("y", ElementType.Float32, [-1, Groups, Out, Out])],
            [new("conv", "", "Conv", ["x", "w", "b"], ["y"], attributes)], ImmutableDictionary<string, Tensor>.Empty
                .Add("w", Tensor.OfFloats(weight, Groups, 1, 3, 3)).Add("b", Tensor.OfFloats(bias, Groups)), "depthwise-digest");
    }
}
