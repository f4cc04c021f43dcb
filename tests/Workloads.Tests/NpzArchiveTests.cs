using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>.npz archives that are damaged, ambiguous or hostile, and files that are none.</summary>
public sealed class NpzArchiveTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sim-npz").FullName;

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Every_flipped_bit_of_the_data_is_told_by_the_checksum()
    {
        byte[] plain = NpyWriter.Write(Tensor.OfIntegers(ElementType.UInt8, [1, 2, 3, 4], 4));
        byte[] whole = Zip(CompressionLevel.NoCompression, ("x.npy", plain));
        int at = whole.AsSpan().IndexOf(plain);
        for (int bit = 0; bit < 8 * plain.Length; bit++)
        {
            byte[] bytes = (byte[])whole.Clone();
            bytes[at + bit / 8] ^= (byte)(1 << bit % 8);
            Assert.That(Problem(bytes), Does.Contain("error NPZ001: 'x' is damaged: its checksum"), $"bit {bit}");
        }
    }

    [Test]
    public void A_stated_length_that_is_not_the_members_is_told()
    {
        byte[] bytes = Zip(CompressionLevel.Optimal,
            ("x.npy", NpyWriter.Write(Tensor.OfIntegers(ElementType.UInt8, new long[5000], 5000))));
        int central = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        foreach (uint length in new uint[] { 0, 1, 5000, 5127, 5129, 1 << 20 })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(central + 24), length);
            Assert.That(Problem(bytes), Does.Contain("error NPZ001: "), $"{length}");
        }
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(central + 24), 3_000_000_000);
        Assert.That(Problem(bytes), Does.Match("error NPZ00[14]: "));
    }

    [Test]
    public void A_bomb_is_refused_before_it_is_unpacked()
    {
        string path = Path.Combine(_folder, "bomb.npz");
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create))
        using (Stream stream = zip.CreateEntry("x.npy", CompressionLevel.SmallestSize).Open())
        {
            var zeros = new byte[1 << 20];
            for (int i = 0; i < 200; i++) stream.Write(zeros);
        }
        long before = GC.GetTotalAllocatedBytes(true);
        Assert.That(Problem(path), Does.Contain("error NPZ004: 'x' unpacks to 209715200 bytes"));
        Assert.That(GC.GetTotalAllocatedBytes(true) - before, Is.LessThan(4 << 20));
    }

    [Test]
    public void A_name_that_occurs_twice_is_refused_and_others_are_read()
    {
        byte[] one = NpyWriter.Write(Tensor.OfFloats([1], 1)), two = NpyWriter.Write(Tensor.OfFloats([2], 1));
        string path = Saved(Zip(CompressionLevel.NoCompression, ("x.npy", one), ("x.npy", two), ("y.npy", two)));
        var bag = new DiagnosticBag();
        Assert.That(TensorFile.Read(path + ":y", bag)!.Floats, Is.EqualTo(new[] { 2f }));
        Assert.That(bag.HasErrors, Is.False);
        Assert.That(TensorFile.Read(path + ":x", bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain("error NPZ003: holds 'x' twice"));
        Assert.That(TensorFile.ReadArchive(path, bag), Is.Null);
    }

    [Test]
    public void What_else_an_archive_holds_matters_only_when_it_is_asked_for()
    {
        byte[] text = [.. NpyWriter.Write(Tensor.OfIntegers(ElementType.UInt8, [0, 0, 0, 0], 4))];
        int at = text.AsSpan().IndexOf("|u1"u8);
        "<U1"u8.CopyTo(text.AsSpan(at));
        byte[] one = NpyWriter.Write(Tensor.OfFloats([1], 1));
        string path = Saved(Zip(CompressionLevel.Optimal, ("x.npy", one), ("class_names.npy", text), ("README", [.. "hello"u8]),
            ("folder/", [])));
        var bag = new DiagnosticBag();
        Assert.That(TensorFile.Read(path + ":x", bag)!.Floats, Is.EqualTo(new[] { 1f }));
        Assert.That(bag.HasErrors, Is.False);
        Assert.That(TensorFile.Read(path + ":class_names", bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain("npz:class_names:1:").And.Contain("NPY004"));
        string alone = Saved(Zip(CompressionLevel.Optimal, ("x.npy", one), ("README", [.. "hello"u8])));
        Assert.That(TensorFile.Read(alone, new DiagnosticBag())!.Floats, Is.EqualTo(new[] { 1f }));
    }

    [Test]
    public void The_published_case_is_read()
    {
        string path = ReferenceData.Shared("cases/npz-other-arrays/data.npz");
        var bag = new DiagnosticBag();
        Assert.That(TensorFile.Read(path + ":x", bag)!.Floats, Is.EqualTo(new[] { 1f, 2, 3, 4, 5, 6 }));
        Assert.That(TensorFile.Read(ReferenceData.Shared("cases/npy-python2-shape/x.npy"), bag)!.Floats,
            Is.EqualTo(new[] { 1f, 2, 3, 4, 5, 6 }));
        Assert.That(bag.HasErrors, Is.False);
        foreach (string file in new[] { "npy_dup_shape.npy", "npy_junk_after.npy" })
            Assert.That(Problem(ReferenceData.Shared($"cases/faults/{file}")), Does.Contain("error NPY003: "), file);
    }

    [Test]
    public void Devices_pipes_directories_and_empty_files_are_no_data()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("skipped: devices and pipes have no paths here");
        string link = Path.Combine(_folder, "zero.npy"), pipe = Path.Combine(_folder, "pipe.npy"),
            empty = Path.Combine(_folder, "empty.npy"), folder = Path.Combine(_folder, "f.npy");
        File.CreateSymbolicLink(link, "/dev/zero");
        File.WriteAllBytes(empty, []);
        Directory.CreateDirectory(folder);
        using (Process made = Process.Start("mkfifo", [pipe])!) made.WaitForExit();
        foreach (string path in new[] { link, pipe, empty }) Assert.That(Problem(path),
            Does.Contain("error DAT001: cannot be read: it is empty, or a device or pipe"), path);
        Assert.That(Problem(folder), Does.Contain("DAT001"));
        File.WriteAllBytes(Path.Combine(_folder, "real.npy"), NpyWriter.Write(Tensor.OfFloats([5], 1)));
        File.CreateSymbolicLink(Path.Combine(_folder, "good.npy"), "real.npy");
        Assert.That(TensorFile.Read(Path.Combine(_folder, "good.npy"), new DiagnosticBag())!.Floats, Is.EqualTo(new[] { 5f }));
    }

    private static byte[] Zip(CompressionLevel level, params (string Name, byte[] Bytes)[] members)
    {
        var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
            foreach ((string name, byte[] bytes) in members)
                using (Stream stream = zip.CreateEntry(name, level).Open()) stream.Write(bytes);
        return memory.ToArray();
    }

    private string Saved(byte[] bytes)
    {
        string path = Path.Combine(_folder, Path.GetRandomFileName() + ".npz");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private string Problem(byte[] archive)
    {
        string path = Saved(archive), problem = Problem(path);
        File.Delete(path);
        return problem;
    }

    private static string Problem(string path)
    {
        var bag = new DiagnosticBag();
        Assert.That(TensorFile.Read(path, bag), Is.Null, path);
        return bag.ToString();
    }
}
