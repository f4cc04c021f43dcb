using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sim.Datapath.Kernels;
using Sim.Foundation.Random;

namespace Sim.Workloads.Quantization;

/// <summary>
/// Numbers of one named tensor to codes, rounded as a recipe says. The random integer of element i is the low bits of draw number i of
/// <see cref="RandomStream"/>(seed, stream), the stream being the first eight bytes (least significant first) of the SHA-256 of the
/// tensor's UTF-8 name: word i mod 4 of Philox block i div 4. Codes depend on nothing but value, scale and index, so no cut into batches or
/// threads changes them. Any thread may use one.
/// </summary>
public sealed class TensorEncoder
{
    private readonly Quantizer? _plain;
    private readonly StochasticQuantizer? _stochastic;

    /// <summary>An encoder of a tensor.</summary>
    /// <param name="elements">Format of the codes; it does the work where the recipe rounds to nearest even.</param>
    /// <param name="rounding">The recipe's rounding.</param>
    /// <param name="seed">The recipe's seed.</param>
    /// <param name="tensor">Name of the tensor, see <see cref="NameOfWeights"/>.</param>
    public TensorEncoder(ElementEncoder elements, TensorRounding rounding, ulong seed, string tensor)
    {
        ArgumentNullException.ThrowIfNull(elements);
        ArgumentNullException.ThrowIfNull(rounding);
        Elements = elements;
        Rounding = Of(rounding, seed, tensor);
        if (rounding.IsStochastic) _stochastic = new(elements.Format, Rounding.Rounding, Rounding.Random!);
        else if (rounding.Mode != RoundingMode.NearestEven) _plain = Quantizer.For(elements.Format, Rounding.Rounding);
    }

    /// <summary>The format, to nearest even: what calibration uses.</summary>
    public ElementEncoder Elements { get; }

    /// <summary>How elements are rounded.</summary>
    public ElementRounding Rounding { get; }

    /// <summary>The tensor name of a layer's weights; elements are numbered row by row, a row being an output channel.</summary>
    public static string NameOfWeights(string layer) => $"weights of {layer}";

    /// <summary>The tensor name of a layer's input; elements are numbered through all samples, blocks along K through all im2col
    /// rows.</summary>
    public static string NameOfActivations(string layer) => $"input of {layer}";

    /// <summary>How the elements of a named tensor are rounded under a seed.</summary>
    public static ElementRounding Of(TensorRounding rounding, ulong seed, string tensor)
    {
        ArgumentNullException.ThrowIfNull(rounding);
        if (!rounding.IsStochastic) return new(rounding.Element);
        ulong stream = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(tensor)));
        return new(rounding.Element, element => Draw(seed, stream, element));
    }

    /// <summary>Writes one code a value, as <see cref="ElementEncoder.Encode"/>, for the elements from <paramref name="first"/> on. Returns
    /// how many were clipped.</summary>
    public long Encode(ReadOnlySpan<float> values, float scale, int zeroPoint, ulong first, Span<uint> codes) =>
        _stochastic?.Encode(values, scale, zeroPoint, first, codes) ?? _plain?.Encode(values, scale, zeroPoint, codes)
            ?? Elements.Encode(values, scale, zeroPoint, codes);

    private static uint Draw(ulong seed, ulong stream, ulong element)
    {
        unchecked
        {
            ulong counter = element >> 2;
            return Philox.Block((uint)counter, (uint)(counter >> 32), (uint)stream, (uint)(stream >> 32), (uint)seed,
                (uint)(seed >> 32))[(int)(element & 3)];
        }
    }
}
