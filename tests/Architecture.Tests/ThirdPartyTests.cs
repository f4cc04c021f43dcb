using System.Text.Json;
using System.Xml.Linq;
using Sim.Tests;

namespace Sim.Architecture.Tests;

/// <summary>docs/third-party.md lists what is pinned, what npm brings, and what a build of the tool restores, with versions and licences as
/// the packages state them.</summary>
public class ThirdPartyTests
{
    private static readonly string Root = ReferenceData.RepositoryRoot;

    private static readonly Dictionary<string,
        (string Version, string Licence)> Listed = File.ReadAllLines(Path.Combine(Root, "docs", "third-party.md"))
        .Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Select(l => l.Split('|', StringSplitOptions.TrimEntries))
            .Where(c => c[1] != "package")
        .ToDictionary(c => c[1], c => (c[2], c[3]));

    [Test]
    public void PinnedPackagesAreListed()
    {
        (string, string)[] pinned = [.. XDocument.Load(Path.Combine(Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Select(p => ((string)p.Attribute("Include")!, (string)p.Attribute("Version")!))];
        Assert.That(pinned, Has.Length.GreaterThan(15));
        Assert.That(pinned.Where(p => !Listed.TryGetValue(p.Item1, out (string Version, string) row) || row.Version != p.Item2), Is.Empty,
            "docs/third-party.md");
    }

    [Test]
    public void NpmPackagesAreListed()
    {
        using JsonDocument page = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "src", "Reports", "Web", "package-lock.json"))),
            driver = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "tests", "EndToEnd.Tests", "Browser", "package.json")));
        (string, string)[] packages =
        [
            .. page.RootElement.GetProperty("packages").EnumerateObject().Where(p => p.Name.Length > 0)
                .Select(p => (p.Name["node_modules/".Length..], p.Value.GetProperty("version").GetString()!)),
            .. driver.RootElement.GetProperty("dependencies").EnumerateObject().Select(p => (p.Name, p.Value.GetString()!)),
        ];
        Assert.That(packages, Has.Length.GreaterThanOrEqualTo(4));
        Assert.That(packages.Where(p => !Listed.TryGetValue(p.Item1, out (string Version, string) row) || row.Version != p.Item2),
            Is.Empty, "docs/third-party.md");
    }

    [Test]
    public void WhatTheToolRestoresIsListedWithItsLicence()
    {
        string assets = Path.Combine(Root, "src", "Cli", "obj", "project.assets.json");
        Assert.That(assets, Does.Exist);
        using JsonDocument restored = JsonDocument.Parse(File.ReadAllText(assets));
        string[] folders = [.. restored.RootElement.GetProperty("packageFolders").EnumerateObject().Select(f => f.Name)];
        int judged = 0;
        foreach (JsonProperty library in restored.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(l => l.Value.GetProperty("type").GetString() == "package"))
        {
            string[] parts = library.Name.Split('/');
            Assert.That(Listed, Contains.Key(parts[0]), "docs/third-party.md");
            Assert.That(Listed[parts[0]].Version, Is.EqualTo(parts[1]), parts[0]);
            string? manifest = folders.Select(f =>
                Path.Combine(f, library.Value.GetProperty("path").GetString()!, parts[0].ToLowerInvariant() + ".nuspec"))
                .FirstOrDefault(File.Exists);
            if (manifest is null || XDocument.Load(manifest).Descendants()
                .FirstOrDefault(e => e.Name.LocalName == "license" && (string?)e.Attribute("type") == "expression") is not
                { } licence) continue;
            Assert.That(Listed[parts[0]].Licence, Is.EqualTo(licence.Value), parts[0]);
            judged++;
        }
        Assert.That(judged, Is.GreaterThanOrEqualTo(10));
    }
}
