using System.Collections.Immutable;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths;

/// <summary>So many equal products, one after the other.</summary>
public readonly record struct OperandRun(CodePair Pair, int Count);

/// <summary>A dot product through the reference kernel, and what came out.</summary>
/// <param name="Initial">Code that the register starts from.</param>
/// <param name="Runs">Operands in order.</param>
/// <param name="ScaleA">Code of every scale of the activations; null without scales.</param>
/// <param name="ScaleB">Code of every scale of the weights; null without scales.</param>
/// <param name="Result">The register (two's complement) or its code.</param>
/// <param name="Overflowed">A step overflowed.</param>
/// <param name="IsNaN">It ended as NaN, or lost one.</param>
public sealed record DatapathWitness(ulong Initial, ImmutableArray<OperandRun> Runs, uint? ScaleA, uint? ScaleB, long Result,
    bool Overflowed, bool IsNaN)
{
    /// <summary>Most products that are replayed.</summary>
    public const long MostTerms = 1 << 20;

    /// <summary>Products.</summary>
    public long Terms => Runs.Sum(r => (long)r.Count);

    /// <summary>Runs a dot product.</summary>
    public static DatapathWitness Replay(DatapathSpec spec, ulong initial, ImmutableArray<OperandRun> runs, uint? scaleA = null,
        uint? scaleB = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        uint[] a = [.. runs.SelectMany(r => Enumerable.Repeat(r.Pair.Activation, r.Count))],
            b = [.. runs.SelectMany(r => Enumerable.Repeat(r.Pair.Weight, r.Count))];
        GemmEvents events = default;
        long result = ReferenceKernel.Dot(spec, initial, Scales(spec.ActivationBlocks?.Size, scaleA, a.Length),
            Scales(spec.WeightBlocks?.Size, scaleB, a.Length), a, b, ref events);
        return new(initial, runs, scaleA, scaleB, result, events.OverflowedOutputs != 0, events.NaNOutputs != 0);
    }

    /// <summary>A claim about a replay that a prover made; when it does not hold, the prover has a fault.</summary>
    public DatapathWitness Demand(bool holds, string claim) =>
        holds ? this : throw new InvalidOperationException($"a refutation does not replay: {claim}");

    private static uint[] Scales(int? block, uint? code, int count) =>
        block is > 0 && code is { } c ? [.. Enumerable.Repeat(c, (count + block.Value - 1) / block.Value)] : [];
}
