using System.Collections.Immutable;
using System.Security.Cryptography;
using Google.Protobuf;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx.Messages;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Onnx;

/// <summary>Reads an ONNX file into a <see cref="NetworkGraph"/>: structure checked, constants loaded, nodes in topological
/// order.</summary>
public static class OnnxReader
{
    /// <summary>Oldest and newest opset of the standard domain that is understood: 7 brought numpy broadcasting.</summary>
    public const int OldestOpset = 7, NewestOpset = 25;

    /// <summary>
    /// Reads a file and checks that it can be run: operators supported, arities and attributes known, shapes consistent (an open dimension
    /// taken as 1).
    /// Null after recording every problem found.
    /// </summary>
    public static NetworkGraph? Load(string path, DiagnosticBag bag) => FromFile(path, bag, source => Load(source, path, bag, true));

    /// <summary>As <see cref="Load(string, DiagnosticBag)"/>, but shapes are not judged: for a network whose data say what open dimensions
    /// are. See <see cref="GraphChecks.Shapes"/>.</summary>
    public static NetworkGraph? LoadOpen(string path, DiagnosticBag bag) => FromFile(path, bag, source => Load(source, path, bag, false));

    /// <summary><see cref="Load(string, DiagnosticBag)"/> of a model that is in memory; <paramref name="path"/> names it and says where
    /// external data lie.</summary>
    public static NetworkGraph? Load(ReadOnlyMemory<byte> model, string path, DiagnosticBag bag)
    {
        using ModelSource source = ModelSource.Of(model);
        return Load(source, path, bag, true);
    }

    /// <summary>Reads a file's structure; null after recording every problem found. Operators are not judged here: see
    /// <see cref="Load(string, DiagnosticBag)"/>.</summary>
    public static NetworkGraph? Read(string path, DiagnosticBag bag) => FromFile(path, bag, source => Read(source, path, bag));

    /// <summary>
    /// Reads the structure of a model that is in memory. Digest = SHA-256 of its bytes followed by the bytes of its external tensors in
    /// file order.
    /// </summary>
    public static NetworkGraph? Read(ReadOnlyMemory<byte> bytes, string path, DiagnosticBag bag)
    {
        using ModelSource source = ModelSource.Of(bytes);
        return Read(source, path, bag);
    }

    private static NetworkGraph? Load(ModelSource source, string path, DiagnosticBag bag, bool shapes)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        if (Parse(source, path, bag) is not { } graph) return null;
        GraphChecks.Operators(graph, path, bag);
        return bag.ErrorCount == before && (!shapes || GraphChecks.Shapes(graph, path, bag)) ? graph : null;
    }

    private static NetworkGraph? Read(ModelSource source, string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        NetworkGraph? graph = Parse(source, path, bag);
        return bag.ErrorCount == before ? graph : null;
    }

    private static NetworkGraph? FromFile(string path, DiagnosticBag bag, Func<ModelSource, NetworkGraph?> read)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(bag);
        try
        {
            using ModelSource source = ModelSource.Of(path);
            return read(source);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException
            or ArgumentException { InnerException: null, ParamName: "path" })
        {
            bag.Error(new Location(path, 1, 1), "ONX000", $"cannot be read: {e.Message}");
            return null;
        }
    }

    // A graph with recorded errors is still returned, so that its operators can be judged in the same pass.
    private static NetworkGraph? Parse(ModelSource source, string path, DiagnosticBag bag)
    {
        var problems = new OnnxProblems(path, bag);
        using IncrementalHash digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(SlimMessage.Of(source, SlimMessage.Kind.Model, digest));
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
        {
            problems.File("ONX001", $"not a whole ONNX model (truncated or another kind of file): {e.Message}");
            return null;
        }
        if (model.Graph is null)
        {
            problems.File("ONX002", "holds no graph: not an ONNX model, or a truncated one");
            return null;
        }
        var builder = new GraphBuilder(model.Graph, Opset(model, problems), problems, source, Path.GetDirectoryName(Path.GetFullPath(path))
            ?? "", digest);
        NetworkGraph graph = builder.Build();
        return graph with { Digest = Convert.ToHexStringLower(digest.GetHashAndReset()) };
    }

    // A model imports the operator sets that it uses (ONNX IR, Models): nodes of the standard domain need theirs, a graph of QONNX alone
    // needs none.
    private static int Opset(ModelProto model, OnnxProblems problems)
    {
        long? version = null;
        foreach (OperatorSetIdProto import in model.OpsetImport)
            if (import.Domain is "" or "ai.onnx") version = import.Version;
        bool isNeeded = model.Graph.Node.Count == 0
            || model.Graph.Node.Any(n => n.Domain is "" or "ai.onnx" && !QonnxQuantizer.Operators.Contains(n.OpType));
        if (version is null && isNeeded) problems.File("ONX003",
            "imports no operator set of the standard domain: not an ONNX model, or a truncated one");
        else if (version is < OldestOpset or > NewestOpset)
            problems.File("ONX003", $"uses opset {version}; supported are {OldestOpset} to {NewestOpset}");
        return (int)Math.Clamp(version ?? NewestOpset, 0, int.MaxValue);
    }
}
