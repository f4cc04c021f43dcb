using System.Globalization;
using System.Text.RegularExpressions;
using Sim.Datapath.Nonlinear;
using Sim.Tests;

namespace Sim.Datapath.Tests.Nonlinear;

/// <summary>The error table of docs/guide/vector-unit.md, measured again: no number in it is written by hand and stays when the arithmetic
/// changes.</summary>
public partial class PublishedErrorTests
{
    [Test]
    public void TheGuidesTableIsWhatIsMeasured()
    {
        string page = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "docs", "guide", "vector-unit.md"));
        MatchCollection rows = Row().Matches(page);
        Assert.That(rows, Has.Count.GreaterThanOrEqualTo(9));
        Parallel.ForEach(rows, row =>
        {
            VectorFunctionKind kind = VectorFunctionCatalogue.Kinds.First(k => k.Name == row.Groups["f"].Value).Kind;
            VectorFunction function = VectorFunctionCatalogue.Parse(kind, row.Groups["m"].Value, out string problem)!;
            Assert.That(problem, Is.Empty);
            VectorError e = VectorError.Measure(function, double.Parse(row.Groups["r"].Value, CultureInfo.InvariantCulture))!;
            string found = string.Create(CultureInfo.InvariantCulture,
                $"{e.Codes} | {e.Absolute:0.000e+0} | {e.At:R} | {e.Ulps?.ToString(CultureInfo.InvariantCulture) ?? "-"} | {e.Wrong?.ToString(CultureInfo.InvariantCulture) ?? "-"}");
            Assert.That(found, Is.EqualTo(row.Groups["v"].Value), row.Value);
        });
    }

    [GeneratedRegex(@"^\| (?<f>[a-z_]+) \| `(?<m>[^`]+)` \| (?<r>[0-9.]+) \| (?<v>[0-9].*) \|$",
        RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
