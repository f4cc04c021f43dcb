using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Foundation.Tests;

public class YamlSyntaxTests
{
    [TestCase("", "f.yaml:1:1: error CFG001: the file is empty; it must start with 'schema:'")]
    [TestCase("# only a comment\n", "f.yaml:1:1: error CFG001: the file is empty; it must start with 'schema:'")]
    [TestCase("- a\n- b\n", "f.yaml:1:1: error CFG006: a file is a mapping of keys to values, found a list")]
    [TestCase("schema: s/1\na:\n\tb: 1\n  \tc: 2\n",
        "f.yaml:3:1: error CFG001: a tab in the indentation; YAML is indented with spaces\nf.yaml:4:3: error CFG001: a tab in the indentation; YAML is indented with spaces")]
    [TestCase("schema: s/1\na: 1\nb: 2\na: 3\nb: 4\n",
        "f.yaml:4:1: error CFG005: duplicate key 'a'; it is already given on line 2\nf.yaml:5:1: error CFG005: duplicate key 'b'; it is already given on line 3")]
    [TestCase("schema: s/1\n---\nschema: s/2\n", "f.yaml:2:1: error CFG001: a file holds one YAML document, found a second one")]
    [TestCase("schema: s/1\na: *nowhere\n", "f.yaml:2:4: error CFG001: there is no anchor '&nowhere' above this alias")]
    [TestCase("schema: s/1\na: &x {b: 1}\nc:\n  <<: *x\n",
        "f.yaml:4:3: error CFG003: merge keys ('<<') are not supported; write the keys out")]
    [TestCase("schema: s/1\na: !!str 8\nb: !x {c: 1}\n",
        "f.yaml:2:4: error CFG001: the tag 'tag:yaml.org,2002:str' has no meaning here; write the value without it\nf.yaml:3:4: error CFG001: the tag '!x' has no meaning here; write the value without it")]
    [TestCase("schema: s/1\n? [1, 2]\n: 3\n", "f.yaml:2:3: error CFG006: a key must be a word, found a list")]
    [TestCase("name: x\n", "f.yaml:1:1: error CFG009: a file starts with its schema version, e.g. 'schema: sim.architecture/1'; see 'sim schema'")]
    [TestCase("name: x\nschema: s/1\n", "f.yaml:2:1: error CFG009: 'schema' must be the first key of a file")]
    [TestCase("schema:\n", "f.yaml:1:8: error CFG009: 'schema' must be a schema name such as 'sim.architecture/1', found nothing")]
    public void BadSyntaxIsLocated(string text, string expected)
    {
        var bag = new DiagnosticBag();
        YamlDocument.Parse(text, "f.yaml", bag);
        Assert.That(bag.ToString(), Is.EqualTo(expected));
    }

    [Test]
    public void Bytes_that_are_no_text_are_refused()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [.. "schema: s/1\nname: "u8, 0xff, 0xfe, (byte)'\n']);
            var bag = new DiagnosticBag();
            Assert.That(YamlDocument.Load(path, bag), Is.Null);
            Assert.That(bag.ToString(), Is.EqualTo($"{path}: error CFG008: cannot read the file: it is no text in UTF-8"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void Of_thousands_of_unknown_keys_the_first_hundred_are_named()
    {
        var bag = new DiagnosticBag();
        YamlDocument document = YamlDocument.Parse("schema: s/1\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"k{i}: 1\n")),
            "f.yaml", bag)!;
        new YamlSchema("thing", "", [], "s/1").CheckKeys(document.Root, bag);
        Assert.That(bag.Sorted, Has.Length.EqualTo(101));
        Assert.That(bag.Sorted[^1].ToString(), Is.EqualTo("f.yaml:102:1: error CFG003: 4900 more unknown key(s) in thing from here on"));
    }

    [TestCase("schema: s/1\na: [1, 2\nb: 3\n", 2)]
    [TestCase("schema: s/1\na: 'unfinished\n", 2)]
    [TestCase("schema: s/1\n a: 1\n", 2)]
    [TestCase("schema: s/1\na: {b: 1}}\n", 2)]
    [TestCase("schema: s/1\na: @x\n", 2)]
    public void BrokenYamlIsOneLocatedError(string text, int line)
    {
        var bag = new DiagnosticBag();
        Assert.That(YamlDocument.Parse(text, "f.yaml", bag), Is.Null);
        Assert.That(bag.Sorted, Has.Length.EqualTo(1));
        Assert.That(bag.Sorted[0].Code, Is.EqualTo("CFG001"));
        Assert.That(bag.Sorted[0].Location.Line, Is.InRange(line, line + 1), bag.ToString());
        Assert.That(bag.Sorted[0].Location.Column, Is.GreaterThan(0));
        Assert.That(bag.Sorted[0].Message, Does.StartWith("not valid YAML: ").And.Length.GreaterThan(25));
    }

    [Test]
    public void ExtremeNestingIsAnErrorNotACrash()
    {
        var bag = new DiagnosticBag();
        Assert.That(YamlDocument.Parse("schema: s/1\na: " + new string('[', 5000) + new string(']', 5000), "f.yaml", bag), Is.Null);
        Assert.That(bag.Sorted.Single().Code, Is.EqualTo("CFG001"));
    }

    // Deletes, doubles and replaces characters of a good file: whatever comes out is read or refused with a place, never thrown at the
    // user.
    [Test]
    public void BrokenTextNeverThrows()
    {
        const string good = "schema: s/1\nname: 'x'\na: &k {b: 1, c: [1, 2, \"q\"]}\nlist:\n  - {d: 64 KiB}\n  - *k\ntext: |\n  block\n";
        const string alphabet = "{}[]:,-?&*!|>'\"%@`#~ \t\n\0\u00e9\ufeffa1";
        var draws = new Random.RandomStream(20260101);
        int refused = 0, runs = 0;
        for (int i = 0; i < 20_000; i++)
        {
            var text = new System.Text.StringBuilder(good);
            for (int edits = draws.NextInt32(1, 4); edits > 0; edits--)
            {
                int at = draws.NextInt32(0, text.Length);
                if (draws.NextInt32(0, 3) == 0) text.Remove(at, 1);
                else text.Insert(at, alphabet[draws.NextInt32(0, alphabet.Length)]);
            }
            var bag = new DiagnosticBag();
            if (YamlDocument.Parse(text.ToString(), "f.yaml", bag) is null)
            {
                Assert.That(bag.HasErrors, text.ToString());
                Assert.That(bag.Sorted.All(d => d.Location.Line > 0 && d.Location.Column > 0), text.ToString());
                refused++;
            }
            runs++;
        }
        Assert.That(runs, Is.EqualTo(20_000));
        Assert.That(refused, Is.InRange(2_000, 19_000));
    }

    [Test]
    public void AnchorsShareValues()
    {
        var bag = new DiagnosticBag();
        YamlDocument document = YamlDocument.Parse("schema: s/1\na: &x {b: 1}\nc: *x\n", "f.yaml", bag)!;
        Assert.That(bag.HasErrors, Is.False);
        Assert.That(document.Root["c"], Is.SameAs(document.Root["a"]));
        Assert.That(document.Schema, Is.EqualTo("s/1"));
    }

    [Test]
    public void NodesKnowTheirPlace()
    {
        YamlDocument document = YamlDocument.Parse("schema: s/1\nlist:\n  - one\n  - {k:   two}\n", "f.yaml", new DiagnosticBag())!;
        var list = (YamlList)document.Root["list"]!;
        Assert.That(list.Items[0].Location, Is.EqualTo(new Location("f.yaml", 3, 5)));
        Assert.That(((YamlMap)list.Items[1])["k"]!.Location, Is.EqualTo(new Location("f.yaml", 4, 11)));
    }

    [Test]
    public void AMissingFileIsLocated()
    {
        var bag = new DiagnosticBag();
        Assert.That(YamlDocument.Load("no/such/file.yaml", bag), Is.Null);
        Assert.That(YamlDocument.Load(Path.GetTempPath(), bag), Is.Null);
        Assert.That(bag.Sorted.Select(d => d.Code), Is.EqualTo(new[] { "CFG008", "CFG008" }));
        Assert.That(bag.ToString(), Does.Contain("no/such/file.yaml: error CFG008: cannot read the file: there is no such file"));
    }
}
