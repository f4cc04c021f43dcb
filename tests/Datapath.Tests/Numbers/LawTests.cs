using System.Globalization;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Laws that hold for every code, and the machine's own binary32 and binary16 as an independent calculator.</summary>
public sealed class LawTests
{
    private static readonly string[] Short =
        [.. FormatCatalogue.Named.Where(f => f.Bits <= 16).Select(f => f.Name), "int2", "int4", "int8", "uint8", "uint13", "int16", "q8.8",
            "q2.6", "uq0.8", "q1.15", "e5m4_fn", "e2m1_ieee", "e7m1fnuz"];

    [TestCaseSource(nameof(Short))]
    public void EveryCodeComesBack(string name)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        long checks = 0;
        for (uint code = 0; code >> format.Bits == 0; code++)
        {
            Exact value = format.Decode(code);
            foreach (RoundingMode mode in Enum.GetValues<RoundingMode>())
            {
                uint back = format.Encode(value,
                    new Rounding(mode, OverflowPolicy.Ieee, mode == RoundingMode.Stochastic ? 4 : 0, mode == RoundingMode.Stochastic ? 15u
                    : 0), out RoundingFlags flags);
                if (value.Class == NumberClass.NaN ? format.Decode(back).Class != NumberClass.NaN : back != code
                    && !IsRepeated(format, code, back) || flags != RoundingFlags.None)
                    Assert.Fail($"{code:x} = {value} came back as {back:x} ({flags}) under {mode}");
                checks++;
            }
        }
        Assert.That(checks, Is.EqualTo(7L << format.Bits));
    }

    // A codebook may hold a number twice; the lower code is then as good.
    private static bool IsRepeated(INumberFormat format, uint code, uint back) =>
        format is CodebookFormat book && back < code && book.Values[(int)back] == book.Values[(int)code];

    // Codes of a table, and of the prefix classes of HiFloat8, are in no order of value.
    private static readonly string[] Rising = [.. Short.Where(n => FormatCatalogue.Parse(n) is not (CodebookFormat or HiFloat8Format))];

    [TestCaseSource(nameof(Rising))]
    public void ValuesRiseWithTheirCodes(string name)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        bool twos = format is FixedFormat { IsSigned: true }, signed = format is FloatFormat;
        int bits = format.Bits - (twos || signed ? 1 : 0);
        double last = double.NegativeInfinity;
        for (uint i = 0; i >> bits == 0; i++)
        {
            double value = format.Decode(i).ToDouble();
            if (double.IsNaN(value)) continue;
            Assert.That(value, Is.GreaterThan(last), $"code {i:x}");
            last = value;
        }
        Assert.That(format.Maximum.ToDouble(),
            Is.EqualTo(double.IsInfinity(last) ? Enumerable.Range(0, 1 << bits).Select(c => format.Decode((uint)c).ToDouble())
            .Where(double.IsFinite).Max() : last));
    }

    [TestCase("e4m3")]
    [TestCase("e5m2")]
    [TestCase("e4m3fnuz")]
    [TestCase("e3m4")]
    [TestCase("int8")]
    [TestCase("q2.6")]
    public void SumsAndProductsCommute(string name)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        long checks = 0;
        foreach (RoundingMode mode in new[] { RoundingMode.NearestEven, RoundingMode.Down, RoundingMode.ToOdd })
            for (uint a = 0; a < 256; a++)
                for (uint b = 0; b <= a; b++)
                {
                    var rounding = new Rounding(mode);
                    bool good = format.Multiply(a, b, rounding, out RoundingFlags f1)
                        == format.Multiply(b, a, rounding, out RoundingFlags f2) && f1 == f2
                        && format.Add(a, b, rounding, out f1) == format.Add(b, a, rounding, out f2) && f1 == f2;
                    if (!good) Assert.Fail($"{a:x} and {b:x} under {mode}");
                    checks++;
                }
        Assert.That(checks, Is.EqualTo(3 * 256 * 257 / 2));
    }

    [Test]
    public void Binary32IsTheMachines()
    {
        INumberFormat fp32 = FormatCatalogue.Parse("fp32");
        var random = new Random(1);
        for (int i = 0; i < 200_000; i++)
        {
            // Exponents near one another in half of the cases, so that sums cancel and products stay finite.
            uint Pick() => i % 2 == 0 ? (uint)random.NextInt64(1L << 32) : (uint)random.NextInt64(1L << 32) & 0x87ffffff | 0x3c000000;
            uint a = Pick(), b = Pick(), c = Pick();
            float x = BitConverter.UInt32BitsToSingle(a), y = BitConverter.UInt32BitsToSingle(b), z = BitConverter.UInt32BitsToSingle(c);
            Same(x * y, fp32.Multiply(a, b, default, out _));
            Same(x + y, fp32.Add(a, b, default, out _));
            Same(x - y, fp32.Subtract(a, b, default, out _));
            Same(x / y, fp32.Divide(a, b, default, out _));
            Same(MathF.FusedMultiplyAdd(x, y, z), fp32.MultiplyAdd(a, b, c, default, out _));
        }

        static void Same(float expected, uint actual)
        {
            if (float.IsNaN(expected) ? !float.IsNaN(BitConverter.UInt32BitsToSingle(actual))
                : BitConverter.SingleToUInt32Bits(expected) != actual)
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{actual:x8} is not {expected:R}"));
        }
    }

    [Test]
    public void Binary16IsSystemHalf()
    {
        INumberFormat fp16 = FormatCatalogue.Parse("fp16");
        for (uint code = 0; code < 65536; code++)
        {
            double expected = (double)BitConverter.UInt16BitsToHalf((ushort)code), actual = fp16.Decode(code).ToDouble();
            if (BitConverter.DoubleToInt64Bits(expected) != BitConverter.DoubleToInt64Bits(actual)
                && !(double.IsNaN(expected) && double.IsNaN(actual))) Assert.Fail($"{code:x4}");
        }
        var random = new Random(2);
        for (int i = 0; i < 300_000; i++)
        {
            double x = (random.NextDouble() - 0.5) * Math.ScaleB(1, random.Next(-28, 20));
            if (BitConverter.HalfToUInt16Bits((Half)x) != fp16.Encode(Exact.FromDouble(x), default, out _)) Assert.Fail($"{x:R}");
        }
    }
}
