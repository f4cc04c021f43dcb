using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs;

/// <summary>Writes the files of an answer. Each appears whole or not at all: it is written beside its place and then renamed.</summary>
internal static class ResultFiles
{
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
