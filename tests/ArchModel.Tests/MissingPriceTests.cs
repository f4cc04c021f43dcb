using Sim.ArchModel.Costs;
using Sim.ArchModel.Reading;
using Sim.ArchModel.Technologies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Tests;

namespace Sim.ArchModel.Tests;

/// <summary>What a technology does not know is said at its place, all of it at once; costs that are none are refused when the file is
/// read.</summary>
public class MissingPriceTests
{
    private static readonly string Nangate =
        File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "configs", "technologies", "nangate45.yaml"));

    // Each primitive that a path may lead through, without its delay.
    [TestCase("multiplier")]
    [TestCase("adder")]
    [TestCase("comparator")]
    [TestCase("mux")]
    [TestCase("left_shifter")]
    [TestCase("right_shifter")]
    [TestCase("leading_zero_counter")]
    [TestCase("incrementer")]
    [TestCase("gate")]
    [TestCase("placer")]
    public void APrimitiveWithoutDelayIsRefused(string primitive)
    {
        int at = Nangate.IndexOf($"\n  {primitive}:", StringComparison.Ordinal),
            delay = Nangate.IndexOf("    delay_ns:", at, StringComparison.Ordinal), end = Nangate.IndexOf('\n', delay);
        DiagnosticBag bag = Errors(Nangate.Remove(delay, end + 1 - delay));
        Assert.That(bag.Sorted.Select(d => d.Code), Is.EqualTo(new[] { "CFG004" }));
        Assert.That(bag.ToString(), Does.Contain("'delay_ns' is missing").And.Contain(primitive));
    }

    [TestCase("path_base_ns: {value: 0.1", "path_base_ns: {value: 1e300")]
    [TestCase("delay_ns: {width_sum: 0.04462}", "delay_ns: {width_sum: 1e308}")]
    [TestCase("delay_ns: {width_sum: 0.04462}", "delay_ns: {width_sum: .inf}")]
    [TestCase("delay_ns: {width_sum: 0.04462}", "delay_ns: {width_sum: 1e999}")]
    public void CostsWithoutBoundAreRefused(string good, string bad)
    {
        int start = good.IndexOf("value: ", StringComparison.Ordinal) is var v and > 0
            ? Nangate.IndexOf(good[..v], StringComparison.Ordinal) : Nangate.IndexOf(good, StringComparison.Ordinal);
        Assert.That(start, Is.GreaterThan(0), good);
        string text = good.StartsWith("path", StringComparison.Ordinal)
            ? System.Text.RegularExpressions.Regex.Replace(Nangate, @"path_base_ns: \{value: [0-9.]+", bad)
                : Nangate.Replace(good, bad, StringComparison.Ordinal);
        Assert.That(Errors(text).HasErrors, bad);
    }

    [Test]
    public void EverythingWithoutAPriceIsToldAtItsPlace()
    {
        string text = Nangate;
        foreach (string primitive in new[] { "multiplier", "mux" })
        {
            int at = text.IndexOf($"\n  {primitive}:", StringComparison.Ordinal) + 1,
                next = System.Text.RegularExpressions.Regex.Match(text[(at + 3)..], @"\n(  [a-z]|[a-z])").Index + at + 4;
            text = text.Remove(at, next - at);
        }
        var bag = new DiagnosticBag();
        Technology? technology = TechnologyReader.Read(YamlDocument.Parse(text, "poor.yaml", bag)!.Root, bag);
        Assert.That(technology, Is.Not.Null, bag.ToString());
        LoadedArchitecture loaded = ArchitectureReader.Read(YamlDocument.Parse("""
            schema: sim.architecture/1
            technology: nangate45
            clock: 100 MHz
            datapath: e4m3_fp16
            array: {rows: 4, columns: 4, dataflow: weight_stationary}
            buffers:
              - {name: narrow, capacity: 64 KiB, port: 64 bit, banks: 2, double_buffered: true, keeps: [activations, weights]}
              - {name: wide, capacity: 64 KiB, port: 8192 bit, banks: 2, double_buffered: true, keeps: [outputs]}
            dram: {kind: LPDDR4, bandwidth: unlimited}
            vector: {lanes: 4}
            """, "a.yaml", bag)!.Root, bag)!;
        var found = Assert.Throws<InvalidInputException>(() => (loaded with { Technology = technology! }).Price())!.Diagnostics;
        Assert.That(found.Select(d => d.Code), Is.All.EqualTo("COST001"));
        Assert.That(found.Single(d => d.Message.Contains("'wide'")).Location, Is.EqualTo(new Location("a.yaml", 8, 5)));
        Assert.That(found.Single(d => d.Message.Contains("'wide'")).Message, Does.Contain("'port'").And.Not.Contain("port_bits"));
        Assert.That(found.Where(d => d.Location.Line == 2).Select(d => d.Message),
            Has.Some.Contains("'multiplier'").And.Some.Contains("'mux'"));
    }

    private static DiagnosticBag Errors(string text)
    {
        var bag = new DiagnosticBag();
        if (YamlDocument.Parse(text, "t.yaml", bag) is { } document) TechnologyReader.Read(document.Root, bag);
        return bag;
    }
}
