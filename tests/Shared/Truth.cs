namespace Sim.Tests;

/// <summary>
/// Notes which independent truth a test compared with and how many rows agreed, so that docs/validation.md is a record of what ran
/// (tools/validation collects the notes) and never a hand-written claim. Call it after the assertions.
/// </summary>
public static class Truth
{
    /// <summary>
    /// Area is the page's section (`Numbers`, `Workloads`, `Time`, `Price`, `Accuracy`); truth names the file or table; source who made it;
    /// rows how many were compared; result what was found, e.g. `equal` or `max |error| 8e-7`.
    /// </summary>
    public static void Checked(string area, string truth, string source, long rows, string result)
    {
        Assert.That(rows, Is.GreaterThan(0), $"'{truth}' was compared on no row");
        string folder = Path.Combine(ReferenceData.RepositoryRoot, ".build", "validation");
        Directory.CreateDirectory(folder);
        string name = string.Concat($"{area}-{truth}".Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
        File.WriteAllText(Path.Combine(folder, name + ".tsv"), $"{area}\t{truth}\t{source}\t{rows}\t{result}\n");
    }
}
