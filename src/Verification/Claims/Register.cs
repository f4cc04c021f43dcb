using Sim.Datapath.Specs;
using Sim.Workloads.Integers;

namespace Sim.Verification.Claims;

/// <summary>A two's complement accumulator register.</summary>
/// <param name="Bits">Width P, 1 to 64.</param>
/// <param name="Overflow">What a sum outside [−2^(P−1), 2^(P−1) − 1] does: wraps or saturates.</param>
public sealed record Register(int Bits, RegisterOverflow Overflow = RegisterOverflow.Wrap)
{
    /// <summary>What the register holds.</summary>
    public Interval Range => new(-((Int128)1 << (Bits - 1)), ((Int128)1 << (Bits - 1)) - 1);
}
