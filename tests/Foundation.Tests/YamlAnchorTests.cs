using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Foundation.Tests;

/// <summary>Anchors and aliases wherever YAML 1.2.2 §6.9.2 and §7.4 allow them; what they stand for has a bound.</summary>
public class YamlAnchorTests
{
    private static readonly string[] Nodes = ["64", "64 bit", "'64'", "\"64\"", "[1, 2]", "{b: 1}", "~", "[]", "{}"];

    // Each template has one anchored value and one alias of it further on.
    private static readonly string[] Templates =
    [
        "a: {{k: &x {0}, c: 1}}\nd: *x", "a: {{k: &x {0} , c: *x}}", "a: {{c: 1, k: &x {0}}}\nd: *x", "a: [&x {0}, *x]",
            "a: [1, &x {0}, 2, *x]", "a: &x {0}\nb: *x",
        "a:\n  - &x {0}\n  - *x", "a:\n  k: &x {0}\n  m: *x", "a: {{k: &x {0}\n  , c: [*x, *x]}}", "a: [{{k: &x {0}, c: *x}}]",
            "a: &y {{k: &x {0}, c: *x}}\nb: *x\nc: *y",
    ];

    [Test]
    public void AnAliasIsTheAnchoredNode()
    {
        int cases = 0;
        foreach (string node in Nodes)
        {
            foreach (string template in Templates)
            {
                string text = "schema: s/1\n" + string.Format(System.Globalization.CultureInfo.InvariantCulture, template, node) + "\n";
                string plain = text.Replace("&x ", "", StringComparison.Ordinal).Replace("&y ", "", StringComparison.Ordinal);
                plain = plain.Replace("*y", $"{{k: {node}, c: {node}}}", StringComparison.Ordinal)
                    .Replace("*x", node, StringComparison.Ordinal);
                Assert.That(Shape(Read(text)), Is.EqualTo(Shape(Read(plain))), text);
                cases++;
            }
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(90));
    }

    [Test]
    public void ABlockValueWithAnAnchorIsWhole()
    {
        YamlDocument document = Read("schema: s/1\na: &x\n  b: 1\n  c: 2\nd: &l\n- 1\n- 2\ne: [*x, *l]\n");
        var list = (YamlList)document.Root["e"]!;
        Assert.That(list.Items[0], Is.SameAs(document.Root["a"]).And.InstanceOf<YamlMap>());
        Assert.That(list.Items[1], Is.SameAs(document.Root["d"]).And.InstanceOf<YamlList>());
    }

    [TestCase("a: &x &y 1\n", "two anchors")]
    [TestCase("a: &x 1\nb: &y *x\n", "an alias, '*x', cannot have an anchor of its own")]
    [TestCase("a: {b: *x, c: &x 1}\n", "there is no anchor '&x' above this alias")]
    [TestCase("a: &x [1, *x]\n", "there is no anchor '&x' above this alias")]
    public void AnchorsThatMeanNothingAreRefused(string text, string message)
    {
        var bag = new DiagnosticBag();
        YamlDocument.Parse("schema: s/1\n" + text, "f.yaml", bag);
        Assert.That(bag.ToString(), Does.Contain(message).And.StartWith("f.yaml:2:").Or.StartWith("f.yaml:3:"));
    }

    [Test]
    public void AliasesOfAliasesHaveABound()
    {
        string text = "schema: s/1\na0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + string.Concat(Enumerable.Range(1, 12).Select(i =>
            $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));
        var bag = new DiagnosticBag();
        Assert.That(YamlDocument.Parse(text, "f.yaml", bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain("aliases stand for more than 65536 values"));
        Assert.That(text, Has.Length.LessThan(1100));
    }

    [Test]
    public void AliasesAddToTheDepth()
    {
        string deep = string.Concat(Enumerable.Repeat('[', 40)) + "1" + string.Concat(Enumerable.Repeat(']', 40));
        var bag = new DiagnosticBag();
        Assert.That(YamlDocument.Parse($"schema: s/1\na: &a {deep}\nb: {deep.Replace("1", "*a", StringComparison.Ordinal)}\n", "f.yaml",
            bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain("more than 64 levels of nesting"));
    }

    // YAML 1.2.2 §10.3.2: True and TRUE are booleans, yes and on are not. Integers of YAML 1.1 (octal by a leading 0, underscores, base 60)
    // are not read as other numbers.
    [TestCase("true", true), TestCase("True", true), TestCase("TRUE", true), TestCase("false", false), TestCase("False", false),
        TestCase("FALSE", false)]
    [TestCase("yes", null), TestCase("on", null), TestCase("tRUE", null), TestCase("1", null), TestCase("y", null)]
    public void BooleansAreThoseOfTheCoreSchema(string word, bool? right)
    {
        bool good = YamlTypes.Boolean.TryRead(Read($"schema: s/1\na: {word}\n").Root["a"]!, "a", new DiagnosticBag(), out bool value);
        Assert.That(good ? value : (bool?)null, Is.EqualTo(right));
    }

    [TestCase("010", 10), TestCase("0", 0), TestCase("+7", 7), TestCase("-0", 0)]
    [TestCase("0x10", null), TestCase("0o10", null), TestCase("1_000", null), TestCase("1:30", null), TestCase("0b11", null),
        TestCase("1,000", null), TestCase("10.0", null)]
    public void IntegersAreDecimal(string word, int? right)
    {
        bool good = YamlTypes.Integer(-1000, 1000)
            .TryRead(Read($"schema: s/1\na: {word}\n").Root["a"]!, "a", new DiagnosticBag(), out int value);
        Assert.That(good ? value : (int?)null, Is.EqualTo(right));
    }

    [Test]
    public void DevicesPipesAndLargeFilesAreNotRead()
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("devices of Linux");
        string pipe = Path.Combine(Directory.CreateTempSubdirectory().FullName, "pipe.yaml");
        using (var made = System.Diagnostics.Process.Start("mkfifo", pipe)) made.WaitForExit();
        string large = Path.Combine(Path.GetDirectoryName(pipe)!, "large.yaml");
        using (FileStream file = File.Create(large)) file.SetLength((16L << 20) + 1);
        foreach ((string path, string why) in ((string, string)[])[(pipe, "a device or pipe"), ("/dev/zero", "a device or pipe"),
            (large, "it has 16777217 bytes; at most 16777216 are supported")])
        {
            var bag = new DiagnosticBag();
            Assert.That(YamlDocument.Load(path, bag), Is.Null);
            Assert.That(bag.ToString(), Does.Contain("CFG008").And.Contain(why));
        }
    }

    private static YamlDocument Read(string text)
    {
        var bag = new DiagnosticBag();
        YamlDocument? document = YamlDocument.Parse(text, "f.yaml", bag);
        Assert.That(bag.ToString(), Is.Empty, text);
        return document!;
    }

    // A value without its places.
    private static string Shape(YamlDocument document) => Shape(document.Root);

    private static string Shape(YamlNode node) => node switch
    {
        YamlMap map => "{" + string.Join(",", map.Entries.Select(e => e.Key.Text + ":" + Shape(e.Value))) + "}",
        YamlList list => "[" + string.Join(",", list.Items.Select(Shape)) + "]",
        YamlScalar scalar => scalar.IsNothing ? "nothing" : scalar.Text,
        _ => throw new InvalidOperationException(),
    };
}
