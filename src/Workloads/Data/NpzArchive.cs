using System.IO.Compression;
using System.IO.Hashing;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Data;

/// <summary>
/// An .npz archive: a zip file of .npy members. Only members that are asked for are read. The checksum of each is compared, a name that
/// occurs twice is refused, and a member is unpacked only as far as a bound that the archive's own size sets.
/// </summary>
internal sealed class NpzArchive : IDisposable
{
    private const long SmallMember = 24L << 20;

    private readonly string _file;
    private readonly DiagnosticBag _bag;
    private readonly ZipArchive _zip;
    private readonly SortedDictionary<string, ZipArchiveEntry> _members = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _twice = new(StringComparer.Ordinal);

    private NpzArchive(string file, Stream stream, DiagnosticBag bag)
    {
        (_file, _bag) = (file, bag);
        Limit = Math.Min(Array.MaxLength, SmallMember + stream.Length / 2 * 3);
        _zip = new ZipArchive(stream, ZipArchiveMode.Read);
        bool anyArray = _zip.Entries.Any(e => IsArray(e.FullName));
        foreach (ZipArchiveEntry entry in _zip.Entries)
        {
            // Beside .npy members others (a README) have no part in the archive's arrays.
            if (entry.FullName.EndsWith('/') || anyArray && !IsArray(entry.FullName)) continue;
            string name = IsArray(entry.FullName) ? entry.FullName[..^4] : entry.FullName;
            if (!_members.TryAdd(name, entry)) _twice.Add(name);
        }
    }

    /// <summary>Most bytes that one member may unpack to.</summary>
    internal long Limit { get; }

    /// <summary>Members by name without ".npy", in order.</summary>
    internal IReadOnlyCollection<string> Names => _members.Keys;

    /// <summary>The archive, or null after recording why it cannot be read.</summary>
    internal static NpzArchive? Open(string file, Stream stream, DiagnosticBag bag)
    {
        try
        {
            return new NpzArchive(file, stream, bag);
        }
        catch (Exception e) when (IsDamage(e))
        {
            bag.Error(new Location(file, 1, 1), "NPZ001", $"not a whole .npz archive: {PlainText.Of(e.Message, 200)}");
            return null;
        }
    }

    /// <summary>One member as a tensor; null after recording what is wrong with it.</summary>
    internal Tensor? Read(string name)
    {
        Tensor? Fail(string code, string what)
        {
            _bag.Error(new Location(_file, 1, 1), code, what);
            return null;
        }
        ZipArchiveEntry entry = _members[name];
        string shown = PlainText.Of(name);
        if (_twice.Contains(name)) return Fail("NPZ003", $"holds '{shown}' twice; which one is meant is open");
        if (entry.Length > Limit)
            return Fail("NPZ004", $"'{shown}' unpacks to {entry.Length} bytes; at most {Limit} are unpacked from an archive of this size. Save large arrays uncompressed (numpy.savez)");
        var bytes = new byte[entry.Length];
        try
        {
            using Stream stream = entry.Open();
            int got = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (got < bytes.Length) return Fail("NPZ001", $"'{shown}' is damaged: it ends after {got} bytes of {bytes.Length}");
            if (stream.ReadByte() >= 0) return Fail("NPZ001",
                $"'{shown}' is damaged: it is longer than the {bytes.Length} bytes that the archive says");
        }
        catch (Exception e) when (IsDamage(e))
        {
            return Fail("NPZ001", $"'{shown}' cannot be unpacked: {PlainText.Of(e.Message, 200)}");
        }
        if (Crc32.HashToUInt32(bytes) != entry.Crc32) return Fail("NPZ001",
            $"'{shown}' is damaged: its checksum (CRC-32) is not the one that the archive says");
        return NpyReader.Read(bytes, $"{_file}:{shown}", _bag);
    }

    public void Dispose() => _zip.Dispose();

    private static bool IsArray(string name) => name.EndsWith(".npy", StringComparison.Ordinal);

    private static bool IsDamage(Exception e) =>
        e is InvalidDataException or IOException or NotSupportedException or ArgumentException or OverflowException
            or IndexOutOfRangeException;
}
