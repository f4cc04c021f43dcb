using Sim.Exploration.Studies;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Inputs;
using Sim.Tests;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;

namespace Sim.Exploration.Tests;

/// <summary>Networks, samples and labels that do not fit each other are errors at the file that is wrong.</summary>
public class WorkloadLoaderTests
{
    private static readonly string Digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("sim-load").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void TheInputTransformIsAppliedInFloat32()
    {
        string data = Save("x.npy", Tensor.OfIntegers(ElementType.Int8, [.. Enumerable.Range(0, 128).Select(i => (long)(i - 64))], 2, 1, 8,
            8));
        LoadedWorkload loaded = Load(data, null, new InputTransform(-83, 0.5847029))!;
        float[] values = loaded.Data!.Inputs.Floats;
        Assert.That(values, Has.Length.EqualTo(128));
        for (int i = 0; i < values.Length; i++) Assert.That(values[i], Is.EqualTo((i - 64 - 83f) * 0.5847029f));
    }

    [Test]
    public void WhatDoesNotFitIsNamed()
    {
        string good = Save("good.npy", Tensor.OfFloats(new float[128], 2, 1, 8, 8)),
            flat = Save("flat.npy", Tensor.OfFloats(new float[128], 2, 64));
        string cut = Path.Combine(_folder, "cut.npy"), model = Path.Combine(_folder, "cut.onnx");
        File.WriteAllBytes(cut, File.ReadAllBytes(good)[..200]);
        File.WriteAllBytes(model, File.ReadAllBytes(Path.Combine(Digits, "digits_mlp.onnx"))[..900]);
        string Labels(params long[] labels) => Save("labels.npy", Tensor.OfIntegers(ElementType.Int64, labels, labels.Length));
        Assert.That(Problems(flat, null), Is.EqualTo(new[] { ("DAT011", flat) }));
        Assert.That(Problems(good, Labels(1, 2, 3)), Is.EqualTo(new[] { ("DAT013", Path.Combine(_folder, "labels.npy")) }));
        Assert.That(Problems(good, Labels(1, -1)), Is.EqualTo(new[] { ("DAT013", Path.Combine(_folder, "labels.npy")) }));
        Assert.That(Problems(good, Labels(1, 10)), Is.EqualTo(new[] { ("DAT014", Path.Combine(_folder, "labels.npy")) }));
        Assert.That(Problems(good, good), Is.EqualTo(new[] { ("DAT013", good) }));
        Assert.That(Problems(cut, null).Single().File, Is.EqualTo(cut));
        Assert.That(Problems(good, null, model).Select(p => p.File), Does.Contain(model));
        Assert.That(Problems(good, Labels(1, 9)), Is.Empty);
    }

    [Test]
    public void DimensionsOfSizeOneMayDiffer()
    {
        float[] pixels = [.. Enumerable.Range(0, 192).Select(i => (float)i)];
        foreach (int[] shape in new[] { new[] { 3, 8, 8 }, [3, 1, 8, 8], [3, 8, 1, 8], [3, 1, 1, 8, 8] })
        {
            Tensor inputs = Load(Save("x.npy", Tensor.OfFloats(pixels, shape)), null, null)!.Data!.Inputs;
            Assert.That(inputs.Shape, Is.EqualTo(new[] { 3, 1, 8, 8 }));
            Assert.That(inputs.Floats, Is.EqualTo(pixels));
        }
        foreach (int[] shape in new[] { new[] { 192 }, [3, 64], [24, 8], [3, 4, 16] })
            Assert.That(Problems(Save("x.npy", Tensor.OfFloats(pixels, shape)), null).Single().Code, Is.EqualTo("DAT011"),
                string.Join('x', shape));
    }

    private LoadedWorkload? Load(string data, string? labels, InputTransform? input, DiagnosticBag? bag = null, string? model = null) =>
        WorkloadLoader.Load(new WorkloadFiles("mlp", model ?? Path.Combine(Digits, "digits_mlp.onnx"), data, labels, null, input,
            new Location("study.yaml", 5, 5)), bag ?? new DiagnosticBag());

    private (string Code, string File)[] Problems(string data, string? labels, string? model = null)
    {
        var bag = new DiagnosticBag();
        LoadedWorkload? loaded = Load(data, labels, null, bag, model);
        Assert.That(loaded is null, Is.EqualTo(bag.HasErrors));
        return [.. bag.Sorted.Select(d => (d.Code, d.Location.File))];
    }

    private string Save(string name, Tensor tensor)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, NpyWriter.Write(tensor));
        return path;
    }
}
