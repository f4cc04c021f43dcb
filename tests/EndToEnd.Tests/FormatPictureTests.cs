using System.Text.RegularExpressions;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>The pictures of docs/formats/pictures.md are those that the tool draws.</summary>
[TestFixture]
public sealed class FormatPictureTests
{
    [Test]
    public void PicturesAreUpToDate()
    {
        string page = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "docs", "formats", "pictures.md"));
        MatchCollection rows = Regex.Matches(page, @"^\| `(?<name>[^`]+)` \| (?<picture>.*2\^.*, \d+ at most) \|$", RegexOptions.Multiline);
        Assert.That(rows, Has.Count.GreaterThanOrEqualTo(30));
        foreach (Match row in rows)
            Assert.That(SimHost.Run(["formats", "show", row.Groups["name"].Value]).Output, Does.Contain(row.Groups["picture"].Value),
                row.Groups["name"].Value);
    }
}
