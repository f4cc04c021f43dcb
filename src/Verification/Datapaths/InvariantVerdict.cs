namespace Sim.Verification.Datapaths;

/// <summary>How a verdict was reached.</summary>
public enum ProofMethod : byte
{
    /// <summary>A formula in exact dyadic rationals.</summary>
    ClosedForm,

    /// <summary>Every case was tried.</summary>
    Exhaustive,

    /// <summary>The extreme sums, step by step: every step is a monotone function of the register and of its products.</summary>
    ExtremeChain,

    /// <summary>One example, replayed in the reference kernel.</summary>
    Example,
}

/// <summary>The answer to one invariant of a datapath.</summary>
/// <param name="Invariant">Name of the invariant.</param>
/// <param name="Claim">What it says, with its numbers.</param>
public abstract record InvariantVerdict(string Invariant, string Claim);

/// <summary>It holds.</summary>
/// <param name="Bound">What holds exactly: the bound, and how far it goes.</param>
/// <param name="Cases">Cases tried, for exhaustive proofs; else 0.</param>
/// <param name="Digest">SHA-256 over every case and its result, for exhaustive proofs; else null.</param>
/// <param name="Closest">Operands that come closest to the bound, where such are known.</param>
public sealed record ProvedInvariant(string Invariant, string Claim, ProofMethod Method, string Bound, long Cases = 0,
    string? Digest = null, DatapathWitness? Closest = null)
    : InvariantVerdict(Invariant, Claim);

/// <summary>It does not hold for these operands, replayed in the reference kernel.</summary>
/// <param name="Reason">What happens instead.</param>
/// <param name="Second">The other operands of a claim that compares two sums.</param>
public sealed record RefutedInvariant(string Invariant, string Claim, string Reason, DatapathWitness Witness,
    DatapathWitness? Second = null) : InvariantVerdict(Invariant, Claim);

/// <summary>Neither could be shown: never to be read as safe.</summary>
public sealed record UnknownInvariant(string Invariant, string Claim, string Reason) : InvariantVerdict(Invariant, Claim);
