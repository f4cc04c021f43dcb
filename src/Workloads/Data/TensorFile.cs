using System.IO.Compression;
using Google.Protobuf;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Data;

/// <summary>Reads data files by their extension: .npy, .npz (`file.npz` when it holds one array, else `file.npz:name`), .pb (ONNX TensorProto).</summary>
public static class TensorFile
{
    /// <summary>One tensor; null after recording what is wrong.</summary>
    public static Tensor? Read(string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(bag);
        int split = path.IndexOf(".npz:", StringComparison.OrdinalIgnoreCase);
        (string file, string? entry) = split < 0 ? (path, null) : (path[..(split + 4)], path[(split + 5)..]);
        if (ReadBytes(file, bag) is not { } bytes) return null;
        switch (Path.GetExtension(file).ToUpperInvariant())
        {
            case ".NPY": return NpyReader.Read(bytes, file, bag);
            case ".NPZ": return ReadArchive(bytes, file, bag) is { } arrays ? Choose(arrays, entry, file, bag) : null;
            case ".PB": return ReadProto(bytes, file, bag);
            default:
                bag.Error(new Location(file, 1, 1), "DAT002", "data files end in .npy, .npz or .pb");
                return null;
        }
    }

    /// <summary>Every array of an .npz file by its name without ".npy"; null after recording what is wrong.</summary>
    public static IReadOnlyDictionary<string, Tensor>? ReadArchive(string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        return ReadBytes(path, bag) is { } bytes ? ReadArchive(bytes, path, bag) : null;
    }

    private static SortedDictionary<string, Tensor>? ReadArchive(byte[] bytes, string file, DiagnosticBag bag)
    {
        var arrays = new SortedDictionary<string, Tensor>(StringComparer.Ordinal);
        int before = bag.ErrorCount;
        try
        {
            using var archive = new ZipArchive(new MemoryStream(bytes), ZipArchiveMode.Read);
            foreach (ZipArchiveEntry entry in archive.Entries)
            {
                using Stream stream = entry.Open();
                using var memory = new MemoryStream();
                stream.CopyTo(memory);
                string name = entry.FullName.EndsWith(".npy", StringComparison.Ordinal) ? entry.FullName[..^4] : entry.FullName;
                if (NpyReader.Read(memory.GetBuffer().AsSpan(0, (int)memory.Length), $"{file}:{name}", bag) is { } tensor) arrays[name] = tensor;
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException or ArgumentException or OverflowException)
        {
            bag.Error(new Location(file, 1, 1), "NPZ001", $"not a whole .npz archive: {e.Message}");
        }
        return bag.ErrorCount == before ? arrays : null;
    }

    private static Tensor? Choose(SortedDictionary<string, Tensor> arrays, string? entry, string file, DiagnosticBag bag)
    {
        if (entry is null && arrays.Count == 1) return arrays.Values.First();
        if (entry is not null && arrays.TryGetValue(entry, out Tensor? tensor)) return tensor;
        string names = string.Join(", ", arrays.Keys);
        bag.Error(new Location(file, 1, 1), "NPZ002",
            entry is null ? $"holds {arrays.Count} arrays; name one as '{file}:NAME' ({names})" : $"has no array '{entry}'{NearestName.Hint(entry, arrays.Keys)}; it has {names}");
        return null;
    }

    /// <summary>An ONNX TensorProto from its bytes; null after recording what is wrong.</summary>
    public static Tensor? ReadProto(ReadOnlySpan<byte> bytes, string file, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        try
        {
            TensorProto proto = TensorProto.Parser.ParseFrom(bytes);
            if (proto.HasDataType)
                return new OnnxTensorReader((code, message) => bag.Error(new Location(file, 1, 1), code, message), null).Read(proto, $"tensor '{proto.Name}'");
            bag.Error(new Location(file, 1, 1), "DAT003", "not an ONNX TensorProto: it has no data type");
        }
        catch (InvalidProtocolBufferException e)
        {
            bag.Error(new Location(file, 1, 1), "DAT003", $"not a whole ONNX TensorProto: {e.Message}");
        }
        return null;
    }

    private static byte[]? ReadBytes(string file, DiagnosticBag bag)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            bag.Error(new Location(file, 1, 1), "DAT001", $"cannot be read: {e.Message}");
            return null;
        }
    }
}
