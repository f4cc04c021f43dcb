using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>One rung of the ladder: finds intervals that provably hold all partial sums of a claim. Sound always; the ladder is ordered by
/// cost.</summary>
public interface IProver
{
    /// <summary>Name in verdicts and certificates.</summary>
    string Name { get; }

    /// <summary>null when the prover's theorem covers the claim; else why not.</summary>
    string? Refuses(ChannelClaim claim);

    /// <summary>Bounds of a claim that it does not refuse.</summary>
    ProverBound Bound(ChannelClaim claim);
}

/// <summary>What a prover found.</summary>
/// <param name="Ranges">Of each register: an interval that holds every sum.</param>
/// <param name="Low">Of each register: inputs that reach the low end; null where not known to be reached. Empty: none is known.</param>
/// <param name="High">The same of the high end.</param>
/// <param name="Reason">Why ends that are not reached could not be closed (a time limit, …); null: not applicable.</param>
public sealed record ProverBound(ImmutableArray<Interval> Ranges, ImmutableArray<Func<Witness>?> Low, ImmutableArray<Func<Witness>?> High,
    string? Reason = null)
{
    /// <summary>Looks for inputs of the network that bring sums far out, both ends of every register, each run through the network; null:
    /// there is no such search.</summary>
    public Func<ImmutableArray<Witness>>? Search { get; init; }

    /// <summary>Why the ranges hold, where weights and boxes alone do not show it.</summary>
    public ImmutableArray<Evidence> Evidence { get; init; } = [];

    /// <summary>Whether inputs reach both ends of every range: no prover can do better.</summary>
    public bool IsReached => Low.Length == Ranges.Length && High.Length == Ranges.Length && Low.All(w => w is not null)
        && High.All(w => w is not null);

    /// <summary>Bounds without witnesses: the same interval for every register.</summary>
    public static ProverBound Enclosing(ChannelClaim claim, Int128 magnitude) =>
        new([.. claim.Registers.Select(_ => new Interval(-magnitude, magnitude))], [], []);
}
