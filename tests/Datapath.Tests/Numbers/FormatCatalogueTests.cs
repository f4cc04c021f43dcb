using Sim.Datapath.Formats;

namespace Sim.Datapath.Tests.Numbers;

public sealed class FormatCatalogueTests
{
    [Test]
    public void EveryImplementationIsListed()
    {
        Type[] implementations = [.. typeof(INumberFormat).Assembly.GetTypes()
            .Where(t => t.IsAssignableTo(typeof(INumberFormat)) && t.IsClass && !t.IsAbstract)];
        IEnumerable<Type> listed = FormatCatalogue.Named.Select(f => f.GetType()).Concat(FormatCatalogue.Families.Select(f => f.Type));
        Assert.That(implementations, Has.Length.GreaterThanOrEqualTo(3));
        Assert.That(implementations.Except(listed), Is.Empty, "formats that no name reaches");
    }

    [Test]
    public void NamesAreUniqueAndParseToThemselves()
    {
        Assert.That(FormatCatalogue.Named.Select(f => f.Name), Is.Unique);
        foreach (INumberFormat format in FormatCatalogue.Named) Assert.That(FormatCatalogue.Parse(format.Name), Is.SameAs(format));
    }

    [TestCase("int8", 8, 127, -128)]
    [TestCase("uint4", 4, 15, 0)]
    [TestCase("q8.8", 16, 128 - 1.0 / 256, -128)]
    [TestCase("uq4.4", 8, 16 - 1.0 / 16, 0)]
    [TestCase("int32", 32, int.MaxValue, int.MinValue)]
    [TestCase("uint32", 32, uint.MaxValue, 0)]
    [TestCase("e5m10", 16, 65504, -65504)]
    [TestCase("e4m3b11fnuz", 8, 30, -30)]
    [TestCase("e5m2_finite", 8, 114688, -114688)]
    [TestCase("e4m3_finite", 8, 480, -480)]
    [TestCase("e3m3b0", 7, 120, -120)]
    public void FamiliesCarryTheirParameters(string name, int bits, double maximum, double minimum)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        Assert.That((format.Name, format.Bits, format.Maximum.ToDouble(), format.Minimum.ToDouble()),
            Is.EqualTo((name, bits, maximum, minimum)));
    }

    [TestCase("e4m3fn", "nearest is 'e4m3'")]
    [TestCase("bf17", "nearest is 'bf16'")]
    [TestCase("", "allowed are e2m1")]
    [TestCase("int1", "2 to 32 bits")]
    [TestCase("int33", "2 to 32 bits")]
    [TestCase("q20.20", "2 to 32 bits")]
    [TestCase("int08", "unknown")]
    [TestCase("e1m3", "2 to 11 bits")]
    [TestCase("e12m3", "2 to 11 bits")]
    [TestCase("e8m24", "more than 32 bits")]
    [TestCase("e4m3b9999", "bias")]
    [TestCase("E4M3", "unknown")]
    public void AWrongNameSaysWhatIsAllowed(string name, string part)
    {
        Assert.That(FormatCatalogue.TryParse(name, out _, out string error), Is.False);
        Assert.That(error, Does.Contain(part).And.Contain($"'{name}'"));
        Assert.That(() => FormatCatalogue.Parse(name), Throws.ArgumentException);
    }
}
