using System.Collections.Immutable;
using Sim.Datapath.Specs;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Verification.Relations;
using Sim.Workloads.Integers;

namespace Sim.Verification;

/// <summary>What is claimed of every channel of a network, and who shall prove it.</summary>
public sealed record VerifyOptions
{
    /// <summary>Which partial sums count.</summary>
    public SumOrder Order { get; init; } = new AnyOrder();

    /// <summary>What a register does beyond its range.</summary>
    public RegisterOverflow Overflow { get; init; } = RegisterOverflow.Wrap;

    /// <summary>When the bias is added.</summary>
    public BiasPlacement Bias { get; init; } = BiasPlacement.Preloaded;

    /// <summary>What is multiplied.</summary>
    public ZeroPoints ZeroPoints { get; init; } = ZeroPoints.Folded;

    /// <summary>The ladder, cheapest first.</summary>
    public ImmutableArray<IProver> Provers { get; init; } = ProverCatalogue.ClosedForm;

    /// <summary>Relations between the inputs of a channel; none by default.</summary>
    public Func<IntegerLayer, int, ImmutableArray<LinearRelation>> Relations { get; init; } = (_, _) => [];

    /// <summary>The network whose layers relate the inputs of later ones; null: inputs are free within their boxes. A refutation then needs
    /// an input of the network.</summary>
    public NetworkRelations? Network { get; init; }

    /// <summary>Threads, at least 1; answers do not depend on it.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The claim of one channel about registers of the given widths (register 0, then the inner one).</summary>
    public ChannelClaim Claim(IntegerLayer layer, int row, ImmutableArray<int> widths) =>
        new(layer, row, Order, [.. widths.Select(b => new Register(b, Overflow))], Bias, ZeroPoints)
            { Relations = Relations(layer, row), Network = Network };

    /// <summary>Widths of every register of <see cref="Order"/>: the outer one and, where there is one, the inner one.</summary>
    public ImmutableArray<int> Widths(int outer, int? inner = null) => Order.Registers == 1 ? [outer] : [outer, inner ?? outer];
}
