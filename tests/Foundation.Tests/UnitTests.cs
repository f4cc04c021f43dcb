using Sim.Foundation.Units;

namespace Sim.Foundation.Tests;

/// <summary>The laws of equality, order and arithmetic, stated once and run for every quantity.</summary>
public class UnitTests
{
    private static readonly double[] Reals = [-1e9, -3.5, -1, 0, 0.25, 1, 1.5, 7, 1e6];
    private static readonly long[] Counts = [-1_000_000, -3, -1, 0, 1, 2, 7, 1L << 40];

    [Test]
    public void EveryQuantityIsTested()
    {
        IEnumerable<string> all = typeof(Energy).Assembly.GetTypes()
            .Where(t => t.IsValueType && t.GetInterfaces().Any(i => i.Name == "IQuantity`1")).Select(t => t.Name);
        Assert.That(all, Is.EquivalentTo(new[] { "Energy", "Area", "Power", "Duration", "Frequency", "Bits", "Cycles" }));
    }

    [Test]
    public void EnergyLaws() => RealLaws<Energy>();

    [Test]
    public void AreaLaws() => RealLaws<Area>();

    [Test]
    public void PowerLaws() => RealLaws<Power>();

    [Test]
    public void DurationLaws() => RealLaws<Duration>();

    [Test]
    public void FrequencyLaws() => RealLaws<Frequency>();

    [Test]
    public void BitsLaws() => CountLaws<Bits>();

    [Test]
    public void CyclesLaws() => CountLaws<Cycles>();

    [Test]
    public void UnitsOfOneDimensionAgree()
    {
        Assert.That(Energy.FromPicojoules(2.5).Joules, Is.EqualTo(2.5e-12));
        Assert.That(Area.FromSquareMicrometres(3e6).SquareMillimetres, Is.EqualTo(3));
        Assert.That(Power.FromMilliwatts(1500).Watts, Is.EqualTo(1.5));
        Assert.That(Duration.FromSeconds(2e-9).Nanoseconds, Is.EqualTo(2).Within(1e-15));
        Assert.That(Frequency.FromMegahertz(500).Period, Is.EqualTo(Duration.FromNanoseconds(2)));
        Assert.That(Bits.FromBytes(3).Count, Is.EqualTo(24));
        Assert.That(new Bits(24).Bytes, Is.EqualTo(3));
        Assert.That(() => new Bits(25).Bytes, Throws.InvalidOperationException);
        Assert.That(new Cycles(1000).At(Frequency.FromHertz(1e9)), Is.EqualTo(Duration.FromNanoseconds(1000)));
        // 1 mW for 1 ns is 1 pJ.
        Assert.That(Energy.Of(Power.FromMilliwatts(3), Duration.FromNanoseconds(4)), Is.EqualTo(Energy.FromPicojoules(12)));
        Assert.That(new Bandwidth(12.8e9, PerSecond: true).BytesPerCycle(Frequency.FromMegahertz(800)), Is.EqualTo(16));
        Assert.That(new Bandwidth(16, PerSecond: false).BytesPerCycle(Frequency.FromMegahertz(800)), Is.EqualTo(16));
    }

    [Test]
    public void TextNamesTheUnit()
    {
        Assert.That(Energy.FromPicojoules(0.5).ToString(), Is.EqualTo("0.5 pJ"));
        Assert.That(new Bits(9).ToString(), Is.EqualTo("9 bit"));
        Assert.That(Frequency.FromMegahertz(0.5).ToString(), Is.EqualTo("500000 Hz"));
    }

    [Test]
    public void CountsOverflowLoudly()
    {
        Assert.That(() => new Cycles(long.MaxValue) + new Cycles(1), Throws.InstanceOf<OverflowException>());
        Assert.That(() => new Bits(long.MaxValue) * 2, Throws.InstanceOf<OverflowException>());
        Assert.That(() => Bits.FromBytes(long.MaxValue / 4), Throws.InstanceOf<OverflowException>());
    }

    [Test]
    public void ASourcedValueHasASource()
    {
        Assert.That(new Sourced<int>(3, "a table").Source, Is.EqualTo("a table"));
        Assert.That(() => new Sourced<int>(3, " "), Throws.ArgumentException);
    }

    private static void RealLaws<T>() where T : struct, IRealQuantity<T>
    {
        Laws([.. Reals.Select(T.FromBaseUnit)], Reals.Length);
        foreach (double x in Reals)
        {
            T a = T.FromBaseUnit(x);
            Assert.That(a * 2.0, Is.EqualTo(a + a));
            Assert.That(a * 0.0, Is.EqualTo(default(T)));
            Assert.That(T.FromBaseUnit(x) / T.FromBaseUnit(2), Is.EqualTo(x / 2));
        }
    }

    private static void CountLaws<T>() where T : struct, ICountQuantity<T>
    {
        Laws([.. Counts.Select(T.FromCount)], Counts.Length);
        foreach (long x in Counts) Assert.That(T.FromCount(x) * 3, Is.EqualTo(T.FromCount(3 * x)));
    }

    // The values ascend strictly.
    private static void Laws<T>(T[] ascending, int expected) where T : struct, IQuantity<T>
    {
        Assert.That(ascending, Has.Length.EqualTo(expected));
        Assert.That(default(T) + default(T), Is.EqualTo(default(T)), "default is a legal zero");
        for (int i = 0; i < ascending.Length; i++)
        {
            T a = ascending[i];
            Assert.That(a + default(T), Is.EqualTo(a));
            Assert.That(a - a, Is.EqualTo(default(T)));
            Assert.That(-(-a), Is.EqualTo(a));
            for (int j = 0; j < ascending.Length; j++)
            {
                T b = ascending[j];
                Assert.That(a == b, Is.EqualTo(i == j));
                Assert.That(a != b, Is.EqualTo(i != j));
                Assert.That(a.Equals(b), Is.EqualTo(i == j));
                Assert.That(a.Equals((object)b), Is.EqualTo(i == j));
                if (i == j) Assert.That(a.GetHashCode(), Is.EqualTo(b.GetHashCode()));
                Assert.That(Math.Sign(a.CompareTo(b)), Is.EqualTo(Math.Sign(i - j)));
                Assert.That(a < b, Is.EqualTo(i < j));
                Assert.That(a > b, Is.EqualTo(i > j));
                Assert.That(a <= b, Is.EqualTo(i <= j));
                Assert.That(a >= b, Is.EqualTo(i >= j));
                Assert.That(a + b, Is.EqualTo(b + a));
                Assert.That(a - b, Is.EqualTo(-(b - a)));
            }
        }
    }
}
