using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Technologies;

/// <summary>The technologies that come with the program: the files of configs/technologies, by name.</summary>
public static class TechnologyCatalogue
{
    /// <summary>The technology of architectures that do not choose one.</summary>
    public const string DefaultName = "nangate45";

    private const string Prefix = "technologies/";

    /// <summary>Names in ordinal order.</summary>
    public static ImmutableArray<string> Names { get; } = [.. typeof(TechnologyCatalogue).Assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Select(n => Path.GetFileNameWithoutExtension(n)).Order(StringComparer.Ordinal)];

    /// <summary>The technology of that name, or null when there is none.</summary>
    /// <exception cref="InvalidInputException">The built-in file is wrong.</exception>
    public static Technology? Find(string name)
    {
        using Stream? stream = typeof(TechnologyCatalogue).Assembly.GetManifestResourceStream($"{Prefix}{name}.yaml");
        if (stream is null) return null;
        using var reader = new StreamReader(stream);
        var bag = new DiagnosticBag();
        Technology? technology = YamlDocument.Parse(reader.ReadToEnd(), $"configs/technologies/{name}.yaml", bag) is { } document
            ? TechnologyReader.Read(document.Root, bag) : null;
        bag.ThrowIfErrors();
        return technology;
    }

    /// <summary>A built-in name or the path of a technology file.</summary>
    /// <exception cref="InvalidInputException">COST003: neither a known name nor a file; or the file is wrong.</exception>
    public static Technology Resolve(string nameOrPath)
    {
        if (Find(nameOrPath) is { } known) return known;
        var bag = new DiagnosticBag();
        bool looksLikeFile = nameOrPath.EndsWith(".yaml", StringComparison.Ordinal) || nameOrPath.Contains('/') || File.Exists(nameOrPath);
        if (!looksLikeFile)
            bag.Error(new Location(nameOrPath), "COST003", $"there is no technology '{nameOrPath}'{NearestName.Hint(nameOrPath, Names)}; known: {string.Join(", ", Names)}, or give a file");
        Technology? technology = looksLikeFile ? TechnologyReader.Load(nameOrPath, bag) : null;
        bag.ThrowIfErrors();
        return technology!;
    }
}
