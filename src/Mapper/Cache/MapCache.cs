using Sim.Mapper.Search;

namespace Sim.Mapper.Cache;

/// <summary>
/// Results of searches in a folder, a file each, named by the digest of the problem with its prices, the objective, the effort and the
/// program that searched (any other build searches again). What is read is counted again; a damaged or stale file is searched again and
/// replaced. Answers are those without it.
/// </summary>
public sealed class MapCache
{
    // What a search, its costs and its legality are made of.
    private static readonly string Program = string.Join(' ', new[] { typeof(MapSearch), typeof(ArchModel.Hierarchies.Hierarchy),
        typeof(Workloads.Nests.LoopLayer), typeof(Foundation.Yaml.YamlNode) }.Select(t => t.Assembly.ManifestModule.ModuleVersionId));

    private readonly string? _folder;

    /// <summary>A cache in a folder, which is made when something is stored; null: none.</summary>
    public MapCache(string? folder) => _folder = folder;

    /// <summary>Results that were read.</summary>
    public int Found { get; private set; }

    /// <summary>Files that were damaged or stale.</summary>
    public int Refused { get; private set; }

    /// <summary>Why the last result could not be stored or read; null: all could.</summary>
    public string? Problem { get; private set; }

    /// <summary>As <see cref="MapSearch.Best"/>.</summary>
    public MapResult? Best(MapProblem problem, MapObjective objective, long effort)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (_folder is null) return MapSearch.Best(problem, objective, effort);
        string key = MapEntry.Digest($"{Program}\n{ProblemText.Of(problem, objective, effort)}");
        string path = Path.Combine(_folder, key[..2], key + ".map");
        if (Read(path) is { } text)
        {
            if (MapEntry.Read(text, key, problem, objective) is { } known)
            {
                Found++;
                return known;
            }
            Refused++;
        }
        MapResult? result = MapSearch.Best(problem, objective, effort);
        if (result is not null) Write(path, MapEntry.Write(key, result, problem));
        return result;
    }

    /// <summary>As <see cref="MapFront.Of(MapProblem, int)"/>.</summary>
    public MapFront Front(MapProblem problem, int mostPoints) =>
        MapFront.Of(problem, mostPoints, limited => Best(limited, MapObjective.Energy, SearchEffort.Full));

    private string? Read(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem = e.Message;
            return null;
        }
    }

    // Whole or not at all: others may read and write the same.
    private void Write(string path, string text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            string draft = $"{path}.{Path.GetRandomFileName()}";
            File.WriteAllText(draft, text);
            File.Move(draft, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problem = e.Message;
        }
    }
}
