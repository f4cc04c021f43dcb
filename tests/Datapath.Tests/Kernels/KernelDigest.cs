using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>One line that names every bit that the kernels and quantizers give on the test cases, for comparison between
/// processors.</summary>
internal static class KernelDigest
{
    /// <summary>Argument that makes the test assembly print the line.</summary>
    public const string Argument = "kernel-digest";

    /// <summary>Names of the kernels that the line is made of.</summary>
    public static SortedSet<string> Kernels { get; } = new(StringComparer.Ordinal);

    /// <summary>`vectors outputs digest`: which vectors the run time uses, how many results were hashed, and their hash.</summary>
    public static string Line()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long outputs = Gemm(hash) + Quantize(hash) + QuantizeBlocks(hash);
        string vectors = Vector512.IsHardwareAccelerated ? "512" : Avx2.IsSupported ? "256" : Vector128.IsHardwareAccelerated ? "128"
            : "none";
        return $"{vectors} {outputs} {Convert.ToHexString(hash.GetHashAndReset())}";
    }

    private static long Gemm(IncrementalHash hash)
    {
        var random = new Random(42);
        (int M, int N, int K)[] shapes = [(9, 33, 17), (1, 70, 8), (40, 3, 12), (17, 16, 33)];
        long outputs = 0;
        int turn = 0;
        foreach (DatapathSpec spec in KernelCases.Specs())
        {
            KernelCases.Stream stream = (KernelCases.Stream)(turn % 7);
            (int m, int n, int k) = shapes[turn++ % shapes.Length];
            var order = new ReductionOrder(turn % 3 * 4);
            uint[] a = KernelCases.Codes(spec.Activation, m * k, stream, random), b = KernelCases.Codes(spec.Weight, n * k, stream, random);
            foreach (IGemmKernel kernel in KernelCatalogue.All)
            {
                // Tiles that a kernel gives up reach the reference: streams with Inf and NaN are for the kernels that take them.
                if (kernel is ReferenceKernel || kernel.Refuses(spec, order, k) is not null) continue;
                var result = new long[m * n];
                var events = new GemmEvents();
                kernel.Run(spec, order, new GemmOperands { M = m, N = n, K = k, A = a, B = b }, result, ref events);
                hash.AppendData(MemoryMarshal.AsBytes(result.AsSpan()));
                Append(hash, events.OverflowedOutputs);
                Append(hash, events.NaNOutputs);
                outputs += result.Length;
                Kernels.Add(kernel.Name);
            }
        }
        return outputs;
    }

    private static long Quantize(IncrementalHash hash)
    {
        var random = new Random(43);
        float[] values = [.. Enumerable.Range(0, 5000)
            .Select(_ => BitConverter.Int32BitsToSingle((int)random.NextInt64(int.MinValue, 1L + int.MaxValue)))];
        string[] names = ["e4m3", "e5m2", "e2m1", "e4m3fnuz", "bf16", "fp16", "int8", "int4", "q4.4", "posit8_0", "posit8_2", "posit16_1",
            "posit16_2", "hif8", "lns8_3", "e8m0", "ue5m3", "nf4", "po2_8"];
        foreach (string name in names)
        {
            var codes = new uint[values.Length];
            long saturated = Quantizer.For(FormatCatalogue.Parse(name), Rounding.NearestEven).Encode(values, 0.75f, 0, codes);
            hash.AppendData(MemoryMarshal.AsBytes(codes.AsSpan()));
            Append(hash, saturated);
        }
        return (long)names.Length * values.Length;
    }

    private static long QuantizeBlocks(IncrementalHash hash)
    {
        var random = new Random(44);
        // Exponents around 1, so that blocks have elements of every size beside zeros and subnormal numbers; a tail of 7.
        float[] values = [.. Enumerable.Range(0, 4103)
            .Select(i => i % 97 == 0 ? 0 : (float)Math.ScaleB(random.NextDouble() * 2 - 1,
            random.Next(-12, 12) - (i / 512 == 3 ? 130 : 0)))];
        long outputs = 0;
        foreach (BlockFormat format in BlockCatalogue.Named)
        {
            var codes = new uint[values.Length];
            var scales = new uint[format.Blocks(values.Length)];
            var events = new BlockEvents();
            BlockQuantizer.For(format, new Rounding(RoundingMode.NearestEven, OverflowPolicy.Saturate))
                .EncodeRow(values, values.Max(MathF.Abs), scales, codes, ref events);
            hash.AppendData(MemoryMarshal.AsBytes(codes.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(scales.AsSpan()));
            Append(hash, events.SaturatedElements);
            outputs += codes.Length;
        }
        return outputs;
    }

    private static void Append(IncrementalHash hash, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
