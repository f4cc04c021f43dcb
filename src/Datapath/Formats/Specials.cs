namespace Sim.Datapath.Formats;

/// <summary>Which codes of a float format are not finite numbers.</summary>
public enum Specials : byte
{
    /// <summary>IEEE 754: the all-ones exponent holds Inf and NaN.</summary>
    Ieee,
    /// <summary>FN: one NaN a sign (all ones), no Inf (OCP E4M3).</summary>
    FiniteNaN,
    /// <summary>FNUZ: the code of -0 is the only NaN, no Inf, no -0.</summary>
    FiniteNaNUnsignedZero,
    /// <summary>Every code is finite (OCP E2M1, E2M3, E3M2).</summary>
    Finite,
}
