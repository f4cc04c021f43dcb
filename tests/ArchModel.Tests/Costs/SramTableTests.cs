using Sim.ArchModel.Technologies;
using Sim.Calibration;
using Sim.Tests;

namespace Sim.ArchModel.Tests.Costs;

public sealed class SramTableTests
{
    private static SramTable Table(string technology) => TechnologyCatalogue.Resolve(technology).Sram;

    private static SramCost Price(SramTable table, double bytes, int port)
    {
        Assert.That(table.TryPrice(bytes, port, out SramCost cost, out string problem), Is.True, problem);
        return cost;
    }

    [TestCase("nangate45", "itrs-hp", 10)]
    [TestCase("nangate45-lstp", "itrs-lstp", 5)]
    public void CactiPointsComeBackExactly(string technology, string cell, int least)
    {
        SramTable table = Table(technology);
        List<string>[] rows = [.. File.ReadAllLines(ReferenceData.Shared("reference/synthesis/cacti7_sram.csv")).Skip(1)
            .Select(SynthesisRow.Split).Where(f => f[0] == "45" && f[1] == cell)];
        Assert.That(rows, Has.Length.GreaterThanOrEqualTo(least));
        foreach (List<string> row in rows)
        {
            double[] v = [.. row.Skip(2).Select(SynthesisRow.Number)];
            SramCost cost = Price(table, v[0], (int)v[1]);
            Assert.That(new[] { cost.ReadPicojoules, cost.WritePicojoules, cost.LeakageMilliwatts, cost.AccessNanoseconds,
                cost.AreaSquareMicrometres * 1e-6 },
                Is.EqualTo(new[] { v[2], v[3], v[4], v[5], v[6] }).Within(1e-9).Percent, string.Join(',', row));
        }
        Truth.Checked("Price", $"SRAM macros, {technology}", "CACTI 7", rows.Length, "equal at the points");
    }

    [Test]
    public void EverythingGrowsWithCapacityBetweenThePoints([Values("nangate45", "nangate45-lstp", "sky130")] string technology,
        [Values(16, 32, 64)] int port)
    {
        SramTable table = Table(technology);
        if (technology != "nangate45" && port == 16) Assert.Ignore("skipped: no 16-bit points in this table");
        double from = table.Points.Min(p => p.Bytes), to = technology == "nangate45" ? 1048576 : table.Points.Max(p => p.Bytes);
        SramCost before = default;
        for (double bytes = from; bytes <= to; bytes *= 1.1)
        {
            SramCost cost = Price(table, bytes, port);
            Assert.Multiple(() =>
            {
                Assert.That(cost.ReadPicojoules, Is.GreaterThanOrEqualTo(before.ReadPicojoules));
                Assert.That(cost.LeakageMilliwatts, Is.GreaterThanOrEqualTo(before.LeakageMilliwatts));
                Assert.That(cost.AreaSquareMicrometres, Is.GreaterThanOrEqualTo(before.AreaSquareMicrometres));
            });
            before = cost;
        }
    }

    /// <summary>hardware-costs table of CACTI 7 at 45 nm hp, 64 b: values between and beyond the complete points.</summary>
    [TestCase(1024, 1.43)]
    [TestCase(4096, 2.50)]
    [TestCase(262144, 26.2)]
    [TestCase(1048576, 52.0)]
    public void ReadEnergyOfFurtherCactiRuns(int bytes, double picojoules) =>
        Assert.That(Price(Table("nangate45"), bytes, 64).ReadPicojoules, Is.EqualTo(picojoules).Within(1e-9));

    [Test]
    public void FarOutsideIsRefusedWithTheCoveredRange()
    {
        SramTable table = Table("nangate45-lstp");
        Assert.Multiple(() =>
        {
            Assert.That(table.TryPrice(8L << 20, 64, out _, out string large), Is.False);
            Assert.That(large, Does.Contain("8388608 bytes").And.Contain("4096 to 1048576 bytes"));
            Assert.That(table.TryPrice(65536, 8192, out _, out string wide), Is.False);
            Assert.That(wide, Does.Contain("8192-bit port is made of 128 macros of 64 bits").And.Contain("512 bytes"));
            Assert.That(table.TryPrice(65536, 16, out _, out string thin), Is.False);
            Assert.That(thin, Does.Contain("16-bit port").And.Contain("64 to 64 bits"));
            Assert.That(table.TryPrice(2048, 128, out _, out _), Is.True, "a factor of two is followed");
        });
    }

    /// <summary>A 256-bit port on 64 KiB is four CACTI macros of 16 KiB with 64 bits: 4 × 7.8537 pJ, 4 × 0.049275 mm².</summary>
    [TestCase(65536, 256, 4, 4 * 7.8537, 4 * 10.3981, 4 * 15.2914, 0.370184, 4 * 49275.0)]
    [TestCase(65536, 512, 8, 8 * 4.3069, 8 * 9.2410, 8 * 8.23156, 0.351206, 8 * 25368.0)]
    public void WiderPortsAreMacrosSideBySide(int bytes, int port, int macros, double read, double write, double leakage, double access,
        double area)
    {
        SramCost cost = Price(Table("nangate45"), bytes, port);
        Assert.Multiple(() =>
        {
            Assert.That(cost.Macros, Is.EqualTo(macros));
            Assert.That(cost.MacroBits, Is.EqualTo(64));
            Assert.That(cost.ReadPicojoules, Is.EqualTo(read).Within(1e-9));
            Assert.That(cost.WritePicojoules, Is.EqualTo(write).Within(1e-9));
            Assert.That(cost.LeakageMilliwatts, Is.EqualTo(leakage).Within(1e-9));
            Assert.That(cost.AccessNanoseconds, Is.EqualTo(access).Within(1e-9));
            Assert.That(cost.AreaSquareMicrometres, Is.EqualTo(area).Within(1e-6));
        });
        Assert.That(Price(Table("nangate45"), bytes, 200).MacroBits, Is.EqualTo(50), "200 bits: four macros of 50");
        Assert.That(Price(Table("nangate45"), bytes, 128).Macros, Is.EqualTo(1), "a factor of two is followed");
    }

    [Test]
    public void AValueThatNoPointGivesIsUnknown()
    {
        var table = new SramTable([new SramPoint(1024, 64, 1, 2, null, 0.5, 0.01), new SramPoint(2048, 64, 2, 3, null, 0.6, 0.02)],
            "made for this test");
        Assert.That(table.TryPrice(1500, 64, out _, out string problem), Is.False);
        Assert.That(problem, Does.Contain("leakage"));
    }
}
