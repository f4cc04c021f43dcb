using System.IO.Compression;
using System.Text;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>.npy, .npz and .pb files: headers written by hand from NumPy's format description, and every kind of damage.</summary>
public sealed class DataFileTests
{
    private static byte[] Npy(string descr, bool fortran, string shape, byte[] data, int version = 1)
    {
        byte[] header = Encoding.ASCII.GetBytes($"{{'descr': '{descr}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': {shape}, }}\n");
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)header.Length) : BitConverter.GetBytes((uint)header.Length);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. header, .. data];
    }

    private static readonly object[] Types =
    [
        new object[] { "|u1", new byte[] { 255 }, 255.0 }, new object[] { "|i1", new byte[] { 0x80 }, -128.0 },
            new object[] { "|b1", new byte[] { 1 }, 1.0 },
        new object[] { "<u2", new byte[] { 0, 1 }, 256.0 }, new object[] { "<i2", new byte[] { 0, 0x80 }, -32768.0 },
        new object[] { "<u4", new byte[] { 0, 0, 0, 0x80 }, 2147483648.0 },
            new object[] { "<i4", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }, -1.0 },
        new object[] { "<i8", new byte[] { 0, 0, 0, 0, 1, 0, 0, 0 }, 4294967296.0 },
            new object[] { "<u8", new byte[] { 7, 0, 0, 0, 0, 0, 0, 0 }, 7.0 },
        new object[] { "<f2", new byte[] { 0x00, 0x3C }, 1.0 }, new object[] { "<f4", new byte[] { 0, 0, 0x20, 0xC0 }, -2.5 },
        new object[] { "<f8", new byte[] { 0, 0, 0, 0, 0, 0, 0xE0, 0x3F }, 0.5 },
    ];

    [TestCaseSource(nameof(Types))]
    public void Every_element_type_is_read_and_written_back(string descr, byte[] data, double meant)
    {
        Tensor t = Read(Npy(descr, false, "(1,)", data));
        double value = t.Type == ElementType.Float64 ? t.Doubles[0] : t.Type.IsReal() ? t.Floats[0] : t.Integers[0];
        Assert.That(value, Is.EqualTo(meant));
        byte[] written = NpyWriter.Write(t);
        Assert.That(written[^data.Length..], Is.EqualTo(data));
        Assert.That((written.Length - data.Length) % 64, Is.Zero);
        Assert.That(Read(written).Type, Is.EqualTo(t.Type));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void Fortran_order_is_turned_around_in_every_version(int version) =>
        Assert.That(Read(Npy("|u1", true, "(2, 3)", [1, 4, 2, 5, 3, 6], version)).Integers, Is.EqualTo(new long[] { 1, 2, 3, 4, 5, 6 }));

    [Test]
    public void A_scalar_has_an_empty_shape() => Assert.That(Read(Npy("|u1", false, "()", [9])).Shape, Is.Empty);

    [TestCase(">c8", "(1,)", "NPY004")]
    [TestCase("|O", "(1,)", "NPY004")]
    [TestCase("<U5", "(1,)", "NPY004")]
    [TestCase("<c8", "(1,)", "NPY004")]
    [TestCase("<f4", "(2,)", "NPY006")]
    [TestCase("<f4", "(0,)", "NPY006")]
    [TestCase("<f4", "(-1,)", "NPY005")]
    [TestCase("<f4", "(99999, 99999, 99999)", "NPY005")]
    [TestCase("<f4", "(x,)", "NPY005")]
    public void What_is_not_a_plain_array_is_a_located_error(string descr, string shape, string code) =>
        Assert.That(Problem(Npy(descr, false, shape, new byte[4])), Does.Match($@"^x\.npy:1:\d+: error {code}: "));

    [Test]
    public void A_file_cut_at_any_length_or_too_long_is_a_located_error()
    {
        byte[] whole = Npy("<f4", false, "(3,)", new byte[12]);
        for (int length = 0; length < whole.Length; length++) Assert.That(Problem(whole[..length]),
            Does.Match(@"^x\.npy:1:\d+: error NPY00\d: "));
        Assert.That(Problem([.. whole, 0]), Does.Contain("NPY006"));
        Assert.That(Problem([.. "not an array at all"u8]), Does.Contain("NPY001"));
        Assert.That(Problem([0x93, .. "NUMPY"u8, 9, 0, 0, 0]), Does.Contain("NPY002"));
    }

    [Test]
    public void Archives_give_arrays_by_name()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".npz");
        try
        {
            using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create))
            {
                Add(zip, "a.npy", CompressionLevel.NoCompression, Npy("|u1", false, "(2,)", [1, 2]));
                Add(zip, "b.npy", CompressionLevel.Optimal, Npy("|i1", false, "(1,)", [255]));
            }
            var bag = new DiagnosticBag();
            Assert.That(TensorFile.Read(path + ":a", bag)!.Integers, Is.EqualTo(new long[] { 1, 2 }));
            Assert.That(TensorFile.Read(path + ":b", bag)!.Integers, Is.EqualTo(new long[] { -1 }));
            Assert.That(bag.HasErrors, Is.False);
            Assert.That(TensorFile.Read(path, bag), Is.Null);
            Assert.That(bag.ToString(), Does.Contain("NPZ002: holds 2 arrays"));
            byte[] bytes = File.ReadAllBytes(path);
            for (int length = 0; length < bytes.Length; length += 7)
            {
                File.WriteAllBytes(path, bytes[..length]);
                var cut = new DiagnosticBag();
                Assert.That(TensorFile.ReadArchive(path, cut), Is.Null, $"cut at {length}");
                Assert.That(cut.HasErrors, Is.True);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void Samples_of_bytes_take_a_byte_each()
    {
        const int size = 16 << 20;
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".npy");
        try
        {
            File.WriteAllBytes(path, Npy("|u1", false, $"({size / 1024}, 1024)", new byte[size]));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Tensor samples = TensorFile.Read(path, new DiagnosticBag())!;
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2.5 * size), "the file and the tensor, no wider copy");
            Assert.That(samples.Count, Is.EqualTo(size));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestCase("nowhere.npy", "DAT001")]
    [TestCase("nowhere.npz", "DAT001")]
    public void A_missing_file_is_an_error(string path, string code)
    {
        var bag = new DiagnosticBag();
        Assert.That(TensorFile.Read(path, bag), Is.Null);
        Assert.That(bag.Sorted.Single().Code, Is.EqualTo(code));
    }

    [Test]
    public void A_tensor_proto_is_read_and_a_damaged_one_is_an_error()
    {
        byte[] proto = OnnxBytes.TensorBytes("t", 1, [2], OnnxBytes.Raw([1, 2]));
        var bag = new DiagnosticBag();
        Assert.That(TensorFile.ReadProto(proto, "t.pb", bag)!.Floats, Is.EqualTo(new[] { 1f, 2f }));
        for (int length = 0; length < proto.Length; length++)
        {
            var cut = new DiagnosticBag();
            Assert.That(TensorFile.ReadProto(proto.AsMemory(0, length), "t.pb", cut), Is.Null, $"cut at {length}");
            Assert.That(cut.HasErrors, Is.True);
        }
    }

    private static void Add(ZipArchive zip, string name, CompressionLevel level, byte[] bytes)
    {
        using Stream stream = zip.CreateEntry(name, level).Open();
        stream.Write(bytes);
    }

    private static Tensor Read(byte[] bytes)
    {
        var bag = new DiagnosticBag();
        Tensor? t = NpyReader.Read(bytes, "x.npy", bag);
        Assert.That(bag.ToString(), Is.Empty);
        return t!;
    }

    private static string Problem(byte[] bytes)
    {
        var bag = new DiagnosticBag();
        Assert.That(NpyReader.Read(bytes, "x.npy", bag), Is.Null);
        return bag.ToString();
    }
}
