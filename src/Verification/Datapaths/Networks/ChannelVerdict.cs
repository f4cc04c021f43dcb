using System.Collections.Immutable;

namespace Sim.Verification.Datapaths.Networks;

/// <summary>Activations that break a claim about one output channel, run through the reference kernel.</summary>
/// <param name="Activations">Codes, k ascending.</param>
/// <param name="Permutation">Position → k of the order of addition, where it matters; empty: k ascending.</param>
/// <param name="Result">The register (two's complement) or its code.</param>
/// <param name="Overflowed">A step overflowed.</param>
public sealed record ChannelWitness(ImmutableArray<uint> Activations, ImmutableArray<int> Permutation, long Result, bool Overflowed);

/// <summary>The answer to one claim about one output channel: proved with bounds of every partial sum, refuted by a witness, or unknown
/// with the reason.</summary>
/// <param name="Sums">Bounds of every partial sum, where they were found.</param>
public abstract record ChannelVerdict(Interval<Dyadic>? Sums);

/// <summary>It holds.</summary>
public sealed record ProvedChannel(Interval<Dyadic>? Sums) : ChannelVerdict(Sums);

/// <summary>It does not.</summary>
public sealed record RefutedChannel(ChannelWitness Witness, string Reason) : ChannelVerdict((Interval<Dyadic>?)null);

/// <summary>Neither could be shown: never to be read as safe.</summary>
public sealed record UnknownChannel(string Reason) : ChannelVerdict((Interval<Dyadic>?)null);
