using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification;

/// <summary>The verdict on each output channel of a layer, in order.</summary>
public sealed record LayerVerdict(IntegerLayer Layer, ImmutableArray<Verdict> Channels)
{
    /// <summary>Whether every channel is proved.</summary>
    public bool IsProved => Channels.All(v => v is Proved);
}

/// <summary>
/// The least register widths of a channel: proved at these widths by the bounds, and what the same claim one bit narrower comes to:
/// refuted, or unknown where no prover closes the gap.
/// </summary>
/// <param name="Widths">Of each register, at least 1: a sum that is always 0 or −1 needs a single bit.</param>
/// <param name="Below">Of each register: the verdict when it alone is one bit narrower; null at the least width.</param>
public sealed record ChannelWidth(Proved Proof, ImmutableArray<int> Widths, ImmutableArray<Verdict?> Below)
{
    /// <summary>The prover that narrowed the bounds last.</summary>
    public string Prover => Proof.Prover;

    /// <summary>Of each register: what provably holds all its sums.</summary>
    public ImmutableArray<Interval> Bounds => Proof.Bounds;

    /// <summary>Whether no narrower register would do: every claim one bit narrower is refuted.</summary>
    public bool IsTight => Below.All(v => v is null or Refuted);
}

/// <summary>Minimal widths of each output channel of a layer, in order.</summary>
public sealed record LayerWidth(IntegerLayer Layer, ImmutableArray<ChannelWidth> Channels)
{
    /// <summary>The width that the worst channel needs of a register.</summary>
    public int Widest(int register = 0) => Channels.Max(c => c.Widths[register]);
}

/// <summary>Asks the ladder about every channel. The answers are in order of layers and channels, whatever the number of threads.</summary>
public static class Verifier
{
    /// <summary>Verdicts for registers of given widths.</summary>
    public static LayerVerdict Decide(IntegerLayer layer, VerifyOptions options, ImmutableArray<int> widths,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(options);
        var ladder = new Ladder(options.Provers);
        return new(layer, Channels(layer, options, row => ladder.Decide(options.Claim(layer, row, widths)), cancellation));
    }

    /// <summary>Minimal widths.</summary>
    /// <param name="tight">Whether to ask for the verdict one bit below as well.</param>
    public static LayerWidth Minimal(IntegerLayer layer, VerifyOptions options, bool tight = true, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(options);
        var ladder = new Ladder(options.Provers);
        ClosedForm? closed = ClosedForm.Of(layer, options);
        return new(layer, Channels(layer, options, row => Minimal(ladder, closed, layer, row, options, tight), cancellation));
    }

    private static ChannelWidth Minimal(Ladder ladder, ClosedForm? closed, IntegerLayer layer, int row, VerifyOptions options, bool tight)
    {
        // Widths of 64 bits: no sum of the layers here reaches further, and the bounds do not depend on them.
        Proved proof = closed?.Row(row) ?? ladder.Tightest(options.Claim(layer, row, options.Widths(64)));
        ImmutableArray<int> widths = Widths(proof);
        if (!tight) return new(proof, widths, widths.Length == 1 ? NotAsked : [.. new Verdict?[widths.Length]]);
        var below = new Verdict?[widths.Length];
        for (int r = 0; r < widths.Length; r++)
        {
            // A prover that cannot find the extreme may still show that no sum leaves a given register.
            while (widths[r] > 1 && (below[r] =
                ladder.Decide(options.Claim(layer, row, widths.SetItem(r, widths[r] - 1)))) is Proved narrower)
            {
                proof = new(narrower.Prover, [.. proof.Bounds.Zip(narrower.Bounds, (a, b) => a.Intersect(b))],
                    proof.Evidence.AddRange(narrower.Evidence));
                widths = Widths(proof);
                below[r] = null;
            }
        }
        return new(proof, widths, [.. below]);
    }

    private static readonly ImmutableArray<Verdict?> NotAsked = [null];

    private static ImmutableArray<int> Widths(Proved proof) =>
        proof.Bounds is [var one] ? [one.Width] : [.. proof.Bounds.Select(b => b.Width)];

    private static ImmutableArray<T> Channels<T>(IntegerLayer layer, VerifyOptions options, Func<int, T> decide,
        CancellationToken cancellation)
    {
        var results = new T[layer.Rows];
        if (options.Threads <= 1)
        {
            for (int row = 0; row < results.Length; row++)
            {
                cancellation.ThrowIfCancellationRequested();
                results[row] = decide(row);
            }
        }
        else Parallel.For(0, layer.Rows,
            new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Threads), CancellationToken = cancellation }, row =>
            results[row] = decide(row));
        return ImmutableCollectionsMarshal.AsImmutableArray(results);
    }
}
