using System.Globalization;
using System.Security.Cryptography;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Onnx;

/// <summary>Reads tensors that an ONNX model keeps in files beside it (keys location, offset, length) and adds their bytes to the model's
/// digest.</summary>
internal sealed class ExternalData(string folder, Action<string, string> report, IncrementalHash digest)
{
    private const int MostLinks = 40;

    /// <summary>The tensor, or null after reporting why not. A location must be a relative path that stays below the model's folder,
    /// through symbolic links too.</summary>
    public Tensor? Read(TensorProto proto, string what, ElementType type, int[] shape)
    {
        Dictionary<string, string> keys = [];
        foreach (StringStringEntryProto entry in proto.ExternalData) keys[entry.Key] = entry.Value;
        if (!keys.TryGetValue("location", out string? location) || location.Length == 0)
            return Fail("ONX024", $"{what} is kept in an external file but names no location");
        if (Path.IsPathRooted(location) || location.Contains('\0') || location.Contains(':') || location.Split('/', '\\').Contains(".."))
            return Fail("ONX025", $"{what} has external location '{location}'; only a path below the model's folder is allowed");
        long expected = type.StoredBytes(Shapes.Count(shape));
        if (!Number(keys, "offset", 0, out long offset) || !Number(keys, "length", expected, out long length))
            return Fail("ONX024", $"{what} has an external offset or length that is not a whole number ≥ 0");
        // Some exporters write 0 for "not given".
        if (length != expected && length != 0) return Fail("ONX021", $"{what} needs {expected} bytes, its external length says {length}");
        try
        {
            string path = RealPath(Path.Combine(folder, location)), root = RealPath(folder);
            if (!path.StartsWith(root.EndsWith(Path.DirectorySeparatorChar) ? root : root + Path.DirectorySeparatorChar,
                StringComparison.Ordinal))
                return Fail("ONX025", $"{what} has external location '{location}', a symbolic link that leaves the model's folder; only a path below it is allowed");
            using ModelSource file = ModelSource.Of(path);
            if (offset > file.Length - expected)
                return Fail("ONX024", $"{what}: external file '{location}' has {file.Length} bytes, too few for {expected} at offset {offset}");
            return ElementBytes.Read(type, shape, to =>
            {
                file.Read(offset, to);
                digest.AppendData(to);
                offset += to.Length;
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Fail("ONX024", $"{what}: external file '{location}' cannot be read: {e.Message}");
        }
    }

    // The path with every symbolic link in it followed.
    private static string RealPath(string path)
    {
        string full = Path.GetFullPath(path), real = Path.GetPathRoot(full) ?? "";
        var left = new Stack<string>(full[real.Length..].Split(Path.DirectorySeparatorChar).Reverse());
        for (int links = 0; left.TryPop(out string? part);)
        {
            if (part is "" or ".") continue;
            string next = part == ".." ? Path.GetDirectoryName(real) ?? real : Path.Combine(real, part);
            if (part == ".." || new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }
            if (++links > MostLinks) throw new IOException("too many symbolic links");
            if (Path.IsPathRooted(target)) real = Path.GetPathRoot(target)!;
            foreach (string piece in target[(Path.IsPathRooted(target) ? real.Length : 0)..].Split(Path.DirectorySeparatorChar)
                .Reverse()) left.Push(piece);
        }
        return real;
    }

    private static bool Number(Dictionary<string, string> keys, string key, long absent, out long value)
    {
        value = absent;
        return !keys.TryGetValue(key, out string? text)
            || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 0);
    }

    private Tensor? Fail(string code, string message)
    {
        report(code, message);
        return null;
    }
}
