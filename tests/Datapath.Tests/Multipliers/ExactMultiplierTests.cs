using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Multipliers;

/// <summary>Multipliers with gates and time of their own: the algorithm of each, in plain integers, gives the exact product, and no value
/// of a datapath changes.</summary>
public sealed class ExactMultiplierTests
{
    private static readonly IntegerAccumulator Wrap = new(16, RegisterOverflow.Wrap);

    private static INumberFormat Format(string name) => FormatCatalogue.Parse(name);

    // Two's complement words by hand.
    private static long Word(string name, uint code)
    {
        int bits = int.Parse(name.AsSpan(name.IndexOf('t', StringComparison.Ordinal) + 1),
            System.Globalization.CultureInfo.InvariantCulture);
        return name[0] == 'u' || code >> bits - 1 == 0 ? code : (long)code - (1L << bits);
    }

    /// <summary>Digits least significant first, the sign bit's place of a signed word negative: what the PE adds up in its wrapping
    /// register.</summary>
    [Test]
    public void DigitsAddUpToTheProduct([Values("int8", "uint8", "int5", "uint3")] string serial, [Values("int8", "uint4")] string whole,
        [Values(1, 2, 3, 5)] int bits)
    {
        INumberFormat s = Format(serial), w = Format(whole);
        if (bits > s.Bits) Assert.Ignore("skipped: the format has no such digit");
        var unit = new BitSerialMultiplier(bits);
        Assert.That(unit.Refuses(s, w), Is.Null);
        int digits = unit.CyclesPerMac(s, w), pairs = 0;
        Assert.That(digits, Is.EqualTo((s.Bits + bits - 1) / bits));
        for (uint a = 0; a >> s.Bits == 0; a++)
        {
            // Beyond the word the last digit repeats the sign.
            long extended = Word(serial, a);
            for (uint b = 0; b >> w.Bits == 0; b++, pairs++)
            {
                long sum = 0;
                for (int d = 0; d < digits; d++)
                {
                    long digit = extended >> d * bits & (1 << bits) - 1;
                    if (d == digits - 1 && serial[0] == 'i' && digit >> bits - 1 != 0) digit -= 1 << bits;
                    sum = unchecked((short)(sum + (digit * Word(whole, b) << d * bits)));
                }
                if (sum != unchecked((short)(Word(serial, a) * Word(whole, b))) || unit.Multiply(s, w, a, b)
                    .ToDouble() != Word(serial, a) * Word(whole, b))
                    Assert.Fail($"{serial} {a:x} × {whole} {b:x}: digits give {sum}, the unit {unit.Multiply(s, w, a, b)}");
            }
        }
        Assert.That(pairs, Is.EqualTo(1 << s.Bits + w.Bits));
    }

    [Test]
    public void SignedPowersAreTheFewest()
    {
        // Breadth first: which numbers up to 2^10 are sums of n signed powers of two up to 2^11.
        var fewest = new Dictionary<int, int> { [0] = 0 };
        for (int n = 1; n <= 6; n++)
            foreach (int known in fewest.Where(p => p.Value == n - 1).Select(p => p.Key).ToArray())
                for (int e = 0; e <= 11; e++)
                {
                    fewest.TryAdd(known + (1 << e), n);
                    fewest.TryAdd(known - (1 << e), n);
                }
        for (int v = 0; v <= 1024; v++) Assert.That(ShiftAddMultiplier.SignedPowers((UInt128)v), Is.EqualTo(fewest[v]), $"{v}");
    }

    /// <summary>Shifted copies of the activation, for every weight of each format, are the exact product; formats that need more terms are
    /// refused.</summary>
    [TestCase("int8", "po2_4", 1)]
    [TestCase("int8", "ternary", 1)]
    [TestCase("e4m3", "po2_4", 1)]
    [TestCase("int8", "int2", 1)]
    [TestCase("int8", "int3", 2)]
    [TestCase("uint8", "int4", 2)]
    [TestCase("int8", "e2m1", 2)]
    public void ShiftsAddUpToTheProduct(string activation, string weight, int terms)
    {
        INumberFormat x = Format(activation), y = Format(weight);
        var unit = new ShiftAddMultiplier(terms);
        Assert.That(unit.Refuses(x, y), Is.Null);
        if (terms > 1) Assert.That(new ShiftAddMultiplier(terms - 1).Refuses(x, y), Does.Contain("powers of two"));
        int pairs = 0;
        for (uint b = 0; b >> y.Bits == 0; b++)
        {
            double rest = y.Decode(b).ToDouble();
            List<double> shifts = [];
            for (; rest != 0; rest -= shifts[^1])
            {
                // The nearest signed power of two first is non-adjacent form.
                double low = Math.ScaleB(1, Math.ILogB(rest)), power = Math.Abs(rest) - low <= 2 * low - Math.Abs(rest) ? low : 2 * low;
                shifts.Add(Math.Sign(rest) * power);
            }
            Assert.That(shifts, Has.Count.LessThanOrEqualTo(terms), $"weight {y.Decode(b)}");
            for (uint a = 0; a >> x.Bits == 0; a++)
            {
                double value = x.Decode(a).ToDouble();
                if (!double.IsFinite(value)) continue;
                pairs++;
                if (unit.Multiply(x, y, a, b).ToDouble() != shifts.Sum(s => value * s)) Assert.Fail($"{a:x} × {b:x}");
            }
        }
        Assert.That(pairs, Is.GreaterThanOrEqualTo(1000));
    }

    [TestCase("e2m1", "e2m1")]
    [TestCase("int2", "int2")]
    [TestCase("int3", "e2m1")]
    public void LookupTakesShortFiniteCodes(string activation, string weight)
    {
        INumberFormat x = Format(activation), y = Format(weight);
        var unit = new LookupMultiplier();
        Assert.That(unit.Refuses(x, y), Is.Null);
        int entry = unit.Product(x.Shape, y.Shape).SignificandBits;
        double place = Math.ScaleB(1, unit.Product(x.Shape, y.Shape).LeastExponent), limit = Math.ScaleB(1, entry - 1) * place;
        for (uint a = 0; a >> x.Bits == 0; a++)
            for (uint b = 0; b >> y.Bits == 0; b++)
            {
                double product = x.Decode(a).ToDouble() * y.Decode(b).ToDouble();
                Assert.That(unit.Multiply(x, y, a, b).ToDouble(), Is.EqualTo(product));
                Assert.That(Math.Abs(product) <= limit && product / place == Math.Floor(product / place), Is.True,
                    $"{product} in {entry} bits of {place}");
            }
    }

    [Test]
    public void NoValueAndNoKernelChanges()
    {
        (DatapathSpec Spec, MultiplierSpec Unit)[] cases =
        [
            (new("a", Format("int8"), Format("int8"), Wrap), new BitSerialMultiplier(2)),
            (new("b", Format("int4"), Format("uint8"), new IntegerAccumulator(20, RegisterOverflow.Wrap)),
                new BitSerialMultiplier(1, ProductOperand.Weight)),
            (new("c", Format("po2_4"), Format("int8"),
                new FloatAccumulator(Format("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee)), new ShiftAddMultiplier()),
            (new("d", Format("e2m1"), Format("e2m1"), new FloatAccumulator(Format("bf16"), RoundingMode.NearestEven, OverflowPolicy.Ieee)),
                new LookupMultiplier()),
            (new("e", Format("int2"), Format("int4"), new IntegerAccumulator(9, RegisterOverflow.Saturate)), new LookupMultiplier()),
        ];
        var random = new Random(11);
        const int M = 7, N = 9, K = 33;
        foreach ((DatapathSpec plain, MultiplierSpec unit) in cases)
        {
            DatapathSpec with = plain with { Multiplier = unit };
            uint[] a = [.. Enumerable.Range(0, M * K).Select(_ => (uint)random.Next(1 << plain.Activation.Bits))],
                b = [.. Enumerable.Range(0, N * K).Select(_ => (uint)random.Next(1 << plain.Weight.Bits))];
            var operands = new GemmOperands { M = M, N = N, K = K, A = a, B = b };
            long[] expected = new long[M * N], found = new long[M * N];
            GemmEvents before = new(), after = new();
            IGemmKernel kernel = KernelCatalogue.Select(with, ReductionOrder.Sequential, K);
            Assert.That(kernel, Is.SameAs(KernelCatalogue.Select(plain, ReductionOrder.Sequential, K)), plain.Name);
            new ReferenceKernel().Run(plain, ReductionOrder.Sequential, operands, expected, ref before);
            kernel.Run(with, ReductionOrder.Sequential, operands, found, ref after);
            Assert.That(found, Is.EqualTo(expected), plain.Name);
            Assert.That(after, Is.EqualTo(before), plain.Name);
        }
    }
}
