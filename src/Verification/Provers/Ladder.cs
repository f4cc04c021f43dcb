using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>Tries provers in order until one decides. Every refutation is replayed in the reference kernel before it counts.</summary>
public sealed class Ladder(ImmutableArray<IProver> provers)
{
    /// <summary>The verdict on one claim.</summary>
    public Verdict Decide(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        ImmutableArray<Interval> tightest = [], reached = [];
        ImmutableArray<Evidence> evidence = [];
        string reason = "no prover covers the claim";
        foreach (IProver prover in provers)
        {
            if (prover.Refuses(claim) is not null) continue;
            ProverBound bound = prover.Bound(claim);
            tightest = tightest.IsEmpty ? bound.Ranges : [.. tightest.Zip(bound.Ranges, (a, b) => a.Intersect(b))];
            evidence = evidence.AddRange(bound.Evidence);
            if (tightest.Zip(claim.Registers).All(p => p.Second.Range.Contains(p.First))) return new Proved(prover.Name, tightest,
                evidence);
            if (Overflowing(claim, bound) is { } witness)
            {
                Replay.Demand(claim, witness());
                return new Refuted(prover.Name, witness, tightest);
            }
            if (claim.Network is null) reached = Reached(bound, reached);
            else if (bound.Search is { } search)
            {
                ImmutableArray<Witness> found = search();
                if (found.FirstOrDefault(w => !claim.Registers[w.Node.Register].Range.Contains(w.Value)) is
                    { } input) return new Refuted(prover.Name, Replay.Demand(claim, input), tightest);
                if (!found.IsEmpty) reached =
                    [.. claim.Registers.Select((_, r) => found.Where(w => w.Node.Register == r).Select(w => new Interval(w.Value, w.Value))
                    .Aggregate((a, b) => a.Hull(b)))];
            }
            reason = bound.Reason ?? $"the bounds of '{prover.Name}' are wider than the register and not known to be reached";
        }
        return new Unknown(reason, tightest, reached);
    }

    /// <summary>The tightest bounds that the whole ladder finds, for minimal widths: the prover named is the last that narrowed
    /// them.</summary>
    public Proved Tightest(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        ImmutableArray<Interval> tightest = [];
        ImmutableArray<Evidence> evidence = [];
        string name = "";
        foreach (IProver prover in provers)
        {
            if (prover.Refuses(claim) is not null) continue;
            ProverBound bound = prover.Bound(claim);
            ImmutableArray<Interval> both = tightest.IsEmpty ? bound.Ranges : [.. tightest.Zip(bound.Ranges, (a, b) => a.Intersect(b))];
            if (tightest.IsEmpty || !both.SequenceEqual(tightest)) (name, tightest, evidence) =
                (prover.Name, both, evidence.AddRange(bound.Evidence));
            // What inputs of the layer reach, inputs of the network need not.
            if (bound.IsReached && claim.Network is null) break;
        }
        return new(name, tightest, evidence);
    }

    private static Func<Witness>? Overflowing(ChannelClaim claim, ProverBound bound)
    {
        // Inputs of a layer that no input of the network is known to cause show nothing about a network.
        if (claim.Network is not null) return null;
        for (int r = 0; r < claim.Registers.Length; r++)
        {
            Interval register = claim.Registers[r].Range;
            if (bound.High.Length > r && bound.High[r] is { } high && bound.Ranges[r].High > register.High) return high;
            if (bound.Low.Length > r && bound.Low[r] is { } low && bound.Ranges[r].Low < register.Low) return low;
        }
        return null;
    }

    private static ImmutableArray<Interval> Reached(ProverBound bound, ImmutableArray<Interval> before)
    {
        if (bound.Low.IsEmpty || bound.High.IsEmpty || bound.Low.Any(w => w is null) || bound.High.Any(w => w is null)) return before;
        return bound.Ranges;
    }
}
