using System.Security.Cryptography;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using static Sim.Tests.OnnxBytes;

namespace Sim.Tests;

/// <summary>Tensors that a model keeps in files beside it.</summary>
public sealed class ExternalDataTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("sim-onnx").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, true);

    [Test]
    public void Offset_and_length_are_honoured_and_the_bytes_enter_the_digest()
    {
        byte[] floats = [.. new[] { 1f, -2f }.SelectMany(BitConverter.GetBytes)],
            model = Write(("location", "w.bin"), ("offset", "4"), ("length", "8"));
        File.WriteAllBytes(Path.Combine(_folder, "w.bin"), [9, 9, 9, 9, .. floats, 7]);
        NetworkGraph graph = Read(out DiagnosticBag bag)!;
        Assert.That(bag.ToString(), Is.Empty);
        Assert.That(graph.Constants["w"].Floats, Is.EqualTo(new[] { 1f, -2f }));
        Assert.That(graph.Digest, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData([.. model, .. floats]))));
    }

    // ONNX ExternalData: length is optional; exporters write 0 for "not given" (cases/external-length-zero: y = [14.5, -13.75]).
    [Test]
    public void A_length_of_zero_counts_as_absent()
    {
        static byte[] Key(string key, string value) => Block(13, [.. Text(1, key), .. Text(2, value)]);
        static byte[] External(string offset) =>
            [.. Key("location", "d.bin"), .. Key("offset", offset), .. Key("length", "0"), .. Int(14, 1)];
        byte[] model = Model(13, Initializer(TensorBytes("w", 1, [2, 3], External("64"))),
            Initializer(TensorBytes("b", 1, [2], External("88"))),
            Op("g", "Gemm", ["x", "w", "b"], ["y"], IntAttribute("transB", 1)), Input("x", 1, 1, 3), Output("y", 1, 1, 2));
        File.WriteAllBytes(Path.Combine(_folder, "net.onnx"), model);
        File.WriteAllBytes(Path.Combine(_folder, "d.bin"),
            [.. new byte[64], .. new[] { 1f, 2, 3, -1, -2, -3, 0.5f, 0.25f }.SelectMany(BitConverter.GetBytes)]);
        NetworkGraph graph = Read(out DiagnosticBag bag) ?? throw new AssertionException(bag.ToString());
        Assert.That(GraphExecutor.Run(graph, new Dictionary<string, Tensor> { ["x"] = Tensor.OfFloats([1, 2, 3], 1, 3) })["y"].Floats,
            Is.EqualTo(new[] { 14.5f, -13.75f }));
    }

    [Test]
    public void Symbolic_links_may_stay_in_the_folder_and_not_leave_it()
    {
        string outside = Directory.CreateTempSubdirectory("sim-outside").FullName;
        try
        {
            byte[] data = [.. new[] { 1f, -2f }.SelectMany(BitConverter.GetBytes)];
            File.WriteAllBytes(Path.Combine(outside, "w.bin"), data);
            File.WriteAllBytes(Path.Combine(_folder, "real.bin"), data);
            File.CreateSymbolicLink(Path.Combine(_folder, "inside.bin"), "real.bin");
            File.CreateSymbolicLink(Path.Combine(_folder, "leaves.bin"), Path.Combine(outside, "w.bin"));
            Directory.CreateSymbolicLink(Path.Combine(_folder, "sub"), outside);
            File.CreateSymbolicLink(Path.Combine(_folder, "loop.bin"), "loop.bin");
            foreach ((string location, string? code) in new[] { ("inside.bin", null), ("leaves.bin", "ONX025"), ("sub/w.bin", "ONX025"),
                ("loop.bin", "ONX024") })
            {
                Write(("location", location));
                Assert.That(Read(out DiagnosticBag bag) is null, Is.EqualTo(code is not null), location);
                if (code is not null) Assert.That(bag.Sorted.Single().Code, Is.EqualTo(code), location);
            }
        }
        finally
        {
            Directory.Delete(outside, true);
        }
    }

    [TestCase("../w.bin", "ONX025")]
    [TestCase("/etc/hostname", "ONX025")]
    [TestCase("a/../../w.bin", "ONX025")]
    [TestCase("missing.bin", "ONX024")]
    [TestCase("short.bin", "ONX024")]
    [TestCase("", "ONX024")]
    public void Locations_outside_the_folder_and_missing_or_short_files_are_errors(string location, string code)
    {
        Write(("location", location));
        File.WriteAllBytes(Path.Combine(_folder, "short.bin"), [1, 2, 3]);
        Assert.That(Read(out DiagnosticBag bag), Is.Null);
        Assert.That(bag.Sorted.Single().Code, Is.EqualTo(code));
    }

    [TestCase("offset", "-1", "ONX024")]
    [TestCase("offset", "9999999999999999999999", "ONX024")]
    [TestCase("length", "7", "ONX021")]
    public void Wrong_offsets_and_lengths_are_errors(string key, string value, string code)
    {
        Write(("location", "w.bin"), (key, value));
        File.WriteAllBytes(Path.Combine(_folder, "w.bin"), new byte[100]);
        Assert.That(Read(out DiagnosticBag bag), Is.Null);
        Assert.That(bag.Sorted.Single().Code, Is.EqualTo(code));
    }

    private byte[] Write(params (string Key, string Value)[] keys)
    {
        byte[] external = Join(keys.Select(k => Block(13, [.. Text(1, k.Key), .. Text(2, k.Value)])));
        byte[] model = Model(13, Initializer(TensorBytes("w", 1, [2], external, Int(14, 1))), Op("a", "Add", ["x", "w"], ["y"]),
            Input("x", 1, 2), Output("y", 1, 2));
        File.WriteAllBytes(Path.Combine(_folder, "net.onnx"), model);
        return model;
    }

    private NetworkGraph? Read(out DiagnosticBag bag)
    {
        bag = new DiagnosticBag();
        return OnnxReader.Load(Path.Combine(_folder, "net.onnx"), bag);
    }
}
