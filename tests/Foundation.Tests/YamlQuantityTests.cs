using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.Foundation.Tests;

public class YamlQuantityTests
{
    [TestCase("64 KiB", 64L * 1024 * 8)]
    [TestCase("64KiB", 64L * 1024 * 8)]
    [TestCase("1 GiB", 8L << 30)]
    [TestCase("2.5 MiB", 5L * 512 * 1024 * 8)]
    [TestCase("108 kB", 108_000L * 8)]
    [TestCase("17 bit", 17)]
    public void DataSizes(string text, long bits) => Assert.That(Read(YamlQuantities.DataSize, text), Is.EqualTo(new Bits(bits)));

    [TestCase("500 MHz", 5e8)]
    [TestCase("1 GHz", 1e9)]
    [TestCase("1.2e3 kHz", 1.2e6)]
    public void Frequencies(string text, double hertz) => Assert.That(Read(YamlQuantities.Frequency, text).Hertz, Is.EqualTo(hertz));

    [TestCase("0.5 pJ", 0.5)]
    [TestCase("20 fJ", 0.02)]
    [TestCase("0 J", 0)]
    public void Energies(string text, double picojoules) =>
        Assert.That(Read(YamlQuantities.Energy, text).Picojoules, Is.EqualTo(picojoules).Within(1e-15));

    [TestCase("16 pJ/B", 2)]
    [TestCase("4 pJ/bit", 4)]
    public void EnergiesPerBit(string text, double picojoules) =>
        Assert.That(Read(YamlQuantities.EnergyPerBit, text).Picojoules, Is.EqualTo(picojoules));

    [TestCase("16 B/cycle", 16, false)]
    [TestCase("64 bit/cycle", 8, false)]
    [TestCase("12.8 GB/s", 12.8e9, true)]
    public void Bandwidths(string text, double bytes, bool perSecond) =>
        Assert.That(Read(YamlQuantities.Bandwidth, text), Is.EqualTo(new Bandwidth(bytes, perSecond)));

    [Test]
    public void OtherDimensions()
    {
        Assert.That(Read(YamlQuantities.Area, "2 mm2").SquareMicrometres, Is.EqualTo(2e6));
        Assert.That(Read(YamlQuantities.Power, "3 uW").Milliwatts, Is.EqualTo(3e-3));
        Assert.That(Read(YamlQuantities.Duration, "250 ps").Nanoseconds, Is.EqualTo(0.25));
    }

    [TestCase("")]
    [TestCase("KiB")]
    [TestCase("1,5 KiB")]
    [TestCase("1 KiB x")]
    [TestCase("0 KiB")]
    [TestCase("inf B")]
    [TestCase("1e400 B")]
    [TestCase("9e18 GiB")]
    [TestCase("1 2 B")]
    [TestCase("0x10 B")]
    public void WhatIsNoDataSizeIsRefused(string text)
    {
        var bag = new DiagnosticBag();
        Assert.That(YamlQuantities.DataSize.TryRead(new YamlScalar(new Location("f", 1, 1), text, Quoted: true), "size", bag, out _),
            Is.False);
        Assert.That(bag.Sorted.Single().Code, Is.EqualTo("CFG007"));
    }

    private static T Read<T>(YamlType<T> type, string text)
    {
        var bag = new DiagnosticBag();
        Assert.That(type.TryRead(new YamlScalar(new Location("f", 1, 1), text), "q", bag, out T value), bag.ToString());
        return value;
    }
}
