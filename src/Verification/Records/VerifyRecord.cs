using System.Collections.Immutable;
using Sim.Verification.Observation;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Records;

/// <summary>The answer about one output channel's registers.</summary>
/// <param name="Widths">Of each register: the width that was claimed, or the least one that is proved.</param>
/// <param name="Verdict">The verdict at these widths.</param>
/// <param name="Below">Of a least width: the verdict when each register alone is one bit narrower, null where there is none; empty for a
/// claimed width.</param>
public sealed record ChannelRecord(ImmutableArray<int> Widths, Verdict Verdict, ImmutableArray<Verdict?> Below)
{
    /// <summary>Whether no narrower register would do.</summary>
    public bool IsTight => Below.All(v => v is null or Refuted);

    /// <summary>The prover that decided; null: none did.</summary>
    public string? Prover => Verdict switch { Proved p => p.Prover, Refuted r => r.Prover, _ => null };
}

/// <summary>The answers about the register of one node, channel by channel.</summary>
public sealed record RegisterRecord(string Name, string Operator, int Rows, int K, ImmutableArray<ChannelRecord> Channels)
{
    /// <summary>The least width that the data types alone prove; null: not asked.</summary>
    public int? DataTypeWidth { get; init; }

    /// <summary>The least width that the weights' L1 norms prove (A2Q); null: not asked, or the weights are not constant.</summary>
    public int? NormWidth { get; init; }

    /// <summary>What the sums were on data; null: not observed.</summary>
    public ObservedLayer? Observed { get; init; }

    /// <summary>Whether every channel is proved.</summary>
    public bool IsProved => Channels.All(c => c.Verdict is Proved);

    /// <summary>The width of the worst channel.</summary>
    public int Widest(int register = 0) => Channels.Max(c => c.Widths[register]);

    /// <summary>How many channels have a verdict of a kind.</summary>
    public int Count<T>() where T : Verdict => Channels.Count(c => c.Verdict is T);
}

/// <summary>Everything that `sim verify` found out about a network: tables, JSON and CSV are written from it, and nothing is proved while
/// they are.</summary>
public sealed record VerifyRecord
{
    /// <summary>The file of the network.</summary>
    public required string Model { get; init; }

    /// <summary>Its SHA-256.</summary>
    public required string Digest { get; init; }

    /// <summary>Which registers were asked about: "network", or a part of it such as "matrix products".</summary>
    public required string Scope { get; init; }

    /// <summary>The claims, in the words of the command line: order, overflow, bias, zero points, inputs.</summary>
    public required ClaimWords Claims { get; init; }

    /// <summary>The width that was claimed of every register; null: least widths were asked for.</summary>
    public int? Accumulator { get; init; }

    /// <summary>The width that was claimed of inner registers; null: there are none, or least widths were asked for.</summary>
    public int? Inner { get; init; }

    /// <summary>Whether sums have an inner register.</summary>
    public bool HasInner { get; init; }

    /// <summary>The judged registers in execution order.</summary>
    public required ImmutableArray<RegisterRecord> Registers { get; init; }

    /// <summary>Nodes of the scope with a register that is not judged.</summary>
    public required ImmutableArray<UnjudgedNode> NotJudged { get; init; }

    /// <summary>Whether the answer covers every register of the scope.</summary>
    public bool AreAllJudged => NotJudged.IsEmpty;

    /// <summary>Whether every judged register is proved at its width.</summary>
    public bool IsProved => Registers.All(r => r.IsProved);

    /// <summary>A full yes: every register of the scope is judged and proved.</summary>
    public bool IsYes => AreAllJudged && IsProved;

    /// <summary>The register that needs most bits; the first of several.</summary>
    public RegisterRecord Widest => Registers.MaxBy(r => r.Widest())!;
}

/// <summary>What is claimed, in the words of the command line.</summary>
public sealed record ClaimWords(string Order, string Overflow, string Bias, string ZeroPoints, string Inputs)
{
    /// <summary>The constraints file; null: none.</summary>
    public string? Constraints { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Order}, bias {Bias}, zero points {ZeroPoints}";
}
