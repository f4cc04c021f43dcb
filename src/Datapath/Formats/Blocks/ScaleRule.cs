namespace Sim.Datapath.Formats;

/// <summary>
/// How a block's scale follows from its largest magnitude. M is the element's largest number and 2^e its leading power of two; the
/// magnitude is read as an exact number (its exponent field, and a leading-zero count when subnormal), never through a logarithm. The first
/// four give powers of two:
/// </summary>
public enum ScaleRule : byte
{
    /// <summary>OCP MX v1.0 §6.3: 2^(floor(log2 amax) - e). Magnitudes above M·scale clip.</summary>
    Floor,
    /// <summary>2^(ceil(log2 amax) - e): nothing clips.</summary>
    Ceil,
    /// <summary>The smallest power of two with amax ≤ M·scale ("RCEIL"): nothing clips, and no scale is larger than needed.</summary>
    RoundUp,
    /// <summary>Round, then floor: amax is first rounded to the element's significant bits, to nearest.</summary>
    Even,
    /// <summary>A scale format with a fraction: amax / M rounded into it to nearest, ties to even.</summary>
    Nearest,
    /// <summary>As <see cref="Nearest"/>, but rounded up, so that nothing clips.</summary>
    NearestUp,
}

/// <summary>The arithmetic that turns numbers into scales and codes when a scale is no power of two.</summary>
public enum ScaleArithmetic : byte
{
    /// <summary>Exact products and quotients, one rounding into each code.</summary>
    Exact,
    /// <summary>
    /// The order of binary32 operations of NVIDIA TransformerEngine's reference quantizer: g = f(Ms·M / tensor amax), scale = Ms-clamped
    /// f(amax · f(g · f(1/M))), element = f(x · f(1 / f(scale · f(1/g)))), every f one rounding to nearest even, reciprocals held to the
    /// largest binary32.
    /// </summary>
    Binary32,
}

/// <summary>What happened while blocks were encoded.</summary>
public record struct BlockEvents
{
    /// <summary>Blocks encoded.</summary>
    public long Blocks { get; set; }

    /// <summary>Elements whose scaled value lay beyond the element's range and became its end.</summary>
    public long SaturatedElements { get; set; }

    /// <summary>Blocks that held Inf or NaN and so became NaN.</summary>
    public long NaNBlocks { get; set; }
}
