using Sim.ArchModel.Reading;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>Codebooks as inline maps and from text files.</summary>
public class CodebookReaderTests
{
    private const string Sum = "activation: int8\naccumulator: {kind: float, format: fp32}\n";

    [Test]
    public void TableInlineFromFileAndByNameAreOneFormat()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "values.txt"), "# a row of any4\n-3, -0.5\n0.1 7 # end\n");
            string file = Path.Combine(folder, "d.yaml");
            INumberFormat[] formats = [.. new[]
                { "{table: [-3, -0.5, 0.1, 7]}", "{file: values.txt}", "'table[-3,-0.5,0.1,7]'" }.Select(f =>
                Read($"weight: {f}\n{Sum}", file)!.Weight)];
            Assert.That(formats.Distinct().ToArray(), Has.Length.EqualTo(1));
            Assert.That(Enumerable.Range(0, 4).Select(c => formats[1].Decode((uint)c).ToDouble()), Is.EqualTo(new[] { -3, -0.5, 0.1f, 7 }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void WritesItself()
    {
        DatapathSpec spec = Read($"weight: {{table: [1e-3, 2, 3, -4, 5, 6, 7.25, 8]}}\n{Sum}", "d")!;
        var bag = new DiagnosticBag();
        Assert.That(DatapathReader.Read(YamlDocument.Parse(ArchitectureJson.Write(spec), "json", bag)!.Root, bag), Is.EqualTo(spec));
        Assert.That(spec.Weight.Bits, Is.EqualTo(3));
    }

    [TestCase("{table: [1, 2, 3]}", "d:2:9: error CFG011: a codebook has 2, 4, 8, … or 65536 numbers, found 3")]
    [TestCase("{table: [1, x, 3, inf]}",
        "d:2:21: error CFG011: 'x' in a codebook is not a finite binary32 number\nd:2:27: error CFG011: 'inf' in a codebook is not a finite binary32 number")]
    [TestCase("{table: [5, 5]}", "d:2:9: error CFG011: the numbers of a codebook are all the same")]
    [TestCase("{table: [1, 2], file: v.txt}", "d:2:9: error CFG011: a codebook has either 'table' or 'file'")]
    public void EveryProblemIsLocated(string weight, string expected)
    {
        var bag = new DiagnosticBag();
        Assert.That(DatapathReader.Read(YamlDocument.Parse($"schema: sim.datapath/1\nweight: {weight}\n{Sum}", "d", bag)!.Root, bag),
            Is.Null);
        Assert.That(bag.ToString().Split('\n').Where(l => !l.Contains("CFG008")), Is.EqualTo(expected.Split('\n')));
    }

    [Test]
    public void MissingFileIsLocated()
    {
        var bag = new DiagnosticBag();
        Assert.That(DatapathReader.Read(YamlDocument.Parse($"schema: sim.datapath/1\nweight: {{file: nowhere.txt}}\n{Sum}", "d",
            bag)!.Root, bag), Is.Null);
        Assert.That(bag.ToString(), Does.StartWith("d:2:16: error CFG008: 'file' names 'nowhere.txt', which cannot be read"));
    }

    private static DatapathSpec? Read(string body, string file)
    {
        var bag = new DiagnosticBag();
        DatapathSpec? spec = DatapathReader.Read(YamlDocument.Parse("schema: sim.datapath/1\n" + body, file, bag)!.Root, bag);
        Assert.That(bag.Sorted, Is.Empty);
        return spec;
    }
}
