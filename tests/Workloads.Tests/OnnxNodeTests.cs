using System.Formats.Tar;
using System.IO.Compression;
using System.Text.RegularExpressions;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;

namespace Sim.Tests;

/// <summary>ONNX's own backend node tests (expected outputs from ONNX's numpy reference), for every operator of the catalogue.</summary>
public sealed class OnnxNodeTests
{
    /// <summary>Tests of supported operators that are left out, as regular expressions of their names with the reason.</summary>
    private static readonly (string Pattern, string Reason)[] Excluded =
    [
        ("^test_training_dropout|^test_batchnorm_.*training_mode$", "training; only inference is executed"),
        ("^test_identity_(opt|sequence)$", "optionals and sequences"),
        ("^test_equal_string", "strings"),
        ("^test_not_[23]d$", "opset 1; supported are 7 to 25"),
        ("^test_range_.*_delta$", "opset 27; supported are 7 to 25"),
    ];

    // Identity, too, is one of them; its only tests are over optionals.
    private static readonly string[] MainOperators =
    [
        "Conv", "Gemm", "MatMul", "Add", "Sub", "Mul", "Div", "Relu", "Clip", "Sigmoid", "Tanh", "Softmax", "MaxPool", "AveragePool",
            "GlobalAveragePool",
        "BatchNormalization", "Flatten", "Reshape", "Transpose", "Concat", "Squeeze", "Unsqueeze", "Pad", "ReduceMean", "Constant",
        "QuantizeLinear", "DequantizeLinear", "QLinearConv", "QLinearMatMul",
    ];

    [Test]
    public void Every_node_test_of_a_supported_operator_passes()
    {
        SortedDictionary<string, Dictionary<string, byte[]>> cases = ReadCases(ReferenceData.Shared("reference/onnx-node-tests.tar.gz"));
        Dictionary<string, string> operators = Index(cases);
        var supported = OperatorCatalogue.Names.ToHashSet();
        var failures = new List<string>();
        var perOperator = new SortedDictionary<string, int>(StringComparer.Ordinal);
        int passed = 0, excluded = 0;
        foreach ((string name, Dictionary<string, byte[]> files) in cases)
        {
            if (!files.ContainsKey("model.onnx") || !operators.TryGetValue(name, out string? ops) || !ops.Split(',', ' ', '+')
                .All(supported.Contains)) continue;
            if (IsExcluded(name))
            {
                excluded++;
                continue;
            }
            if (Problem(name, files) is { } problem) failures.Add($"{name}: {problem}");
            else
            {
                passed++;
                foreach (string op in ops.Split(',', ' ', '+')) perOperator[op] = perOperator.GetValueOrDefault(op) + 1;
            }
        }
        TestContext.Out.WriteLine($"{passed} node tests pass, {failures.Count} fail, {excluded} are left out:");
        foreach ((string pattern, string reason) in Excluded) TestContext.Out.WriteLine($"  {pattern}: {reason}");
        Assert.That(failures, Is.Empty, string.Join('\n', failures));
        TestContext.Out.WriteLine(string.Join(", ", perOperator.Select(p => $"{p.Key} {p.Value}")));
        Assert.That(passed, Is.GreaterThanOrEqualTo(400));
        Assert.That(MainOperators.Except(perOperator.Keys), Is.Empty, "operators of CNNs and MLPs without a passing test");
        Truth.Checked("Workloads", "ONNX backend node tests", "onnx/onnx at 6be0677f, expected outputs by its numpy reference", passed,
            $"pass (rtol 1e-3, atol 1e-7; integers exact); {excluded} left out with reasons in OnnxNodeTests");
    }

    internal static bool IsExcluded(string name) => Array.Exists(Excluded, e => Regex.IsMatch(name, e.Pattern));

    private static string? Problem(string name, Dictionary<string, byte[]> files)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Load(files["model.onnx"], $"{name}/model.onnx", bag);
        if (graph is null) return bag.ToString();
        var inputs = new Dictionary<string, Tensor>();
        for (int i = 0; i < graph.Inputs.Length; i++)
        {
            if (TensorFile.ReadProto(files[$"test_data_set_0/input_{i}.pb"], name, bag) is not { } t) return bag.ToString();
            inputs[graph.Inputs[i].Name] = t;
        }
        IReadOnlyDictionary<string, Tensor> outputs;
        try
        {
            outputs = GraphExecutor.Run(graph, inputs);
        }
        catch (NetworkException e)
        {
            return e.Message;
        }
        for (int i = 0; i < graph.Outputs.Length; i++)
        {
            if (TensorFile.ReadProto(files[$"test_data_set_0/output_{i}.pb"], name, bag) is not { } expected) return bag.ToString();
            if (Difference(outputs[graph.Outputs[i].Name], expected) is { } difference) return $"output {i}: {difference}";
        }
        return null;
    }

    private static string? Difference(Tensor actual, Tensor expected)
    {
        if (actual.Type != expected.Type) return $"type {actual.Type}, expected {expected.Type}";
        if (!actual.Shape.SequenceEqual(expected.Shape)) return $"shape {Shapes.Text(actual.Shape)}, expected {Shapes.Text(expected.Shape)}";
        for (int i = 0; i < expected.Count; i++)
        {
            double a = At(actual, i), e = At(expected, i);
            bool equal = expected.Type.IsCoded() ? actual.Codes[i] == expected.Codes[i] : expected.Type.IsReal() ? a.Equals(e)
                || Math.Abs(a - e) <= 1e-7 + 1e-3 * Math.Abs(e) : actual.Integers[i] == expected.Integers[i];
            if (!equal) return $"element {i} is {a}, expected {e}";
        }
        return null;
    }

    private static double At(Tensor t, int i) => t.Real(i);

    internal static SortedDictionary<string, Dictionary<string, byte[]>> ReadCases(string path)
    {
        var cases = new SortedDictionary<string, Dictionary<string, byte[]>>(StringComparer.Ordinal);
        using var zip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var tar = new TarReader(zip);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null) continue;
            string[] parts = entry.Name.Split('/', 3);
            using var memory = new MemoryStream();
            entry.DataStream.CopyTo(memory);
            string folder = parts.Length == 3 ? parts[1] : "", file = parts.Length == 3 ? parts[2] : parts[^1];
            if (!cases.TryGetValue(folder, out Dictionary<string, byte[]>? files)) cases[folder] = files = [];
            files[file] = memory.ToArray();
        }
        return cases;
    }

    private static Dictionary<string, string> Index(SortedDictionary<string, Dictionary<string, byte[]>> cases) =>
        System.Text.Encoding.UTF8.GetString(cases[""]["INDEX.tsv"]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(l => l.Split('\t')).ToDictionary(c => c[0], c => c[1]);
}
