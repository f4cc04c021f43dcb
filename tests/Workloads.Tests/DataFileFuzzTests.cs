using System.Diagnostics;
using System.IO.Compression;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>
/// Mutations of .npy, .npz and .pb files: bytes changed, removed, doubled, swapped between files, lengths set to extremes. Each must be
/// read, or refused with a located error; nothing may throw, take 2 s or more than 4 times the file + 64 MB.
/// </summary>
public sealed class DataFileFuzzTests
{
    private static readonly byte[][] Extremes =
        [[0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0x80], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0x07],
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0], "9999999999"u8.ToArray(), "L"u8.ToArray(),
            "'"u8.ToArray()];

    private readonly string _folder = Directory.CreateTempSubdirectory("sim-fuzz").FullName;

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Two_thousand_mutations_are_read_or_refused() => Fuzz(2_000, 1);

    [Test, Category("Nightly")]
    public void A_hundred_thousand_mutations_are_read_or_refused() => Fuzz(100_000, 2);

    private void Fuzz(int count, int seed)
    {
        (string Name, byte[] Bytes)[] seeds = [.. Seeds()];
        var random = new Random(seed);
        int read = 0, refused = 0;
        for (int i = 0; i < count; i++)
        {
            (string name, byte[] whole) = seeds[i % seeds.Length];
            byte[] bytes = Mutated(whole, seeds[random.Next(seeds.Length)].Bytes, random);
            string path = Path.Combine(_folder, name);
            File.WriteAllBytes(path, bytes);
            var bag = new DiagnosticBag();
            long before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            Tensor? tensor = TensorFile.Read(path, bag);
            string what = $"mutation {i} of seed {seed} ({name})";
            Assert.That(clock.ElapsedMilliseconds, Is.LessThan(2_000), what);
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(4L * bytes.Length + (64 << 20)), what);
            Assert.That(bag.HasErrors, Is.EqualTo(tensor is null), what);
            if (tensor is null)
            {
                refused++;
                Assert.That(bag.Sorted.All(d => d.Location.File!.StartsWith(path, StringComparison.Ordinal)), Is.True, what);
                Assert.That(bag.ToString().Any(c => char.IsControl(c) && c != '\n'), Is.False, $"{what}: {bag}");
            }
            else
            {
                read++;
                Assert.That(Shapes.Count(tensor.Shape), Is.EqualTo(tensor.Count), what);
            }
        }
        Assert.That(read + refused, Is.EqualTo(count));
        Assert.That(Math.Min(read, refused), Is.GreaterThan(count / 50), "mutations must reach both ends");
        TestContext.Out.WriteLine($"{read} read, {refused} refused");
    }

    private static byte[] Mutated(byte[] whole, byte[] other, Random random)
    {
        List<byte> bytes = [.. whole];
        for (int edits = random.Next(1, 4); edits > 0 && bytes.Count > 0; edits--)
        {
            int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 17), bytes.Count - at);
            switch (random.Next(8))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 4: bytes.RemoveRange(at, bytes.Count - at); break;
                case 5: bytes.InsertRange(at, other.AsSpan(0, Math.Min(other.Length, random.Next(1, 65))).ToArray()); break;
                case 6:
                    byte[] extreme = Extremes[random.Next(Extremes.Length)];
                    for (int i = 0; i < extreme.Length && at + i < bytes.Count; i++) bytes[at + i] = extreme[i];
                    break;
                default: bytes.InsertRange(at, Extremes[random.Next(Extremes.Length)]); break;
            }
        }
        return [.. bytes];
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Seeds()
    {
        byte[] floats = NpyWriter.Write(Tensor.OfFloats([1, 2, 3, 4, 5, 6], 2, 3)),
            bytes = NpyWriter.Write(Tensor.OfIntegers(ElementType.UInt8, new long[100], 10, 10));
        yield return ("floats.npy", floats);
        yield return ("bytes.npy", bytes);
        yield return ("stored.npz", Zip(CompressionLevel.NoCompression, ("x.npy", floats)));
        yield return ("packed.npz", Zip(CompressionLevel.Optimal, ("x.npy", bytes)));
        yield return ("two.npz", Zip(CompressionLevel.Optimal, ("x.npy", floats), ("note.txt", [.. "text"u8])));
        yield return ("raw.pb", OnnxBytes.TensorBytes("t", 2, [2, 3], OnnxBytes.Block(9, [1, 2, 3, 4, 5, 6])));
        yield return ("typed.pb", OnnxBytes.TensorBytes("t", 6, [3], OnnxBytes.Block(5, [1, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F])));
        yield return ("floats.pb", OnnxBytes.TensorBytes("t", 1, [2], OnnxBytes.Raw([1, 2])));
    }

    private static byte[] Zip(CompressionLevel level, params (string Name, byte[] Bytes)[] members)
    {
        var memory = new MemoryStream();
        using (var zip = new ZipArchive(memory, ZipArchiveMode.Create, leaveOpen: true))
            foreach ((string name, byte[] content) in members)
                using (Stream stream = zip.CreateEntry(name, level).Open()) stream.Write(content);
        return memory.ToArray();
    }
}
