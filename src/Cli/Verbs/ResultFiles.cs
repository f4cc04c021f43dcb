using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs;

/// <summary>Writes the files of an answer. Each appears whole or not at all: it is written beside its place and then renamed.</summary>
internal static class ResultFiles
{
    /// <summary>Refuses a file that cannot be written, before anything is computed for it.</summary>
    internal static void Check(string? file, string option, DiagnosticBag bag)
    {
        if (file is null) return;
        string path = file.Length == 0 ? "" : Path.GetFullPath(file);
        string? above = file.Length == 0 ? null : Path.GetDirectoryName(path);
        while (above is not null && !Directory.Exists(above) && !File.Exists(above)) above = Path.GetDirectoryName(above);
        if (above is null || Directory.Exists(path)) bag.Error(new Location(option), "CLI003", $"cannot write '{file}': it is no file");
        else if (File.Exists(above)) bag.Error(new Location(option), "CLI003", $"cannot write '{file}': '{above}' is no folder");
    }

    internal static void Write(string folder, params (string Name, string Text)[] files)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach ((string name, string text) in files)
            {
                string path = Path.Combine(folder, name), fresh = path + ".tmp";
                File.WriteAllText(fresh, text);
                File.Move(fresh, path, overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Location(folder), "CLI003", $"cannot write results: {e.Message}");
        }
    }
}
