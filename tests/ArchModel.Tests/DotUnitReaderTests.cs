using Sim.ArchModel.Reading;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>The keys `dot` and `profile` of a datapath, and where a dot unit can stand.</summary>
public class DotUnitReaderTests
{
    private const string Head = "schema: sim.datapath/1\n", Operands = "weight: e4m3\nactivation: e4m3\n",
        Register = "accumulator: {kind: float, format: fp32, rounding: to_zero}\n";

    [Test]
    public void EveryProfileReadsByNameAndByKeyAndAsJson()
    {
        foreach (ChipProfile profile in ChipProfiles.All)
        {
            var bag = new DiagnosticBag();
            Assert.That(DatapathReader.Load(profile.Name, bag), Is.EqualTo(profile.Datapath with { PipelineAuto = true }),
                "by name alone the clock chooses the pipeline");
            Assert.That(Read($"profile: {profile.Name}\npipeline_stages: 3"), Is.EqualTo(profile.Datapath with { PipelineStages = 3 }));
            Assert.That(DatapathReader.Read(YamlDocument.Parse(ArchitectureJson.Write(profile.Datapath), "json", bag)!.Root, bag),
                Is.EqualTo(profile.Datapath));
            Assert.That(bag.Sorted, Is.Empty);
            Assert.That(profile.Source, Is.Not.Empty);
        }
        Assert.That(ChipProfiles.All.Select(p => p.Name).Distinct().Count(),
            Is.EqualTo(ChipProfiles.All.Length).And.GreaterThanOrEqualTo(50));
    }

    [Test]
    public void EveryKeyIsRead()
    {
        DatapathSpec spec = Read($"{Operands}{Register}dot: {{kind: aligned, lanes: 32, fraction: 13, alignment: down, result: e8m13, scales: {{format: e8m0, block: 32, group: 16}}}}");
        Assert.That(spec.Dot, Is.EqualTo(new AlignedDotUnit(32, 13, RoundingMode.Down, FormatCatalogue.Parse("e8m13"),
            new BlockScales(FormatCatalogue.Parse("e8m0"), 32, 16))));
        Assert.That(spec.Name, Is.EqualTo("e4m3_fp32_dot32"));
        Assert.That(((AlignedDotUnit)Read($"{Operands}{Register}dot: {{kind: aligned, lanes: 4, fraction: exact}}").Dot!).Fraction,
            Is.Null);
        Assert.That(Read("profile: h100_fp8").Dot,
            Is.EqualTo(new AlignedDotUnit(32, 13, RoundingMode.ToZero, FormatCatalogue.Parse("e8m13"))));
    }

    [TestCase("tree", false)]
    [TestCase("chain", true)]
    public void TreesAndChainsRead(string kind, bool chain)
    {
        DatapathSpec spec = Read($"{Operands}{Register}dot: {{kind: {kind}, lanes: 6, format: fp16, rounding: down}}");
        Assert.That(spec.Dot, Is.EqualTo(new AdderTreeDotUnit(6, FormatCatalogue.Parse("fp16"), RoundingMode.Down, chain)));
        var bag = new DiagnosticBag();
        Assert.That(DatapathReader.Read(YamlDocument.Parse(ArchitectureJson.Write(spec), "json", bag)!.Root, bag), Is.EqualTo(spec));
    }

    [TestCase("rows: 64, columns: 4, dataflow: weight_stationary", true)]
    [TestCase("rows: 48, columns: 4, dataflow: input_stationary", false)]
    [TestCase("rows: 64, columns: 4, dataflow: output_stationary", true)]
    [TestCase("rows: 16, columns: 4, dataflow: output_stationary", false)]
    public void AUnitSpansRowsOfAColumn(string array, bool fits)
    {
        string text = ConfigCatalogue.Text("architectures", "tpu_like")!.Replace("datapath: int8_acc32", "datapath: h100_fp8",
            StringComparison.Ordinal);
        text = System.Text.RegularExpressions.Regex.Replace(text, "  rows: 256\\n  columns: 256\\n  dataflow: weight_stationary\\n",
            $"  {array.Replace(", ", "\n  ", StringComparison.Ordinal)}\n");
        var bag = new DiagnosticBag();
        ArchitectureReader.Read(YamlDocument.Parse(text, "a", bag)!.Root, bag);
        Assert.That(bag.Sorted.Select(d => d.Code), Is.EqualTo(fits ? [] : new[] { "CFG115" }));
        if (!fits) Assert.That(bag.Sorted.Single().Message, Does.Contain("datapath 'h100_fp8'").And.Contain("32 lanes"));
    }

    [TestCase("dot: {kind: aligned, lanes: 0, fraction: 24}",
        "d:5:29: error CFG002: 'lanes' must be a positive integer up to 1024, found '0'")]
    [TestCase("dot: {kind: aligned, lanes: 8, fraction: 0}",
        "d:5:42: error CFG002: 'fraction' must be an integer from 1 to 96, or 'exact', found '0'")]
    [TestCase("dot: {kind: aligned, lanes: 8, fraction: 9, result: int8}",
        "d:5:53: error CFG102: 'result' must be a float format, found 'int8'")]
    [TestCase("dot: {kind: aligned, lanes: 8, fraction: 9, scales: {format: e8m0, block: 16}}",
        "d:5:6: error CFG107: 'dot': groups of 16 must divide blocks of 16, and these the 8 lanes")]
    [TestCase("profile: h100_e4m3", "d:2:9: error CFG105: 'weight' is fixed by 'profile'; leave one of them out\n" +
        "d:3:13: error CFG105: 'activation' is fixed by 'profile'; leave one of them out\nd:4:14: error CFG105: 'accumulator' is fixed by 'profile'; leave one of them out")]
    public void EveryProblemIsLocated(string line, string expected) => Wrong($"{Operands}{Register}{line}", expected);

    [Test]
    public void ADotUnitNeedsAFloatRegister() =>
        Wrong($"{Operands}accumulator: {{kind: exact, output: fp32}}\ndot: {{kind: aligned, lanes: 8, fraction: 9}}",
            "d:5:6: error CFG107: 'dot': a dot unit needs a float accumulator with fused products");

    private static DatapathSpec Read(string body)
    {
        var bag = new DiagnosticBag();
        DatapathSpec? spec = DatapathReader.Read(YamlDocument.Parse(Head + body + "\n", "d", bag)!.Root, bag);
        Assert.That(bag.Sorted, Is.Empty);
        return spec!;
    }

    private static void Wrong(string body, string expected)
    {
        var bag = new DiagnosticBag();
        Assert.That(DatapathReader.Read(YamlDocument.Parse(Head + body + "\n", "d", bag)!.Root, bag), Is.Null);
        Assert.That(bag.ToString(), Is.EqualTo(expected));
    }
}
