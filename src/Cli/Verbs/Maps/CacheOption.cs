using System.CommandLine;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Cache;

namespace Sim.Cli.Verbs.Maps;

/// <summary>`--cache DIR|none`: where results of searches are kept.</summary>
internal static class CacheOption
{
    private const string None = "none";

    /// <summary>The option.</summary>
    public static Option<string?> Create() => new("--cache")
    {
        Description = "Folder that keeps results of searches, or none. Left out: sim/maps in the user's cache folder",
        HelpName = "DIR|none",
    };

    /// <summary>The cache; records a folder that cannot be made (MAP035).</summary>
    public static MapCache Open(string? given, DiagnosticBag bag)
    {
        if (given == None) return new MapCache(null);
        if (given is null) return new MapCache(UserFolder());
        try
        {
            Directory.CreateDirectory(given);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            bag.Error(new Location(given), "MAP035", $"cannot be a cache: {e.Message}; name another folder, or '--cache {None}'");
        }
        return new MapCache(given);
    }

    /// <summary>Tells what a user should know of it.</summary>
    public static void Tell(MapCache cache, Terminal terminal)
    {
        if (cache.Refused > 0) terminal.Error.WriteLine($"warning: cache: {cache.Refused} damaged or stale entries were searched again");
        if (cache.Problem is { } problem) terminal.Error.WriteLine($"warning: cache: {problem}");
    }

    // Null where the user has no home.
    private static string? UserFolder()
    {
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        // The XDG Base Directory Specification: paths that are not absolute are ignored.
        if (string.IsNullOrEmpty(cache) || !Path.IsPathRooted(cache))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (home.Length == 0) return null;
            cache = OperatingSystem.IsLinux() ? Path.Combine(home, ".cache")
                : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        }
        return Path.Combine(cache, "sim", "maps");
    }
}
