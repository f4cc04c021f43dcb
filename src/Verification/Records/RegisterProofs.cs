using System.Collections.Immutable;
using Sim.Verification.Observation;
using Sim.Verification.Provers;
using Sim.Workloads.Integers;

namespace Sim.Verification.Records;

/// <summary>Proves claims about registers and writes the answers down.</summary>
public static class RegisterProofs
{
    /// <summary>The least widths of every register, beside those that the data types and the weights' norms prove alone.</summary>
    public static ImmutableArray<RegisterRecord> Least(ImmutableArray<IntegerLayer> registers, VerifyOptions claims,
        ImmutableArray<ObservedLayer> observed, CancellationToken cancellation = default) =>
        [.. registers.Select(layer =>
        {
            LayerWidth width = Verifier.Minimal(layer, claims, cancellation: cancellation);
            return new RegisterRecord(layer.Name, layer.Operator, layer.Rows, layer.K,
                [.. width.Channels.Select(c => new ChannelRecord(c.Widths, c.Proof, c.Below))])
            {
                DataTypeWidth = Alone(layer, claims, new DataTypeBound()), NormWidth = Alone(layer, claims, new WeightNormBound()),
                    Observed = Of(layer, observed),
            };
        })];

    /// <summary>The verdict on every register at given widths.</summary>
    public static ImmutableArray<RegisterRecord> At(ImmutableArray<int> widths, ImmutableArray<IntegerLayer> registers,
        VerifyOptions claims, ImmutableArray<ObservedLayer> observed, CancellationToken cancellation = default) =>
        [.. registers.Select(layer => new RegisterRecord(layer.Name, layer.Operator, layer.Rows, layer.K,
            [.. Verifier.Decide(layer, claims, widths, cancellation).Channels.Select(v => new ChannelRecord(widths, v, []))])
                { Observed = Of(layer, observed) })];

    private static int? Alone(IntegerLayer layer, VerifyOptions claims, IProver prover) =>
        prover.Refuses(claims.Claim(layer, 0, claims.Widths(64))) is null
            ? Verifier.Minimal(layer, claims with { Provers = [prover] }, tight: false).Widest() : null;

    private static ObservedLayer? Of(IntegerLayer layer, ImmutableArray<ObservedLayer> observed) =>
        observed.FirstOrDefault(o => o.Name == layer.Name);
}
