using Sim.Verification.Claims;
using Sim.Verification.Relations;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>Refutes claims about a network by an input of the network, found by a search through the layers and run by the executor. Proves
/// nothing beyond the boxes.</summary>
public sealed class NetworkSearch : IProver
{
    /// <inheritdoc/>
    public string Name => "network_search";

    /// <inheritdoc/>
    public string? Refuses(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.Network is null ? "the inputs are free within their boxes" : null;
    }

    /// <inheritdoc/>
    public ProverBound Bound(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        NetworkRelations network = claim.Network!;
        return new(new PrefixExtremes().Bound(claim).Ranges, [], [],
            "no input of the network was found that leaves the register, nor is it proved that there is none")
        {
            Search = () => network.Once((Name, claim.Layer, claim.Row, claim.Order, claim.BiasPlacement, claim.ZeroPoints),
                () => InputSearch.Run(network, claim)),
        };
    }
}
