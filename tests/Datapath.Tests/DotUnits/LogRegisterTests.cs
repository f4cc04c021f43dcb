using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Formats.Logarithmic;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Datapath.Tests.Numbers.Logarithmic;
using Sim.Tests;

namespace Sim.Datapath.Tests.DotUnits;

/// <summary>Registers of logarithms against sums of powers bracketed by integers (<see cref="LogOracle"/>), rounded in the logarithm at
/// every step.</summary>
public sealed class LogRegisterTests
{
    private const int Fraction = 3, OperandBits = 8, Dots = 400;

    [TestCase(8, RoundingMode.NearestEven)]
    [TestCase(8, RoundingMode.ToZero)]
    [TestCase(10, RoundingMode.NearestEven)]
    [TestCase(12, RoundingMode.NearestEven)]
    [TestCase(12, RoundingMode.Down)]
    public void StepsAsPowers(int bits, RoundingMode mode)
    {
        var register = (LogFormat)FormatCatalogue.Parse($"lns{bits}_{Fraction}");
        INumberFormat operands = FormatCatalogue.Parse($"lns{OperandBits}_{Fraction}");
        var spec = new DatapathSpec("log", operands, operands, new LogAccumulator(register, mode));
        var oracle = new LogOracle(Fraction, -700, 700);
        var random = new Random(bits);
        int most = (1 << bits - 2) - 1, steps = 0, wide = 0;
        for (int dot = 0; dot < Dots; dot++)
        {
            int count = random.Next(1, 30);
            uint[] a = Draw(count), b = Draw(count);
            (bool Negative, int Logarithm)? sum = null;
            foreach ((uint x, uint y) in a.Zip(b))
            {
                steps++;
                if (x == 0x40 || y == 0x40) continue;
                sum = Step(sum, (x >> 7 != y >> 7, Word(x) + Word(y)));
            }
            GemmEvents events = default;
            uint expected = sum is not { } s ? 1u << bits - 2
                : unchecked((uint)s.Logarithm) & (1u << bits - 1) - 1 | (s.Negative ? 1u << bits - 1 : 0);
            Assert.That((uint)ReferenceKernel.Dot(spec, 1u << bits - 2, a, b, ref events), Is.EqualTo(expected), $"dot {dot}");
            if (sum is { } end && Math.Abs(end.Logarithm) > 63) wide++;
        }
        Assert.That(steps, Is.GreaterThan(Dots * 10));
        Assert.That(wide, bits > 8 ? Is.GreaterThan(10) : Is.Zero);
        Truth.Checked("Numbers", $"Register of logarithms lns{bits}_{Fraction}, {mode}", "an oracle of bisected roots", steps, "equal");

        (bool, int)? Step((bool Negative, int Logarithm)? sum, (bool Negative, int Logarithm) product)
        {
            if (sum is not { } s) return Held(LogOracle.Round((2 * product.Logarithm, true), mode, product.Negative, -most - 1),
                product.Negative);
            if (s.Logarithm == product.Logarithm)
                return s.Negative != product.Negative ? null
                    : Held(LogOracle.Round((2 * s.Logarithm + oracle.HalfUnits, true), mode, s.Negative, -most - 1), s.Negative);
            bool negative = s.Logarithm > product.Logarithm ? s.Negative : product.Negative;
            ((BigInteger low, BigInteger high), (BigInteger less, BigInteger more)) =
                (oracle.Power(2 * Math.Max(s.Logarithm, product.Logarithm)), oracle.Power(2 * Math.Min(s.Logarithm, product.Logarithm)));
            (low, high) = s.Negative == product.Negative ? (low + less, high + more) : (low - more, high - less);
            return Held(LogOracle.Round(LogLawTests.Exactly(oracle, low, high), mode, negative, -most - 1), negative);
        }
        (bool, int)? Held(int logarithm, bool negative) => logarithm <= -most - 1 ? null : (negative, Math.Min(logarithm, most));
        uint[] Draw(int count) => [.. Enumerable.Range(0, count)
            .Select(_ => (uint)random.Next(12) switch { 0 => 0x40u, < 7 => (uint)(random.Next(2) << 7 | random.Next(-12, 12) & 0x7f),
            _ => Any() })];
        // Every code but zero's and NaN's.
        uint Any()
        {
            uint code = (uint)random.Next(256);
            return (code & 0x7f) == 0x40 ? 0x41 : code;
        }
        static int Word(uint code) => unchecked((sbyte)(code << 1)) >> 1;
    }

    [Test]
    public void NaNStaysAndMisfitsAreRefused()
    {
        INumberFormat lns8 = FormatCatalogue.Parse("lns8_3");
        var spec = new DatapathSpec("log", lns8, lns8,
            new LogAccumulator((LogFormat)FormatCatalogue.Parse("lns12_3"), RoundingMode.NearestEven));
        GemmEvents events = default;
        Assert.That(ReferenceKernel.Dot(spec, 0x400, [0xc0, 0], [0, 0], ref events), Is.EqualTo(0xc00));
        Assert.That(events.NaNOutputs, Is.EqualTo(1));
        Assert.That(ReferenceKernel.RefusesDot(spec with { Weight = FormatCatalogue.Parse("lns8_4") }, ReductionOrder.Sequential, 1),
            Does.Contain("3 fraction bits"));
        Assert.That(ReferenceKernel.RefusesDot(spec with { Weight = FormatCatalogue.Parse("lns13_3") }, ReductionOrder.Sequential, 1),
            Does.Contain("at most 12 bits"));
        Assert.That(ReferenceKernel.RefusesDot(spec with { Multiplier = new LogMultiplier(8, null) }, ReductionOrder.Sequential, 1),
            Does.Contain("no multiplier"));
    }

    [Test]
    public void EveryRunStartsAtZero()
    {
        INumberFormat lns8 = FormatCatalogue.Parse("lns8_3");
        var spec = new DatapathSpec("log", lns8, lns8,
            new LogAccumulator((LogFormat)FormatCatalogue.Parse("lns12_3"), RoundingMode.NearestEven));
        var result = new long[2];
        GemmEvents events = default;
        // 1·2 + 2·2 in chunks of one product, and 0·1 + 0·1.
        new ReferenceKernel().Run(spec, new ReductionOrder(1),
            new GemmOperands { M = 2, N = 1, K = 2, A = new uint[] { 0, 8, 0x40, 0x40 }, B = new uint[] { 8, 8 } }, result, ref events);
        // log2 6 = 2.585: 20.68 eighths.
        Assert.That(result, Is.EqualTo(new long[] { 21, 0x400 }));
    }
}
