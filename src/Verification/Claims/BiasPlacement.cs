namespace Sim.Verification.Claims;

/// <summary>When the bias meets the accumulator register.</summary>
public enum BiasPlacement
{
    /// <summary>Not in this register.</summary>
    None,

    /// <summary>The register starts with it.</summary>
    Preloaded,

    /// <summary>It is the last addend.</summary>
    AddedAfter,
}
