using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Specs;
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
        var random = new Random(seed);
        uint[] Codes(Operand operand, int bits) => [.. Enumerable.Range(0, checked((int)new WordSpace(layer, operand).Words))
            .Select(_ => (uint)random.NextInt64(1L << bits))];
        return new(layer, Codes(Operand.Activations, spec.Activation.Bits), Codes(Operand.Weights, spec.Weight.Bits), 0, []);
    }

    /// <summary>Refuses arrays of another size than the layer's.</summary>
    public void Check()
    {
        foreach ((Operand operand, int codes) in new[] { (Operand.Activations, Activations.Length), (Operand.Weights, Weights.Length) })
            if (new WordSpace(Layer, operand).Words is var words && words != codes)
                throw new ArgumentException($"{codes} codes for {words} {operand.ToString().ToLowerInvariant()} of '{Layer.Name}'");
    }
}
