using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;

namespace Sim.Verification.Checking;

/// <summary>Follows one kind of evidence of a bound.</summary>
internal interface IEvidenceCheck
{
    /// <summary>The kind that certificates name.</summary>
    string Kind { get; }

    /// <summary>
    /// Of each register the interval that the evidence shows to hold all its sums; null when only a solver could say, and none was given. Throws
    /// <see cref="FormatException"/> when the evidence is wrong.
    /// </summary>
    (BigInteger Low, BigInteger High)[]? Check(CertifiedLayer layer, int row, JsonElement channel, JsonElement evidence);
}

/// <summary>Checks by kind of evidence.</summary>
internal static class EvidenceCheckCatalogue
{
    internal static ImmutableArray<IEvidenceCheck> All { get; } =
    [
        new DualCheck(),
        new SmtCheck(),
        new LayersCheck(),
    ];
}
