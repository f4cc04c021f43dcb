using Sim.Foundation.Diagnostics;
using Sim.Reports.Exporters;
using Sim.Simulator;

namespace Sim.Cli.Verbs;

/// <summary>Writes the results of a run. Each file appears whole or not at all: it is written beside its place and then renamed.</summary>
internal static class RunFiles
{
    internal static void Write(string folder, string json, RunRecord record)
    {
        try
        {
            Directory.CreateDirectory(folder);
            Replace(Path.Combine(folder, "record.json"), json + "\n");
            Replace(Path.Combine(folder, "layers.csv"), LayerTable.Head + string.Concat(record.Layers.Select(l => LayerTable.Row(0, l))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Location(folder), "CLI003", $"cannot write results: {e.Message}");
        }
    }

    private static void Replace(string path, string text)
    {
        string fresh = path + ".tmp";
        File.WriteAllText(fresh, text);
        File.Move(fresh, path, overwrite: true);
    }
}
