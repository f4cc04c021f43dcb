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
    /// <summary>Oldest and newest opset of the standard domain that is understood.</summary>
    public const int OldestOpset = 9, NewestOpset = 25;

    /// <summary>
    /// Reads a file and checks that it can be run: operators supported, arities and attributes known, shapes consistent (by one run on zeros with a batch of 1).
    /// Null after recording every problem found.
    /// </summary>
    public static NetworkGraph? Load(string path, DiagnosticBag bag)
    {
        if (Read(path, bag) is not { } graph) return null;
        return GraphChecks.Operators(graph, path, bag) && GraphChecks.Shapes(graph, path, bag) ? graph : null;
    }

    /// <summary>
    /// Reads a file's structure; null after recording every problem found. Digest = SHA-256 of the file's bytes followed by the bytes of its external tensors in file order.
    /// Operators are not judged here: see <see cref="Load"/>.
    /// </summary>
    public static NetworkGraph? Read(string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(bag);
        var problems = new OnnxProblems(path, bag);
        int before = bag.ErrorCount;
        ModelProto model;
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
            model = ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            problems.File("ONX001", $"not a whole ONNX model (truncated or another kind of file): {e.Message}");
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            problems.File("ONX000", $"cannot be read: {e.Message}");
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
        return bag.ErrorCount > before ? null : graph with { Digest = Convert.ToHexStringLower(digest.GetHashAndReset()) };
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
