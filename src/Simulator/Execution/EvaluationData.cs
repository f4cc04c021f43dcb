using System.Collections.Immutable;
using System.Security.Cryptography;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Execution;

/// <summary>Samples for one graph input, the first dimension counting samples, with their class labels when known.</summary>
/// <param name="Inputs">[samples, ...] in the element type of the graph's input.</param>
/// <param name="Labels">One class index a sample, or default when there are none.</param>
/// <param name="Digest">SHA-256 of type, shape, values and labels in hexadecimal.</param>
public sealed record EvaluationData(Tensor Inputs, ImmutableArray<int> Labels, string Digest)
{
    /// <summary>Number of samples.</summary>
    public int Samples => Inputs.Shape[0];

    /// <summary>Wraps samples and labels (default: none). Throws ArgumentException when their numbers differ.</summary>
    public static EvaluationData Of(Tensor inputs, ImmutableArray<int> labels = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.Shape.Length < 1 || inputs.Shape[0] < 1) throw new ArgumentException("data must hold at least one sample",
            nameof(inputs));
        if (!labels.IsDefault && labels.Length != inputs.Shape[0])
            throw new ArgumentException($"{labels.Length} labels for {inputs.Shape[0]} samples", nameof(labels));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([(byte)inputs.Type]);
        foreach (int d in inputs.Shape) hash.AppendData(BitConverter.GetBytes(d));
        if (inputs.Type == ElementType.Float64) hash.AppendData(Bytes<double>(inputs.Doubles));
        else if (inputs.Type.IsReal()) hash.AppendData(Bytes<float>(inputs.Floats));
        else AppendIntegers(hash, inputs);
        if (!labels.IsDefault) hash.AppendData(Bytes(labels.AsSpan()));
        return new(inputs, labels, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>
    /// The same samples as a graph's input takes them: real numbers are converted between the real types, rounded to nearest even. Throws
    /// <see cref="NetworkException"/> for other types and for a number of samples that a fixed batch does not divide.
    /// </summary>
    public EvaluationData In(GraphValue input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Shape is [> 1 and var batch, ..] && Samples % batch != 0)
            throw new NetworkException($"input '{input.Name}' takes batches of {batch} samples, and {Samples} samples are no whole number of batches");
        if (input.Type == Inputs.Type) return this;
        if (!input.Type.IsReal() || !Inputs.Type.IsReal()) throw new NetworkException($"input '{input.Name}' is {input.Type} and the samples are {Inputs.Type}; allowed are samples of its own type, or real numbers for an input of real numbers");
        return this with { Inputs = Converted(input) };
    }

    private Tensor Converted(GraphValue input)
    {
        double[] values = Inputs.Type == ElementType.Float64 ? Inputs.Doubles : Array.ConvertAll(Inputs.Floats, v => (double)v);
        return input.Type switch
        {
            ElementType.Float64 => new(input.Type, Inputs.Shape, values),
            ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 =>
                new(input.Type, Inputs.Shape, Array.ConvertAll(values, v => ElementCodes.Round(input.Type, v))),
            _ => throw new NetworkException($"input '{input.Name}' is {input.Type} and the samples are {Inputs.Type}; allowed are inputs of Float16, BFloat16, Float32 or Float64"),
        };
    }

    /// <summary>Samples [<paramref name="from"/>, from + count).</summary>
    public static Tensor Slice(Tensor tensor, int from, int count)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        int size = tensor.Count / tensor.Shape[0];
        int[] shape = [count, .. tensor.Shape[1..]];
        Array part = Array.CreateInstance(tensor.Type.Storage(), count * size);
        Array.Copy(tensor.Data, from * size, part, 0, part.Length);
        return new Tensor(tensor.Type, shape, part);
    }

    // Integers enter the digest as 64 bits each, whatever their type, a piece at a time.
    private static void AppendIntegers(IncrementalHash hash, Tensor inputs)
    {
        var piece = new long[Math.Min(inputs.Count, 8192)];
        for (int from = 0; from < inputs.Count; from += piece.Length)
        {
            Span<long> part = piece.AsSpan(0, Math.Min(piece.Length, inputs.Count - from));
            inputs.CopyIntegers(from, part);
            hash.AppendData(Bytes<long>(part));
        }
    }

    private static ReadOnlySpan<byte> Bytes<T>(ReadOnlySpan<T> values) where T : unmanaged =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(values);
}
