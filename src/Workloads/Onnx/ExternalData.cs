using System.Globalization;
using System.Security.Cryptography;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Onnx;

/// <summary>Reads tensors that an ONNX model keeps in files beside it (keys location, offset, length) and adds their bytes to the model's digest.</summary>
internal sealed class ExternalData(string folder, Action<string, string> report, IncrementalHash digest)
{
    /// <summary>The tensor's bytes, or null after reporting why not. A location must be a relative path that stays below the model's folder.</summary>
    public byte[]? Read(TensorProto proto, string what, long expected)
    {
        Dictionary<string, string> keys = [];
        foreach (StringStringEntryProto entry in proto.ExternalData) keys[entry.Key] = entry.Value;
        if (!keys.TryGetValue("location", out string? location) || location.Length == 0)
            return Fail("ONX024", $"{what} is kept in an external file but names no location");
        if (Path.IsPathRooted(location) || location.Contains('\0') || location.Contains(':') || location.Split('/', '\\').Contains(".."))
            return Fail("ONX025", $"{what} has external location '{location}'; only a path below the model's folder is allowed");
        if (!Number(keys, "offset", 0, out long offset) || !Number(keys, "length", expected, out long length))
            return Fail("ONX024", $"{what} has an external offset or length that is not a whole number ≥ 0");
        if (length != expected) return Fail("ONX021", $"{what} needs {expected} bytes, its external length says {length}");
        if (length > Array.MaxLength) return Fail("ONX024", $"{what} has {length} bytes; at most {Array.MaxLength} are supported");
        try
        {
            using FileStream file = File.OpenRead(Path.Combine(folder, location));
            if (offset > file.Length - length)
                return Fail("ONX024", $"{what}: external file '{location}' has {file.Length} bytes, too few for {length} at offset {offset}");
            file.Position = offset;
            var bytes = new byte[length];
            file.ReadExactly(bytes);
            digest.AppendData(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Fail("ONX024", $"{what}: external file '{location}' cannot be read: {e.Message}");
        }
    }

    private static bool Number(Dictionary<string, string> keys, string key, long absent, out long value)
    {
        value = absent;
        return !keys.TryGetValue(key, out string? text) || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 0);
    }

    private byte[]? Fail(string code, string message)
    {
        report(code, message);
        return null;
    }
}
