using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>
/// Sums built to lie a hair from a tie of the accumulator: a tiny product first, then at every step the operand that brings the exact sum
/// nearest half way between two neighbours. What rounding twice gets wrong is here or nowhere.
/// </summary>
[TestFixture]
internal sealed class NearTieTests
{
    private const int Rows = 48, Steps = 6;

    private static readonly (string Operands, string Register)[] Pairs =
    [
        ("fp16", "fp16"), ("bf16", "bf16"), ("fp16", "bf16"), ("bf16", "fp16"), ("fp16", "tf32"), ("e4m3", "fp16"), ("e5m2", "fp16"),
            ("e4m3", "bf16"), ("e5m2", "bf16"),
        ("e4m3", "e5m2"), ("e5m2", "e5m2"), ("e3m4", "e5m2"), ("e2m3", "e4m3"), ("e4m3", "e8m13"), ("fp16", "e8m13"), ("bf16", "fp32"),
            ("fp16", "fp32"), ("tf32", "bf16"), ("int8", "bf16"), ("fp32", "fp32"), ("fp32", "bf16"),
    ];

    [Test]
    public void Sums_near_ties_equal_the_reference()
    {
        var random = new Random(5);
        int compared = 0, near = 0;
        foreach ((string operands, string register) in Pairs)
        {
            INumberFormat format = FormatCatalogue.Parse(operands);
            var acc = (FloatFormat)FormatCatalogue.Parse(register);
            foreach (RoundingMode mode in new[] { RoundingMode.NearestEven, RoundingMode.NearestAway, RoundingMode.ToZero })
            {
                var spec = new DatapathSpec($"{operands} → {register} {mode}", format, format,
                    new FloatAccumulator(acc, mode, OverflowPolicy.Ieee));
                for (int round = 0; round < 6; round++)
                {
                    (uint[] a, uint[] b, int found) = Operands(format, acc, round % 2 == 0 ? -28 : -70, random);
                    near += found;
                    var expected = new long[Rows];
                    var expectedEvents = new GemmEvents();
                    var gemm = new GemmOperands { M = Rows, N = 1, K = Steps, A = a, B = b };
                    new ReferenceKernel().Run(spec, default, gemm, expected, ref expectedEvents);
                    foreach (IGemmKernel kernel in KernelCatalogue.All.Where(k => k.Refuses(spec, default, Steps) is null))
                    {
                        var results = new long[Rows];
                        var events = new GemmEvents();
                        kernel.Run(spec, default, gemm, results, ref events);
                        Assert.That(results, Is.EqualTo(expected), $"{kernel.Name}, {spec.Name}");
                        Assert.That(events, Is.EqualTo(expectedEvents));
                        compared += Rows;
                    }
                }
            }
        }
        TestContext.Out.WriteLine($"{compared} outputs compared, {near} of the sums within 2^-10 of a tie");
        Assert.That(compared, Is.GreaterThanOrEqualTo(40_000));
        Assert.That(near, Is.GreaterThanOrEqualTo(3_000));
    }

    private static (uint[] A, uint[] B, int Near) Operands(INumberFormat format, FloatFormat acc, int tiny, Random random)
    {
        var a = new uint[Rows * Steps];
        var b = new uint[Steps];
        int near = 0;
        for (int k = 0; k < Steps; k++) b[k] = k == 0 ? Tiny(format, acc, tiny) : Moderate(format, random);
        for (int row = 0; row < Rows; row++)
        {
            a[row * Steps] = Few(format, random);
            double sum = format.Decode(a[row * Steps]).ToDouble() * format.Decode(b[0]).ToDouble();
            for (int k = 1; k < Steps; k++)
            {
                (uint best, double nearest) = (0, 1);
                double weight = format.Decode(b[k]).ToDouble();
                for (int candidate = 0; candidate < 256; candidate++)
                {
                    uint code = Moderate(format, random);
                    double distance = TieDistance(sum + format.Decode(code).ToDouble() * weight, acc);
                    if (distance < nearest) (best, nearest) = (code, distance);
                }
                if (nearest < 1.0 / 1024) near++;
                a[row * Steps + k] = best;
                sum = Rounded(sum + format.Decode(best).ToDouble() * weight, acc);
            }
        }
        return (a, b, near);
    }

    // Distance from half way between two numbers of the format, in units of their distance.
    private static double TieDistance(double value, FloatFormat format)
    {
        double units = Math.Abs(value) / Unit(value, format);
        return Math.Abs(units - Math.Floor(units) - 0.5);
    }

    private static double Rounded(double value, FloatFormat format) => Math.Round(value / Unit(value, format)) * Unit(value, format);

    private static double Unit(double value, FloatFormat format) =>
        Math.ScaleB(1, Math.Max(value == 0 ? int.MinValue / 2 : Math.ILogB(value), format.MinimumExponent) - format.FractionBits);

    // What the register can hold and yet a sum of moderate numbers in a wider lane cannot.
    private static uint Tiny(INumberFormat format, FloatFormat acc, int tiny) =>
        format.Encode(Exact.FromDouble(Math.Max(Math.Max(format.SmallestPositive.ToDouble(), acc.SmallestPositive.ToDouble()),
            Math.ScaleB(1, tiny))), Rounding.NearestEven, out _);

    private static uint Few(INumberFormat format, Random random) =>
        format.Encode(Exact.FromDouble(random.Next(1, 4) * (random.Next(2) * 2 - 1)), Rounding.NearestEven, out _);

    // Between 1/4 and 8, with short significands as often as long ones: products of those are ties.
    private static uint Moderate(INumberFormat format, Random random)
    {
        int bits = random.Next(1, 13);
        double magnitude = Math.ScaleB(random.Next(1 << bits, 2 << bits), random.Next(-2, 3) - bits);
        return format.Encode(Exact.FromDouble(random.Next(2) == 0 ? magnitude : -magnitude), Rounding.NearestEven, out _);
    }
}
