using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Datapath.Tests.Numbers;
using Sim.Tests;

namespace Sim.Datapath.Tests.Kernels.Posits;

/// <summary>Exact posit dot products: SoftPosit's quires row by row, the register's bounds, and every kernel that takes one.</summary>
public sealed class QuireTests
{
    [TestCase("quiredot_posit8_es0_softposit.csv.gz", "posit8_0", 32)]
    [TestCase("quiredot_posit8_es2_softposit.csv.gz", "posit8_2", 512)]
    [TestCase("quiredot_posit16_es1_softposit.csv.gz", "posit16_1", 128)]
    [TestCase("quiredot_posit16_es2_softposit.csv.gz", "posit16_2", 512)]
    public void SumsAsSoftPosit(string file, string name, int bits)
    {
        var format = (PositFormat)FormatCatalogue.Parse(name);
        DatapathSpec spec = Spec(format, bits);
        List<string> wrong = [];
        long rows = 0;
        foreach ((string[] cells, Dictionary<string, int> _) in GoldenRows.Read(file))
        {
            rows++;
            uint[] a = Codes(cells[1], format.Bits / 4), b = Codes(cells[2], format.Bits / 4);
            GemmEvents events = default;
            long scalar = ReferenceKernel.Dot(spec, 0, a, b, ref events);
            long[] result = new long[1];
            KernelCatalogue.Select(spec, ReductionOrder.Sequential, a.Length)
                .Run(spec, ReductionOrder.Sequential, new GemmOperands { M = 1, N = 1, K = a.Length, A = a, B = b }, result, ref events);
            if (scalar != GoldenRows.Hex(cells[0])
                || result[0] != scalar) wrong.Add($"row {rows} gave {scalar:x} and {result[0]:x}, not {cells[0]}");
        }
        GoldenRows.Report(file, rows, 100, wrong);
        Truth.Checked("Numbers", file, "SoftPosit", rows, "equal, by the reference and by the fast kernel");
    }

    [Test]
    public void ASumThatLeavesTheRegisterIsNaRFromThenOn()
    {
        // 32 bits with the unit 2^-12 hold less than 2^19; maxpos² is 2^12, so the 128th product reaches it.
        var format = (PositFormat)FormatCatalogue.Parse("posit8_0");
        DatapathSpec spec = Spec(format, 32);
        foreach (int k in new[] { 126, 127, 128, 200 })
        {
            foreach (uint sign in new uint[] { 0x7f, 0x81 })
            {
                // The last product brings the sum back: too late once it left.
                uint[] a = [.. Enumerable.Repeat(0x7fu, k), 0x7f], b = [.. Enumerable.Repeat(sign, k), (uint)(256 - sign)];
                GemmEvents events = default;
                long result = ReferenceKernel.Dot(spec, 0, a, b, ref events);
                Assert.That(result, Is.EqualTo(k < 128 ? sign : 0x80), $"{k} products");
                Assert.That((events.OverflowedOutputs, events.NaNOutputs), Is.EqualTo(k < 128 ? (1L, 0L) : (1L, 1L)));
            }
        }
    }

    [Test]
    public void EveryKernelThatTakesAQuireEqualsTheReference()
    {
        var random = new Random(7);
        long checks = 0;
        foreach ((string name, int bits) in new[] { ("posit8_0", 32), ("posit8_2", 128), ("posit16_1", 128), ("posit16_2", 256),
            ("posit6_1", 96) })
        {
            var format = (PositFormat)FormatCatalogue.Parse(name);
            DatapathSpec spec = Spec(format, bits);
            foreach (int k in new[] { 1, 7, 64, 130, 500 })
            {
                foreach (bool special in new[] { false, true })
                {
                    const int m = 5, n = 9;
                    uint[] a = Draw(m * k), b = Draw(n * k);
                    long[] expected = new long[m * n];
                    GemmEvents counted = default;
                    Run(new ReferenceKernel(), expected, ref counted);
                    foreach (IGemmKernel kernel in KernelCatalogue.All.Where(x => x.Refuses(spec, ReductionOrder.Sequential, k) is null))
                    {
                        long[] actual = new long[m * n];
                        GemmEvents events = default;
                        Run(kernel, actual, ref events);
                        Assert.That(actual, Is.EqualTo(expected), $"{kernel.Name} {name} {k}");
                        Assert.That(events, Is.EqualTo(counted), $"{kernel.Name} {name} {k}");
                        checks++;
                    }

                    uint[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ =>
                    {
                        uint code = (uint)random.Next(1 << format.Bits);
                        return code == format.NaRCode && !(special && random.Next(4) == 0) ? 0 : code;
                    })];
                    void Run(IGemmKernel kernel, long[] result, ref GemmEvents e) =>
                        kernel.Run(spec, ReductionOrder.Sequential, new GemmOperands { M = m, N = n, K = k, A = a, B = b }, result, ref e);
                }
            }
        }
        Assert.That(checks, Is.GreaterThan(70));
    }

    [Test]
    public void AQuireRefusesWhatItCannotHold()
    {
        var posit8 = (PositFormat)FormatCatalogue.Parse("posit8_2");
        var reference = new ReferenceKernel();
        Assert.That(reference.Refuses(Spec(posit8, 128) with { Weight = FormatCatalogue.Parse("e4m3") }, default, 1),
            Does.Contain("found posit8_2 and e4m3"));
        Assert.That(reference.Refuses(Spec(posit8, 128) with { Weight = FormatCatalogue.Parse("posit16_2") }, default, 1),
            Does.Contain("below the quire's unit 2^-48"));
        Assert.That(reference.Refuses(Spec(posit8, 97), default, 1), Does.Contain("need a quire of 98 bits"));
        Assert.That(reference.Refuses(Spec(posit8, 98), default, 1), Is.Null);
        // The unit is 2^-48 and the largest product 2^48, so 127 bits hold fewer than 2^31 of them.
        var standard = new Quire(Quire.StandardBits(posit8), -48);
        Assert.That((standard.Holds(posit8, posit8, (1 << 30) - 1), standard.Holds(posit8, posit8, int.MaxValue)),
            Is.EqualTo((true, true)));
        Assert.That(new Quire(98, -48).Holds(posit8, posit8, 1), Is.True);
        Assert.That(new Quire(98, -48).Holds(posit8, posit8, 2), Is.False);
    }

    internal static DatapathSpec Spec(PositFormat format, int bits) =>
        new("quire", format, format, Quire.Accumulator(format, bits, RoundingMode.NearestEven));

    private static uint[] Codes(string text, int digits) =>
        [.. Enumerable.Range(0, text.Length / digits).Select(i => GoldenRows.Hex(text.Substring(i * digits, digits)))];
}
