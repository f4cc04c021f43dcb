using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>One line that names every bit that the kernels and quantizers give on the test cases, for comparison between processors.</summary>
internal static class KernelDigest
{
    /// <summary>Argument that makes the test assembly print the line.</summary>
    public const string Argument = "kernel-digest";

    /// <summary>`vectors outputs digest`: which vectors the run time uses, how many results were hashed, and their hash.</summary>
    public static string Line()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long outputs = Gemm(hash) + Quantize(hash);
        string vectors = Vector512.IsHardwareAccelerated ? "512" : Avx2.IsSupported ? "256" : Vector128.IsHardwareAccelerated ? "128" : "none";
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
            }
        }
        return outputs;
    }

    private static long Quantize(IncrementalHash hash)
    {
        var random = new Random(43);
        float[] values = [.. Enumerable.Range(0, 5000).Select(_ => BitConverter.Int32BitsToSingle((int)random.NextInt64(int.MinValue, 1L + int.MaxValue)))];
        string[] names = ["e4m3", "e5m2", "e2m1", "e4m3fnuz", "bf16", "fp16", "int8", "int4", "q4.4"];
        foreach (string name in names)
        {
            var codes = new uint[values.Length];
            long saturated = Quantizer.For(FormatCatalogue.Parse(name), Rounding.NearestEven).Encode(values, 0.75f, 0, codes);
            hash.AppendData(MemoryMarshal.AsBytes(codes.AsSpan()));
            Append(hash, saturated);
        }
        return (long)names.Length * values.Length;
    }

    private static void Append(IncrementalHash hash, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
