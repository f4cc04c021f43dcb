using System.Globalization;
using Sim.Foundation.Diagnostics;
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
            Replace(Path.Combine(folder, "layers.csv"), Layers(record));
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

    private static string Layers(RunRecord record)
    {
        var lines = new List<string> { "layer,type,groups,m,n,k,compute_cycles,stall_cycles,utilization,energy_pj,sqnr_db,outputs,overflowed,nan,saturated_inputs,nan_inputs,kernel" };
        foreach (LayerRecord l in record.Layers)
        {
            LayerNumerics? n = l.Numerics;
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"{Quoted(l.Name)},{l.OpType},{l.Groups},{l.M},{l.N},{l.K},{l.ComputeCycles},{l.StallCycles},{l.Utilization:R},{RunTable.Energy(l):R},{n?.SqnrDb:R},{n?.Outputs},{n?.OverflowedOutputs},{n?.NaNOutputs},{n?.SaturatedInputs},{n?.NaNInputs},{n?.Kernel}"));
        }
        return string.Join('\n', lines) + "\n";
    }

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
