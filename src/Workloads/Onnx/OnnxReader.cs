using System.Collections.Immutable;
using System.Security.Cryptography;
using Google.Protobuf;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Onnx;

/// <summary>Reads an ONNX file into a <see cref="NetworkGraph"/>: structure checked, constants loaded, nodes in topological order.</summary>
public static class OnnxReader
{
    /// <summary>Oldest and newest opset of the standard domain that is understood: 7 brought numpy broadcasting.</summary>
    public const int OldestOpset = 7, NewestOpset = 25;

    /// <summary>
    /// Reads a file and checks that it can be run: operators supported, arities and attributes known, shapes consistent (by one run on zeros with a batch of 1).
    /// Null after recording every problem found.
    /// </summary>
    public static NetworkGraph? Load(string path, DiagnosticBag bag) => Bytes(path, bag) is { } bytes ? Load(bytes, path, bag) : null;

    /// <summary><see cref="Load(string, DiagnosticBag)"/> of a model that is in memory; <paramref name="path"/> names it and says where external data lie.</summary>
    public static NetworkGraph? Load(ReadOnlySpan<byte> model, string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        if (Parse(model, path, bag) is not { } graph) return null;
        GraphChecks.Operators(graph, path, bag);
        return bag.ErrorCount == before && GraphChecks.Shapes(graph, path, bag) ? graph : null;
    }

    /// <summary>Reads a file's structure; null after recording every problem found. Operators are not judged here: see <see cref="Load(string, DiagnosticBag)"/>.</summary>
    public static NetworkGraph? Read(string path, DiagnosticBag bag) => Bytes(path, bag) is { } bytes ? Read(bytes, path, bag) : null;

    /// <summary>
    /// Reads the structure of a model that is in memory. Digest = SHA-256 of its bytes followed by the bytes of its external tensors in file order.
    /// </summary>
    public static NetworkGraph? Read(ReadOnlySpan<byte> bytes, string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        NetworkGraph? graph = Parse(bytes, path, bag);
        return bag.ErrorCount == before ? graph : null;
    }

    private static byte[]? Bytes(string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(bag);
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            bag.Error(new Location(path, 1, 1), "ONX000", $"cannot be read: {e.Message}");
            return null;
        }
    }

    // A graph with recorded errors is still returned, so that its operators can be judged in the same pass.
    private static NetworkGraph? Parse(ReadOnlySpan<byte> bytes, string path, DiagnosticBag bag)
    {
        var problems = new OnnxProblems(path, bag);
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            problems.File("ONX001", $"not a whole ONNX model (truncated or another kind of file): {e.Message}");
            return null;
        }
        using IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(bytes);
        int opset = Opset(model, problems);
        if (model.Graph is null)
        {
            problems.File("ONX002", "holds no graph: not an ONNX model, or a truncated one");
            return null;
        }
        NetworkGraph graph = new GraphBuilder(model.Graph, opset, problems, Path.GetDirectoryName(Path.GetFullPath(path)) ?? "", digest).Build();
        return graph with { Digest = Convert.ToHexStringLower(digest.GetHashAndReset()) };
    }

    private static int Opset(ModelProto model, OnnxProblems problems)
    {
        long? version = null;
        foreach (OperatorSetIdProto import in model.OpsetImport)
            if (import.Domain is "" or "ai.onnx") version = import.Version;
        if (version is null) problems.File("ONX003", "imports no operator set of the standard domain: not an ONNX model, or a truncated one");
        else if (version is < OldestOpset or > NewestOpset)
            problems.File("ONX003", $"uses opset {version}; supported are {OldestOpset} to {NewestOpset}");
        return (int)Math.Clamp(version ?? NewestOpset, 0, int.MaxValue);
    }
}
