using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sim.Datapath.Nonlinear;
using Sim.Datapath.Specs;

namespace Sim.Simulator.Execution;

/// <summary>The order of one layer's sums as its values depend on it, and the register of its own that it may have.</summary>
public readonly record struct LayerKey(string Layer, string Order, AccumulatorSpec? Register);

/// <summary>
/// Everything that the values of a network in a datapath depend on; equal keys, equal values. It is known before anything is packed for a
/// kernel.
/// </summary>
/// <param name="Network">Digest of the network as executed.</param>
/// <param name="Data">Digest of the samples and labels.</param>
/// <param name="Calibration">Digest of the calibration samples.</param>
/// <param name="Recipe">The recipe's canonical text; null: the network is quantized already, recipes do not apply.</param>
/// <param name="Datapath">Formats, accumulator, dot unit and multiplier count.</param>
/// <param name="Vector">Functions of the vector unit.</param>
/// <param name="Layers">In the order of the network.</param>
public sealed record AccuracyKey(string Network, string Data, string Calibration, string? Recipe, DatapathSpec Datapath,
    VectorProgram Vector, ImmutableArray<LayerKey> Layers)
{
    /// <summary>SHA-256 over all of it, in hexadecimal.</summary>
    public string Digest { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(TextOf(Network, Data, Calibration, Recipe, Datapath, Vector,
        Layers))));

    private static string TextOf(string network, string data, string calibration, string? recipe, DatapathSpec datapath,
        VectorProgram vector, ImmutableArray<LayerKey> layers)
    {
        var text = new StringBuilder($"{network}\n{data}\n{calibration}\n{recipe ?? "integer"}\n")
            .Append(FormattableString.Invariant($"{datapath.Weight}\n{datapath.Activation}\n{datapath.Accumulator}\n{datapath.Dot}\n"));
        if (datapath.InexactMultiplier is { } multiplier) text.Append(FormattableString.Invariant($"{multiplier}\n"));
        if (!vector.Equals(VectorProgram.None)) text.Append(FormattableString.Invariant($"vector {vector.Text}\n"));
        foreach (LayerKey layer in layers)
        {
            if (layer.Register is { } register) text.Append(FormattableString.Invariant($"{layer.Layer} sums in {register}\n"));
            text.Append(FormattableString.Invariant($"{layer.Layer}:{layer.Order}\n"));
        }
        return text.ToString();
    }
}
