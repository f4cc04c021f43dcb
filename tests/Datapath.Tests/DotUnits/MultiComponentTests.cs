using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Tests;

namespace Sim.Datapath.Tests.DotUnits;

/// <summary>Multi-component sums (Collage, arXiv 2405.03637) against the algorithms of Dekker, Knuth and the paper, in exact arithmetic on
/// integers.</summary>
public sealed class MultiComponentTests
{
    private const int Dots = 240;

    private static readonly FloatFormat Fp16 = Format("fp16");

    [Test]
    public void SumsAsTheAlgorithms()
    {
        int compared = 0, better = 0;
        foreach ((string format, int precision, int least) in new[] { ("bf16", 8, -126), ("fp16", 11, -14), ("e8m13", 14, -126),
            ("e4m9", 10, -6) })
            foreach (int components in new[] { 2, 3 })
                foreach (ErrorFreeSum sum in Enum.GetValues<ErrorFreeSum>())
                    foreach (bool split in new[] { false, true })
                        for (int dot = 0; dot < Dots; dot++)
                        {
                            var random = new Random(dot);
                            uint[] a = Codes(random, dot % 40 + 1), b = Codes(random, dot % 40 + 1);
                            Dyadic[] parts = Sums(a, b, components, sum == ErrorFreeSum.Fast2Sum, split, x => x.ToFloat(precision, least)),
                                exact = [.. a.Zip(b, (x, y) => Value(x) * Value(y))];
                            Dyadic total = parts.Aggregate((x, y) => x + y),
                                plain = exact.Aggregate(default(Dyadic), (x, y) => (x + y).ToFloat(precision, least)),
                                truth = exact.Aggregate((x, y) => x + y);
                            foreach ((string output, int p, int l) in new[] { (format, precision, least), ("fp32", 24, -126) })
                            {
                                var spec = new DatapathSpec("mcf", Fp16, Fp16,
                                    new MultiComponentAccumulator(Format(format), components, sum, split, Format(output),
                                    RoundingMode.NearestEven, OverflowPolicy.Ieee));
                                GemmEvents events = default;
                                double found = Format(output).Decode((uint)ReferenceKernel.Dot(spec, 0, a, b, ref events)).ToDouble();
                                Assert.That(found, Is.EqualTo(total.ToFloat(p, l).ToDouble()),
                                    $"{format}, {components} components, {sum}, split {split}, into {output}, dot {dot}");
                                compared++;
                            }
                            if (split && sum == ErrorFreeSum.TwoSum && least == -126
                                && Distance(total, truth) <= Distance(plain, truth)) better++;
                        }
        Assert.That(compared, Is.EqualTo(4 * 2 * 2 * 2 * Dots * 2));
        // The point of the method, where no product's error underflows: the components together are not further from the exact sum than one
        // rounded register.
        Assert.That(better, Is.GreaterThan(0.99 * 2 * 2 * Dots));
        Truth.Checked("Numbers", "Multi-component accumulator", "algorithms of arXiv 2405.03637, Dekker and Knuth in exact integers",
            compared, "equal");
    }

    [Test]
    public void StartingValueIsSplit()
    {
        var random = new Random(3);
        for (int dot = 0; dot < 500; dot++)
        {
            // Two components of 8 bits hold a 16-bit number; nothing is lost when nothing is added.
            uint start = (uint)random.Next(0x3000, 0x4f00) << 16 | (uint)random.Next(256) << 8;
            var spec = new DatapathSpec("mcf", Fp16, Fp16,
                new MultiComponentAccumulator(Format("bf16"), 2, ErrorFreeSum.Fast2Sum, false, Format("fp32"), RoundingMode.NearestEven,
                OverflowPolicy.Ieee));
            GemmEvents events = default;
            Assert.That((uint)ReferenceKernel.Dot(spec, start, [0], [0], ref events), Is.EqualTo(start));
        }
    }

    [Test]
    public void OverflowEndsAsNaNAndIsCounted()
    {
        var spec = new DatapathSpec("mcf", Fp16, Fp16,
            new MultiComponentAccumulator(Fp16, 2, ErrorFreeSum.TwoSum, false, Fp16, RoundingMode.NearestEven, OverflowPolicy.Ieee));
        GemmEvents events = default;
        long found = ReferenceKernel.Dot(spec, 0, [0x7bff, 0x7bff], [0x3c00, 0x3c00], ref events);
        Assert.That(Fp16.Decode((uint)found).Class, Is.EqualTo(NumberClass.NaN));
        Assert.That((events.OverflowedOutputs, events.NaNOutputs), Is.EqualTo((1L, 1L)));
    }

    // A growth in values; whatever the first component, lower ones take what rounding lost.
    private static Dyadic[] Sums(uint[] a, uint[] b, int components, bool fast, bool split, Func<Dyadic, Dyadic> round)
    {
        (Dyadic Sum, Dyadic Error) Dekker(Dyadic x, Dyadic y)
        {
            Dyadic s = round(x + y);
            return (s, round(y - round(s - x)));
        }
        (Dyadic Sum, Dyadic Error) Knuth(Dyadic x, Dyadic y)
        {
            Dyadic s = round(x + y), z = round(s - x);
            return (s, round(round(x - round(s - z)) + round(y - z)));
        }
        var parts = new Dyadic[components];
        void Grow(Dyadic p)
        {
            (Dyadic u, Dyadic v) = fast ? Dekker(parts[0], p) : Knuth(parts[0], p);
            if (components == 2)
            {
                (parts[0], parts[1]) = Dekker(u, round(parts[1] + v));
                return;
            }
            (Dyadic second, Dyadic third) = fast ? Dekker(parts[1], v) : Knuth(parts[1], v);
            (Dyadic low, Dyadic lowest) = Dekker(second, round(parts[2] + third));
            (parts[0], Dyadic middle) = Dekker(u, low);
            (parts[1], parts[2]) = Dekker(middle, lowest);
        }
        for (int i = 0; i < a.Length; i++)
        {
            Dyadic product = Value(a[i]) * Value(b[i]), rounded = round(product);
            Grow(rounded);
            if (split) Grow(round(product - rounded));
        }
        return parts;
    }

    private static double Distance(Dyadic a, Dyadic b) => Math.Abs((a - b).ToDouble());

    private static uint[] Codes(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ =>
        (uint)BitConverter.HalfToUInt16Bits((Half)(random.Next(10) == 0 ? 0
            : (random.NextDouble() * 4 - 2) * Math.ScaleB(1, random.Next(3) == 0 ? -random.Next(20) : 0))))];

    private static Dyadic Value(uint code) => Dyadic.Of((double)BitConverter.UInt16BitsToHalf((ushort)code));

    private static FloatFormat Format(string name) => (FloatFormat)FormatCatalogue.Parse(name);
}
