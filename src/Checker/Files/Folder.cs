using System.Security.Cryptography;
using System.Text.Json;

namespace Sim.Checker.Files;

/// <summary>The files of a certificate: plain names within one folder, each bound by a SHA-256, each named once.</summary>
internal sealed class Folder(string path)
{
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    /// <summary>A file's bytes.</summary>
    /// <param name="sha256">What its digest must be; null: whatever it is.</param>
    internal byte[] Read(string name, string? sha256)
    {
        if (name.Length is 0 or > 200 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') || name.StartsWith('.'))
            throw new Fault($"'{Shown(name)}' is no plain file name");
        if (!_read.Add(name)) throw new Fault($"{name} is named twice");
        byte[] bytes = Bytes(Path.Combine(path, name));
        if (sha256 is not null && Convert.ToHexStringLower(SHA256.HashData(bytes))
            != sha256) throw new Fault($"{name} has another SHA-256 than the certificate says");
        return bytes;
    }

    /// <summary>A JSON file.</summary>
    internal JsonDocument Json(string name, string? sha256)
    {
        byte[] bytes = Read(name, sha256);
        try
        {
            return JsonDocument.Parse(bytes);
        }
        catch (JsonException e)
        {
            throw new Fault($"{name} is no JSON: {Shown(e.Message)}");
        }
    }

    /// <summary>Files that nothing named.</summary>
    internal IEnumerable<string> Unread() => Directory.EnumerateFileSystemEntries(path).Select(p => Path.GetFileName(p))
        .Where(n => !_read.Contains(n)).Order(StringComparer.Ordinal);

    /// <summary>A file as a whole. What has no length (a device, a pipe) is not read.</summary>
    internal static byte[] Bytes(string file)
    {
        string name = Path.GetFileName(file);
        try
        {
            var info = new FileInfo(file);
            if (!info.Exists || info.Length is 0 or > 0x7FFFFFC7) throw new Fault($"{name} is missing, empty or too large");
            using FileStream stream = info.OpenRead();
            var bytes = new byte[info.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new Fault($"{name} cannot be read: {Shown(e.Message)}");
        }
    }

    /// <summary>Text of a file as a message may show it: short, and without control characters.</summary>
    internal static string Shown(string text) => string.Concat(text.Take(120).Select(c => char.IsControl(c) ? '?' : c));
}
