using System.IO.Compression;

namespace Sim.Tests;

/// <summary>Finds truth that this project did not write: `../shared` beside the checkout when it is there, else the selection committed
/// under `tests/golden`.</summary>
public static class ReferenceData
{
    /// <summary>The folder that holds Sim.sln.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>Path below `../shared`; the calling test is skipped, and says so, when that folder is absent.</summary>
    public static string Shared(string relative)
    {
        string path = Path.Combine(RepositoryRoot, "..", "shared", relative);
        if (!File.Exists(path) && !Directory.Exists(path)) Assert.Ignore($"skipped: reference data '../shared/{relative}' is not beside this checkout");
        return Path.GetFullPath(path);
    }

    /// <summary>A golden vector file, by its name in `../shared/golden`: the full one when present, else the committed selection, else the
    /// test is skipped.</summary>
    public static string Golden(string file)
    {
        foreach (string folder in new[] { Path.Combine(RepositoryRoot, "..", "shared", "golden"),
            Path.Combine(RepositoryRoot, "tests", "golden") })
            foreach (string candidate in new[] { Path.Combine(folder, file), Path.Combine(folder, file + ".gz") })
                if (File.Exists(candidate)) return Path.GetFullPath(candidate);
        Assert.Ignore($"skipped: golden vectors '{file}' are neither in ../shared/golden nor in tests/golden");
        return "";
    }

    /// <summary>Lines of a text or gzip file, comment lines (#) left out, the header line kept.</summary>
    public static IEnumerable<string> Lines(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream plain = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(plain);
        while (reader.ReadLine() is { } line)
            if (line.Length > 0 && line[0] != '#') yield return line;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
            if (File.Exists(Path.Combine(d.FullName, "Sim.sln"))) return d.FullName;
        throw new DirectoryNotFoundException("Sim.sln not found above the test binaries");
    }
}
