using Sim.Datapath.Formats;
using Sim.Tests;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Tests.Quantization;

public class GroupQuantizerTests
{
    private const int Rows = 100, Columns = 75;

    [TestCase("BitMoD FP3", "arXiv 2411.11745", "bitmod3_3/bitmod3_-3/bitmod3_6/bitmod3_-6", false)]
    [TestCase("BitMoD FP4", "arXiv 2411.11745", "bitmod4_5/bitmod4_-5/bitmod4_8/bitmod4_-8", false)]
    [TestCase("AFPQ FP4", "arXiv 2311.01792", "e2m1", true)]
    [TestCase("AFPQ with BitMoD's values", "arXiv 2311.01792", "bitmod4_5/bitmod4_-5/bitmod4_8/bitmod4_-8", true)]
    public void EveryGroupAsThePaper(string what, string paper, string names, bool twoScales)
    {
        double[][] tables = names.StartsWith("bitmod3", StringComparison.Ordinal) ? GroupOracle.BitMod3 : names == "e2m1"
            ? GroupOracle.Plain4 : GroupOracle.BitMod4;
        var random = new Random(2411);
        int groups = 0;
        var choices = new int[tables.Length];
        foreach (int size in new[] { 1, 7, 16, 32, 128 })
        {
            var scheme = new WeightGroups(size, [.. names.Split('/').Select(FormatCatalogue.Parse)], FormatCatalogue.Parse("fp16"),
                twoScales);
            var quantizer = new GroupQuantizer(scheme);
            for (int row = 0; row < Rows; row++)
            {
                float[] weights = Weights(random, row);
                var codes = new uint[Columns];
                var stored = new StoredGroup[(Columns + size - 1) / size];
                var values = new double[Columns];
                quantizer.Quantize(weights, codes, stored, values);
                for (int g = 0; g < stored.Length; g++)
                {
                    Range range = (g * size)..Math.Min(Columns, (g + 1) * size);
                    GroupOracle.Outcome[] outcomes = GroupOracle.Quantize(weights[range], tables, twoScales);
                    int best = Enumerable.Range(0, outcomes.Length).MinBy(i => outcomes[i].Error), chosen = stored[g].Format;
                    // Sums of squares in binary64 may not tell apart what differs by less than their rounding.
                    if (best != chosen) Assert.That(outcomes[chosen].Error - outcomes[best].Error,
                        Is.LessThanOrEqualTo(outcomes[best].Error >> 40));
                    Assert.That((stored[g].Scale, stored[g].NegativeScale),
                        Is.EqualTo((outcomes[chosen].Scale, outcomes[chosen].NegativeScale)));
                    Assert.That(codes[range].Select(c => (int)c), Is.EqualTo(outcomes[chosen].Codes));
                    Assert.That(values[range], Is.EqualTo(outcomes[chosen].Values));
                    choices[best]++;
                    groups++;
                }
            }
        }
        Assert.That(groups, Is.EqualTo(Rows * (75 + 11 + 5 + 3 + 1)));
        Assert.That(choices, Has.All.GreaterThan(groups / 50), "every value must be the best one somewhere");
        Truth.Checked("Numbers", $"Weights in groups, {what}", $"formulas of {paper} in exact integers", groups,
            "equal: choice, scales, codes, values");
    }

    [Test]
    public void StorageCountsScalesAndChoice()
    {
        WeightGroups Scheme(string names, bool two) =>
            new(128, [.. names.Split('/').Select(FormatCatalogue.Parse)], FormatCatalogue.Parse("fp16"), two);
        Assert.That(Scheme("bitmod3_3/bitmod3_-3/bitmod3_6/bitmod3_-6", false).BitsAWeight, Is.EqualTo(3 + 18.0 / 128));
        Assert.That(Scheme("e2m1", true).BitsAWeight, Is.EqualTo(4.25));
    }

    [Test]
    public void NumbersReachTheDatapathExactlyOrRoundedOnce()
    {
        var random = new Random(16);
        float[] weights = [.. Enumerable.Range(0, 4).SelectMany(row => Weights(random, row))];
        Recipe recipe = Recipe.Default with
            { Groups = new(16, [FormatCatalogue.Parse("bitmod4_5"), FormatCatalogue.Parse("bitmod4_-8")], FormatCatalogue.Parse("fp16"),
            false) };
        QuantizedWeights wide = QuantizedWeights.From(weights, 4, Columns,
            new TensorEncoder(new ElementEncoder(FormatCatalogue.Parse("fp32")), TensorRounding.NearestEven, 0, "w"), recipe),
            half = QuantizedWeights.From(weights, 4, Columns,
            new TensorEncoder(new ElementEncoder(FormatCatalogue.Parse("fp16")), TensorRounding.NearestEven, 0, "w"), recipe);
        Assert.That(wide.Scales, Is.All.EqualTo(1f));
        Assert.That(wide.Groups!.Groups, Is.EqualTo(half.Groups!.Groups).And.Length.EqualTo(4 * 5));
        for (int i = 0; i < weights.Length; i++)
        {
            StoredGroup group = wide.Groups.Groups[i / Columns * 5 + i % Columns / 16];
            double value = wide.Groups.Scheme.Formats[group.Format].Decode(wide.Groups.Codes[i])
                .ToDouble() * (double)BitConverter.UInt16BitsToHalf((ushort)group.Scale);
            Assert.That((double)BitConverter.UInt32BitsToSingle(wide.Codes[i]), Is.EqualTo(value));
            Assert.That(half.Codes[i], Is.EqualTo((uint)BitConverter.HalfToUInt16Bits((Half)value)));
        }
    }

    // Normal, skewed, flat, and zero rows, some far below one.
    private static float[] Weights(Random random, int row) => [.. Enumerable.Range(0, Columns).Select(_ =>
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double value = (row % 5) switch { 0 => normal, 1 => normal > 0 ? 2 * normal : normal, 2 => random.NextDouble() * 2 - 1,
            3 => random.Next(-7, 8) / 4.0, _ => row % 10 == 4 ? 0 : -Math.Abs(normal) };
        return (float)Math.ScaleB(value, -(row % 12));
    })];
}
