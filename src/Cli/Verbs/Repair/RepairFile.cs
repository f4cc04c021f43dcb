using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs.Repair;

/// <summary>Writes the repaired network: whole or not at all, and over a file that is there only when that was asked.</summary>
internal static class RepairFile
{
    internal static void Write(string path, byte[] model, bool force)
    {
        string full = Path.GetFullPath(path), fresh = $"{full}.{Environment.ProcessId}.new";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllBytes(fresh, model);
            File.Move(fresh, full, overwrite: force);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InvalidInputException(new Location(path), "RPR003", $"cannot be written: {e.Message}");
        }
        finally
        {
            Remove(fresh);
        }
    }

    // What a full disk left half written must not be in the way of the next try.
    private static void Remove(string fresh)
    {
        try
        {
            File.Delete(fresh);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has a name of its own.
        }
    }
}
