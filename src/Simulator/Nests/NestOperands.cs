using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Specs;
using Sim.Foundation.Random;
using Sim.Simulator.Cycles;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>
/// The codes of a layer's operands: activations [n, g, c, row, column] with padding in place, weights [g, m, c, r, s].
/// </summary>
/// <param name="Layer">The layer.</param>
/// <param name="Activations">Activation codes.</param>
/// <param name="Weights">Weight codes.</param>
/// <param name="ActivationZeroPoint">Subtracted from every activation of an integer format.</param>
/// <param name="WeightZeroPoints">For each of the G·M outputs; none: 0.</param>
public sealed record NestOperands(LoopLayer Layer, uint[] Activations, uint[] Weights, int ActivationZeroPoint, int[] WeightZeroPoints)
{
    /// <summary>Codes of all values of the formats, from a seed.</summary>
    public static NestOperands Random(LoopLayer layer, DatapathSpec spec, int seed)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(spec);
        var random = new RandomStream((ulong)seed);
        uint[] Codes(Operand operand, int bits) => [.. Enumerable.Range(0, checked((int)new WordSpace(layer, operand).Words))
            .Select(_ => random.NextUInt32() & uint.MaxValue >> 32 - bits)];
        return new(layer, Codes(Operand.Activations, spec.Activation.Bits), Codes(Operand.Weights, spec.Weight.Bits), 0, []);
    }

    /// <summary>Codes in rows (im2col applied: group, row, k) where the loops have them; words that no product touches are 0.</summary>
    public static NestOperands Of(LoopLayer layer, MachineOperands rows)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(rows);
        var space = new WordSpace(layer, Operand.Activations);
        (long n, long g, long c, long p, long q, long r, long s) = (layer.Size(LoopDim.N), layer.Size(LoopDim.G), layer.Size(LoopDim.C),
            layer.Size(LoopDim.P), layer.Size(LoopDim.Q), layer.Size(LoopDim.R), layer.Size(LoopDim.S));
        long k = c * r * s, count = n * p * q;
        if (rows.Activations.Length != checked(g * count * k))
            throw new ArgumentException($"{rows.Activations.Length} codes for {g * count} rows of {k} in '{layer.Name}'", nameof(rows));
        var activations = new uint[checked((int)space.Words)];
        for (long at = 0; at < rows.Activations.Length; at++)
        {
            (long group, long row, long product) = (at / (count * k), at / k % count, at % k);
            long height = row / q % p * layer.StrideHeight + product / s % r * layer.DilationHeight;
            long width = row % q * layer.StrideWidth + product % s * layer.DilationWidth;
            activations[row / (p * q) * space.Strides[0] + group * space.Strides[1] + product / (r * s) * space.Strides[2]
                + height * space.Strides[3] + width] = rows.Activations[(int)at];
        }
        return new(layer, activations, [.. rows.Weights], rows.ActivationZeroPoint, [.. rows.WeightZeroPoints]);
    }

    /// <summary>Refuses arrays of another size than the layer's.</summary>
    public void Check()
    {
        foreach ((Operand operand, int codes) in new[] { (Operand.Activations, Activations.Length), (Operand.Weights, Weights.Length) })
            if (new WordSpace(Layer, operand).Words is var words && words != codes)
                throw new ArgumentException($"{codes} codes for {words} {operand.ToString().ToLowerInvariant()} of '{Layer.Name}'");
    }
}
