using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Verdicts;

/// <summary>The answer to a <see cref="ChannelClaim"/>.</summary>
/// <param name="Bounds">Of each register: an interval that provably holds all its sums; empty when none was found.</param>
public abstract record Verdict(ImmutableArray<Interval> Bounds);

/// <summary>No sum can leave its register; the named prover shows it by <see cref="Verdict.Bounds"/>.</summary>
/// <param name="Evidence">What a checker needs beside the weights and boxes to follow the bounds; empty: nothing, the extremes of
/// independent inputs show them.</param>
public sealed record Proved(string Prover, ImmutableArray<Interval> Bounds, ImmutableArray<Evidence> Evidence) : Verdict(Bounds)
{
    /// <summary>The solver whose answers show the bounds, and a second one that gave the same; null: no solver was needed.</summary>
    public (string Solver, string? ConfirmedBy)? Answers => Evidence.Select(e => e.Answers).FirstOrDefault(a => a is not null);
}

/// <summary>A sum leaves its register for the inputs of the witness, replayed in the reference kernel.</summary>
/// <param name="Again">Makes the witness, the same at every call: that of a wide channel is not kept for every channel of a
/// network.</param>
public sealed record Refuted(string Prover, Func<Witness> Again, ImmutableArray<Interval> Bounds) : Verdict(Bounds)
{
    /// <summary>Refuted by a witness at hand.</summary>
    public Refuted(string prover, Witness witness, ImmutableArray<Interval> bounds) : this(prover, () => witness, bounds) { }

    /// <summary>The inputs.</summary>
    public Witness Witness => Again();
}

/// <summary>Neither could be shown: never to be read as safe.</summary>
/// <param name="Reached">Of each register: sums that inputs are known to reach; empty when none is known.</param>
public sealed record Unknown(string Reason, ImmutableArray<Interval> Bounds, ImmutableArray<Interval> Reached) : Verdict(Bounds);

/// <summary>Inputs (as the multipliers take them) that bring a partial sum to a value.</summary>
/// <param name="Inputs">K inputs.</param>
/// <param name="Weights">K weights when the layer's are known at run time only; else empty.</param>
/// <param name="Permutation">Position → k of the order of addition, for claims about every order; empty: k ascending.</param>
/// <param name="Node">The partial sum, in positions of the permutation.</param>
/// <param name="Value">Its exact value.</param>
public sealed record Witness(ImmutableArray<long> Inputs, ImmutableArray<long> Weights, ImmutableArray<int> Permutation, SumNode Node,
    Int128 Value)
{
    /// <summary>The input of the network that makes these inputs; null: they are inputs of the layer alone.</summary>
    public NetworkInput? Network { get; init; }
}

/// <summary>An input of a network, and where in a layer's output the sum is.</summary>
/// <param name="Input">One sample.</param>
/// <param name="Y">Row of the output; 0 where the layer is no convolution.</param>
public sealed record NetworkInput(Tensor Input, int Y, int X);
