using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using static Sim.Tests.OnnxBytes;

namespace Sim.Tests;

/// <summary>
/// Mutations of ONNX models: bytes changed, removed, doubled, exchanged with those of another model, lengths and numbers set to extremes.
/// Each must be read or refused with a located error, with at most 4 times the file + 64 MB allocated; what is read runs on zeros or says
/// why not. Work is bounded by a count of operations, not by a clock.
/// </summary>
public sealed class OnnxFuzzTests
{
    private const double MostOperations = 1e6;

    private static readonly byte[][] Extremes =
    [
        [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x80, 0x80, 0x80, 0x80, 0x08],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0], [1], [0xFF, 0x7F], [0x80, 0x80, 0x40],
    ];

    [Test]
    public void Two_thousand_mutations_are_read_or_refused() => Fuzz(2_000, 1);

    [Test, Category("Nightly")]
    public void A_hundred_thousand_mutations_are_read_or_refused() => Fuzz(100_000, 2);

    /// <summary>ONNX's own node tests as seeds: every operator.</summary>
    [Test, Category("Nightly")]
    public void A_hundred_thousand_mutations_of_node_tests_are_read_or_refused() =>
        Fuzz(100_000, 3, [.. OnnxNodeTests.ReadCases(ReferenceData.Shared("reference/onnx-node-tests.tar.gz")).Values.Where(f =>
            f.ContainsKey("model.onnx")).Select(f => f["model.onnx"])
            .Where(m => m.Length < 10_000 && OnnxReader.Load(m, "seed.onnx", new DiagnosticBag()) is not null)]);

    private static void Fuzz(int count, int seed, byte[][]? models = null)
    {
        byte[][] seeds = models ?? [.. Seeds()];
        Assert.That(seeds, Has.Length.GreaterThanOrEqualTo(7));
        foreach (byte[] whole in seeds) Assert.That(OnnxReader.Load(whole, "seed.onnx", new DiagnosticBag()), Is.Not.Null,
            "a seed is itself at fault");
        var random = new Random(seed);
        int read = 0, refused = 0, ran = 0;
        var failures = new List<string>();
        for (int i = 0; i < count; i++)
        {
            (byte[] whole, byte[] other) = (seeds[i % seeds.Length], seeds[random.Next(seeds.Length)]);
            byte[] bytes = i % 3 == 0 ? Mutated(whole, other, random) : WithFields(whole, other, random);
            var bag = new DiagnosticBag();
            string what = $"mutation {i} of seed {seed}";
            try
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                NetworkGraph? graph = OnnxReader.Load(bytes, "net.onnx", bag);
                if (GC.GetAllocatedBytesForCurrentThread() - before > 4L * bytes.Length
                    + (64 << 20)) failures.Add($"{what}: takes {GC.GetAllocatedBytesForCurrentThread() - before} bytes");
                if (bag.HasErrors != graph is null) failures.Add($"{what}: {(graph is null ? "refused without an error" : "read with errors")}");
                if (bag.Sorted.Any(d => d.Location.File != "net.onnx"
                    || d.Location.Line < 1)) failures.Add($"{what}: an error without a location: {bag}");
                if (graph is null) refused++;
                else
                {
                    read++;
                    if (RunsOnZeros(graph)) ran++;
                }
            }
            catch (Exception e) when (e is not NetworkException)
            {
                failures.Add($"{what}: {e.GetType().Name}: {e.Message} {e.StackTrace?.Split('\n').Take(3).Aggregate((a, b) => a.Trim() + b.Trim())}");
            }
            catch (NetworkException)
            {
                // A sentence about the network: what `sim run` would print.
            }
        }
        Assert.That(failures, Is.Empty, string.Join('\n', failures.Take(20)));
        Assert.That(read + refused, Is.LessThanOrEqualTo(count));
        Assert.That(read, Is.GreaterThan(count / 20));
        Assert.That(refused, Is.GreaterThan(count / 4));
        Assert.That(ran, Is.GreaterThan(count / 50));
        TestContext.Out.WriteLine($"{read} read, {ran} of them run, {refused} refused");
    }

    private static bool RunsOnZeros(NetworkGraph graph)
    {
        ShapeInference.Values(graph, null, out double operations);
        if (operations > MostOperations) return false;
        _ = LayerExtraction.Layers(BatchNormFolding.Fold(graph));
        GraphExecutor.Run(graph, graph.Inputs.ToDictionary(v => v.Name,
            v => Tensor.Zeros(v.Type, [.. v.Shape.Select(d => d < 0 ? 1 : d)])));
        return true;
    }

    private static byte[] Mutated(byte[] whole, byte[] other, Random random)
    {
        List<byte> bytes = [.. whole];
        for (int edits = random.Next(1, 4); edits > 0 && bytes.Count > 0; edits--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 17), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0 or 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes[at] = (byte)random.Next(256); break;
                case 3: bytes.RemoveRange(at, length); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 5: bytes.RemoveRange(at, bytes.Count - at); break;
                case 6:
                    int from = random.Next(other.Length), taken = Math.Min(length, other.Length - from);
                    for (int i = 0; i < taken; i++) bytes[at + i] = other[from + i];
                    break;
                default:
                    byte[] extreme = Extremes[random.Next(Extremes.Length)];
                    for (int i = 0; i < extreme.Length && at + i < bytes.Count; i++) bytes[at + i] = extreme[i];
                    break;
            }
        }
        return [.. bytes];
    }

    private static byte[] WithFields(byte[] whole, byte[] other, Random random)
    {
        OnnxTree tree = new(whole), donor = new(other);
        for (int edits = random.Next(1, 3); edits > 0; edits--) tree.Mutate(donor, random);
        return tree.Bytes();
    }

    private static IEnumerable<byte[]> Seeds()
    {
        yield return Model(13, Op("c", "Conv", ["x", "w", "b"], ["t"], IntsAttribute("kernel_shape", 2, 2),
            IntsAttribute("pads", 1, 0, 0, 1)),
            Op("p", "MaxPool", ["t"], ["u"], IntsAttribute("kernel_shape", 2, 2), IntsAttribute("strides", 2, 2)),
            Op("r", "Relu", ["u"], ["y"]), Floats("w", [2, 1, 2, 2], 1, 0, 0, -1, 2, 1, 1, 2), Floats("b", [2], 0.5f, 1),
                Input("x", 1, -1, 1, 5, 5), Output("y", 1, -1, 2, 2, 2));
        yield return Model(13, Op("s", "Shape", ["x"], ["s"]), Op("g", "Gather", ["s", "zero"], ["n"]),
            Op("u", "Unsqueeze", ["n", "axis"], ["n1"]), Op("c", "Concat", ["n1", "rest"], ["t"], IntAttribute("axis", 0)),
            Op("r", "Reshape", ["x", "t"], ["f"]), Op("m", "Gemm", ["f", "w"], ["y"], FloatAttribute("alpha", 2)), Longs("zero"),
                Longs("axis", 0), Longs("rest", -1),
            Floats("w", [12, 1], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), Input("x", 1, 2, 3, 4), Output("y", 1, 2, 1));
        yield return Model(21, Op("q", "QuantizeLinear", ["x", "s", "z"], ["xq"]), Op("d", "DequantizeLinear", ["xq", "s", "z"], ["xd"]),
            Op("dw", "DequantizeLinear", ["w", "ws"], ["wd"], IntAttribute("axis", 1)),
            Op("m", "MatMul", ["xd", "wd"], ["y"]), Floats("s", [], 0.5f), Initializer(TensorBytes("z", 3, [], Block(9, [1]))),
                Initializer(TensorBytes("w", 22, [4, 3], Block(9, [0x21, 0x43, 0x65, 0x87, 0xA9, 0xCB]))),
            Floats("ws", [3], 1, 2, 3), Input("x", 1, 1, 4), Output("y", 1, 1, 3));
        yield return Model(13, Op("i", "MatMulInteger", ["x", "w", "z"], ["y"]),
            Initializer(TensorBytes("w", 3, [3, 2], Block(5, [1, 2, 3, 4, 5, 6]))), Initializer(TensorBytes("z", 2, [], Int(5, 7))),
            Input("x", 2, 2, 3), Output("y", 6, 2, 2));
        yield return Model(13, Op("k", "Constant", [], ["k"],
            [.. Text(1, "value"), .. Block(5, TensorBytes("", 1, [2, 2], Raw([1, 2, 3, 4]))), .. Int(20, 4)]),
            Op("a", "Add", ["x", "k"], ["t"]), Op("sl", "Slice", ["t", "b", "e", "a0", "st"], ["v"]),
            Op("pd", "Pad", ["v", "pads"], ["p"]), Op("sp", "Split", ["p"], ["l", "r"], IntAttribute("axis", 1)),
                Op("w", "Where", ["c", "l", "r"], ["y"]),
            Longs("b", 0), Longs("e", long.MaxValue), Longs("a0", 0), Longs("st", 1), Longs("pads", 0, 1, 0, 1),
                Initializer(TensorBytes("c", 9, [1], Block(9, [1]))), Input("x", 1, 2, 2), Output("y", 1, 2, 2));
        yield return Model(17, Op("n", "LayerNormalization", ["x", "g"], ["t"]),
            Op("t", "Transpose", ["t"], ["u"], IntsAttribute("perm", 1, 0)), Op("e", "Expand", ["u", "to"], ["v"]),
            Op("rs", "ReduceSum", ["v", "ax"], ["w"]),
            Op("am", "ArgMax", ["w"], ["y"], IntAttribute("axis", 1)), Floats("g", [3], 1, 2, 3), Longs("to", 2, 3, 2), Longs("ax", 0),
                Input("x", 1, 2, 3), Output("y", 7, 1, 1, 2));
        yield return Model(13, Op("r", "Range", ["a", "b", "d"], ["r"]), Op("c", "Cast", ["r"], ["f"], IntAttribute("to", 1)),
            Op("t", "Tile", ["f", "n"], ["t"]), Op("o", "ConstantOfShape", ["s"], ["o"]), Op("ad", "Add", ["t", "o"], ["u"]),
            Op("cp", "Clip", ["u", "lo", "hi"], ["v"]), Op("sm", "Softmax", ["v"], ["y"]), Longs("a"), Longs("b", [], 3),
                Longs("d", [], 1), Longs("n", 2), Longs("s", 6), Floats("lo", [], 0), Floats("hi", [], 6), Output("y", 1, 6));
    }

    private static byte[] Longs(string name, params long[] values) =>
        Longs(name, values.Length == 0 ? [] : [values.Length], values.Length == 0 ? [0] : values);

    private static byte[] Longs(string name, long[] shape, params long[] values) =>
        Initializer(TensorBytes(name, 7, shape, Block(9, [.. values.SelectMany(BitConverter.GetBytes)])));
}
