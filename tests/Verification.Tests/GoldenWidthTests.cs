using System.Globalization;
using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests;

/// <summary>Every row of the golden width tables, made with independent numpy integers from the same quantized weights
/// (../shared/nets/README.md says the formulas).</summary>
public class GoldenWidthTests
{
    private static readonly string[] Networks = ["mlperf-dscnn-kws", "mlperf-streaming-wakeword", "stories260k-llama"];

    private static readonly VerifyOptions Products = new() { Bias = BiasPlacement.None, Threads = 2 };

    [TestCaseSource(nameof(Networks))]
    public void EveryRowOfTheBoundsTableIsFound(string network)
    {
        int rows = 0;
        foreach (Dictionary<string, string> row in Table(network, "golden_bounds.csv"))
        {
            IntegerLayer layer = Layer(network, row);
            Assert.Multiple(() =>
            {
                Assert.That(layer.Rows, Is.EqualTo(Number(row, "out_channels")), "out_channels");
                Assert.That(layer.K, Is.EqualTo(Number(row, "K")), "K");
                Assert.That(Widest(layer, new DataTypeBound()), Is.EqualTo(Number(row, "P_datatype")), "P_datatype");
                Assert.That(Widest(layer, new WeightNormBound()), Is.EqualTo(Number(row, "P_l1_a2q")), "P_l1_a2q");
                LayerWidth exact = Verifier.Minimal(layer, Products, tight: false);
                Assert.That(exact.Widest(), Is.EqualTo(Number(row, "P_exact")), "P_exact");
                Assert.That(exact.Channels.Min(c => c.Widths[0]), Is.EqualTo(Number(row, "P_exact_min_channel")), "P_exact_min_channel");
                Assert.That((long)exact.Channels.Min(c => c.Bounds[0].Low), Is.EqualTo(Number(row, "lo_min")), "lo_min");
                Assert.That((long)exact.Channels.Max(c => c.Bounds[0].High), Is.EqualTo(Number(row, "hi_max")), "hi_max");
                foreach (int tile in (int[])[16, 32, 64])
                    Assert.That(Verifier.Minimal(layer, Products with { Order = new TiledOrder(tile) }, tight: false).Widest(1),
                        Is.EqualTo(Number(row, $"P_tile{tile}_inner")), $"tile {tile}");
            });
            rows++;
        }
        Assert.That(rows, Is.GreaterThanOrEqualTo(27));
        Truth.Checked("Proofs", $"nets/{network}/golden_bounds.csv", "independent numpy, exact integers", rows, "equal");
    }

    [TestCaseSource(nameof(Networks))]
    public void EveryRowOfTheChannelTableIsFound(string network)
    {
        var layers = new Dictionary<string, (IntegerLayer Layer, LayerWidth Exact)>();
        int rows = 0;
        foreach (Dictionary<string, string> row in Table(network, "golden_channels.csv"))
        {
            string key = string.Join(' ', row["layer"], row["M"], row["N"], row["act"]);
            if (!layers.TryGetValue(key, out (IntegerLayer Layer, LayerWidth Exact) found))
            {
                IntegerLayer layer = Layer(network, row);
                layers.Add(key, found = (layer, Verifier.Minimal(layer, Products, tight: false)));
            }
            int channel = (int)Number(row, "channel");
            ChannelClaim claim = Products.Claim(found.Layer, channel, [64]);
            ChannelWidth exact = found.Exact.Channels[channel];
            Assert.That(((long)exact.Bounds[0].Low, (long)exact.Bounds[0].High, (long)exact.Widths[0]),
                Is.EqualTo((Number(row, "lo"), Number(row, "hi"), Number(row, "P_exact"))), $"{key} channel {channel}");
            Assert.That(new WeightNormBound().Bound(claim).Ranges[0].Width, Is.EqualTo(Number(row, "P_l1_a2q")),
                $"{key} channel {channel}");
            // Ordinary weights: the A2Q+ formula does not apply, and saying so is the answer.
            if (found.Layer.Row(channel, ZeroPoints.Folded).ToArray().Sum() != 0) Assert.That(new ZeroSumBound().Refuses(claim),
                Is.Not.Null, $"{key} channel {channel}");
            rows++;
        }
        Assert.That(rows, Is.GreaterThan(1000));
        Truth.Checked("Proofs", $"nets/{network}/golden_channels.csv", "independent numpy, exact integers", rows, "equal");
    }

    [TestCase("mlperf-dscnn-kws", 10)]
    [TestCase("mlperf-streaming-wakeword", 9)]
    public void EveryRowOfTheOfficialInt8TableIsFound(string network, int expected)
    {
        IReadOnlyDictionary<string, Tensor> arrays = Archive(network, "official_int8_weights.npz");
        int rows = 0;
        foreach (Dictionary<string, string> row in Table(network, "golden_official_int8.csv"))
        {
            string name = row["layer"];
            IntegerLayer layer = Layer(name, arrays[$"{name}__W"], 8, new(-128, 127), (int)Number(row, "x_zero_point"),
                arrays[$"{name}__bias"].Integers);
            Assert.Multiple(() =>
            {
                Assert.That((long)layer.Input(0, 0, ZeroPoints.Folded).Low, Is.EqualTo(Number(row, "x_lo")), "x_lo");
                Assert.That((long)layer.Input(0, 0, ZeroPoints.Folded).High, Is.EqualTo(Number(row, "x_hi")), "x_hi");
                LayerWidth centred = Verifier.Minimal(layer, Products, tight: false);
                Assert.That((long)centred.Channels.Min(c => c.Bounds[0].Low), Is.EqualTo(Number(row, "lo_min")), "lo_min");
                Assert.That((long)centred.Channels.Max(c => c.Bounds[0].High), Is.EqualTo(Number(row, "hi_max")), "hi_max");
                Assert.That(centred.Widest(), Is.EqualTo(Number(row, "P_exact_centered")), "P_exact_centered");
                Assert.That(Verifier.Minimal(layer, Products with { Bias = BiasPlacement.Preloaded }, tight: false).Widest(),
                    Is.EqualTo(Number(row, "P_exact_centered_bias_preload")), "bias preloaded");
                VerifyOptions raw = Products with { ZeroPoints = ZeroPoints.Raw };
                Assert.That(Verifier.Minimal(layer, raw, tight: false).Widest(), Is.EqualTo(Number(row, "P_exact_raw_int8_x")), "raw");
                Assert.That(Verifier.Minimal(layer, raw with { Provers = [new DataTypeBound()] }, tight: false).Widest(),
                    Is.EqualTo(Number(row, "P_datatype_signed8x8")), "data type");
                Assert.That(Verifier.Minimal(layer, raw with { Provers = [new WeightNormBound()] }, tight: false).Widest(),
                    Is.EqualTo(Number(row, "P_l1_a2q_signed8")), "L1");
            });
            rows++;
        }
        Assert.That(rows, Is.EqualTo(expected));
        Truth.Checked("Proofs", $"nets/{network}/golden_official_int8.csv", "independent numpy, exact integers", rows, "equal");
    }

    private static int Widest(IntegerLayer layer, IProver prover) =>
        Verifier.Minimal(layer, Products with { Provers = [prover] }, tight: false).Widest();

    private static IntegerLayer Layer(string network, Dictionary<string, string> row)
    {
        int m = (int)Number(row, "M"), n = (int)Number(row, "N");
        Tensor weights = Archive(network, $"ptq_w{m}.npz")[$"{row["layer"]}__q"];
        return Layer(row["layer"], weights, m, row["act"] == "signed" ? new(-(1 << (n - 1)), (1 << (n - 1)) - 1) : new(0, (1 << n) - 1), 0,
            []);
    }

    private static IntegerLayer Layer(string name, Tensor weights, int weightBits, Interval inputs, int zeroPoint, long[] bias) =>
        new(name, "MatMul", new GemmLayer(name, "MatMul", 1, 1, weights.Shape[0], weights.Shape[1], weights.Shape[1]),
            Array.ConvertAll(weights.Integers, w => (int)w),
            new(-(1 << (weightBits - 1)), (1 << (weightBits - 1)) - 1), [inputs]) { InputZeroPoint = zeroPoint, Bias = bias };

    private static long Number(Dictionary<string, string> row, string column) => long.Parse(row[column], CultureInfo.InvariantCulture);

    private static IReadOnlyDictionary<string, Tensor> Archive(string network, string file)
    {
        var bag = new DiagnosticBag();
        return TensorFile.ReadArchive(ReferenceData.Shared($"nets/{network}/{file}"), bag) ?? throw new InvalidDataException(file);
    }

    private static IEnumerable<Dictionary<string, string>> Table(string network, string file)
    {
        string[] lines = [.. ReferenceData.Lines(ReferenceData.Shared($"nets/{network}/{file}"))];
        string[] header = lines[0].Split(',');
        foreach (string line in lines[1..]) yield return header.Zip(line.Split(',')).ToDictionary(p => p.First, p => p.Second);
    }
}
