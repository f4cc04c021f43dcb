using System.Text;
using Sim.Cli;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Random;
using Sim.Foundation.Yaml;
using Sim.Tests;

namespace Sim.Architecture.Tests;

/// <summary>Shipped YAML files with a few edits: each is read or refused with places; nothing throws, hangs or takes memory out of
/// proportion.</summary>
public class ConfigMutationTests
{
    // A mutant that is alive after this long hangs, however loaded the machine is.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private const string Characters = "{}[]:,-&*!|>'\"%@ 09eE.x";

    private static readonly string[] Values =
    [
        "0", "-1", "1", "2147483647", "2147483648", "99999999999999999999", "1e308", "1e-308", "0.0", "-0", "NaN", "inf", "~", "", "[]",
            "{}", "[1, 2, 3]", "{a: 1}", "true", "'x'",
        "1 pJ", "0 pJ", "1e300 J", "64 KiB", "1e12 GiB", "1 bit", "500 MHz", "1e-300 Hz", "1e300 GHz", "int8", "int64", "e4m3", "e11m52",
            "posit32_2", "mxfp4", "nvfp4", "q8.8", "lns8_3",
        "fp32", "exact", "[0, 1000000, 1]", "1000000", "65536", "*x", "&x 5", "configs", "edge_npu", "/dev/zero", "../..", "int8_acc32",
            "{kind: integer, bits: 64}", "{kind: float, format: e4m3}",
        "weight_stationary", "output_stationary", "input_stationary", "stochastic", "\"\\u0000\"",
    ];

    [Test]
    public void MutantsAreReadOrRefused() => Mutate(2_000, 20261128);

    [Test, Category("Nightly")]
    public void ManyMutantsAreReadOrRefused() => Mutate(100_000, 7);

    private static void Mutate(int runs, ulong seed)
    {
        string root = Path.Combine(ReferenceData.RepositoryRoot, "configs");
        (string Path, string[] Lines)[] files = [.. Directory.EnumerateFiles(root, "*.yaml", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Select(f => (f, File.ReadAllLines(f)))];
        var draws = new RandomStream(seed);
        int refused = 0, judged = 0;
        for (int run = 0; run < runs; run++)
        {
            (string path, string[] lines) = files[draws.NextInt32(0, files.Length)];
            string text = Mutant(lines, draws);
            var checking = Task.Run(() => Check(text, path));
            Assert.That(checking.Wait(Hang), Is.True, $"hangs:\n{text}");
            (DiagnosticBag bag, long allocated) = checking.Result;
            Assert.That(allocated, Is.LessThanOrEqualTo(4L * text.Length + (64L << 20)), $"takes {allocated} bytes:\n{text}");
            Assert.That(bag.Sorted.Where(d => d.Message.Contains("System.", StringComparison.Ordinal)
                || d.Message.Contains("`1", StringComparison.Ordinal)), Is.Empty, text);
            if (bag.HasErrors) refused++;
            judged++;
        }
        Assert.That(judged, Is.EqualTo(runs));
        Assert.That(refused, Is.InRange(runs / 4, runs - runs / 50));
    }

    private static (DiagnosticBag Bag, long Allocated) Check(string text, string path)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var bag = new DiagnosticBag();
        try
        {
            if (YamlDocument.Parse(text, path, bag) is { } document
                && FileKindCatalogue.All.FirstOrDefault(k => k.Schema.Id == document.Schema) is { } kind) kind.Check(document, bag);
        }
        catch (InvalidInputException e)
        {
            foreach (Diagnostic d in e.Diagnostics) bag.Error(d.Location, d.Code, d.Message);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.GetType().Name} on:\n{text}", e);
        }
        return (bag, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    // One to three edits: another value for a key, a line removed, doubled or moved, a character changed, another indent.
    private static string Mutant(string[] lines, RandomStream draws)
    {
        var edited = lines.ToList();
        for (int edits = draws.NextInt32(1, 4); edits > 0 && edited.Count > 1; edits--)
        {
            int at = draws.NextInt32(0, edited.Count);
            string value = Values[draws.NextInt32(0, Values.Length)];
            switch (draws.NextInt32(0, 8))
            {
                case 0: edited.RemoveAt(at); break;
                case 1: edited.Insert(at, edited[draws.NextInt32(0, edited.Count)]); break;
                case 2: edited[at] = "  " + edited[at]; break;
                case 3 when edited[at].Length > 0:
                    int place = draws.NextInt32(0, edited[at].Length);
                    edited[at] = edited[at].Remove(place, 1).Insert(place, Characters[draws.NextInt32(0, Characters.Length)].ToString());
                    break;
                default: edited[at] = Replaced(edited[at], value, draws); break;
            }
        }
        return string.Join('\n', edited) + "\n";
    }

    // The value after one of the line's colons.
    private static string Replaced(string line, string value, RandomStream draws)
    {
        int[] colons = [.. Enumerable.Range(0, line.Length).Where(i => line[i] == ':' && i + 1 < line.Length && line[i + 1] == ' ')];
        if (colons.Length == 0) return line;
        int from = colons[draws.NextInt32(0, colons.Length)] + 2, end = from;
        while (end < line.Length && line[end] is not (',' or '}' or ']')) end++;
        return new StringBuilder(line).Remove(from, end - from).Insert(from, value).ToString();
    }
}
