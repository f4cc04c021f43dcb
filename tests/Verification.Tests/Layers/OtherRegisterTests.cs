using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Layers;

/// <summary>Registers of pooling, additions and requantization.</summary>
public class OtherRegisterTests
{
    /// <summary>25·5 inputs of 0 to 255 above the zero point −128: at most 31875, 16 bits.</summary>
    [Test]
    public void TheAveragePoolOfTheKeywordNetworkNeedsSixteenBits()
    {
        IntegerLayer pool = Nets.Read(Nets.Graph("mlperf-dscnn-kws/model_int8.onnx")).Sums.Single();
        (Interval hull, int width) = Nets.Worst(new PrefixExtremes(), pool, BiasPlacement.None, ZeroPoints.Folded);
        Assert.Multiple(() =>
        {
            Assert.That((pool.Name, pool.Operator, pool.Rows, pool.K), Is.EqualTo(("09_average_pool_2d", "AveragePool", 64, 125)));
            Assert.That(hull, Is.EqualTo(new Interval(0, 31875)));
            Assert.That(width, Is.EqualTo(16));
        });
    }

    /// <summary>Every pair of stored operands: the register's value times its unit is what the executor adds, and the extremes are those of
    /// the enumeration.</summary>
    [TestCase(0.5f, 0.25f, 8, "Add")]
    [TestCase(0.25f, 0.5f, 3, "Sub")]
    [TestCase(0.125f, 0.125f, 8, "Add")]
    public void ResidualAdditionsHoldTheSumInUnitsOfTheLargerScale(float first, float second, int bits, string op)
    {
        NetworkGraph graph = new Graphs().Floats("as", [first]).Floats("bs", [second]).Integers("az", ElementType.Int8, [3])
            .Integers("bz", ElementType.Int8, [-9])
            .Node("Identity: x -> q").Node("DequantizeLinear: x, as, az -> a").Node("DequantizeLinear: q, bs, bz -> b")
                .Node($"{op}: a, b -> y").Build(ElementType.Int8, 1, 1);
        IntegerLayer add = Nets.Read(graph, new ReadingOptions { MultiplierBits = bits }).Sums.Single();
        float unit = first == second ? first : Math.Max(first, second) / (1 << (bits - 1));
        long low = long.MaxValue, high = long.MinValue;
        for (int a = -128; a < 128; a++)
        {
            for (int b = -128; b < 128; b++)
            {
                long sum = (long)(a - 3) * add.Weights[0] + (long)(b + 9) * add.Weights[1];
                float real = op == "Add" ? (a - 3) * first + (b + 9) * second : (a - 3) * first - (b + 9) * second;
                Assert.That(sum * unit, Is.EqualTo(real));
                (low, high) = (Math.Min(low, sum), Math.Max(high, sum));
            }
        }
        Assert.That(Nets.Worst(new PrefixExtremes(), add, BiasPlacement.None, ZeroPoints.Folded).Hull, Is.EqualTo(new Interval(low, high)));
    }

    [TestCase("GlobalAveragePool", "", 1, 12)]
    [TestCase("ReduceMean", "axes 2 3", 1, 12)]
    [TestCase("ReduceMean", "axes 1", 1, 2)]
    [TestCase("AveragePool", "kernel_shape 2 2|pads 1 1 1 1", 2, 4)]
    [TestCase("AveragePool", "kernel_shape 2 2|strides 2 2|ceil_mode", 2, 4)]
    public void PoolsAndReductionsSumWhatTheyAverage(string op, string attributes, int padding, int k)
    {
        NodeAttribute[] list = [.. attributes.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(a => a.Split(' '))
            .Select(a => a.Length == 1 ? new NodeAttribute(a[0], Integer: 1)
                : new NodeAttribute(a[0], Integers: [.. a[1..].Select(v => long.Parse(v, null))]))];
        NetworkGraph graph = new Graphs().Floats("s", [0.5f]).Integers("z", ElementType.UInt8, [0]).Node("DequantizeLinear: x, s, z -> a")
            .Node($"{op}: a -> y", list).Build(ElementType.UInt8, 1, 2, 3, 4);
        var options = new ReadingOptions { Boxes = BoxRule.Propagated, InputRanges = ImmutableDictionary<string,
            ImmutableArray<Interval>>.Empty.Add("x", [new(5, 9)]) };
        IntegerLayer pool = Nets.Read(graph, options).Sums.Single();
        Assert.That(pool.K, Is.EqualTo(k));
        // 0 is no input, but padding is; the sum of the whole window is k times an end.
        Interval sum = new PrefixExtremes()
            .Bound(new ChannelClaim(pool, 0, new FinalOrder(), [new Register(32)], BiasPlacement.None, ZeroPoints.Folded)).Ranges[0];
        bool padded = attributes.Contains("pads", StringComparison.Ordinal) || attributes.Contains("ceil", StringComparison.Ordinal)
            && pool.IsPadded;
        Assert.That(sum, Is.EqualTo(new Interval(padded ? 0 : 5 * k, 9 * k)));
        Assert.That(padding, Is.Positive);
    }

    /// <summary>Products of sums that ONNX Runtime's tensors give with the fixed-point multiplier lie in the register's range and, shifted,
    /// differ by at most one from its outputs.</summary>
    [Test]
    public void RequantizationProductsGiveTheOutputsOfOnnxRuntime()
    {
        NetworkGraph graph = Nets.Graph("mlperf-dscnn-kws/model_int8.onnx");
        IntegerNetwork network = Nets.Read(graph);
        var bag = new DiagnosticBag();
        IReadOnlyDictionary<string, Tensor> tensors =
            TensorFile.ReadArchive(ReferenceData.Shared("nets/mlperf-dscnn-kws/int8_intermediates.npz"), bag)!;
        bag.ThrowIfErrors();
        IntegerLayer[] registers = [.. OtherRegisters.Requantization(network, 24)];
        Assert.That(registers, Has.Length.EqualTo(10));
        int compared = 0, equal = 0;
        // Fully connected: sums by hand.
        IntegerLayer layer = network.Layers[^1], register = registers[^1];
        LayerSource output = network.Outputs[^1]!;
        Tensor x = tensors[network.Inputs[^1].Value], y = tensors["10_fully_connected_out"];
        for (int sample = 0; sample < x.Shape[0]; sample++)
        {
            for (int row = 0; row < layer.Rows; row++)
            {
                long sum = layer.Bias[row];
                for (int k = 0; k < layer.K; k++) sum += (x.Integers[sample * layer.K + k] - layer.InputZeroPoint)
                    * layer.Weights[row * layer.K + k];
                long product = sum * register.Weights[row] + register.Bias[row];
                int shift = System.Numerics.BitOperations.Log2((ulong)register.Bias[row]) + 1;
                Assert.That(Math.ScaleB(register.Weights[row], -shift),
                    Is.EqualTo((double)output.Multipliers[row % output.Multipliers.Length]), "24 bits hold every float32 multiplier");
                var claim = new ChannelClaim(register, row, new FinalOrder(), [new Register(64)], BiasPlacement.Preloaded,
                    ZeroPoints.Folded);
                Assert.That(new PrefixExtremes().Bound(claim).Ranges[0].Contains(product));
                long stored = Math.Clamp((product >> shift) + output.ZeroPoint, output.Low, output.High),
                    expected = y.Integers[sample * layer.Rows + row];
                Assert.That(Math.Abs(stored - expected), Is.LessThanOrEqualTo(1));
                equal += stored == expected ? 1 : 0;
                compared++;
            }
        }
        Assert.That(equal, Is.EqualTo(compared));
        Truth.Checked("Proofs", "mlperf-dscnn-kws fixed-point requantization", "ONNX Runtime (int8_intermediates.npz)", compared,
            "outputs equal, every product within its register's range");
    }
}
