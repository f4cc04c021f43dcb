using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs.Repair;

/// <summary>Writes the repaired network: whole or not at all, and over a file that is there only when that was asked.</summary>
internal static class RepairFile
{
    internal static void Write(string path, byte[] model, bool force)
    {
        try
        {
            string full = Path.GetFullPath(path), fresh = full + ".tmp";
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllBytes(fresh, model);
            File.Move(fresh, full, overwrite: force);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidInputException(new Location(path), "RPR003", $"cannot be written: {e.Message}");
        }
    }
}
