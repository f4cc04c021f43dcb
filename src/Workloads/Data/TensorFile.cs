using Google.Protobuf;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Data;

/// <summary>Reads data files by their extension: .npy, .npz (`file.npz` when it holds one array, else `file.npz:name`), .pb (ONNX
/// TensorProto).</summary>
public static class TensorFile
{
    /// <summary>One tensor; null after recording what is wrong.</summary>
    public static Tensor? Read(string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(bag);
        int split = path.IndexOf(".npz:", StringComparison.OrdinalIgnoreCase);
        (string file, string? entry) = split < 0 ? (path, null) : (path[..(split + 4)], path[(split + 5)..]);
        switch (Path.GetExtension(file).ToUpperInvariant())
        {
            case ".NPY": return Opened(file, bag, RegularFile.ReadAllBytes) is { } npy ? NpyReader.Read(npy, file, bag) : null;
            case ".NPZ": return Archive(file, bag, archive => Choose(archive, entry, file, bag));
            case ".PB": return Opened(file, bag, RegularFile.ReadAllBytes) is { } proto ? ReadProto(proto, file, bag) : null;
            default:
                bag.Error(new Location(file, 1, 1), "DAT002", "data files end in .npy, .npz or .pb");
                return null;
        }
    }

    /// <summary>Every array of an .npz file by its name without ".npy"; null after recording what is wrong.</summary>
    public static IReadOnlyDictionary<string, Tensor>? ReadArchive(string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        var arrays = new SortedDictionary<string, Tensor>(StringComparer.Ordinal);
        return Archive(path, bag, archive =>
        {
            bool whole = true;
            foreach (string name in archive.Names)
            {
                if (archive.Read(name) is { } tensor) arrays.Add(name, tensor);
                else whole = false;
            }
            return whole ? arrays : null;
        });
    }

    private static Tensor? Choose(NpzArchive archive, string? entry, string file, DiagnosticBag bag)
    {
        if (entry is null && archive.Names.Count == 1) return archive.Read(archive.Names.First());
        if (entry is not null && archive.Names.Contains(entry)) return archive.Read(entry);
        string names = archive.Names.Count == 0 ? "none" : string.Join(", ", archive.Names.Take(20).Select(n => PlainText.Of(n)))
            + (archive.Names.Count > 20 ? ", ..." : "");
        bag.Error(new Location(file, 1, 1), "NPZ002", entry is null
            ? $"holds {archive.Names.Count} arrays; name one as '{file}:NAME' ({names})"
            : $"has no array '{entry}'{NearestName.Hint(entry, archive.Names.Where(n => n.Length <= 200))}; it has {names}");
        return null;
    }

    /// <summary>An ONNX TensorProto from its bytes; null after recording what is wrong.</summary>
    public static Tensor? ReadProto(ReadOnlyMemory<byte> bytes, string file, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        try
        {
            using ModelSource source = ModelSource.Of(bytes);
            TensorProto proto = TensorProto.Parser.ParseFrom(SlimMessage.Of(source, SlimMessage.Kind.Tensor));
            if (proto.HasDataType)
                return new OnnxTensorReader((code, message) => bag.Error(new Location(file, 1, 1), code, message), source, null)
                    .Read(proto, $"tensor '{PlainText.Of(proto.Name)}'");
            bag.Error(new Location(file, 1, 1), "DAT003", "not an ONNX TensorProto: it has no data type");
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
        {
            bag.Error(new Location(file, 1, 1), "DAT003", $"not a whole ONNX TensorProto: {PlainText.Of(e.Message, 200)}");
        }
        return null;
    }

    private static T? Archive<T>(string file, DiagnosticBag bag, Func<NpzArchive, T?> use) where T : class
    {
        using FileStream? stream = Opened(file, bag, RegularFile.Open);
        using NpzArchive? archive = stream is null ? null : NpzArchive.Open(file, stream, bag);
        return archive is null ? null : use(archive);
    }

    private static T? Opened<T>(string file, DiagnosticBag bag, Func<string, T> open) where T : class
    {
        try
        {
            return open(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            bag.Error(new Location(file, 1, 1), "DAT001", $"cannot be read: {e.Message}");
            return null;
        }
    }
}
